#include "src/fit/cuda_plugin.hpp"

#include "warpfit/error.hpp"

#include <dlfcn.h>
#include <utility>

namespace warpfit {

namespace {

/// The folder of the library that this code is in; empty where the loader does not know its full path.
std::filesystem::path own_folder()
{
    Dl_info info{};
    if (dladdr(reinterpret_cast<void*>(&own_folder), &info) == 0 || info.dli_fname == nullptr) return {};
    std::filesystem::path const library(info.dli_fname);
    std::error_code ignored;
    return library.is_absolute() ? std::filesystem::canonical(library, ignored).parent_path() : std::filesystem::path();
}

/// A failed call's own words, or its code's name.
std::string words(cuda::Table const& table, cuda::Code code, std::string const& text)
{
    return text.empty() ? table.code_name(code) : text;
}

/// "13.0" of 13000.
std::string cuda_version(int version)
{
    return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

}  // namespace

CudaPlugin::CudaPlugin(std::string const& path)
    : path_(path.empty() ? own_folder() / "libwarpfit_cuda.so" : std::filesystem::path(path))
{
    if (!path_.is_absolute()) {
        if (!path.empty())
            throw InvalidArgument("CUDA plugin '" + path + "' (not a full path) give the path from / on");
        path_.clear();
        fail(CudaState::no_plugin, "no CUDA plugin (the folder of the warpfit library is not known)",
             "name the plugin's full path");
        return;
    }
    load();
    if (table_ != nullptr) find_devices();
}

void CudaPlugin::fail(CudaState state, std::string problem, std::string advice)
{
    state_ = state;
    problem_ = std::move(problem);
    advice_ = std::move(advice);
}

void CudaPlugin::load()
{
    std::error_code ignored;
    if (!std::filesystem::exists(path_, ignored))
        return fail(CudaState::no_plugin, "no CUDA plugin (" + path_.string() + " does not exist)",
                    "install warpfit with its CUDA plugin, which is built where nvcc is");
    void* const library = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
        char const* const why = dlerror();
        return fail(CudaState::broken_plugin,
                    "the CUDA plugin does not load (" + std::string(why != nullptr ? why : "unknown") + ")",
                    "rebuild it against the libraries of this machine");
    }
    auto const get_table = reinterpret_cast<WarpfitCudaTable*>(dlsym(library, "warpfit_cuda_table"));
    cuda::Table const* const table = get_table != nullptr ? get_table() : nullptr;
    if (table == nullptr)
        return fail(CudaState::broken_plugin, path_.string() + " is no CUDA plugin (it has no warpfit_cuda_table)",
                    "name the right file");
    if (table->version != cuda::table_version || table->size != sizeof(cuda::Table))
        return fail(CudaState::other_version,
                    "the CUDA plugin " + path_.string() + " is of another version (table " +
                        std::to_string(table->version) + ", this library needs " + std::to_string(cuda::table_version) +
                        ")",
                    "install library and plugin of one build");
    table_ = table;
}

void CudaPlugin::find_devices()
{
    char buffer[512] = "";
    cuda::ErrorText const error{buffer, sizeof buffer};
    int count = 0;
    cuda::Code const code = table_->count_devices(&count, error);
    if (code == cuda::Code::no_driver) {
        std::string const why = words(*table_, code, buffer);
        cuda::DriverInfo const found = driver();
        if (found.driver == 0)
            return fail(CudaState::no_driver, "no CUDA driver (" + why + ")", "install the NVIDIA driver");
        return fail(CudaState::old_driver,
                    "the CUDA driver is too old (it is for CUDA " + cuda_version(found.driver) +
                        ", the plugin is made of " + cuda_version(found.runtime) + ": " + why + ")",
                    "update the NVIDIA driver, or build the plugin with an older CUDA toolkit");
    }
    if (code != cuda::Code::fine || count < 1)
        return fail(CudaState::no_device,
                    "no CUDA device (" +
                        words(*table_, code != cuda::Code::fine ? code : cuda::Code::no_device, buffer) + ")",
                    "check nvidia-smi and CUDA_VISIBLE_DEVICES and, in a container, that devices are passed in");
    for (int i = 0; i < count; ++i) {
        cuda::DeviceInfo info{};
        cuda::Code const asked = table_->query_device(i, &info, error);
        if (asked != cuda::Code::fine) {
            devices_.clear();
            return fail(CudaState::no_device,
                        "CUDA device " + std::to_string(i) + " does not answer (" + words(*table_, asked, buffer) + ")",
                        "check nvidia-smi");
        }
        devices_.push_back(info);
    }
}

cuda::DriverInfo CudaPlugin::driver() const
{
    cuda::DriverInfo info{};
    if (table_ != nullptr && table_->query_driver(&info, {}) != cuda::Code::fine) info = {};
    return info;
}

cuda::CompilerInfo CudaPlugin::compiler() const
{
    cuda::CompilerInfo info{};
    if (table_ != nullptr && table_->query_compiler(&info, {}) != cuda::Code::fine) info = {};
    return info;
}

CudaReport find_cuda(std::string const& path)
{
    CudaPlugin const plugin(path);
    int const driver = plugin.driver().driver;
    cuda::CompilerInfo const compiler = plugin.compiler();
    CudaReport report{plugin.state(),
                      plugin.path().string(),
                      plugin.problem(),
                      plugin.advice(),
                      {},
                      driver > 0 ? cuda_version(driver) : "",
                      {compiler.has_nvrtc != 0, compiler.nvrtc},
                      {compiler.has_linker != 0, compiler.linker}};
    for (cuda::DeviceInfo const& device : plugin.devices())
        report.devices.push_back(
            {device.name, device.compute_major, device.compute_minor, device.multiprocessors, device.memory});
    return report;
}

}  // namespace warpfit
