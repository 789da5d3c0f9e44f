#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "warpfit/device.hpp"

#include <fmt/format.h>

#include <dlfcn.h>
#include <fstream>
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

std::string cpu_model()
{
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line))
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

void print_cpu()
{
    print_row("CPU", cpu_model());
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

void print_cuda(std::string const& path)
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
    if (report.state == CudaState::ready) print_row("GPU fits", "with --device cuda");
}

}  // namespace

int run_doctor(DoctorCommand const& command)
{
    print_row("warpfit", WARPFIT_VERSION);
    print_cpu();
    print_filters();
    print_cuda(command.plugin);
    return exit_ok;
}

}  // namespace warpfit::cli
