#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "warpfit/components.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <dlfcn.h>
#include <filesystem>
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

std::filesystem::path library_folder()
{
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&component_types), &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code ignored;
    return std::filesystem::canonical(info.dli_fname, ignored).parent_path();
}

bool check_plugin()
{
    std::filesystem::path const folder = library_folder();
    std::filesystem::path const plugin = folder / "libwarpfit_cuda.so";
    if (!std::filesystem::exists(plugin)) {
        print_row("CUDA plugin", fmt::format("no plugin (no libwarpfit_cuda.so in {})", folder.string()));
        print_advice("build warpfit where the CUDA toolkit is; fits run on the CPU");
        return false;
    }
    if (void* const handle = dlopen(plugin.c_str(), RTLD_NOW | RTLD_LOCAL)) {
        dlclose(handle);
        print_row("CUDA plugin", plugin.string());
        return true;
    }
    char const* const why = dlerror();
    print_row("CUDA plugin", fmt::format("found, does not load ({})", why != nullptr ? why : "unknown"));
    print_advice("rebuild it against the libraries of this machine");
    return false;
}

/// The functions of CUDA's driver that tell what devices there are.
class Driver
{
  public:
    Driver()
        : handle_(dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL))
    {}
    ~Driver()
    {
        if (handle_ != nullptr) dlclose(handle_);
    }
    Driver(Driver const&) = delete;
    Driver& operator=(Driver const&) = delete;

    bool is_loaded() const noexcept { return handle_ != nullptr; }

    /// The driver's error code; -1 where the function is missing.
    template<class... Arguments>
    int call(char const* name, Arguments... arguments) const
    {
        auto const function = reinterpret_cast<int (*)(Arguments...)>(dlsym(handle_, name));
        return function != nullptr ? function(arguments...) : -1;
    }

  private:
    void* handle_;
};

bool check_devices()
{
    Driver const driver;
    if (!driver.is_loaded()) {
        print_row("CUDA driver", "no driver (libcuda.so.1 is not found)");
        print_advice("install the NVIDIA driver; without a GPU, fits run on the CPU");
        return false;
    }
    int version = 0;
    driver.call("cuDriverGetVersion", &version);
    print_row("CUDA driver", fmt::format("for CUDA {}.{}", version / 1000, version % 1000 / 10));
    constexpr int no_device = 100;
    int const started = driver.call("cuInit", 0U);
    int count = 0;
    if (started == 0) driver.call("cuDeviceGetCount", &count);
    if (started != 0 && started != no_device) {
        print_row("CUDA device", fmt::format("no device (the driver does not start: error {})", started));
        print_advice("run nvidia-smi; the kernel module may be missing or of another version");
        return false;
    }
    if (count == 0) {
        print_row("CUDA device", "no device (the driver runs and finds none)");
        print_advice("check CUDA_VISIBLE_DEVICES and, in a container, that devices are passed in");
        return false;
    }
    for (int index = 0; index < count; ++index) {
        int device = 0;
        std::array<char, 128> name{};
        int major = 0;
        int minor = 0;
        std::size_t memory = 0;
        constexpr int attribute_major = 75;
        constexpr int attribute_minor = 76;
        driver.call("cuDeviceGet", &device, index);
        driver.call("cuDeviceGetName", name.data(), static_cast<int>(name.size()), device);
        driver.call("cuDeviceGetAttribute", &major, attribute_major, device);
        driver.call("cuDeviceGetAttribute", &minor, attribute_minor, device);
        driver.call("cuDeviceTotalMem_v2", &memory, device);
        print_row(index == 0 ? "CUDA device" : "",
                  fmt::format("{}, compute capability {}.{}, {:.1f} GiB", name.data(), major, minor,
                              static_cast<double>(memory) / (1024.0 * 1024.0 * 1024.0)));
    }
    return true;
}

void check_compiler()
{
    // Stays loaded: it forgets some of its memory when it goes.
    static constexpr char const* names[] = {"libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"};
    for (char const* const name : names) {
        void* const handle = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
        if (handle == nullptr) continue;
        int major = 0;
        int minor = 0;
        auto const version = reinterpret_cast<int (*)(int*, int*)>(dlsym(handle, "nvrtcVersion"));
        if (version != nullptr) version(&major, &minor);
        print_row("NVRTC", fmt::format("{}.{} ({})", major, minor, name));
        return;
    }
    print_row("NVRTC", "no NVRTC (libnvrtc.so is not found)");
    print_advice("install the CUDA toolkit's NVRTC; without it a GPU fit uses the slower interpreter");
}

}  // namespace

int run_doctor()
{
    print_row("warpfit", WARPFIT_VERSION);
    print_cpu();
    print_filters();
    bool const has_plugin = check_plugin();
    bool const has_device = check_devices();
    check_compiler();
    print_row("fits run on", has_plugin && has_device ? "the CPU; on the GPU with --device cuda" : "the CPU");
    return exit_ok;
}

}  // namespace warpfit::cli
