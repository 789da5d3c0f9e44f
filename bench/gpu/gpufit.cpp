#include "bench/gpu/gpufit.hpp"

#include "bench/gpu/device_memory.hpp"
#include "bench/solvers/cpufit_call.hpp"
#include "bench/support/clock.hpp"

#include <algorithm>
#include <dlfcn.h>

namespace warpfit::bench {

namespace {

using DeviceCall = int (*)(std::size_t num_fits, std::size_t num_points, float* data, float* weights, int model,
                           float tolerance, int max_iterations, int* free, int estimator, std::size_t info_size,
                           char* info, float* parameters, int* states, float* chisq, int* iterations);

constexpr int max_iterations = 200;

/// Its index of derivatives is a 32-bit int: fits * points * parameters of a call stay below 2^31. Even numbers, for it
/// lowers the fits of a block until they divide the chunk.
std::size_t fits_per_call(Workload const& w)
{
    std::size_t const limit = (std::size_t{1} << 31) / (w.num_channels() * w.num_parameters());
    return std::min(w.count, limit * 9 / 10 / 1000 * 1000);
}

Outcome outcome(Workload const& w, double seconds, std::vector<int> const& states, std::vector<int> const& iterations,
                std::vector<float> const& chisq)
{
    Outcome out;
    out.seconds = seconds;
    for (std::size_t i = 0; i < w.count; ++i) {
        out.iterations += static_cast<double>(iterations[i]) / static_cast<double>(w.count);
        out.failed += states[i] != 0;
    }
    auto const n = std::min(w.count, static_cast<std::size_t>(w.problem.num_fits));
    out.chisq.assign(chisq.begin(), chisq.begin() + static_cast<std::ptrdiff_t>(n));
    return out;
}

}  // namespace

Gpufit::Gpufit(std::string const& library)
{
    void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) throw std::runtime_error(dlerror());
    host_ = dlsym(handle, "gpufit");
    device_ = dlsym(handle, "gpufit_cuda_interface");
    if (!host_ || !device_) throw std::runtime_error(library + " has no gpufit and gpufit_cuda_interface");
}

Outcome Gpufit::fit_resident(Workload const& w) const
{
    DeviceArray<float> const data(w.data), parameters(w.peer_start), chisq(w.count);
    DeviceArray<int> const states(w.count), iterations(w.count);
    std::vector<int> free(w.num_parameters(), 1);
    std::size_t const piece = fits_per_call(w);
    double const begin = wall_seconds();
    for (std::size_t first = 0; first < w.count; first += piece) {
        std::size_t const n = std::min(piece, w.count - first);
        int const failed = reinterpret_cast<DeviceCall>(device_)(
            n, w.num_channels(), data.data() + first * w.num_channels(), nullptr, w.problem.cpufit_model,
            static_cast<float>(w.problem.tolerance), max_iterations, free.data(), 0, 0, nullptr,
            parameters.data() + first * w.num_parameters(), states.data() + first, chisq.data() + first,
            iterations.data() + first);
        if (failed != 0) throw std::runtime_error("Gpufit refused " + w.problem.name);
    }
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    double const seconds = wall_seconds() - begin;
    return outcome(w, seconds, states.to_host(), iterations.to_host(), chisq.to_host());
}

Outcome Gpufit::fit_end_to_end(Workload const& w) const
{
    std::vector<float> data = w.data, start = w.peer_start, parameters(start.size()), chisq(w.count);
    std::vector<int> states(w.count), iterations(w.count), free(w.num_parameters(), 1);
    std::size_t const piece = fits_per_call(w);
    double const begin = wall_seconds();
    for (std::size_t first = 0; first < w.count; first += piece) {
        std::size_t const n = std::min(piece, w.count - first);
        int const failed = reinterpret_cast<CpufitCall>(host_)(
            n, w.num_channels(), data.data() + first * w.num_channels(), nullptr, w.problem.cpufit_model,
            start.data() + first * w.num_parameters(), static_cast<float>(w.problem.tolerance), max_iterations,
            free.data(), 0, 0, nullptr, parameters.data() + first * w.num_parameters(), states.data() + first,
            chisq.data() + first, iterations.data() + first);
        if (failed != 0) throw std::runtime_error("Gpufit refused " + w.problem.name);
    }
    return outcome(w, wall_seconds() - begin, states, iterations, chisq);
}

}  // namespace warpfit::bench
