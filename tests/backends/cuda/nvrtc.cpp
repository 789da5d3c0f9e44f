#include "tests/backends/cuda/nvrtc.hpp"

#include "src/backends/cuda/embedded_headers.hpp"
#include "src/backends/cuda/generate.hpp"

#include <dlfcn.h>
#include <iterator>
#include <vector>

namespace warpfit::testing {

// The few functions of nvrtc.h that are called; its types are an opaque pointer and an enumeration with 0 for success.
struct Nvrtc::Functions
{
    using Program = void*;

    int (*create)(Program*, char const*, char const*, int, char const* const*, char const* const*) = nullptr;
    int (*compile)(Program, int, char const* const*) = nullptr;
    int (*log_size)(Program, std::size_t*) = nullptr;
    int (*log)(Program, char*) = nullptr;
    int (*cubin_size)(Program, std::size_t*) = nullptr;
    int (*destroy)(Program*) = nullptr;
    bool complete = true;

    explicit Functions(void* library)
    {
        load(library, "nvrtcCreateProgram", create);
        load(library, "nvrtcCompileProgram", compile);
        load(library, "nvrtcGetProgramLogSize", log_size);
        load(library, "nvrtcGetProgramLog", log);
        load(library, "nvrtcGetCUBINSize", cubin_size);
        load(library, "nvrtcDestroyProgram", destroy);
    }

    template<class F>
    void load(void* library, char const* name, F& function)
    {
        function = reinterpret_cast<F>(dlsym(library, name));
        complete = complete && function;
    }
};

Nvrtc::Nvrtc()
{
    void* library = nullptr;
    for (char const* name : {WARPFIT_NVRTC, "libnvrtc.so", "libnvrtc.so.13", "libnvrtc.so.12"})
        if (!library && *name) library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        missing_ = "libnvrtc is not here: run-time compilation is not tested";
        return;
    }
    functions_ = std::make_unique<Functions>(library);
    if (!functions_->complete) missing_ = "libnvrtc lacks a function: it is older than CUDA 11.2";
}

Nvrtc::~Nvrtc() = default;

std::size_t Nvrtc::compile(std::string const& text, std::string const& architecture)
{
    std::vector<char const*> names, texts;
    for (int i = 0; i < cuda::num_embedded_headers; ++i) {
        names.push_back(cuda::embedded_headers[i].name);
        texts.push_back(cuda::embedded_headers[i].text);
    }
    Functions::Program program = nullptr;
    if (functions_->create(&program, text.c_str(), "model.cu", cuda::num_embedded_headers, texts.data(),
                           names.data()) != 0) {
        log_ = "nvrtcCreateProgram failed";
        return 0;
    }
    std::string const arch = "--gpu-architecture=" + architecture;
    std::vector<char const*> options(std::begin(cuda::nvrtc_options), std::end(cuda::nvrtc_options));
    options.push_back(arch.c_str());
    int const code = functions_->compile(program, static_cast<int>(options.size()), options.data());
    std::size_t size = 0;
    functions_->log_size(program, &size);
    log_.assign(size, '\0');
    functions_->log(program, log_.data());
    std::size_t bytes = 0;
    if (code == 0) functions_->cubin_size(program, &bytes);
    functions_->destroy(&program);
    return bytes;
}

}  // namespace warpfit::testing
