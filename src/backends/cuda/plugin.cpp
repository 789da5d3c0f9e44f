// The plugin's table: codes and texts instead of exceptions.

#include "src/backends/cuda/batch_fit.hpp"
#include "src/backends/cuda/fit_compiler.hpp"
#include "src/backends/cuda/plugin_table.hpp"

#include <cstdio>
#include <mutex>
#include <new>

namespace {

using namespace warpfit;
using cuda::Code;
using cuda::ErrorText;

char const* code_name(Code code)
{
    switch (code) {
    case Code::fine:
        return "fine";
    case Code::no_driver:
        return "no driver";
    case Code::no_device:
        return "no device";
    case Code::unsupported:
        return "unsupported";
    case Code::out_of_memory:
        return "out of memory";
    case Code::device_lost:
        return "device lost";
    default:
        return "internal error";
    }
}

Code tell(ErrorText error, Code code, char const* text)
{
    if (error.text && error.size > 0) std::snprintf(error.text, static_cast<std::size_t>(error.size), "%s", text);
    return code;
}

/// What f throws, as a code.
template<class F>
Code guard(ErrorText error, F const& f)
{
    try {
        f();
        return Code::fine;
    } catch (cuda::CudaError const& e) {
        return tell(error, e.code(), e.what());
    } catch (std::bad_alloc const&) {
        return tell(error, Code::out_of_memory, "the host is out of memory");
    } catch (std::exception const& e) {
        return tell(error, Code::internal, e.what());
    } catch (...) {
        return tell(error, Code::internal, "unknown");
    }
}

cuda::Compiler const& compiler()
{
    static cuda::Compiler const compiler;
    return compiler;
}

cuda::Linker const& linker()
{
    static cuda::Linker const linker;
    return linker;
}

/// One for the process, in the folder that the first fit names.
cuda::CubinCache& cache(char const* folder)
{
    static cuda::FitCompiler const fits(compiler(), linker(), cuda::built_in_parts());
    static cuda::CubinCache cache(folder ? std::filesystem::path(folder) : cuda::default_cache_folder(),
                                  fits.identity(),
                                  [](cuda::CompileRequest const& request) { return fits.compile(request); });
    return cache;
}

template<std::size_t Size>
void copy(char (&to)[Size], std::string const& text)
{
    std::snprintf(to, Size, "%s", text.c_str());
}

Code query_software(cuda::SoftwareInfo* info, ErrorText error)
{
    *info = {};
    return guard(error, [&] {
        cuda::check(cudaDriverGetVersion(&info->driver), "cudaDriverGetVersion");
        cuda::check(cudaRuntimeGetVersion(&info->runtime), "cudaRuntimeGetVersion");
        info->has_nvrtc = compiler().missing().empty() ? 1 : 0;
        info->has_linker = linker().missing().empty() ? 1 : 0;
        copy(info->nvrtc, info->has_nvrtc ? compiler().version() : compiler().missing());
        copy(info->linker, info->has_linker ? linker().version() : linker().missing());
    });
}

Code count_devices(int* count, ErrorText error)
{
    *count = 0;
    return guard(error, [&] {
        cudaError_t const status = cudaGetDeviceCount(count);
        if (status == cudaErrorNoDevice) {
            cudaGetLastError();
            *count = 0;
            return;
        }
        cuda::check(status, "cudaGetDeviceCount");
    });
}

Code query_device(int device, cuda::DeviceInfo* info, ErrorText error)
{
    *info = {};
    return guard(error, [&] {
        cudaDeviceProp properties{};
        cuda::check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
        copy(info->name, properties.name);
        info->compute_major = properties.major;
        info->compute_minor = properties.minor;
        info->multiprocessors = properties.multiProcessorCount;
        info->memory = static_cast<long long>(properties.totalGlobalMem);
        info->free_memory = info->memory;  // asking for what is free would start a context
    });
}

Code create(program::Plan const* plan, int device, char const* folder, void** prepared, ErrorText error)
{
    *prepared = nullptr;
    return guard(error, [&] { *prepared = new cuda::BatchFit(*plan, device, compiler(), cache(folder)); });
}

void destroy(void* prepared)
{
    delete static_cast<cuda::BatchFit*>(prepared);
}

int is_compiled(void const* prepared)
{
    return static_cast<cuda::BatchFit const*>(prepared)->is_compiled() ? 1 : 0;
}

long long good_batch(void const* prepared)
{
    return static_cast<cuda::BatchFit const*>(prepared)->good_batch();
}

Code run(void* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
         int (*stopped)(void const*), void const* context, ErrorText error)
{
    return guard(error, [&] { static_cast<cuda::BatchFit*>(prepared)->run(*batch, *results, stopped, context); });
}

constexpr cuda::Table table{cuda::table_version, sizeof(cuda::Table), &code_name, &query_software,
                            &count_devices,      &query_device,       &create,    &destroy,
                            &is_compiled,        &good_batch,         &run};

}  // namespace

extern "C" __attribute__((visibility("default"))) cuda::Table const* warpfit_cuda_table()
{
    return &table;
}
