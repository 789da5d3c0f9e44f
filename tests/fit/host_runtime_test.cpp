// The plugin's own host side, on a runtime that is none (tests/support/host_cuda_runtime.cpp): pieces, lanes, memory
// that does not suffice, calls that fail.
#include "tests/fit/maps.hpp"
#include "warpfit/device_fit.hpp"
#include "warpfit/error.hpp"

#include <cstdlib>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::Contains;
using ::testing::HasSubstr;

#if defined(WARPFIT_HOST_PLUGIN)
constexpr char const* host_plugin = WARPFIT_HOST_PLUGIN;
#else
constexpr char const* host_plugin = nullptr;
#endif

// As the driver counts them.
constexpr int out_of_memory = 2, launch_failure = 719, launch_timeout = 702, unknown = 999;

class HostRuntimeTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!host_plugin) GTEST_SKIP() << "no CUDA headers here: the plugin's sources are not built";
        void* const plugin = dlopen(host_plugin, RTLD_NOW);
        ASSERT_NE(plugin, nullptr) << dlerror();
        calls_of = reinterpret_cast<long long (*)(char const*)>(dlsym(plugin, "warpfit_host_calls"));
        used = reinterpret_cast<long long (*)()>(dlsym(plugin, "warpfit_host_used"));
        calls_when_lost = reinterpret_cast<long long (*)()>(dlsym(plugin, "warpfit_host_calls_when_lost"));
        ASSERT_TRUE(calls_of && used && calls_when_lost);
    }
    ~HostRuntimeTest() override
    {
        for (char const* name : {"WARPFIT_HOST_MEMORY", "WARPFIT_HOST_L2", "WARPFIT_HOST_BLOCKS", "WARPFIT_HOST_FAULT"})
            unsetenv(name);
    }

    static void set(char const* name, std::string const& value) { setenv(name, value.c_str(), 1); }
    static void fault(std::string const& call, int n, int status)
    {
        set("WARPFIT_HOST_FAULT", call + ":" + std::to_string(n) + ":" + std::to_string(status));
    }

    static FitOptions options(char const* device = "cuda")
    {
        FitOptions o;
        o.device = device;
        o.plugin = host_plugin;
        o.start = Start::model;
        return o;
    }

    static FitResult fit(FitOptions const& o) { return multifit(PeakMap::model(), PeakMap(num_pixels).signal(), o); }

    static constexpr std::size_t num_pixels = 16;
    long long (*calls_of)(char const*) = nullptr;
    long long (*used)() = nullptr;
    long long (*calls_when_lost)() = nullptr;
};

TEST_F(HostRuntimeTest, FitsInPiecesWhatTheCpuFits)
{
    FitResult const cpu = fit(options("cpu"));
    set("WARPFIT_HOST_L2", "1");
    long long const before = calls_of("cudaLaunchKernel");
    FitResult const pieces = fit(options());
    EXPECT_GE(calls_of("cudaLaunchKernel") - before, 1);
    EXPECT_EQ(pieces.device, "cuda");
    EXPECT_EQ(pieces.layout, "interpreter");
    EXPECT_THAT(pieces.notes, Contains(AllOf(HasSubstr("GPU Host 1"), HasSubstr("interpreter: "))));
    for (std::size_t i = 0; i < num_pixels; ++i) {
        ASSERT_EQ(pieces.status[i], cpu.status[i]) << i;
        for (std::size_t k = 0; k < cpu.parameters.size(); ++k)
            ASSERT_NEAR(pieces.parameters[k].values[i], cpu.parameters[k].values[i],
                        1e-5 * cpu.parameters[k].standard_errors[i]);
    }
    set("WARPFIT_HOST_L2", "100000000");
    expect_same(fit(options()), pieces);
    EXPECT_EQ(used(), 0);
}

/// A piece has eight pixels for each team at least: this takes more pieces than there are lanes. A step is enough.
TEST_F(HostRuntimeTest, LanesAreUsedAgain)
{
    PeakMap const map(300);
    FitOptions step = options();
    step.max_iterations = 1;
    set("WARPFIT_HOST_BLOCKS", "1");
    set("WARPFIT_HOST_L2", "1");
    long long const before = calls_of("cudaLaunchKernel");
    FitResult const pieces = multifit(PeakMap::model(), map.signal(), step);
    EXPECT_GT(calls_of("cudaLaunchKernel") - before, 3);
    set("WARPFIT_HOST_L2", "100000000");
    expect_same(multifit(PeakMap::model(), map.signal(), step), pieces);
}

