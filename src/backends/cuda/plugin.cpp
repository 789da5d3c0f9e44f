// The plugin's table: codes and texts instead of exceptions.

#include "src/backends/cuda/batch_estimate.hpp"
#include "src/backends/cuda/batch_fit.hpp"
#include "src/backends/cuda/fit_compiler.hpp"
#include "src/backends/cuda/kernel_note.hpp"
#include "src/backends/cuda/plugin_table.hpp"

#include <cstdio>
#include <memory>
#include <new>
#include <optional>

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

/// What the cache gave this thread last: how create() hears of the program that a fit deep inside asks for.
thread_local std::optional<cuda::CachedProgram> last_program;

/// One for the process, in the folder that the first fit names.
cuda::CubinCache& cache(char const* folder)
{
    static cuda::FitCompiler const fits(compiler(), linker(), cuda::built_in_parts());
    static cuda::CubinCache cache(
        folder ? std::filesystem::path(folder) : cuda::default_cache_folder(), fits.identity(),
        [](cuda::CompileRequest const& request) { return fits.compile(request); }, cuda::CubinCache::default_limit,
        [](cuda::CachedProgram const& program) { last_program = program; });
    return cache;
}

template<std::size_t Size>
void copy(char (&to)[Size], std::string const& text)
{
    std::snprintf(to, Size, "%s", text.c_str());
}

Code query_driver(cuda::DriverInfo* info, ErrorText error)
{
    *info = {};
    return guard(error, [&] {
        cuda::check(cudaDriverGetVersion(&info->driver), "cudaDriverGetVersion");
        cuda::check(cudaRuntimeGetVersion(&info->runtime), "cudaRuntimeGetVersion");
    });
}

Code query_compiler(cuda::CompilerInfo* info, ErrorText error)
{
    *info = {};
    return guard(error, [&] {
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

struct Prepared
{
    cuda::BatchFit fit;
    std::string note;
};

cuda::BatchFit const& fit_of(void const* prepared)
{
    return static_cast<Prepared const*>(prepared)->fit;
}

Code create(program::Plan const* plan, int device, char const* folder, void** prepared, ErrorText error)
{
    *prepared = nullptr;
    last_program.reset();
    Code const code = guard(error, [&] {
        std::unique_ptr<Prepared> made(new Prepared{{*plan, device, compiler(), cache(folder)}, ""});
        made->note = cuda::kernel_note(compiler().missing(), last_program, made->fit.refusal());
        *prepared = made.release();
    });
    last_program.reset();
    return code;
}

void destroy(void* prepared)
{
    delete static_cast<Prepared*>(prepared);
}

int is_compiled(void const* prepared)
{
    return fit_of(prepared).is_compiled() ? 1 : 0;
}

char const* note(void const* prepared)
{
    return static_cast<Prepared const*>(prepared)->note.c_str();
}

long long good_batch(void const* prepared, long long pixel_bytes)
{
    return fit_of(prepared).good_batch(pixel_bytes);
}

Code run(void* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
         int (*stopped)(void const*), void const* context, ErrorText error)
{
    return guard(error, [&] { static_cast<Prepared*>(prepared)->fit.run(*batch, *results, stopped, context); });
}

Code enqueue(void* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
             double const* common_start, void* stream, ErrorText error)
{
    return guard(error, [&] {
        static_cast<Prepared*>(prepared)->fit.enqueue(*batch, *results, common_start,
                                                      static_cast<cudaStream_t>(stream));
    });
}

Code create_estimates(estimate::Plan const* plan, int device, void** prepared, ErrorText error)
{
    *prepared = nullptr;
    return guard(error, [&] { *prepared = new cuda::BatchEstimate(*plan, device); });
}

void destroy_estimates(void* prepared)
{
    delete static_cast<cuda::BatchEstimate*>(prepared);
}

Code run_estimates(void* prepared, program::PixelBatch const* batch, estimate::Results const* results, ErrorText error)
{
    return guard(error, [&] { static_cast<cuda::BatchEstimate*>(prepared)->run(*batch, *results); });
}

constexpr cuda::Table table{cuda::table_version,
                            sizeof(cuda::Table),
                            &code_name,
                            &query_driver,
                            &query_compiler,
                            &count_devices,
                            &query_device,
                            &create,
                            &destroy,
                            &is_compiled,
                            &note,
                            &good_batch,
                            &run,
                            &enqueue,
                            &create_estimates,
                            &destroy_estimates,
                            &run_estimates};

}  // namespace

extern "C" __attribute__((visibility("default"))) cuda::Table const* warpfit_cuda_table()
{
    return &table;
}
