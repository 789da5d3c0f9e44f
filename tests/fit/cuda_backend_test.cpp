#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace warpfit::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// The fake plugin of tests/support, with one fault.
class CudaBackendTest : public ::testing::Test
{
  protected:
    ~CudaBackendTest() override
    {
        unsetenv("WARPFIT_FAKE_FAULT");
        unsetenv("WARPFIT_FAKE_DEVICES");
    }

    static void fault(char const* name) { setenv("WARPFIT_FAKE_FAULT", name, 1); }

    static FitOptions options(char const* device)
    {
        FitOptions o;
        o.device = device;
        o.plugin = WARPFIT_FAKE_PLUGIN;
        o.start = Start::model;
        return o;
    }

    static FitResult fit(FitOptions const& o, std::size_t num_pixels = 40)
    {
        return multifit(PeakMap::model(), PeakMap(num_pixels).signal(), o);
    }

    /// What the error of a fit says.
    template<class Wanted>
    static std::string error_of(FitOptions const& o, std::size_t num_pixels = 40)
    {
        try {
            fit(o, num_pixels);
        } catch (Wanted const& error) {
            return error.what();
        } catch (std::exception const& error) {
            ADD_FAILURE() << "another error: " << error.what();
        }
        return "";
    }
};

TEST_F(CudaBackendTest, FitsThroughThePlugin)
{
    FitResult const gpu = fit(options("cuda"));
    EXPECT_EQ(gpu.device, "cuda");
    EXPECT_EQ(gpu.instructions, "sm_90");
    EXPECT_EQ(gpu.layout, "interpreter");
    EXPECT_THAT(gpu.notes, Contains(AllOf(HasSubstr("Fake 1000"), HasSubstr("as asked"))));
    FitResult const cpu = fit(options("cpu"));
    EXPECT_EQ(cpu.device, "cpu");
    for (std::size_t i = 0; i < cpu.num_pixels(); ++i) {
        ASSERT_EQ(gpu.status[i], cpu.status[i]);
        for (std::size_t k = 0; k < cpu.parameters.size(); ++k)
            ASSERT_NEAR(gpu.parameters[k].values[i], cpu.parameters[k].values[i],
                        1e-5 * cpu.parameters[k].standard_errors[i]);
    }
}

/// Pixels that the fake's devices have fitted so far.
long long pixels_of(int device)
{
    void* const plugin = dlopen(WARPFIT_FAKE_PLUGIN, RTLD_NOW);
    auto const count = reinterpret_cast<long long (*)(int)>(dlsym(plugin, "warpfit_fake_pixels"));
    return count(device);
}

TEST_F(CudaBackendTest, SeveralDevicesShareABatch)
{
    FitResult const one = fit(options("cuda"), 200);
    setenv("WARPFIT_FAKE_DEVICES", "3", 1);
    long long const before[] = {pixels_of(0), pixels_of(1), pixels_of(2)};
    FitResult const three = fit(options("cuda"), 200);
    EXPECT_EQ(three.threads, 3);
    EXPECT_THAT(three.notes, Contains(HasSubstr("3 GPUs Fake 1000")));
    expect_same(one, three);
    long long sum = 0;
    for (int device = 0; device < 3; ++device) {
        long long const fitted = pixels_of(device) - before[device];
        EXPECT_GT(fitted, 20) << device;
        sum += fitted;
    }
    EXPECT_EQ(sum, 200);
    // A map that one of them fits in a batch has no use for the others.
    EXPECT_EQ(fit(options("cuda"), 8).threads, 1);
}

TEST_F(CudaBackendTest, OneLostDeviceOfSeveralEndsTheFit)
{
    setenv("WARPFIT_FAKE_DEVICES", "2", 1);
    fault("lost");
    EXPECT_THAT(error_of<DeviceError>(options("cuda"), 200), HasSubstr("the GPU was lost while it ran"));
}

TEST_F(CudaBackendTest, SeveralDevicesStopTogether)
{
    setenv("WARPFIT_FAKE_DEVICES", "2", 1);
    std::atomic<bool> stop = false;
    FitOptions o = options("cuda");
    o.cancel = &stop;
    long long const before = pixels_of(1);
    std::thread watcher([&] {
        while (pixels_of(1) < before + 10) std::this_thread::yield();
        stop = true;
    });
    FitResult const result = fit(o, 400);
    watcher.join();
    auto const counts = result.count_by_status();
    EXPECT_GT(counts[static_cast<std::size_t>(FitStatus::cancelled)], 0U);
    EXPECT_GT(counts[static_cast<std::size_t>(FitStatus::converged)], 0U);
    EXPECT_EQ(counts[static_cast<std::size_t>(FitStatus::cancelled)] +
                  counts[static_cast<std::size_t>(FitStatus::converged)],
              400U);
}

