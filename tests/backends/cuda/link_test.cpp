#include "src/backends/cuda/cubin_cache.hpp"
#include "src/backends/cuda/fit_compiler.hpp"
#include "src/backends/cuda/generate.hpp"
#include "tests/backends/cuda/cache_support.hpp"
#include "tests/backends/cuda/models.hpp"
#include "tests/backends/cuda/resources.hpp"

#include <cstdint>
#include <cstring>
#include <gmock/gmock.h>
#include <iostream>

namespace warpfit::testing {
namespace {

using namespace components;
using cuda::FitCompiler;
using cuda::SolverPart;
using ::testing::HasSubstr;
using ::testing::StartsWith;

SolverPart part(char const* architecture, std::string_view bytes = "bytes")
{
    return {architecture, reinterpret_cast<unsigned char const*>(bytes.data()), bytes.size()};
}

std::string chosen(std::string const& architecture, std::vector<SolverPart> const& parts)
{
    SolverPart const* const found = cuda::part_for(architecture, parts);
    return found ? found->architecture : "";
}

TEST(SolverParts, ADeviceTakesItsOwnOrOneOfItsGenerationOrPtx)
{
    std::vector<SolverPart> const parts{part("compute_75"), part("sm_75"),  part("sm_80"),
                                        part("sm_86"),      part("sm_90a"), part("sm_90")};
    EXPECT_EQ(chosen("sm_75", parts), "sm_75");
    EXPECT_EQ(chosen("sm_86", parts), "sm_86");
    EXPECT_EQ(chosen("sm_87", parts), "sm_86");
    EXPECT_EQ(chosen("sm_90", parts), "sm_90");
    EXPECT_EQ(chosen("sm_90a", parts), "sm_90a");
    EXPECT_EQ(chosen("sm_100", parts), "compute_75");
    EXPECT_EQ(chosen("sm_70", parts), "");
    EXPECT_EQ(chosen("sm_90", {part("compute_75"), part("compute_80")}), "compute_80");
    EXPECT_EQ(chosen("sm_90", {part("sm_90a"), part("sm_80")}), "");
    EXPECT_EQ(chosen("sm_90", {}), "");
}

TEST(SolverParts, ArePartOfTheIdentity)
{
    cuda::Compiler const compiler(WARPFIT_NVRTC);
    cuda::Linker const linker;
    cuda::CompileRequest const request{"text", "sm_90"};
    auto const key = [&](std::vector<SolverPart> parts) {
        return cuda::cubin_key(FitCompiler(compiler, linker, std::move(parts)).identity(), request);
    };
    EXPECT_EQ(key({part("sm_90", "one")}), key({part("sm_90", "one")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({part("sm_90", "two")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({part("sm_80", "one")}));
    EXPECT_NE(key({part("sm_90", "one")}), key({}));

    cuda::Linker const none({"/nowhere/libnvJitLink.so"});
    std::string const identity = FitCompiler(compiler, none, {part("sm_90", "one")}).identity();
    EXPECT_THAT(identity, HasSubstr("no linker"));
    if (linker.missing().empty()) {
        EXPECT_NE(cuda::cubin_key(identity, request), key({part("sm_90", "one")}));
    }
}

TEST(Linker, EitherIsHereOrSaysWhyNot)
{
    cuda::Linker const linker;
    EXPECT_EQ(linker.missing().empty(), !linker.version().empty());
    EXPECT_EQ(linker.missing().empty(), !linker.identity().empty());

    cuda::Linker const nowhere({"/nowhere/libnvJitLink.so"});
    EXPECT_EQ(nowhere.missing(), "no nvJitLink (libnvJitLink.so is not found)");
    EXPECT_EQ(nowhere.link("sm_90", {}).log, nowhere.missing());

    // The C library stands in for one that is none, or not whole.
    cuda::Linker const other({"libc.so.6"});
    EXPECT_THAT(other.missing(), StartsWith("libc.so.6 is not nvJitLink"));
}

std::vector<std::string> linker_libraries()
{
    std::vector<std::string> names = cuda::Linker::usual_libraries();
    names.insert(names.begin(), WARPFIT_NVJITLINK);
    return names;
}

class LinkTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!compiler.missing().empty()) GTEST_SKIP() << compiler.missing();
        if (!linker.missing().empty()) GTEST_SKIP() << linker.missing();
        if (parts.empty()) GTEST_SKIP() << "no solver was built in: nvcc is not here";
    }

    cuda::Compiler const compiler{WARPFIT_NVRTC};
    cuda::Linker const linker{linker_libraries()};
    std::vector<SolverPart> const parts = cuda::built_in_parts();
};

std::string const elf = "\x7f"
                        "ELF";

cuda::CompileRequest request_of(PlanBuilder& builder, std::string const& architecture)
{
    return {cuda::generate_kernel(builder.view(), "Model"), architecture, {}, {"Model_fit"}};
}

void expect_linked(cuda::Compiled const& compiled, std::string const& architecture)
{
    EXPECT_EQ(compiled.log, "");
    EXPECT_EQ(compiled.architecture, architecture);
    EXPECT_THAT(compiled.names, ::testing::ElementsAre(cuda::linked_kernel));
    EXPECT_TRUE(compiled.code.starts_with(elf));
    EXPECT_NE(compiled.code.find(std::string(".text.") + cuda::linked_kernel), std::string::npos);
    EXPECT_NE(compiled.code.find(".text.warpfit_products_double"), std::string::npos);
}

class LinkedModels : public LinkTest, public ::testing::WithParamInterface<char const*>
{};

TEST_P(LinkedModels, AreLinked)
{
    std::string const architecture = GetParam();
    FitCompiler const fits(compiler, linker, parts);
    for (auto const& models : {component_models(), composite_models()})
        for (NamedModel model : models) {
            SCOPED_TRACE(model.name);
            expect_linked(fits.compile(request_of(model.builder, architecture)), architecture);
        }
}

INSTANTIATE_TEST_SUITE_P(Architectures, LinkedModels, ::testing::Values("sm_75", "sm_80", "sm_90"));

PlanBuilder one_component(program::Precision precision = program::Precision::float64)
{
    PlanBuilder builder;
    builder.line(64, 0.0, 1.0);
    builder.add<Gaussian>({free_slot(10.0), free_slot(3.0), free_slot(30.0)});
    builder.options.precision = precision;
    return builder;
}

TEST_F(LinkTest, ADeviceWithoutACubinOfItsGenerationTakesPtx)
{
    PlanBuilder builder = one_component();
    std::vector<SolverPart> ptx;
    for (SolverPart const& part : parts)
        if (part.is_ptx()) ptx.push_back(part);
    expect_linked(FitCompiler(compiler, linker, ptx).compile(request_of(builder, "sm_90")), "sm_90");
}

TEST_F(LinkTest, WhatCannotBeLinkedIsCompiledAsAWholeAndSaysWhy)
{
    // Quick to compile; FitKernel compiles whole fits.
    cuda::CompileRequest request{R"(#if defined(WARPFIT_LINKED)
extern "C" __device__ void pass() {}
#else
extern "C" __global__ void whole() {}
#endif
)",
                                 "sm_90",
                                 {},
                                 {"whole"}};
    auto const expect_whole = [&](FitCompiler const& fits, std::string const& why) {
        cuda::Compiled const compiled = fits.compile(request);
        EXPECT_TRUE(compiled.is_fine()) << compiled.log;
        EXPECT_THAT(compiled.names, ::testing::ElementsAre("whole"));
        EXPECT_THAT(compiled.log, StartsWith("compiled as a whole, not linked: " + why));
    };
    cuda::Linker const none({"/nowhere/libnvJitLink.so"});
    expect_whole(FitCompiler(compiler, none, parts), "no nvJitLink (libnvJitLink.so is not found)");
    expect_whole(FitCompiler(compiler, linker, {}), "no solver for sm_90 was built in");
    expect_whole(FitCompiler(compiler, linker, {part("sm_90", "no cubin")}), "nvJitLink: error ");
    expect_whole(FitCompiler(compiler, linker, parts), "nvJitLink: error ");  // the solver misses its passes
    request.architecture = "sm_999";
    expect_whole(FitCompiler(compiler, linker, parts), "NVRTC " + compiler.version() + " makes no cubin for sm_999");
}

TEST_F(LinkTest, AWholeOneIsNotLinkedAndHasAKeyOfItsOwn)
{
    cuda::CompileRequest request{"#if !defined(WARPFIT_LINKED)\nextern \"C\" __global__ void whole() {}\n#endif\n",
                                 "sm_90",
                                 {cuda::whole_option},
                                 {"whole"}};
    FitCompiler const fits(compiler, linker, parts);
    cuda::Compiled const compiled = fits.compile(request);
    EXPECT_TRUE(compiled.is_fine());
    EXPECT_THAT(compiled.names, ::testing::ElementsAre("whole"));
    EXPECT_EQ(compiled.log, "");
    EXPECT_FALSE(compiled.is_stopgap);
    auto const key = cuda::cubin_key(fits.identity(), request);
    request.options.clear();
    EXPECT_NE(key, cuda::cubin_key(fits.identity(), request));
}

TEST_F(LinkTest, WrongTextFailsAndSaysWhy)
{
    FitCompiler const fits(compiler, linker, parts);
    cuda::Compiled const compiled = fits.compile({"\n__global__ void f() { nonsense; }", "sm_90", {}, {"f"}});
    EXPECT_FALSE(compiled.is_fine());
    EXPECT_THAT(compiled.log, HasSubstr("model.cu(2): error: identifier \"nonsense\" is undefined"));
}

PlanBuilder many_components(int count, program::Precision precision)
{
    PlanBuilder builder;
    builder.line(1024, 100.0, 0.5);
    builder.options.precision = precision;
    builder.add<PowerLaw>({free_slot(500.0), free_slot(1.3), fixed_slot(-1.0), fixed_slot(0.0)});
    for (int i = 1; i < count; ++i) switch (i % 3) {
        case 0:
            builder.add<Lorentzian>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
            break;
        case 1:
            builder.add<GaussianHF>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
            break;
        default:
            builder.add<Erf>({free_slot(4.0), free_slot(1.5), free_slot(100.0 + 40.0 * i)});
        }
    return builder;
}

TEST_F(LinkTest, TheSecondCompilationOfAModelIsRead)
{
    FitCompiler const fits(compiler, linker, parts);
    auto const compile = [&](cuda::CompileRequest const& request) { return fits.compile(request); };
    for (auto const& [precision, name] :
         {std::pair{program::Precision::float64, "float64"}, std::pair{program::Precision::mixed, "mixed"}})
        for (int const count : {1, 3, 10}) {
            TemporaryFolder const folder;
            PlanBuilder builder = many_components(count, precision);
            cuda::CompileRequest const request = request_of(builder, "sm_90");
            cuda::CubinCache first(folder.path(), fits.identity(), compile);
            cuda::CachedProgram const made = first.get_or_compile(request);
            expect_linked(*made.compiled, "sm_90");
            EXPECT_EQ(made.source, cuda::Source::compiler);

            cuda::CubinCache later(folder.path(), fits.identity(), compile);
            cuda::CachedProgram const read = later.get_or_compile(request);
            EXPECT_EQ(read.source, cuda::Source::disk);
            EXPECT_EQ(read.compiled->code, made.compiled->code);
            EXPECT_EQ(read.compiled->names, made.compiled->names);
            std::cout << count << " components, " << name << ": compiled in " << made.seconds << " s, read in "
                      << read.seconds << " s, " << made.compiled->code.size() << " bytes\n";
        }
}

/// Registers of a function in a cubin, -1: it has none of this name.
int registers_of(std::string const& cubin, std::string const& function)
{
    auto const read = [&](std::size_t at, auto value) {
        std::memcpy(&value, cubin.data() + at, sizeof value);
        return value;
    };
    auto const word = [&](std::size_t at) { return static_cast<std::size_t>(read(at, std::uint32_t())); };
    auto const wide = [&](std::size_t at) { return static_cast<std::size_t>(read(at, std::uint64_t())); };
    auto const half = [&](std::size_t at) { return static_cast<std::size_t>(read(at, std::uint16_t())); };
    // ELF64: section headers of 64 bytes: name, type, .., offset at 24, size at 32, link at 40.
    std::size_t const headers = wide(40);
    auto const header = [&](std::size_t i) { return headers + 64 * i; };
    std::size_t const names = wide(header(half(62)) + 24);
    std::size_t info = 0, symbols = 0;
    for (std::size_t i = 0; i < half(60); ++i) {
        std::string const name = cubin.c_str() + names + word(header(i));
        if (name == ".nv.info") info = header(i);
        if (name == ".symtab") symbols = header(i);
    }
    if (info == 0 || symbols == 0) return -1;
    std::size_t const texts = wide(header(word(symbols + 40)) + 24);
    std::size_t at = wide(info + 24);
    // Records: format, attribute, then a size and as many bytes (format 4) or a value of two bytes.
    for (std::size_t const end = at + wide(info + 32); at < end;) {
        bool const is_sized = cubin[at] == 4;
        if (is_sized && cubin[at + 1] == 0x2f) {
            std::size_t const symbol = wide(symbols + 24) + 24 * word(at + 4);
            if (cubin.c_str() + texts + word(symbol) == function) return static_cast<int>(word(at + 8));
        }
        at += is_sized ? 4 + half(at + 2) : 4;
    }
    return -1;
}

/// Most registers of the passes of a model, as kernels of their own, and of its linked kernel, for every size of a
/// team; a multiprocessor deals out registers by eight a thread.
struct Bound
{
    int num_free;
    char const* architecture;
    int float_pass, double_pass, linked;
};

class ResourceTable : public LinkTest, public ::testing::WithParamInterface<Bound>
{};

TEST_P(ResourceTable, RegistersAreWithinItAndNothingSpills)
{
    Bound const bound = GetParam();
    PlanBuilder builder;
    builder.line(1024, 100.0, 0.5);
    builder.options.precision = program::Precision::mixed;
    bool const has_law = bound.num_free % 3 == 2;
    if (has_law) builder.add<PowerLaw>({free_slot(500.0), free_slot(1.3), fixed_slot(-1.0), fixed_slot(0.0)});
    for (int i = 0; i < bound.num_free / 3; ++i)
        builder.add<Gaussian>({free_slot(10.0), free_slot(3.0), free_slot(100.0 + 40.0 * i)});
    ASSERT_EQ(builder.view().num_free, bound.num_free);
    cuda::CompileRequest request = request_of(builder, bound.architecture);
    request.options = {"--ptxas-options=-v"};
    request.text += "#if defined(WARPFIT_LINKED)\n";
    for (std::string const real : {"float", "double"})
        request.text += "extern \"C\" __global__ void probe_" + real + "(warpfit::cuda::LinkedPass<" + real +
                        "> const* pass, double* total)\n{\n    warpfit::cuda::products_of<warpfit::generated::Model<" +
                        real + ">>(*pass, total);\n}\n";
    request.text += "#endif\n";
    cuda::Compiled const compiled = FitCompiler(compiler, linker, parts).compile(request);
    ASSERT_TRUE(compiled.is_fine()) << compiled.log;
    ASSERT_THAT(compiled.names, ::testing::ElementsAre(cuda::linked_kernel));
    std::map<std::string, Resources> resources = kernel_resources(compiled.log);
    ASSERT_EQ(resources.size(), 2U) << compiled.log;
    for (auto const& [kernel, found] : resources) EXPECT_EQ(found.spills, 0) << kernel << "\n" << compiled.log;
    int const linked = registers_of(compiled.code, cuda::linked_kernel);
    // A loose bound would say nothing: 24 registers less are worth a new one.
    auto const within = [](int most) { return ::testing::AllOf(::testing::Le(most), ::testing::Gt(most - 24)); };
    EXPECT_THAT(resources["probe_float"].registers, within(bound.float_pass));
    EXPECT_THAT(resources["probe_double"].registers, within(bound.double_pass));
    EXPECT_THAT(linked, within(bound.linked));
    std::cout << "{" << bound.num_free << ", \"" << bound.architecture << "\", " << resources["probe_float"].registers
              << ", " << resources["probe_double"].registers << ", " << linked << "}\n";
}

INSTANTIATE_TEST_SUITE_P(Models, ResourceTable,
                         ::testing::Values(Bound{3, "sm_75", 88, 96, 248}, Bound{3, "sm_80", 96, 104, 240},
                                           Bound{3, "sm_86", 56, 80, 240}, Bound{3, "sm_89", 56, 80, 240},
                                           Bound{3, "sm_90", 56, 80, 232}, Bound{6, "sm_75", 112, 144, 248},
                                           Bound{6, "sm_80", 112, 152, 240}, Bound{6, "sm_86", 96, 128, 240},
                                           Bound{6, "sm_89", 96, 128, 240}, Bound{6, "sm_90", 80, 128, 232},
                                           Bound{11, "sm_75", 152, 120, 248}, Bound{11, "sm_80", 160, 120, 240},
                                           Bound{11, "sm_86", 160, 112, 240}, Bound{11, "sm_89", 160, 112, 240},
                                           Bound{11, "sm_90", 160, 112, 232}, Bound{12, "sm_75", 160, 120, 248},
                                           Bound{12, "sm_80", 168, 136, 240}, Bound{12, "sm_86", 168, 128, 240},
                                           Bound{12, "sm_89", 168, 128, 240}, Bound{12, "sm_90", 168, 128, 240}));

}  // namespace
}  // namespace warpfit::testing
