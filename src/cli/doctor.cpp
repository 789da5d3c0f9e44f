#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "warpfit/device.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <sched.h>
#include <string>
#include <thread>
#include <unistd.h>

namespace warpfit::cli {

namespace {

void print_row(char const* what, std::string const& text)
{
    fmt::print("{:<16}{}\n", what, text);
}

void print_advice(std::string const& text)
{
    fmt::print("{:<16}-> {}\n", "", text);
}

void print_cpu()
{
    print_row("CPU", cpu_name());
#if defined(__x86_64__)
    __builtin_cpu_init();
    std::string sets = "sse2";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) sets += ", avx2 + fma";
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl"))
        sets += ", avx512 (f dq bw vl)";
    print_row("instructions", sets);
    if (!__builtin_cpu_supports("avx2")) print_advice("fits run, with 128-bit vectors only");
#else
    print_row("instructions", "not an x86-64 CPU");
#endif
    cpu_set_t set;
    CPU_ZERO(&set);
    int const allowed = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
    print_row("threads", allowed > 0
                             ? fmt::format("{} of {} logical CPUs may be used", allowed, sysconf(_SC_NPROCESSORS_ONLN))
                             : std::to_string(std::thread::hardware_concurrency()));
}

/// HDF5's registry of filters, asked through the library that warpfit_io has loaded. LZ4 and bitshuffle are decoded by
/// warpfit_io itself.
void print_filters()
{
    using FilterAvailable = int (*)(int);
    using Open = int (*)();
    auto const open = reinterpret_cast<Open>(dlsym(RTLD_DEFAULT, "H5open"));
    auto const available = reinterpret_cast<FilterAvailable>(dlsym(RTLD_DEFAULT, "H5Zfilter_avail"));
    if (open == nullptr || available == nullptr) {
        print_row("HDF5 filters", "unknown (HDF5 is linked statically, its registry cannot be asked)");
        return;
    }
    struct Filter
    {
        int id;
        char const* name;
    };
    static constexpr Filter filters[] = {{1, "deflate"}, {2, "shuffle"},   {3, "fletcher32"},
                                         {4, "szip"},    {5, "nbit"},      {6, "scaleoffset"},
                                         {32000, "lzf"}, {32001, "blosc"}, {32015, "zstd"}};
    open();
    std::string yes = "lz4, bitshuffle";
    std::string no;
    for (Filter const& filter : filters) {
        std::string& list = available(filter.id) > 0 ? yes : no;
        list += (list.empty() ? "" : ", ") + std::string(filter.name);
    }
    print_row("HDF5 filters", yes);
    if (!no.empty()) {
        print_row("", "not here: " + no);
        print_advice(
            "`warpfit inspect DATA` says whether a file needs one; HDF5_PLUGIN_PATH names a folder of plugins");
    }
}

void print_cuda(std::string const& path, Calibration const& calibration)
{
    CudaReport const report = find_cuda(path);
    auto const print_problem = [&](char const* what) {
        print_row(what, report.problem);
        print_advice(report.advice + "; fits run on the CPU");
    };
    if (report.state == CudaState::no_plugin || report.state == CudaState::broken_plugin ||
        report.state == CudaState::other_version)
        return print_problem("CUDA plugin");
    print_row("CUDA plugin", report.plugin);
    if (report.state == CudaState::no_driver || report.state == CudaState::old_driver) {
        print_problem("CUDA driver");
    } else {
        print_row("CUDA driver", "for CUDA " + report.driver);
        if (report.state == CudaState::no_device) print_problem("CUDA device");
    }
    for (CudaDevice const& device : report.devices)
        print_row("CUDA device",
                  fmt::format("{}, compute capability {}.{}, {} multiprocessors, {:.1f} GiB", device.name,
                              device.compute_major, device.compute_minor, device.multiprocessors,
                              static_cast<double>(device.memory) / (1024.0 * 1024.0 * 1024.0)));
    print_row("NVRTC", report.nvrtc.text);
    if (!report.nvrtc.is_here) print_advice("without it a GPU fit uses the slower interpreter");
    print_row("nvJitLink", report.linker.text);
    if (!report.linker.is_here) print_advice("without it compiling a new model takes some seconds");
    if (report.state != CudaState::ready) return;
    bool const is_taken = calibration.gpu == report.devices.front().name && calibration.gpu_agrees;
    print_row("GPU fits", is_taken ? "with --device cuda; auto takes the GPU where it is faster by the estimate"
                                   : "with --device cuda");
    if (!is_taken) print_advice("auto stays on the CPU until --calibrate has seen the GPU give the CPU's results");
}

void print_costs(DeviceCosts const& costs, bool with_gpu)
{
    print_row("  CPU", fmt::format("{:.3g} s + operations / ({:.3g}/s a thread and double lane)", costs.cpu_start,
                                   costs.cpu_rate));
    if (!with_gpu) return;
    print_row("  GPU",
              fmt::format("{:.3g} s + {:.3g} s for a new model + the larger of", costs.gpu_start, costs.gpu_compile));
    print_row("", fmt::format("operations / ({:.3g}/s a multiprocessor; float64: x {:.3g}; interpreter: x {:.3g})",
                              costs.gpu_rate, costs.gpu_double_share, costs.interpreter_share));
    print_row("", fmt::format("bytes / ({:.3g}/s)", costs.gpu_copy));
}

void print_estimate(Calibration const& calibration)
{
    print_row("estimates", calibration.is_measured ? "with the constants measured in " + calibration_path()
                                                   : std::string("with built-in constants"));
    if (!calibration.is_measured && !calibration.remark.empty()) print_row("", calibration.remark);
    print_costs(calibration.costs, !calibration.is_measured || !calibration.gpu.empty());
    if (calibration.is_measured && !calibration.remark.empty()) print_row("", calibration.remark);
    if (!calibration.is_measured) print_advice("`warpfit doctor --calibrate` measures them");
}

}  // namespace

int run_doctor(DoctorCommand const& command)
{
    print_row("warpfit", WARPFIT_VERSION);
    print_cpu();
    print_filters();
    Calibration calibration;
    if (command.calibrate) {
        calibration = calibrate(command.plugin);
        save_calibration(calibration);
    } else {
        calibration = stored_calibration();
    }
    print_cuda(command.plugin, calibration);
    print_estimate(calibration);
    return exit_ok;
}

}  // namespace warpfit::cli
