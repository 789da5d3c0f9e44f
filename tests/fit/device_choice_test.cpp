#include "src/fit/device_choice.hpp"

#include <gtest/gtest.h>

namespace warpfit {
namespace {

double on_cpu(Work const& work, CpuSpeed const& speed)
{
    return cpu_seconds(work, speed, built_in_costs);
}

double on_gpu(Work const& work, GpuSpeed const& speed)
{
    return gpu_seconds(work, speed, built_in_costs);
}

Work peak(double num_pixels)
{
    return {num_pixels, 1024, 4, 2.0 * 1024 + 120, true};
}

constexpr CpuSpeed sixteen{16, 4};
constexpr GpuSpeed card{132, true};

TEST(DeviceChoice, SmallWorkStaysAndLargeWorkGoes)
{
    EXPECT_LT(on_cpu(peak(100), sixteen), on_gpu(peak(100), card));
    EXPECT_GT(on_cpu(peak(1e7), sixteen), on_gpu(peak(1e7), card));
}

TEST(DeviceChoice, EstimatesGrowWithTheWork)
{
    double cpu = 0.0;
    double gpu = 0.0;
    for (double n = 1; n < 1e8; n *= 10) {
        EXPECT_GT(on_cpu(peak(n), sixteen), cpu);
        EXPECT_GE(on_gpu(peak(n), card), gpu);
        cpu = on_cpu(peak(n), sixteen);
        gpu = on_gpu(peak(n), card);
    }
}

// A link of 20 GB/s bounds what a card can do for data that start on the host, however fast it is.
TEST(DeviceChoice, CopiesBoundTheGpu)
{
    GpuSpeed const endless{1000000, true};
    Work const work = peak(1e7);
    EXPECT_GE(on_gpu(work, endless), work.num_pixels * work.bytes_per_pixel / 25e9);
}

TEST(DeviceChoice, TheInterpreterIsSlower)
{
    GpuSpeed const interpreter{132, false};
    EXPECT_GT(on_gpu(peak(1e8), interpreter), on_gpu(peak(1e8), card));
}

}  // namespace
}  // namespace warpfit
