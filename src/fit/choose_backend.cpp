#include "kernels/program/spread_program.hpp"
#include "src/fit/backend.hpp"
#include "src/fit/cuda_backend.hpp"
#include "src/fit/device_choice.hpp"
#include "src/fit/own_code.hpp"
#include "warpfit/error.hpp"

#include <cstdio>

namespace warpfit {

namespace {

std::string seconds_text(double seconds)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2g s", seconds);
    return text;
}

/// "GPU NVIDIA H200", "4 GPUs NVIDIA H200"
std::string name_of_gpus(CudaPlugin const& plugin, Backend const& backend)
{
    std::string const name = plugin.devices().front().name;
    return backend.threads() > 1 ? std::to_string(backend.threads()) + " GPUs " + name : "GPU " + name;
}

constexpr char const* other_devices = "use device 'cpu' or 'auto'";

void need_ready(CudaPlugin const& plugin, std::string const& instead)
{
    if (!plugin.is_ready()) throw DeviceError(plugin.problem() + " " + plugin.advice() + "; or " + instead);
}

/// only: a component that the CPU cannot run, for which it must be the GPU; null: somebody asked for it.
std::unique_ptr<Backend> make_needed_gpu(program::Plan const& plan, CudaPlugin const& plugin, double num_pixels,
                                         program::Function const* only, std::vector<std::string>& notes)
{
    std::string const instead =
        only ? "build the header " + std::string(only->file) + " in with warpfit_add_component(), for the CPU"
             : other_devices;
    need_ready(plugin, instead);
    std::string note;
    auto backend = make_cuda_backend(plan, plugin, num_pixels, note);
    if (!backend) throw InvalidArgument("device 'cuda' cannot do this fit (" + note + ") " + instead);
    std::string const why =
        only ? "for component '" + std::string(only->name) + "' has no code for the CPU" : "as asked";
    notes.push_back(name_of_gpus(plugin, *backend) + ", " + why + "; " + note + ".");
    return backend;
}

/// What "auto" thinks of a GPU that is there.
struct Estimate
{
    double on_cpu, on_gpu;  ///< [s]
    std::string text;
};

Estimate estimate_times(FitOptions const& options, CudaPlugin const& plugin, Calibration const& calibration,
                        Work const& work)
{
    cuda::DeviceInfo const& device = plugin.devices().front();
    bool const is_measured = calibration.is_measured && calibration.gpu == device.name;
    DeviceCosts const& costs = is_measured ? calibration.costs : built_in_costs;
    GpuSpeed const gpu{device.multiprocessors, plugin.compiler().has_nvrtc != 0};
    Estimate out{cpu_seconds(work, cpu_speed(options), costs), gpu_seconds(work, gpu, costs), ""};
    out.text = std::string("an estimate with ") + (is_measured ? "measured" : "built-in") +
               " constants gives the CPU " + seconds_text(out.on_cpu) + ", the GPU " + seconds_text(out.on_gpu);
    return out;
}

/// Whether the GPU's fits were seen to agree with the CPU's on this machine and an estimate finds it faster. text: that
/// estimate. notes: why not.
bool is_gpu_better(FitOptions const& options, CudaPlugin const& plugin, Work const& work, std::string& text,
                   std::vector<std::string>& notes)
{
    if (!plugin.is_ready()) {
        notes.push_back("No GPU: " + plugin.problem() + " " + plugin.advice() + ".");
        return false;
    }
    Calibration const calibration = stored_calibration();
    std::string const name = plugin.devices().front().name;
    bool const is_known = calibration.is_measured && calibration.gpu == name;
    if (!calibration.is_measured && !calibration.remark.empty())
        notes.push_back("The calibration is not used: " + calibration.remark +
                        "; `warpfit doctor --calibrate` writes a new one.");
    Estimate const found = estimate_times(options, plugin, calibration, work);
    if (found.on_cpu <= found.on_gpu) {
        notes.push_back("CPU rather than GPU " + name + ": " + found.text + ".");
        return false;
    }
    if (!is_known || !calibration.gpu_agrees) {
        notes.push_back("GPU " + name + " may be faster (" + found.text + "), but " +
                        (is_known ? "its fits differ from the CPU's (" + calibration.remark + ")."
                                  : "nobody has compared its fits with the CPU's here: `warpfit doctor --calibrate` "
                                    "does, or ask for it with device 'cuda'."));
        return false;
    }
    text = found.text;
    return true;
}

/// The GPU where it is better; else null, and the notes say why.
std::unique_ptr<Backend> make_gpu_if_better(program::Plan const& plan, FitOptions const& options,
                                            CudaPlugin const& plugin, Work const& work, std::vector<std::string>& notes)
{
    std::string text;
    if (!is_gpu_better(options, plugin, work, text, notes)) return nullptr;
    std::string note;
    std::unique_ptr<Backend> backend;
    try {
        backend = make_cuda_backend(plan, plugin, work.num_pixels, note);
    } catch (Error const& error) {
        note = error.what();
    }
    if (backend)
        notes.push_back(name_of_gpus(plugin, *backend) + " rather than CPU: " + text + "; " + note + ".");
    else
        notes.push_back("CPU, for the GPU " + std::string(plugin.devices().front().name) + " cannot do this fit (" +
                        note + ").");
    return backend;
}

/// Why 'auto' takes the CPU without a look at the GPU; empty: it does not.
std::string reason_for_cpu(program::Plan const& plan)
{
    if (program::Function const* const function = first_without_gpu(plan); function && function->evaluate)
        return "component '" + std::string(function->name) + "' is a function of this program, which no GPU can run";
    if (program::has_spread(plan) && !plan.convolution)
        return "a Shirley background sums over the channels, which nobody has timed on a GPU: ask for one with device "
               "'cuda'";
    // The estimates know nothing of convolutions: transforms on the CPU, sums on the GPU.
    if (plan.convolution && !first_without_cpu(plan))
        return "components are convolved with a low loss, which nobody has timed on a GPU: ask for one with device "
               "'cuda'";
    return "";
}

void check_device(FitOptions const& options)
{
    if (options.device != "auto" && options.device != "cpu" && options.device != "cuda")
        throw InvalidArgument("unknown device '" + options.device + "' (known: auto, cpu, cuda)");
}

}  // namespace

