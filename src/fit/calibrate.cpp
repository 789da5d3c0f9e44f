// Short fits that measure what src/fit/device_choice.cpp estimates with.

#include "src/fit/cuda_plugin.hpp"
#include "src/fit/device_choice.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

namespace warpfit {

namespace {

/// A map of any size that takes no memory: a few spectra again and again.
class Repeated : public PixelSource
{
  public:
    Repeated(std::vector<float> values, std::size_t num_channels)
        : values_(std::move(values))
        , num_channels_(num_channels)
    {}

    void read(std::size_t first, std::size_t count, std::byte* out) override
    {
        std::size_t const different = values_.size() / num_channels_;
        std::size_t const bytes = num_channels_ * sizeof(float);
        for (std::size_t i = 0; i < count; ++i)
            std::memcpy(out + i * bytes, values_.data() + (first + i) % different * num_channels_, bytes);
    }

  private:
    std::vector<float> values_;
    std::size_t num_channels_;
};

/// What is fitted: a model and pixels without end.
struct Task
{
    Model model;
    Axis axis;
    std::shared_ptr<Repeated> pixels;

    Signal signal(std::size_t num_pixels) const
    {
        Axis navigation;
        navigation.size = num_pixels;
        Signal s({navigation}, {axis}, RawArray{pixels, DataType::f32, false});
        Variance poisson;
        poisson.kind = Variance::Kind::poisson;
        s.set_variance(poisson);
        return s;
    }
};

constexpr std::size_t num_spectra = 64;

/// The workload of the built-in rate: a power law and three Gaussians, 11 free parameters, 1024 channels.
Task peaks_on_power_law()
{
    Task task;
    task.axis.size = 1024;
    task.axis.offset = 100.0;
    task.axis.scale = 0.5;
    Component& background = task.model.append("PowerLaw");
    background["A"].set_value(1e7);
    background["r"].set_value(2.0);
    background["origin"].set_free(false);
    double const centres[] = {200.0, 330.0, 480.0};
    for (std::size_t i = 0; i < 3; ++i) {
        Component& peak = task.model.append("Gaussian");
        peak["A"].set_value(8e3);
        peak["centre"].set_value(centres[i]);
        peak["sigma"].set_value(10.0);
    }
    std::vector<double> x(task.axis.size);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = task.axis.value(i);
    std::mt19937_64 engine(1);
    std::normal_distribution<double> normal;
    std::vector<float> values;
    for (std::size_t p = 0; p < num_spectra; ++p) {
        Model truth = task.model;
        for (Component& component : truth.components())
            for (Parameter& parameter : component.parameters())
                if (parameter.is_free())
                    parameter.set_value(parameter.value() * (1.0 + 0.02 * std::tanh(normal(engine))));
        for (double const v : truth.evaluate(x))
            values.push_back(static_cast<float>(v + std::sqrt(v) * normal(engine)));
    }
    task.pixels = std::make_shared<Repeated>(std::move(values), task.axis.size);
    return task;
}

/// A small fit whose kernel no cache can hold.
Task never_compiled()
{
    Task task;
    task.axis.size = 64;
    double const unlike = 1.0 + 0.5 * std::random_device()() / static_cast<double>(std::random_device::max());
    std::string const formula = std::to_string(unlike) + std::to_string(std::random_device()()) + "*a*exp(-b*x)";
    task.model.append(Component::expression(formula, "decay", {{"a", 50.0}, {"b", 0.03}}));
    std::vector<float> values;
    for (std::size_t i = 0; i < task.axis.size; ++i)
        values.push_back(static_cast<float>(100.0 * std::exp(-0.05 * static_cast<double>(i))));
    task.pixels = std::make_shared<Repeated>(std::move(values), task.axis.size);
    return task;
}

/// Pixels that go to the device and come back as bad_input: all copies, no fits.
Task not_a_number()
{
    Task task;
    task.axis.size = 4096;
    task.model.append("Offset");
    task.pixels = std::make_shared<Repeated>(
        std::vector<float>(task.axis.size, std::numeric_limits<float>::quiet_NaN()), task.axis.size);
    return task;
}

double num_free(Model const& model)
{
    double count = 0.0;
    for (Component const& component : model.components())
        count += static_cast<double>(std::count_if(component.parameters().begin(), component.parameters().end(),
                                                   [](Parameter const& p) { return p.is_free(); }));
    return count;
}

FitOptions options_for(char const* device, std::string const& plugin, Precision precision = Precision::float64)
{
    FitOptions options;
    options.device = device;
    options.plugin = plugin;
    options.precision = precision;
    options.start = Start::model;
    return options;
}

/// threads: FitResult's, where it is asked for.
double seconds_of(Task const& task, FitOptions const& options, std::size_t num_pixels, int* threads = nullptr)
{
    Signal const signal = task.signal(num_pixels);
    auto const begin = std::chrono::steady_clock::now();
    FitResult const result = multifit(task.model, signal, options);
    if (threads) *threads = result.threads;
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double least_seconds_of(Task const& task, FitOptions const& options, std::size_t num_pixels)
{
    double least = seconds_of(task, options, num_pixels);
    for (int again = 0; again < 4; ++again) least = std::min(least, seconds_of(task, options, num_pixels));
    return least;
}

struct Timed
{
    double num_pixels;
    double seconds;  ///< without those of the smallest fit
    int threads;     ///< that fitted; GPUs of "cuda"
};

/// A fit of enough pixels to last `seconds`; the fastest of three, as others may use the machine too.
Timed long_fit(Task const& task, FitOptions const& options, double seconds)
{
    constexpr std::size_t limit = 1U << 19;  // the maps stay below a hundred megabytes
    double const start = least_seconds_of(task, options, 1);
    for (std::size_t n = num_spectra;; n *= 2) {
        int threads = 1;
        double took = seconds_of(task, options, n, &threads);
        if (took < seconds + start && n < limit) continue;
        for (int again = 0; again < 2; ++again) took = std::min(took, seconds_of(task, options, n));
        return {static_cast<double>(n), std::max(took - start, 1e-6), threads};
    }
}

/// Operations a second; of one GPU where several fit.
double rate_of(Task const& task, FitOptions const& options, double seconds)
{
    Timed const fit = long_fit(task, options, seconds);
    bool const is_double = options.precision == Precision::float64;
    return operations({fit.num_pixels, static_cast<double>(task.axis.size), num_free(task.model), 0.0, is_double}) /
           fit.seconds / (options.device == "cuda" ? fit.threads : 1);
}

/// The first parameter in which a GPU's fits differ from the CPU's by more than `tolerance` standard errors; empty:
/// none.
std::string difference(FitResult const& gpu, FitResult const& cpu, double tolerance)
{
    for (std::size_t p = 0; p < cpu.num_pixels(); ++p) {
        std::string const where = "pixel " + std::to_string(p) + " in " + cpu.precision;
        if (is_converged(gpu.status[p]) != is_converged(cpu.status[p]))
            return where + " ended as " + name_of(gpu.status[p]) + ", on the CPU as " + name_of(cpu.status[p]);
        for (std::size_t k = 0; k < cpu.parameters.size(); ++k) {
            ParameterMap const& map = cpu.parameters[k];
            if (!map.free) continue;
            double const apart = gpu.parameters[k].values[p] - map.values[p];
            if (!(std::fabs(apart) <= tolerance * map.standard_errors[p]))
                return map.component + "." + map.parameter + " of " + where + " is " +
                       std::to_string(gpu.parameters[k].values[p]) + ", on the CPU " + std::to_string(map.values[p]);
        }
    }
    return "";
}

/// Fits a small map on both devices. Tolerances: both stop where chi2 could fall by 1e-10 of itself, which is 1e-5
/// of a standard error and less; of floats see Precision::float32.
std::string compare(Task const& task, std::string const& plugin)
{
    for (auto const& [precision, tolerance] : {std::pair(Precision::float64, 1e-3), {Precision::float32, 0.1}}) {
        Signal const signal = task.signal(num_spectra);
        FitResult const gpu = multifit(task.model, signal, options_for("cuda", plugin, precision));
        FitResult const cpu = multifit(task.model, signal, options_for("cpu", plugin, precision));
        if (std::string what = difference(gpu, cpu, tolerance); !what.empty()) return what;
    }
    return "";
}

void calibrate_gpu(Calibration& calibration, Task const& task, CudaPlugin const& plugin, double seconds)
{
    std::string const path = plugin.path().string();
    FitOptions const options = options_for("cuda", path);
    DeviceCosts costs = calibration.costs;

    Task const first = never_compiled();
    double const with_context = seconds_of(first, options, 1);
    double const launch = least_seconds_of(first, options, 1);
    double const with_compiling = seconds_of(never_compiled(), options, 1);
    costs.gpu_compile = std::max(with_compiling - launch, 1e-6);
    costs.gpu_start = std::max(with_context - costs.gpu_compile, launch);

    calibration.remark = compare(task, path);
    calibration.gpu_agrees = calibration.remark.empty();

    Timed const copies = long_fit(not_a_number(), options, seconds);
    costs.gpu_copy = copies.num_pixels * 4096 * sizeof(float) / (copies.seconds * copies.threads);
    double const narrow = rate_of(task, options_for("cuda", path, Precision::float32), seconds);
    double const wide = rate_of(task, options, seconds);
    bool const is_compiled = plugin.compiler().has_nvrtc != 0;
    costs.gpu_rate =
        narrow / std::max(1, plugin.devices().front().multiprocessors) / (is_compiled ? 1.0 : costs.interpreter_share);
    costs.gpu_double_share = wide / narrow;
    calibration.costs = costs;
    calibration.gpu = plugin.devices().front().name;
}

}  // namespace

Calibration calibrate(std::string const& path, double seconds)
{
    if (!(seconds > 0.0)) throw InvalidArgument("seconds is " + std::to_string(seconds) + " (must be positive)");
    Calibration calibration{built_in_costs, true};
    CudaPlugin const plugin(path);
    Task const task = peaks_on_power_law();
    if (plugin.is_ready()) {
        try {
            calibrate_gpu(calibration, task, plugin, seconds);
        } catch (Error const& error) {
            calibration.gpu_agrees = false;
            calibration.remark = std::string("the GPU was not measured: ") + error.what();
        }
    } else {
        calibration.remark = plugin.problem();
    }
    FitOptions const options = options_for("cpu", path);
    CpuSpeed const speed = cpu_speed(options);
    seconds_of(task, options, num_spectra);  // the threads wake up
    calibration.costs.cpu_start = least_seconds_of(task, options, 1);
    calibration.costs.cpu_rate = rate_of(task, options, seconds) / (speed.lanes * speed.threads);
    return calibration;
}

}  // namespace warpfit
