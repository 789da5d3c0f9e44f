#include "src/backends/cuda/compiler.hpp"

#include "src/backends/cuda/embedded_headers.hpp"
#include "src/backends/cuda/generate.hpp"
#include "src/backends/cuda/sha256.hpp"
#include "src/backends/cuda/shared_library.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <iterator>
#include <string_view>

namespace warpfit::cuda {

namespace {

using Program = void*;
using Result = int;  // nvrtc.h's enumeration: 0 for success

/// Headers and options that every program shares.
std::string common_digest()
{
    Sha256 hash;
    for (char const* const option : nvrtc_options) hash.add_field(option);
    for (int i = 0; i < num_embedded_headers; ++i) {
        hash.add_field(embedded_headers[i].name);
        hash.add_field(embedded_headers[i].text);
    }
    return to_hex(hash.digest());
}

}  // namespace

/// The few functions of nvrtc.h that are called.
struct Compiler::Functions
{
    Result (*version)(int*, int*) = nullptr;
    Result (*count_architectures)(int*) = nullptr;
    Result (*architectures)(int*) = nullptr;
    Result (*create)(Program*, char const*, char const*, int, char const* const*, char const* const*) = nullptr;
    Result (*add_name)(Program, char const*) = nullptr;
    Result (*compile)(Program, int, char const* const*) = nullptr;
    Result (*log_size)(Program, std::size_t*) = nullptr;
    Result (*log)(Program, char*) = nullptr;
    Result (*cubin_size)(Program, std::size_t*) = nullptr;
    Result (*cubin)(Program, char*) = nullptr;
    Result (*ptx_size)(Program, std::size_t*) = nullptr;
    Result (*ptx)(Program, char*) = nullptr;
    Result (*lowered_name)(Program, char const*, char const**) = nullptr;
    Result (*destroy)(Program*) = nullptr;
    char const* (*error_text)(Result) = nullptr;
    bool is_complete = true;

    explicit Functions(SharedLibrary const& library)
    {
        load(library, "nvrtcVersion", version);
        load(library, "nvrtcGetNumSupportedArchs", count_architectures);
        load(library, "nvrtcGetSupportedArchs", architectures);
        load(library, "nvrtcCreateProgram", create);
        load(library, "nvrtcAddNameExpression", add_name);
        load(library, "nvrtcCompileProgram", compile);
        load(library, "nvrtcGetProgramLogSize", log_size);
        load(library, "nvrtcGetProgramLog", log);
        load(library, "nvrtcGetCUBINSize", cubin_size);
        load(library, "nvrtcGetCUBIN", cubin);
        load(library, "nvrtcGetPTXSize", ptx_size);
        load(library, "nvrtcGetPTX", ptx);
        load(library, "nvrtcGetLoweredName", lowered_name);
        load(library, "nvrtcDestroyProgram", destroy);
        load(library, "nvrtcGetErrorString", error_text);
    }

    template<class F>
    void load(SharedLibrary const& library, char const* name, F& function)
    {
        is_complete = library.find(name, function) && is_complete;
    }

    /// A text of the program, without the 0 that may end it; empty: NVRTC has none.
    std::string text_of(Program program, Result (*size_of)(Program, std::size_t*), Result (*copy)(Program, char*)) const
    {
        std::string bytes = bytes_of(program, size_of, copy);
        if (bytes.ends_with('\0')) bytes.pop_back();
        return bytes;
    }

    std::string bytes_of(Program program, Result (*size_of)(Program, std::size_t*),
                         Result (*copy)(Program, char*)) const
    {
        std::size_t size = 0;
        if (size_of(program, &size) != 0) return "";
        std::string bytes(size, '\0');
        return copy(program, bytes.data()) == 0 ? bytes : "";
    }

