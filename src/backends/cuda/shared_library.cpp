#include "src/backends/cuda/shared_library.hpp"

#include <dlfcn.h>
#include <filesystem>

namespace warpfit::cuda {

SharedLibrary::SharedLibrary(std::string const& name)
    : handle_(name.empty() ? nullptr : dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
{}

void* SharedLibrary::symbol(char const* name) const
{
    return handle_ != nullptr ? dlsym(handle_, name) : nullptr;
}

std::string SharedLibrary::file_of(void const* function)
{
    Dl_info info{};
    std::error_code error;
    if (dladdr(function, &info) == 0 || info.dli_fname == nullptr) return "";
    std::filesystem::path const file = std::filesystem::canonical(info.dli_fname, error);
    if (error) return "";
    auto const size = std::filesystem::file_size(file, error);
    return file.filename().string() + (error ? "" : " of " + std::to_string(size) + " bytes");
}

}  // namespace warpfit::cuda
