// Stands for the CUDA runtime where there is no GPU: the host's memory is the device's, kernels run in blocks of host
// threads. With the plugin's own sources it makes a plugin whose host side is the real one. Work in a stream is done as
// late as CUDA allows, when somebody waits for it: what looks at results too early sees none.
//   WARPFIT_HOST_MEMORY   bytes that a device has for buffers (default: no limit)
//   WARPFIT_HOST_L2       bytes of its cache, which sizes the pieces of a batch (default 4096)
//   WARPFIT_HOST_BLOCKS   blocks that run at once (default 2)
//   WARPFIT_HOST_FAULT    CALL:N:STATUS: the Nth call of that name from now on fails with that cudaError_t
#include "kernels/cuda/estimate_queue.hpp"
#include "kernels/cuda/fit_queue.hpp"
#include "kernels/program/interpreter_program.hpp"
#include "kernels/program/spread_program.hpp"
#include "tests/support/emulated_block.hpp"

#include <cstdlib>
#include <cstring>
#include <cuda_runtime_api.h>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <sstream>
#include <string>

using namespace warpfit;
using namespace warpfit::testing;

struct CUstream_st
{
    std::list<std::function<cudaError_t()>> work;
};

struct CUevent_st
{
    CUstream_st* stream = nullptr;  ///< that has come to it when `passed` of its marks are done
    long long recorded = 0, passed = 0;
};

namespace {

/// What the process shares with its device, as the runtime does.
struct Runtime
{
    std::recursive_mutex mutex;
    std::map<void*, std::size_t> buffers;
    std::size_t used = 0;
    std::map<std::string, long long> calls;
    std::string fault_asked;
    long long calls_before_fault = 0;
    cudaError_t lost = cudaSuccess;  ///< an error that stays
    long long calls_when_lost = 0;   ///< work asked of a lost device
    std::list<CUstream_st*> streams;
};

Runtime& runtime()
{
    static Runtime runtime;
    return runtime;
}

std::size_t asked_size(char const* name, std::size_t otherwise)
{
    char const* const text = std::getenv(name);
    return text ? static_cast<std::size_t>(std::atoll(text)) : otherwise;
}

bool stays(cudaError_t status)
{
    return status == cudaErrorLaunchFailure || status == cudaErrorIllegalAddress || status == cudaErrorLaunchTimeout;
}

/// Counts a call and says whether it fails.
cudaError_t call(char const* name)
{
    Runtime& all = runtime();
    std::lock_guard const lock(all.mutex);
    ++all.calls[name];
    char const* const asked = std::getenv("WARPFIT_HOST_FAULT");
    if (!asked) {
        all.fault_asked.clear();
        all.lost = cudaSuccess;
        return cudaSuccess;
    }
    std::istringstream text(asked);
    std::string wanted, n, status;
    std::getline(std::getline(std::getline(text, wanted, ':'), n, ':'), status);
    if (all.fault_asked != asked) {
        all.fault_asked = asked;
        all.calls_before_fault = std::atoll(n.c_str());
        all.lost = cudaSuccess;
        all.calls_when_lost = 0;
    }
    if (all.lost != cudaSuccess) {
        std::string const what = name;
        if (what == "cudaLaunchKernel" || what.starts_with("cudaMem") || what.starts_with("cudaMalloc"))
            ++all.calls_when_lost;
        return all.lost;
    }
    if (wanted != name || --all.calls_before_fault != 0) return cudaSuccess;
    auto const failure = static_cast<cudaError_t>(std::atoi(status.c_str()));
    if (stays(failure)) all.lost = failure;
    return failure;
}

cudaError_t allocate(char const* name, void** memory, std::size_t size)
{
    if (cudaError_t const status = call(name); status != cudaSuccess) return status;
    Runtime& all = runtime();
    std::lock_guard const lock(all.mutex);
    if (all.used + size > asked_size("WARPFIT_HOST_MEMORY", ~std::size_t{0} / 2)) return cudaErrorMemoryAllocation;
    *memory = std::aligned_alloc(256, (size + 255) / 256 * 256);
    std::memset(*memory, 0xff, size);  // NaN, and indices that are out of bounds
    all.buffers[*memory] = size;
    all.used += size;
    return cudaSuccess;
}

cudaError_t release(char const* name, void* memory)
{
    Runtime& all = runtime();
    std::lock_guard const lock(all.mutex);
    auto const found = all.buffers.find(memory);
    if (found != all.buffers.end()) {
        std::memset(memory, 0xff, found->second);
        all.used -= found->second;
        all.buffers.erase(found);
        std::free(memory);
    }
    return call(name);
}

/// All that waits in a stream, until `done` says that it is enough.
template<class Done>
cudaError_t work_off(CUstream_st& stream, Done const& done)
{
    while (!stream.work.empty() && !done()) {
        auto const next = std::move(stream.work.front());
        stream.work.pop_front();
        if (cudaError_t const status = next(); status != cudaSuccess) return status;
    }
    return cudaSuccess;
}

cudaError_t work_off(CUstream_st& stream)
{
    return work_off(stream, [] { return false; });
}

/// The default stream, null, waits for nothing and nothing for it: what is put there is done at once.
cudaError_t put(cudaStream_t stream, std::function<cudaError_t()> work)
{
    std::lock_guard const lock(runtime().mutex);
    if (!stream) return work();
    stream->work.push_back(std::move(work));
    return cudaSuccess;
}

cudaError_t wait_for(CUevent_st& event, long long mark)
{
    if (event.stream == nullptr) return cudaSuccess;
    return work_off(*event.stream, [&] { return event.passed >= mark; });
}

// What the kernels are known by.
char const fit_tag = 0, spread_tag = 0, estimate_tag = 0;

template<class Arguments, class Body>
void run_blocks(Arguments const& arguments, unsigned blocks, unsigned threads, std::size_t shared_bytes,
                Body const& body)
{
    std::vector<std::thread> running;
    for (unsigned b = 0; b < blocks; ++b)
        running.emplace_back([&, b] {
            std::vector<double> shared(shared_bytes / sizeof(double) + 1, std::numeric_limits<double>::quiet_NaN());
            EmulatedBlock block(static_cast<int>(threads), {}, static_cast<int>(b));
            run_block(block, [&](EmulatedWarp const& warp) { body(warp, arguments, shared.data()); });
        });
    for (std::thread& thread : running) thread.join();
}

template<template<class> class Program>
void fit_blocks(cuda::BatchArguments const& arguments, unsigned blocks, unsigned threads, std::size_t shared_bytes)
{
    run_blocks(arguments, blocks, threads, shared_bytes,
               [](EmulatedWarp const& warp, cuda::BatchArguments const& all, double* shared) {
                   double* const far = all.far_memory + warp.block() * all.far_doubles;
                   cuda::fit_queue<Program<float>, Program<double>>(warp, all, all.far_memory ? far : shared);
               });
}

}  // namespace