TEST_F(HostRuntimeTest, LittleMemoryMeansSmallerPiecesAndFewerBlocks)
{
    set("WARPFIT_HOST_L2", "100000000");
    FitResult const all = fit(options());
    int num_fitted = 0;
    std::string last;
    for (long long memory = 1 << 20; memory > 1000; memory = memory * 3 / 4) {
        set("WARPFIT_HOST_MEMORY", std::to_string(memory));
        try {
            expect_same(fit(options()), all);
            EXPECT_EQ(last, "") << "with more memory it did not suffice";
            ++num_fitted;
        } catch (OutOfMemory const& error) {
            last = error.what();
        }
        EXPECT_EQ(used(), 0) << memory;
    }
    EXPECT_GT(num_fitted, 5);
    EXPECT_THAT(last, AnyOf(HasSubstr("cudaMalloc: out of memory"), HasSubstr("cudaMallocHost: out of memory")));
}

TEST_F(HostRuntimeTest, EstimatesAndFitsWithLittleMemory)
{
    PeakMap const map(12);
    Model model;
    model.append("Offset");
    model.append("Gaussian");
    FitOptions estimated = options();
    estimated.start = Start::automatic;
    long long const before = calls_of("cudaLaunchKernel");
    FitResult const all = multifit(model, map.signal(), estimated);
    EXPECT_GT(calls_of("cudaLaunchKernel") - before, 1);
    EXPECT_EQ(all.count_by_status()[static_cast<std::size_t>(FitStatus::converged)], map.num_pixels);
    set("WARPFIT_HOST_L2", "1");
    expect_same(multifit(model, map.signal(), estimated), all);
    EXPECT_EQ(used(), 0);
}

/// Every call that a fit makes, failing: its name reaches the caller, everything is given back, and the next fit is as
/// if nothing had been.
TEST_F(HostRuntimeTest, EveryCallThatFailsIsNamedAndNothingLeaks)
{
    set("WARPFIT_HOST_L2", "1");
    FitResult const all = fit(options());
    for (char const* call :
         {"cudaGetDeviceCount", "cudaGetDeviceProperties", "cudaGetDevice", "cudaSetDevice", "cudaMalloc",
          "cudaMallocHost", "cudaMemcpy", "cudaDeviceSynchronize", "cudaStreamCreateWithFlags", "cudaFuncSetAttribute",
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor", "cudaMemsetAsync", "cudaMemcpyAsync", "cudaLaunchKernel",
          "cudaStreamSynchronize"}) {
        int num_failed = 0;
        for (int n = 1; n <= 2; ++n) {
            fault(call, n, unknown);
            try {
                fit(options());
            } catch (Error const& error) {
                EXPECT_THAT(error.what(), AllOf(HasSubstr(call), HasSubstr(": as the test asked for"))) << n;
                ++num_failed;
            }
            EXPECT_EQ(used(), 0) << call << ' ' << n;
        }
        EXPECT_GT(num_failed, 0) << call;
        unsetenv("WARPFIT_HOST_FAULT");
        expect_same(fit(options()), all);
    }
}

TEST_F(HostRuntimeTest, WhatIsShortOfMemoryOrLostIsToldApart)
{
    set("WARPFIT_HOST_L2", "1");
    fault("cudaMemcpyAsync", 2, launch_failure);
    EXPECT_THROW(fit(options()), DeviceError);
    fault("cudaStreamSynchronize", 1, launch_timeout);
    EXPECT_THROW(fit(options()), DeviceError);
    fault("cudaMallocHost", 2, out_of_memory);
    EXPECT_NO_THROW(fit(options()));  // smaller pieces do
    // One block's scratch is refused again and again.
    unsetenv("WARPFIT_HOST_FAULT");
    set("WARPFIT_HOST_MEMORY", "1000");
    EXPECT_THROW(fit(options()), OutOfMemory);
    EXPECT_EQ(used(), 0);
}

TEST_F(HostRuntimeTest, ALostDeviceIsNotAskedForMoreWork)
{
    PeakMap const map(300);  // its pieces are in all lanes when the first is waited for
    set("WARPFIT_HOST_BLOCKS", "1");
    set("WARPFIT_HOST_L2", "1");
    fault("cudaStreamSynchronize", 1, launch_failure);
    EXPECT_THROW(multifit(PeakMap::model(), map.signal(), options()), DeviceError);
    EXPECT_EQ(calls_when_lost(), 0);
    EXPECT_EQ(used(), 0);
}

/// Arrays that lie in the device's memory already, which is the host's here, in a stream of the caller's: null.
TEST_F(HostRuntimeTest, FitsWhatLiesOnTheDevice)
{
    PeakMap const map(16);
    Model const model = PeakMap::model();
    DataOptions unweighted;
    unweighted.variance = "none";
    FitResult const all = multifit(model, map.signal(), options(), unweighted);
    DeviceFit fit(model, {map.axis}, options());
    std::size_t const P = fit.num_free();
    std::vector<double> values(16 * P), errors(16 * P), chisq(16);
    std::vector<int> dof(16), iterations(16);
    std::vector<FitStatus> status(16);
    fit.run(16, {map.data.data(), DataType::f64},
            {values.data(), errors.data(), chisq.data(), dof.data(), iterations.data(), status.data()});
    EXPECT_EQ(chisq, all.chisq);
    EXPECT_EQ(status, all.status);
}

}  // namespace
}  // namespace warpfit::testing
