#include "src/backends/cuda/cubin_cache.hpp"
#include "tests/backends/cuda/cache_support.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <gmock/gmock.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace warpfit::testing {
namespace {

namespace fs = std::filesystem;
using cuda::CachedProgram;
using cuda::CubinCache;
using cuda::Source;
using ::testing::HasSubstr;

cuda::CompileRequest request_of(int i)
{
    return {"program " + std::to_string(i), "sm_90", {}, {"fit"}};
}

/// Counts what it compiles.
class CountingCompiler
{
  public:
    CubinCache::Compile function()
    {
        return [this](cuda::CompileRequest const& request) {
            ++count;
            return fake_compile(request);
        };
    }
    std::atomic<int> count = 0;
};

class Cache : public ::testing::Test
{
  protected:
    CubinCache make(std::string const& identity = "compiler 1", long long limit = CubinCache::default_limit)
    {
        return CubinCache(folder.path(), identity, compiler.function(), limit);
    }
    void expect(CachedProgram const& found, int i, Source source)
    {
        EXPECT_EQ(found.source, source);
        EXPECT_EQ(found.compiled->code, fake_compile(request_of(i)).code);
        EXPECT_THAT(found.compiled->names, ::testing::ElementsAre("_Zfit"));
        EXPECT_EQ(found.compiled->architecture, "sm_90");
        EXPECT_EQ(found.note, "");
        EXPECT_GE(found.seconds, 0.0);
    }

    TemporaryFolder folder;
    CountingCompiler compiler;
};

TEST_F(Cache, CompilesThenRemembersThenReads)
{
    {
        CubinCache cache = make();
        expect(cache.get_or_compile(request_of(1)), 1, Source::compiler);
        expect(cache.get_or_compile(request_of(1)), 1, Source::memory);
        expect(cache.get_or_compile(request_of(2)), 2, Source::compiler);
    }
    CubinCache later = make();
    expect(later.get_or_compile(request_of(2)), 2, Source::disk);
    expect(later.get_or_compile(request_of(2)), 2, Source::memory);
    expect(later.get_or_compile(request_of(1)), 1, Source::disk);
    EXPECT_EQ(compiler.count, 2);
}

TEST_F(Cache, AnotherCompilerCompilesAnew)
{
    expect(make().get_or_compile(request_of(1)), 1, Source::compiler);
    expect(make("compiler 2").get_or_compile(request_of(1)), 1, Source::compiler);
    expect(make().get_or_compile(request_of(1)), 1, Source::disk);
    EXPECT_EQ(folder.files().size(), 2U);
}

TEST_F(Cache, ABrokenEntryIsRebuilt)
{
    expect(make().get_or_compile(request_of(1)), 1, Source::compiler);
    fs::path const file = folder.files().at(0);
    std::string const good = read_file(file);
    for (std::size_t at = 0; at < good.size(); ++at) {
        SCOPED_TRACE(at);
        std::string bad = good;
        bad[at] = static_cast<char>(~bad[at]);
        write_file(file, at % 3 == 0 ? good.substr(0, at) : bad);
        expect(make().get_or_compile(request_of(1)), 1, Source::compiler);
        ASSERT_EQ(read_file(file), good);
    }
    expect(make().get_or_compile(request_of(1)), 1, Source::disk);
}

TEST_F(Cache, WorksWithoutAFolder)
{
    CubinCache cache("", "compiler 1", compiler.function());
    expect(cache.get_or_compile(request_of(1)), 1, Source::compiler);
    expect(cache.get_or_compile(request_of(1)), 1, Source::memory);
}

TEST_F(Cache, AFolderOfNoUseIsToldOnce)
{
    write_file(folder.path() / "file", "");
    CubinCache cache(folder.path() / "file" / "below", "compiler 1", compiler.function());
    CachedProgram const first = cache.get_or_compile(request_of(1));
    EXPECT_EQ(first.compiled->code, fake_compile(request_of(1)).code);
    EXPECT_THAT(first.note, HasSubstr("not kept"));
    expect(cache.get_or_compile(request_of(1)), 1, Source::memory);
    expect(cache.get_or_compile(request_of(2)), 2, Source::compiler);
}

TEST_F(Cache, AFailureIsNotKept)
{
    bool fails = true;
    CubinCache cache(folder.path(), "compiler 1", [&](cuda::CompileRequest const& request) {
        if (!fails) return fake_compile(request);
        cuda::Compiled failed;
        failed.log = "an error";
        return failed;
    });
    CachedProgram const failed = cache.get_or_compile(request_of(1));
    EXPECT_FALSE(failed.compiled->is_fine());
    EXPECT_EQ(failed.compiled->log, "an error");
    EXPECT_TRUE(folder.files().empty());
    fails = false;
    expect(cache.get_or_compile(request_of(1)), 1, Source::compiler);
}

TEST_F(Cache, AnExceptionReachesTheCallerAndIsNotKept)
{
    bool throws = true;
    CubinCache cache(folder.path(), "compiler 1", [&](cuda::CompileRequest const& request) {
        if (throws) throw std::runtime_error("no memory");
        return fake_compile(request);
    });
    EXPECT_THROW(cache.get_or_compile(request_of(1)), std::runtime_error);
    throws = false;
    expect(cache.get_or_compile(request_of(1)), 1, Source::compiler);
}

TEST_F(Cache, MemoryForgetsWhatWasUsedLongestAgo)
{
    auto const size = static_cast<long long>(fake_compile(request_of(1)).code.size());
    CubinCache cache("", "compiler 1", compiler.function(), 2 * size);
    cache.get_or_compile(request_of(1));
    CachedProgram const held = cache.get_or_compile(request_of(2));
    cache.get_or_compile(request_of(1));
    cache.get_or_compile(request_of(3));
    expect(cache.get_or_compile(request_of(1)), 1, Source::memory);
    expect(cache.get_or_compile(request_of(3)), 3, Source::memory);
    expect(cache.get_or_compile(request_of(2)), 2, Source::compiler);
    expect(held, 2, Source::compiler);
}

TEST_F(Cache, ThreadsAtOnceCompileOnce)
{
    constexpr int num_threads = 8, num_keys = 3;
    CubinCache cache(folder.path(), "compiler 1", [&](cuda::CompileRequest const& request) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        return compiler.function()(request);
    });
    std::vector<std::vector<CachedProgram>> found(num_threads);
    std::vector<std::thread> threads;
    for (int t = 0; t < num_threads; ++t)
        threads.emplace_back([&, t] {
            for (int k = 0; k < num_keys; ++k)
                found[static_cast<std::size_t>(t)].push_back(cache.get_or_compile(request_of((t + k) % num_keys)));
        });
    for (std::thread& thread : threads) thread.join();

