#include "src/fit/cuda_plugin.hpp"

#include "warpfit/error.hpp"

#include <dlfcn.h>

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

}  // namespace

CudaPlugin::CudaPlugin(std::string const& path)
    : path_(path.empty() ? own_folder() / "libwarpfit_cuda.so" : std::filesystem::path(path))
{
    if (!path_.is_absolute()) {
        if (!path.empty())
            throw InvalidArgument("CUDA plugin '" + path + "' (not a full path) give the path from / on");
        problem_ = "no CUDA plugin (the folder of the warpfit library is not known) name the plugin's full path";
        return;
    }
    load();
    if (table_ != nullptr) find_devices();
}

void CudaPlugin::load()
{
    std::error_code ignored;
    if (!std::filesystem::exists(path_, ignored)) {
        problem_ = "no CUDA plugin (" + path_.string() + " does not exist) install warpfit with its CUDA plugin";
        return;
    }
    state_ = State::broken;
    void* const library = dlopen(path_.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (library == nullptr) {
        char const* const why = dlerror();
        problem_ = "the CUDA plugin does not load (" + std::string(why != nullptr ? why : "unknown") +
                   ") rebuild it against the libraries of this machine";
        return;
    }
    auto const get_table = reinterpret_cast<WarpfitCudaTable*>(dlsym(library, "warpfit_cuda_table"));
    cuda::Table const* const table = get_table != nullptr ? get_table() : nullptr;
    if (table == nullptr) {
        problem_ = path_.string() + " is no CUDA plugin (it has no warpfit_cuda_table) name the right file";
        return;
    }
    if (table->version != cuda::table_version || table->size != sizeof(cuda::Table)) {
        state_ = State::wrong_version;
        problem_ = "the CUDA plugin " + path_.string() + " is of another version (table " +
                   std::to_string(table->version) + ", this library needs " + std::to_string(cuda::table_version) +
                   ") install library and plugin of one build";
        return;
    }
    table_ = table;
}

void CudaPlugin::find_devices()
{
    char buffer[512] = "";
    int count = 0;
    cuda::Code const code = table_->count_devices(&count, {buffer, sizeof buffer});
    if (code == cuda::Code::no_driver) {
        state_ = State::no_driver;
        problem_ = "no CUDA driver, or one too old (" + words(*table_, code, buffer) + ") install the NVIDIA driver";
        return;
    }
    state_ = State::no_device;
    if (code != cuda::Code::fine || count < 1) {
        problem_ = "no CUDA device (" +
                   words(*table_, code != cuda::Code::fine ? code : cuda::Code::no_device, buffer) +
                   ") check nvidia-smi and CUDA_VISIBLE_DEVICES";
        return;
    }
    for (int i = 0; i < count; ++i) {
        cuda::DeviceInfo info{};
        cuda::Code const asked = table_->query_device(i, &info, {buffer, sizeof buffer});
        if (asked != cuda::Code::fine) {
            problem_ = "CUDA device " + std::to_string(i) + " does not answer (" + words(*table_, asked, buffer) +
                       ") check nvidia-smi";
            devices_.clear();
            return;
        }
        devices_.push_back(info);
    }
    state_ = State::ready;
}

}  // namespace warpfit