namespace warpfit::cuda {

void const* interpreter_kernel()
{
    return &fit_tag;
}
void const* spread_interpreter_kernel()
{
    return &spread_tag;
}
void const* estimate_kernel()
{
    return &estimate_tag;
}

}  // namespace warpfit::cuda

// For tests: how often a call was made, what is allocated, what was asked of a lost device.
extern "C" __attribute__((visibility("default"))) long long warpfit_host_calls(char const* name)
{
    std::lock_guard const lock(runtime().mutex);
    return runtime().calls[name];
}
extern "C" __attribute__((visibility("default"))) long long warpfit_host_used()
{
    std::lock_guard const lock(runtime().mutex);
    return static_cast<long long>(runtime().used);
}
extern "C" __attribute__((visibility("default"))) long long warpfit_host_calls_when_lost()
{
    std::lock_guard const lock(runtime().mutex);
    return runtime().calls_when_lost;
}

extern "C" {

cudaError_t cudaMalloc(void** memory, std::size_t size)
{
    return allocate("cudaMalloc", memory, size);
}
cudaError_t cudaMallocHost(void** memory, std::size_t size)
{
    return allocate("cudaMallocHost", memory, size);
}
cudaError_t cudaFree(void* memory)
{
    return release("cudaFree", memory);
}
cudaError_t cudaFreeHost(void* memory)
{
    return release("cudaFreeHost", memory);
}

cudaError_t cudaMemcpy(void* to, void const* from, std::size_t size, cudaMemcpyKind)
{
    if (cudaError_t const status = call("cudaMemcpy"); status != cudaSuccess) return status;
    std::memcpy(to, from, size);
    return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, void const* from, std::size_t size, cudaMemcpyKind, cudaStream_t stream)
{
    if (cudaError_t const status = call("cudaMemcpyAsync"); status != cudaSuccess) return status;
    return put(stream, [=] { return std::memcpy(to, from, size), cudaSuccess; });
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t size, cudaStream_t stream)
{
    if (cudaError_t const status = call("cudaMemsetAsync"); status != cudaSuccess) return status;
    return put(stream, [=] { return std::memset(to, value, size), cudaSuccess; });
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned)
{
    if (cudaError_t const status = call("cudaStreamCreateWithFlags"); status != cudaSuccess) return status;
    std::lock_guard const lock(runtime().mutex);
    *stream = new CUstream_st;
    runtime().streams.push_back(*stream);
    return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    std::lock_guard const lock(runtime().mutex);
    work_off(*stream);
    runtime().streams.remove(stream);
    delete stream;
    return call("cudaStreamDestroy");
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    if (cudaError_t const status = call("cudaStreamSynchronize"); status != cudaSuccess) {
        std::lock_guard const lock(runtime().mutex);
        if (stream) stream->work.clear();
        return status;
    }
    std::lock_guard const lock(runtime().mutex);
    return stream ? work_off(*stream) : cudaSuccess;
}
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    if (cudaError_t const status = call("cudaStreamWaitEvent"); status != cudaSuccess) return status;
    std::lock_guard const lock(runtime().mutex);
    return put(stream, [event, mark = event->recorded] { return wait_for(*event, mark); });
}
cudaError_t cudaDeviceSynchronize()
{
    if (cudaError_t const status = call("cudaDeviceSynchronize"); status != cudaSuccess) return status;
    std::lock_guard const lock(runtime().mutex);
    for (CUstream_st* const stream : runtime().streams)
        if (cudaError_t const status = work_off(*stream); status != cudaSuccess) return status;
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned)
{
    if (cudaError_t const status = call("cudaEventCreateWithFlags"); status != cudaSuccess) return status;
    *event = new CUevent_st;
    return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    delete event;
    return call("cudaEventDestroy");
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    if (cudaError_t const status = call("cudaEventRecord"); status != cudaSuccess) return status;
    std::lock_guard const lock(runtime().mutex);
    event->stream = stream;
    long long const mark = ++event->recorded;
    return put(stream, [event, mark] { return event->passed = mark, cudaSuccess; });
}
cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    if (cudaError_t const status = call("cudaEventSynchronize"); status != cudaSuccess) return status;
    std::lock_guard const lock(runtime().mutex);
    return wait_for(*event, event->recorded);
}

