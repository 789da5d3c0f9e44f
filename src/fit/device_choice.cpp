#include "src/fit/device_choice.hpp"

#include "src/fit/backend.hpp"

#include <algorithm>
#include <thread>

namespace warpfit {

namespace {

// Passes over the channels that a fit takes, and operations a pass needs at each channel: the model's own, then the
// products of all columns (num_free + 1 of them, half a square).
constexpr double passes = 6.0;
constexpr double model_operations = 12.0;

}  // namespace

DeviceCosts const built_in_costs{
    .cpu_start = 1e-3,
    // Measured with bench/solvers on an EPYC of 2.45 GHz with AVX2 (power law + 3 Gaussians, 17 000 fits/s in float64).
    // Float lanes are twice as many.
    .cpu_rate = 1.8e9,
    // Of the GPU only gpu_compile is measured, for ten components, on the EPYC above; the rest is derived: half of the
    // issue rate of 128 lanes at 1.5 GHz; double at 1/2 of it on data centre cards and 1/64 on others, of which the
    // lower half is taken; PCIe 4.
    .gpu_start = 0.25,
    .gpu_compile = 1.0,
    .gpu_rate = 0.5 * 128 * 1.5e9,
    .gpu_double_share = 1.0 / 4.0,
    .interpreter_share = 1.0 / 8.0,
    .gpu_copy = 20e9,
};

double operations(Work const& work)
{
    double const columns = work.num_free + 1.0;
    return work.num_pixels * passes *
           (work.num_channels *
                (model_operations * std::max(1.0, work.num_free / 3.0) + 0.5 * columns * (columns + 1.0)) +
            columns * columns * columns);
}

Work work_of(program::Plan const& plan, double num_pixels, double bytes_per_pixel)
{
    return {num_pixels, static_cast<double>(plan.num_channels), static_cast<double>(plan.num_free), bytes_per_pixel,
            plan.options.precision == program::Precision::float64};
}

CpuSpeed cpu_speed(FitOptions const& options)
{
    int const cores = static_cast<int>(std::thread::hardware_concurrency());
    return {options.threads > 0 ? options.threads : std::max(1, cores),
            static_cast<double>(cpu_lanes(options.instructions))};
}

double cpu_seconds(Work const& work, CpuSpeed const& speed, DeviceCosts const& costs)
{
    double const lanes = work.is_double ? speed.lanes : 2.0 * speed.lanes;
    return costs.cpu_start + operations(work) / (costs.cpu_rate * lanes * speed.threads);
}

double gpu_seconds(Work const& work, GpuSpeed const& speed, DeviceCosts const& costs)
{
    double const rate = costs.gpu_rate * speed.multiprocessors * (work.is_double ? costs.gpu_double_share : 1.0) *
                        (speed.is_compiled ? 1.0 : costs.interpreter_share);
    double const copy = work.num_pixels * work.bytes_per_pixel / costs.gpu_copy;
    // Copies run beside the fits: the slower of the two counts.
    return costs.gpu_start + (speed.is_compiled ? costs.gpu_compile : 0.0) + std::max(copy, operations(work) / rate);
}

}  // namespace warpfit
