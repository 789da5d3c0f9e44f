#include "bench/gpu/own.hpp"

#include "bench/gpu/device_memory.hpp"
#include "bench/support/clock.hpp"
#include "warpfit/device_fit.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit::bench {

namespace {

FitOptions options_of(Workload const& w, Precision precision)
{
    FitOptions options;
    options.precision = precision;
    options.bounded = w.problem.bounded;
    options.tolerance = w.problem.tolerance;
    options.start = Start::model;
    return options;
}

/// Column of `own.paths` that holds a free parameter.
std::size_t column_of(Workload const& w, std::string const& path)
{
    auto const& paths = w.own.paths;
    auto const found = std::find(paths.begin(), paths.end(), path);
    if (found == paths.end()) throw std::logic_error("no start for " + path);
    return static_cast<std::size_t>(found - paths.begin());
}

Outcome outcome(Workload const& w, double seconds, std::vector<FitStatus> const& status,
                std::vector<int> const& iterations, std::vector<double> const& chisq)
{
    Outcome out;
    out.seconds = seconds;
    for (std::size_t i = 0; i < w.count; ++i) {
        out.iterations += static_cast<double>(iterations[i]) / static_cast<double>(w.count);
        out.failed += !is_converged(status[i]);
    }
    auto const n = std::min(w.count, static_cast<std::size_t>(w.problem.num_fits));
    out.chisq.assign(chisq.begin(), chisq.begin() + static_cast<std::ptrdiff_t>(n));
    return out;
}

}  // namespace

Outcome fit_resident(Workload const& w, Precision precision)
{
    DeviceFit fit(w.own.model, signal_axes(w.problem), options_of(w, precision));
    std::size_t const P = fit.num_free();
    std::vector<double> start(w.count * P);
    for (std::size_t k = 0; k < P; ++k) {
        std::size_t const from = column_of(w, fit.parameters()[k]);
        for (std::size_t i = 0; i < w.count; ++i) start[i * P + k] = w.start[i * P + from];
    }
    DeviceArray<float> const data(w.data), variance(w.variance);
    DeviceArray<double> const device_start(start), values(w.count * P), errors(w.count * P), chisq(w.count);
    DeviceArray<int> const dof(w.count), iterations(w.count);
    DeviceArray<FitStatus> const status(w.count);
    DeviceMaps const maps{values.data(), errors.data(), chisq.data(), dof.data(), iterations.data(), status.data()};
    auto const run = [&](std::size_t count) {
        fit.run(count, {data.data(), DataType::f32}, maps, {variance.data(), DataType::f32}, device_start.data());
        check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    };
    run(std::min<std::size_t>(w.count, 1000));
    double const begin = wall_seconds();
    run(w.count);
    double const seconds = wall_seconds() - begin;
    return outcome(w, seconds, status.to_host(), iterations.to_host(), chisq.to_host());
}

Outcome fit_end_to_end(Workload const& w, Precision precision, char const* device)
{
    Model model = w.own.model;
    std::size_t const P = w.num_parameters();
    for (std::size_t k = 0; k < P; ++k) {
        std::vector<double> map(w.count);
        for (std::size_t i = 0; i < w.count; ++i) map[i] = w.start[i * P + k];
        model.parameter(w.own.paths[k]).set_map(std::move(map));
    }
    Axis pixels;
    pixels.size = w.count;
    std::vector<Axis> const axes = signal_axes(w.problem);
    Signal signal({pixels}, axes, std::span<float const>(w.data));
    if (!w.variance.empty()) {
        Variance variance;
        variance.kind = Variance::Kind::stored;
        variance.stored = Signal({pixels}, axes, std::span<float const>(w.variance)).data();
        signal.set_variance(std::move(variance));
    }
    FitOptions options = options_of(w, precision);
    options.device = device;
    double const begin = wall_seconds();
    FitResult const result = multifit(model, signal, options);
    double const seconds = wall_seconds() - begin;
    return outcome(w, seconds, result.status, result.iterations, result.chisq);
}

}  // namespace warpfit::bench