cudaError_t cudaGetDeviceCount(int* count)
{
    *count = 1;
    return call("cudaGetDeviceCount");
}
cudaError_t cudaGetDevice(int* device)
{
    *device = 0;
    return call("cudaGetDevice");
}
cudaError_t cudaSetDevice(int)
{
    return call("cudaSetDevice");
}
/// Of an architecture that no compiler knows, so that the interpreter serves.
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int)
{
    *properties = {};
    std::strcpy(properties->name, "Host 1");
    properties->major = 1;
    properties->multiProcessorCount = static_cast<int>(asked_size("WARPFIT_HOST_BLOCKS", 2));
    properties->l2CacheSize = static_cast<int>(asked_size("WARPFIT_HOST_L2", 4096));
    properties->sharedMemPerBlockOptin = 24 * 1024;  // for small blocks: each thread is one of the host's
    properties->sharedMemPerMultiprocessor = 228 * 1024;
    properties->totalGlobalMem = std::size_t{1} << 33;
    return call("cudaGetDeviceProperties");
}
cudaError_t cudaDriverGetVersion(int* version)
{
    *version = CUDART_VERSION;
    return call("cudaDriverGetVersion");
}
cudaError_t cudaRuntimeGetVersion(int* version)
{
    *version = CUDART_VERSION;
    return call("cudaRuntimeGetVersion");
}

cudaError_t cudaFuncSetAttribute(void const*, cudaFuncAttribute, int)
{
    return call("cudaFuncSetAttribute");
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes*, void const*)
{
    return call("cudaFuncGetAttributes");
}
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, void const*, int, std::size_t)
{
    *blocks = 1;
    return call("cudaOccupancyMaxActiveBlocksPerMultiprocessor");
}
/// It runs no code of a device.
cudaError_t cudaLibraryLoadData(cudaLibrary_t*, void const*, cudaJitOption*, void**, unsigned, cudaLibraryOption*,
                                void**, unsigned)
{
    call("cudaLibraryLoadData");
    return cudaErrorNoKernelImageForDevice;
}
cudaError_t cudaLibraryUnload(cudaLibrary_t)
{
    return call("cudaLibraryUnload");
}
cudaError_t cudaLibraryGetKernel(cudaKernel_t*, cudaLibrary_t, char const*)
{
    return call("cudaLibraryGetKernel");
}

cudaError_t cudaLaunchKernel(void const* kernel, dim3 grid, dim3 block, void** parameters, std::size_t shared_bytes,
                             cudaStream_t stream)
{
    if (cudaError_t const status = call("cudaLaunchKernel"); status != cudaSuccess) return status;
    if (kernel == &estimate_tag)
        return put(stream, [=, arguments = *static_cast<cuda::EstimateArguments*>(parameters[0])] {
            run_blocks(arguments, grid.x, block.x, shared_bytes,
                       [](EmulatedWarp const& warp, cuda::EstimateArguments const& all, double* shared) {
                           cuda::estimate_queue(warp, all, shared);
                       });
            return cudaSuccess;
        });
    auto const arguments = *static_cast<cuda::BatchArguments*>(parameters[0]);
    if (kernel == &fit_tag)
        return put(stream, [=] {
            fit_blocks<program::InterpreterProgram>(arguments, grid.x, block.x, shared_bytes);
            return cudaSuccess;
        });
    if (kernel == &spread_tag)
        return put(stream, [=] {
            fit_blocks<program::SpreadInterpreter>(arguments, grid.x, block.x, shared_bytes);
            return cudaSuccess;
        });
    return cudaErrorInvalidDeviceFunction;
}

char const* cudaGetErrorString(cudaError_t status)
{
    return status == cudaErrorMemoryAllocation ? "out of memory" : "as the test asked for";
}
cudaError_t cudaGetLastError()
{
    return runtime().lost;
}

}  // extern "C"