    EXPECT_EQ(compiler.count, num_keys);
    int compiled = 0;
    for (int t = 0; t < num_threads; ++t)
        for (int k = 0; k < num_keys; ++k) {
            CachedProgram const& one = found[static_cast<std::size_t>(t)][static_cast<std::size_t>(k)];
            expect(one, (t + k) % num_keys, one.source);
            compiled += one.source == Source::compiler;
        }
    EXPECT_EQ(compiled, num_keys);
}

TEST_F(Cache, ThreadsThatWaitForAFailureAllGetIt)
{
    CubinCache cache("", "compiler 1", [](cuda::CompileRequest const&) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        cuda::Compiled failed;
        failed.log = "an error";
        return failed;
    });
    std::atomic<int> failed = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 8; ++t)
        threads.emplace_back([&] { failed += cache.get_or_compile(request_of(1)).compiled->log == "an error"; });
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(failed, 8);
}

/// Runs `body` in processes of their own, all begun together. Returns how many returned false.
template<class Body>
int run_processes(int count, Body body)
{
    int gate[2];
    if (pipe(gate) != 0) return count;
    std::vector<pid_t> children;
    for (int p = 0; p < count; ++p) {
        pid_t const child = fork();
        if (child == 0) {
            char byte;
            close(gate[1]);
            static_cast<void>(read(gate[0], &byte, 1));  // until the parent closes its end
            _exit(body(p) ? 0 : 1);
        }
        children.push_back(child);
    }
    close(gate[0]);
    close(gate[1]);
    int failed = 0;
    for (pid_t const child : children) {
        int status = 1;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0) ++failed;
    }
    return failed;
}

bool all_are_right(CubinCache&& cache, int first, int num_keys)
{
    for (int k = 0; k < num_keys; ++k) {
        int const i = (first + k) % num_keys;
        CachedProgram const found = cache.get_or_compile(request_of(i));
        if (found.compiled->code != fake_compile(request_of(i)).code || !found.note.empty()) return false;
    }
    return true;
}

TEST_F(Cache, ProcessesAtOnceShareAFolder)
{
    constexpr int num_keys = 12;
    fs::path const place = folder.path() / "new";
    EXPECT_EQ(run_processes(
                  8, [&](int p) { return all_are_right(CubinCache(place, "compiler 1", fake_compile), p, num_keys); }),
              0);
    std::size_t count = 0;
    for (auto const& entry : fs::directory_iterator(place)) {
        EXPECT_EQ(entry.path().extension(), ".cubin");
        ++count;
    }
    EXPECT_EQ(count, 12U);
}

// Half of the programs fit, so that every process reads, writes and deletes what others do too.
TEST_F(Cache, ProcessesAtOnceShareAFolderTooSmall)
{
    constexpr int num_keys = 12;
    auto const entry_size = static_cast<long long>(
        cuda::to_entry(cuda::cubin_key("compiler 1", request_of(1)), fake_compile(request_of(1))).size());
    EXPECT_EQ(run_processes(8,
                            [&](int p) {
                                bool is_right = true;
                                for (int round = 0; round < 20 && is_right; ++round)
                                    is_right = all_are_right(
                                        CubinCache(folder.path(), "compiler 1", fake_compile, 6 * entry_size),
                                        p + round, num_keys);
                                return is_right;
                            }),
              0);
    long long total = 0;
    for (fs::path const& file : folder.files()) {
        EXPECT_EQ(file.extension(), ".cubin");
        total += static_cast<long long>(fs::file_size(file));
    }
    EXPECT_LE(total, 6 * entry_size);
    EXPECT_GT(total, 0);
}

// A process killed in the midst of writing leaves no entry that anybody takes.
TEST_F(Cache, KilledProcessesLeaveNothingWrong)
{
    for (int round = 0; round < 10; ++round) {
        pid_t const child = fork();
        if (child == 0) {
            for (int i = 0;; ++i) {
                if (!all_are_right(CubinCache(folder.path(), "compiler 1", fake_compile), i, 8)) _exit(1);
                for (fs::path const& file : folder.files()) unlink(file.c_str());
            }
        }
        ASSERT_GT(child, 0);
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        kill(child, SIGKILL);
        int status = 0;
        waitpid(child, &status, 0);
        EXPECT_TRUE(WIFSIGNALED(status));
        EXPECT_TRUE(all_are_right(make(), 0, 8));
    }
}

}  // namespace
}  // namespace warpfit::testing
