#include "src/fit/backend.hpp"
#include "src/fit/cuda_backend.hpp"
#include "src/fit/device_choice.hpp"
#include "warpfit/error.hpp"

#include <cstdio>
#include <thread>

namespace warpfit {

namespace {

std::string seconds_text(double seconds)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.2g s", seconds);
    return text;
}

/// What a fit sends to the device and gets back, besides its raw data.
double result_bytes(program::Plan const& plan)
{
    return 24.0 * plan.num_free + 24.0;
}

std::unique_ptr<Backend> make_asked_gpu(program::Plan const& plan, CudaPlugin const& plugin,
                                        std::vector<std::string>& notes)
{
    if (!plugin.is_ready())
        throw DeviceError(plugin.problem() + " " + plugin.advice() + "; or use device 'cpu' or 'auto'");
    std::string why;
    auto backend = make_cuda_backend(plan, plugin, why);
    if (!backend) throw InvalidArgument("device 'cuda' cannot do this fit (" + why + ") use device 'cpu' or 'auto'");
    notes.push_back("GPU " + std::string(plugin.devices().front().name) + ", as asked; " + backend->layout() +
                    " kernel.");
    return backend;
}

/// Why "auto" fits on the CPU. The kernels have not been run on a card yet: until they have, only who asks gets them.
void say_why_cpu(FitOptions const& options, CudaPlugin const& plugin, Work const& work, std::vector<std::string>& notes)
{
    if (!plugin.is_ready()) {
        notes.push_back("No GPU: " + plugin.problem() + " " + plugin.advice() + ".");
        return;
    }
    cuda::DeviceInfo const& device = plugin.devices().front();
    int const cores = static_cast<int>(std::thread::hardware_concurrency());
    CpuSpeed const cpu{options.threads > 0 ? options.threads : cores,
                       static_cast<double>(cpu_lanes(options.instructions))};
    GpuSpeed const gpu{device.multiprocessors, plugin.software().has_nvrtc != 0};
    double const on_cpu = cpu_seconds(work, cpu);
    double const on_gpu = gpu_seconds(work, gpu);
    std::string const estimate =
        "an estimate gives the CPU " + seconds_text(on_cpu) + ", the GPU " + seconds_text(on_gpu);
    if (on_cpu <= on_gpu)
        notes.push_back("CPU rather than GPU " + std::string(device.name) + ": " + estimate + ".");
    else
        notes.push_back("GPU " + std::string(device.name) + " may be faster (" + estimate +
                        "), but the GPU backend is new: ask for it with device 'cuda'.");
}

}  // namespace

std::unique_ptr<Backend> make_backend(program::Plan const& plan, FitOptions const& options, double num_pixels,
                                      double bytes_per_pixel, std::vector<std::string>& notes)
{
    if (options.device != "auto" && options.device != "cpu" && options.device != "cuda")
        throw InvalidArgument("unknown device '" + options.device + "' (known: auto, cpu, cuda)");
    std::unique_ptr<Backend> backend;
    // Instructions and layout are the CPU's: who asks for them asks for the CPU.
    bool const cpu_asked = options.device == "cpu" ||
                           (options.device == "auto" && (options.instructions != "auto" || options.layout != "auto"));
    if (!cpu_asked) {
        CudaPlugin const plugin(options.plugin);
        if (options.device == "cuda")
            backend = make_asked_gpu(plan, plugin, notes);
        else
            say_why_cpu(options, plugin, work_of(plan, num_pixels, bytes_per_pixel + result_bytes(plan)), notes);
    }
    return backend ? std::move(backend) : make_cpu_backend(plan, options, notes);
}

}  // namespace warpfit
