#include "src/backends/cuda/linker.hpp"

#include "src/backends/cuda/shared_library.hpp"

#include <chrono>

namespace warpfit::cuda {

namespace {

using Handle = void*;
using Result = int;  // nvJitLink.h's enumeration: 0 for success

enum InputType : int { cubin = 1, ptx = 2 };

}  // namespace

/// The few functions of nvJitLink.h that are called.
struct Linker::Functions
{
    Result (*version)(unsigned*, unsigned*) = nullptr;
    Result (*create)(Handle*, unsigned, char const**) = nullptr;
    Result (*add)(Handle, int, void const*, std::size_t, char const*) = nullptr;
    Result (*complete)(Handle) = nullptr;
    Result (*cubin_size)(Handle, std::size_t*) = nullptr;
    Result (*cubin)(Handle, void*) = nullptr;
    Result (*log_size)(Handle, std::size_t*) = nullptr;
    Result (*log)(Handle, char*) = nullptr;
    Result (*destroy)(Handle*) = nullptr;
    bool is_complete = false;

    explicit Functions(SharedLibrary const& library)
    {
        is_complete = library.find("nvJitLinkVersion", version) && library.find("nvJitLinkCreate", create) &&
                      library.find("nvJitLinkAddData", add) && library.find("nvJitLinkComplete", complete) &&
                      library.find("nvJitLinkGetLinkedCubinSize", cubin_size) &&
                      library.find("nvJitLinkGetLinkedCubin", cubin) &&
                      library.find("nvJitLinkGetErrorLogSize", log_size) && library.find("nvJitLinkGetErrorLog", log) &&
                      library.find("nvJitLinkDestroy", destroy);
    }

    Linked run(std::string const& architecture, std::vector<LinkInput> const& inputs) const;

    std::string error_log(Handle handle) const
    {
        std::size_t size = 0;
        if (log_size(handle, &size) != 0 || size == 0) return "";
        std::string text(size, '\0');
        if (log(handle, text.data()) != 0) return "";
        text.resize(text.find_last_not_of(std::string_view("\0\n ", 3)) + 1);
        return text;
    }
};

Linked Linker::Functions::run(std::string const& architecture, std::vector<LinkInput> const& inputs) const
{
    Linked done;
    std::string const option = "-arch=" + architecture;
    char const* options[] = {option.c_str()};
    Handle handle = nullptr;
    if (Result const code = create(&handle, 1, options); code != 0) {
        done.log = "nvJitLinkCreate: error " + std::to_string(code) + " for " + architecture;
        return done;
    }
    std::unique_ptr<Handle, Result (*)(Handle*)> const guard(&handle, destroy);
    Result code = 0;
    for (LinkInput const& input : inputs) {
        // PTX is text that ends with 0.
        std::string const text(input.is_ptx ? input.code : "");
        void const* const data = input.is_ptx ? text.c_str() : input.code.data();
        std::size_t const size = input.code.size() + (input.is_ptx ? 1 : 0);
        if (code == 0) code = add(handle, input.is_ptx ? InputType::ptx : InputType::cubin, data, size, input.name);
    }
    std::size_t size = 0;
    if (code == 0) code = complete(handle);
    if (code == 0) code = cubin_size(handle, &size);
    if (code == 0) {
        done.code.resize(size);
        code = cubin(handle, done.code.data());
    }
    if (code != 0 || size == 0) {
        done.code.clear();
        done.log = "nvJitLink: error " + std::to_string(code) + "\n" + error_log(handle);
    }
    return done;
}

std::vector<std::string> Linker::usual_libraries()
{
    return {"libnvJitLink.so.13", "libnvJitLink.so.12", "libnvJitLink.so"};
}

Linker::Linker(std::vector<std::string> const& libraries)
{
    for (std::string const& name : libraries)
        if (load(name)) return;
    if (missing_.empty()) missing_ = "no nvJitLink (libnvJitLink.so is not found)";
}

Linker::~Linker() = default;

bool Linker::load(std::string const& name)
{
    SharedLibrary const library(name);
    if (!library.is_open()) return false;
    auto found = std::make_unique<Functions const>(library);
    unsigned major = 0, minor = 0;
    if (!found->is_complete || found->version(&major, &minor) != 0) {
        missing_ = name + " is not nvJitLink, or too old (12.3 or newer says its version)";
        return false;
    }
    missing_.clear();
    version_ = std::to_string(major) + "." + std::to_string(minor);
    identity_ =
        "nvJitLink " + version_ + " (" + SharedLibrary::file_of(reinterpret_cast<void const*>(found->version)) + ")";
    functions_ = std::move(found);
    return true;
}

Linked Linker::link(std::string const& architecture, std::vector<LinkInput> const& inputs) const
{
    auto const begin = std::chrono::steady_clock::now();
    Linked done;
    if (functions_)
        done = functions_->run(architecture, inputs);
    else
        done.log = missing_;
    done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return done;
}

}  // namespace warpfit::cuda