TEST_F(CudaBackendTest, AutoStaysOnTheCpuAndSaysWhatItThinks)
{
    FitOptions o = options("auto");
    FitResult const few = fit(o, 4);
    EXPECT_EQ(few.device, "cpu");
    EXPECT_THAT(few.notes, Contains(AllOf(HasSubstr("CPU rather than GPU Fake 1000"), HasSubstr("estimate"))));
    o.instructions = "sse2";  // who chooses among CPUs wants the CPU
    EXPECT_THAT(fit(o, 4).notes, Not(Contains(HasSubstr("GPU"))));
}

TEST_F(CudaBackendTest, SaysWhyThereIsNoGpu)
{
    struct Case
    {
        char const* fault;
        char const* text;
    };
    for (Case const& c : {Case{"no_driver", "no CUDA driver (cudaGetDeviceCount: driver version is insufficient)"},
                          Case{"old_driver", "too old (it is for CUDA 11.4"}, Case{"no_device", "no device"},
                          Case{"query", "cudaGetDeviceProperties"}, Case{"wrong_version", "another version"}}) {
        SCOPED_TRACE(c.fault);
        fault(c.fault);
        EXPECT_THAT(error_of<DeviceError>(options("cuda")), HasSubstr(c.text));
        FitResult const result = fit(options("auto"));
        EXPECT_EQ(result.device, "cpu");
        EXPECT_THAT(result.notes, Contains(AllOf(HasSubstr("No GPU"), HasSubstr(c.text))));
        EXPECT_EQ(fit(options("cpu")).device, "cpu");
    }
}

TEST_F(CudaBackendTest, TellsKindsOfMissingPluginsApart)
{
    FitOptions o = options("cuda");
    o.plugin = "/nowhere/libwarpfit_cuda.so";
    EXPECT_THAT(error_of<DeviceError>(o), HasSubstr("/nowhere/libwarpfit_cuda.so does not exist"));
    o.plugin = "libwarpfit_cuda.so";
    EXPECT_THAT(error_of<InvalidArgument>(o), HasSubstr("not a full path"));

    std::string const text = ::testing::TempDir() + "/not_a_library.so";
    std::ofstream(text) << "hello";
    o.plugin = text;
    EXPECT_THAT(error_of<DeviceError>(o), HasSubstr("does not load"));
    o.plugin = WARPFIT_OTHER_LIBRARY;
    EXPECT_THAT(error_of<DeviceError>(o), HasSubstr("no warpfit_cuda_table"));
}

TEST_F(CudaBackendTest, WhatAKernelCannotDoGoesToTheCpuByRule)
{
    fault("unsupported");
    EXPECT_THAT(error_of<InvalidArgument>(options("cuda")), HasSubstr("65 free parameters, at most 64"));
}

TEST_F(CudaBackendTest, MemoryThatDoesNotSufficeIsNamed)
{
    fault("create_memory");
    EXPECT_THAT(error_of<OutOfMemory>(options("cuda")), HasSubstr("cudaMalloc"));
    fault("run_memory");
    EXPECT_THAT(error_of<OutOfMemory>(options("cuda")), HasSubstr("cudaMallocAsync"));
}

/// Keeps every record, as a journal does.
class Records : public ResultSink
{
  public:
    void begin(std::string const& text) override { header = text; }
    std::vector<PixelRecords> recovered() override { return kept; }
    void append(PixelRecords const& records) override
    {
        kept.push_back(records);
        if (cancel && kept.size() == 2) *cancel = true;
    }
    void close_phase(int) override {}

    std::string header;
    std::vector<PixelRecords> kept;
    std::atomic<bool>* cancel = nullptr;  ///< raised after two records
};

TEST_F(CudaBackendTest, ALostDeviceEndsTheFitAndKeepsWhatIsDone)
{
    FitOptions o = options("cuda");
    o.batch_pixels = 8;
    PeakMap const map(40);
    FitResult const whole = multifit(PeakMap::model(), map.signal(), o);
    Records records;
    fault("lost");
    try {
        multifit(PeakMap::model(), map.signal(), o, {}, &records);
        ADD_FAILURE() << "no error";
    } catch (DeviceError const& error) {
        EXPECT_THAT(error.what(), AllOf(HasSubstr("unspecified launch failure"), HasSubstr("resume")));
    }
    EXPECT_EQ(records.kept.size(), 3U);  // 24 pixels
    EXPECT_THAT(records.header, HasSubstr("device=cuda"));
    unsetenv("WARPFIT_FAKE_FAULT");
    FitResult const resumed = multifit(PeakMap::model(), map.signal(), o, {}, &records);
    EXPECT_EQ(resumed.num_recovered, 24U);
    expect_same(whole, resumed);
}

TEST_F(CudaBackendTest, CancelStopsBetweenBatches)
{
    std::atomic<bool> cancel = false;
    Records records;
    records.cancel = &cancel;
    FitOptions o = options("cuda");
    o.batch_pixels = 8;
    o.cancel = &cancel;
    FitResult const result = multifit(PeakMap::model(), PeakMap(40).signal(), o, {}, &records);
    std::size_t converged = 0;
    for (FitStatus s : result.status) converged += s == FitStatus::converged;
    EXPECT_EQ(converged, 16U);
}

}  // namespace
}  // namespace warpfit::testing
