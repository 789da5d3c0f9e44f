#include "src/backends/cuda/kernel_note.hpp"

#include "tests/backends/cuda/cache_support.hpp"

#include <gmock/gmock.h>

namespace warpfit::testing {
namespace {

using cuda::CachedProgram;
using cuda::Compiled;
using cuda::CubinCache;
using cuda::kernel_note;
using cuda::Source;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

CachedProgram program(Source source, Compiled compiled, std::string note = "")
{
    return {std::make_shared<Compiled const>(std::move(compiled)), source, 0.5, std::move(note)};
}

TEST(KernelNote, SaysWhereACompiledKernelComesFrom)
{
    Compiled const fine{.code = "cubin"};
    EXPECT_EQ(kernel_note("", program(Source::compiler, fine), ""), "kernel compiled in 0.5 s");
    EXPECT_EQ(kernel_note("", program(Source::disk, fine), ""), "kernel from the cache on disk");
    EXPECT_EQ(kernel_note("", program(Source::memory, fine), ""), "kernel from the cache in memory");
}

TEST(KernelNote, SaysWhatWentLessWell)
{
    Compiled const whole{.code = "cubin", .log = "compiled as a whole, not linked: no nvJitLink\nwarning"};
    EXPECT_EQ(kernel_note("", program(Source::compiler, whole), ""),
              "kernel compiled in 0.5 s; compiled as a whole, not linked: no nvJitLink");
    Compiled const fine{.code = "cubin"};
    EXPECT_EQ(kernel_note("", program(Source::compiler, fine, "compiled models are not kept"), ""),
              "kernel compiled in 0.5 s; compiled models are not kept");
}

TEST(KernelNote, SaysWhyAModelIsInterpreted)
{
    EXPECT_EQ(kernel_note("no NVRTC (not found)", {}, ""), "interpreter: no NVRTC (not found)");
    Compiled const failed{.log = "Model(12): error\nmore"};
    EXPECT_EQ(kernel_note("", program(Source::compiler, failed), ""),
              "interpreter: the model does not compile (Model(12): error)");
    EXPECT_THAT(kernel_note("", program(Source::disk, {.code = "cubin"}), "cudaLibraryLoadData: no image"),
                AllOf(StartsWith("interpreter"), HasSubstr("driver"), HasSubstr("(cudaLibraryLoadData: no image)")));
    EXPECT_THAT(kernel_note("", {}, ""), AllOf(StartsWith("interpreter"), HasSubstr("shared memory")));
}

// What create() of the plugin relies on.
TEST(KernelNote, TheCacheTellsTheThreadThatAsked)
{
    TemporaryFolder const folder;
    std::vector<std::string> notes;
    auto const tell = [&](CachedProgram const& found) { notes.push_back(kernel_note("", found, "")); };
    for (int process = 0; process < 2; ++process) {
        CubinCache cache(folder.path(), "compiler", fake_compile, CubinCache::default_limit, tell);
        for (int again = 0; again < 2; ++again) cache.get_or_compile({"program", "sm_90", {}, {"fit"}});
    }
    EXPECT_THAT(notes, ::testing::ElementsAre(MatchesRegex("kernel compiled in .* s; a warning"),
                                              "kernel from the cache in memory", "kernel from the cache on disk",
                                              "kernel from the cache in memory"));
}

}  // namespace
}  // namespace warpfit::testing