    Compiled run(CompileRequest const& request, std::string const& target) const;
};

Compiled Compiler::Functions::run(CompileRequest const& request, std::string const& target) const
{
    std::vector<char const*> header_names, header_texts;
    for (int i = 0; i < num_embedded_headers; ++i) {
        header_names.push_back(embedded_headers[i].name);
        header_texts.push_back(embedded_headers[i].text);
    }
    Compiled done;
    Program program = nullptr;
    auto const fail = [&](Result code) {
        done.code.clear();
        done.names.clear();
        done.log = std::string(error_text(code)) + "\n" + done.log;
    };
    Result code = create(&program, request.text.c_str(), "model.cu", num_embedded_headers, header_texts.data(),
                         header_names.data());
    if (code != 0) {
        fail(code);
        return done;
    }
    std::unique_ptr<Program, Result (*)(Program*)> const guard(&program, destroy);

    for (std::string const& kernel : request.kernels)
        if (code == 0) code = add_name(program, kernel.c_str());
    std::string const architecture = "--gpu-architecture=" + target;
    std::vector<char const*> options(std::begin(nvrtc_options), std::end(nvrtc_options));
    options.push_back(architecture.c_str());
    for (std::string const& option : request.options) options.push_back(option.c_str());
    if (code == 0) {
        code = compile(program, static_cast<int>(options.size()), options.data());
        done.log = text_of(program, log_size, log);
    }
    for (std::string const& kernel : request.kernels) {
        char const* name = nullptr;
        if (code == 0) code = lowered_name(program, kernel.c_str(), &name);
        if (code == 0) done.names.emplace_back(name);
    }
    if (code != 0) {
        fail(code);
        return done;
    }
    done.architecture = target;
    done.code = done.is_ptx() ? text_of(program, ptx_size, ptx) : bytes_of(program, cubin_size, cubin);
    if (done.code.empty()) done.log = "NVRTC gave no code for " + target + "\n" + done.log;
    return done;
}

std::string target_for(std::string const& architecture, std::vector<int> const& known)
{
    std::string_view number = architecture;
    if (!number.starts_with("sm_")) return "";
    number.remove_prefix(3);
    int wanted = 0;
    auto const [end, error] = std::from_chars(number.data(), number.data() + number.size(), wanted);
    // Behind the number, "a" or "f" may name features of one architecture or family.
    if (error != std::errc() || number.data() + number.size() - end > 1) return "";
    int newest = 0;
    for (int const candidate : known) {
        if (candidate == wanted) return architecture;
        if (candidate < wanted) newest = std::max(newest, candidate);
    }
    return newest > 0 ? "compute_" + std::to_string(newest) : "";
}

Compiler::Compiler(std::string const& library)
{
    for (char const* const name :
         {library.c_str(), "libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"})
        if (*name != '\0' && load(name)) return;
    if (missing_.empty()) missing_ = "no NVRTC (libnvrtc.so is not found): install that of CUDA 12.0 or newer";
}

Compiler::~Compiler() = default;

bool Compiler::load(char const* name)
{
    SharedLibrary const library(name);
    if (!library.is_open()) return false;
    auto found = std::make_unique<Functions const>(library);
    int major = 0, minor = 0, count = 0;
    if (found->version == nullptr || found->version(&major, &minor) != 0) {
        missing_ = std::string(name) + " is not NVRTC (it does not say its version)";
        return false;
    }
    std::string const version = std::to_string(major) + "." + std::to_string(minor);
    constexpr int first_with_cxx20 = 12;
    if (major < first_with_cxx20 || !found->is_complete) {
        missing_ = "NVRTC " + version + " is too old (the solver is C++20): install that of CUDA 12.0 or newer";
        return false;
    }
    if (found->count_architectures(&count) == 0 && count > 0) {
        known_.assign(static_cast<std::size_t>(count), 0);
        if (found->architectures(known_.data()) != 0) known_.clear();
        std::sort(known_.begin(), known_.end());
    }
    missing_.clear();
    version_ = version;
    identity_ = "warpfit " WARPFIT_VERSION ", NVRTC " + version + " (" +
                SharedLibrary::file_of(reinterpret_cast<void const*>(found->version)) + "), headers " + common_digest();
    functions_ = std::move(found);
    return true;
}

Compiled Compiler::compile(CompileRequest const& request) const
{
    auto const begin = std::chrono::steady_clock::now();
    Compiled done;
    if (!functions_) {
        done.log = missing_;
    } else if (std::string const target = target_for(request.architecture, known_); target.empty()) {
        done.log = "NVRTC " + version_ + " cannot compile for " + request.architecture + " (it knows";
        for (int const known : known_) done.log += " sm_" + std::to_string(known);
        done.log += ")";
    } else {
        done = functions_->run(request, target);
    }
    done.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    return done;
}

}  // namespace warpfit::cuda