std::unique_ptr<Backend> make_backend(program::Plan const& plan, FitOptions const& options, double num_pixels,
                                      double bytes_per_pixel, std::vector<std::string>& notes)
{
    check_device(options);
    std::unique_ptr<Backend> backend;
    if (options.device == "cuda") need_gpu_code(plan);
    std::string const needs_cpu = options.device == "auto" ? reason_for_cpu(plan) : "";
    if (!needs_cpu.empty()) notes.push_back("CPU, for " + needs_cpu + ".");
    bool const has_gpu_code = first_without_gpu(plan) == nullptr;
    program::Function const* const gpu_alone = has_gpu_code ? first_without_cpu(plan) : nullptr;
    // Instructions and layout are the CPU's: who asks for them asks for the CPU.
    bool const cpu_asked =
        options.device == "cpu" || !needs_cpu.empty() ||
        (options.device == "auto" && (!has_gpu_code || options.instructions != "auto" || options.layout != "auto"));
    if (!cpu_asked) {
        CudaPlugin const plugin(options.plugin);
        if (options.device == "cuda" || gpu_alone)
            backend = make_needed_gpu(plan, plugin, num_pixels, gpu_alone, notes);
        else
            backend = make_gpu_if_better(
                plan, options, plugin,
                work_of(plan, num_pixels, bytes_per_pixel + static_cast<double>(result_bytes(plan))), notes);
    }
    if (backend) return backend;
    need_cpu_code(plan);
    return make_cpu_backend(plan, options, notes);
}

std::unique_ptr<Estimates> make_estimates(program::Plan const& plan, estimate::Plan const& estimates,
                                          FitOptions const& options, double num_pixels, double bytes_per_pixel)
{
    check_device(options);
    bool const is_asked = options.device == "cuda";
    if (is_asked) need_gpu_code(plan);
    bool const may_be_gpu =
        is_asked || (options.device == "auto" && reason_for_cpu(plan).empty() && first_without_gpu(plan) == nullptr);
    if (!may_be_gpu) return make_cpu_estimates(estimates, options.threads);
    CudaPlugin const plugin(options.plugin);
    if (is_asked) {
        need_ready(plugin, other_devices);
        return make_cuda_estimates(estimates, plugin.table());
    }
    std::string text;
    std::vector<std::string> notes;
    Work const work = work_of(plan, num_pixels, bytes_per_pixel + static_cast<double>(result_bytes(plan)));
    try {
        if (is_gpu_better(options, plugin, work, text, notes)) return make_cuda_estimates(estimates, plugin.table());
    } catch (Error const&) {
        // As a fit's: "auto" takes the CPU where the GPU cannot.
    }
    return make_cpu_estimates(estimates, options.threads);
}

}  // namespace warpfit
