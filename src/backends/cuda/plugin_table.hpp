#pragma once

#include "kernels/estimate/plan.hpp"

/// What the CUDA plugin offers, as a C table: no C++ type, exception or allocation crosses the boundary. Pixel batches
/// and plans are plain data in host memory; errors come back as a code and a text in the caller's buffer.
namespace warpfit::cuda {

/// Counts every change of Table, program::Plan, PixelBatch, BatchResults, estimate::Plan or Results. Another version is
/// refused unused.
inline constexpr unsigned table_version = 10;

enum class Code : int {
    fine,
    no_driver,      ///< no CUDA driver, or one too old for this plugin: DriverInfo tells them apart
    no_device,      ///< a driver, but no device that it can use
    unsupported,    ///< the plan needs more than the device has
    out_of_memory,  ///< on the device or the host
    device_lost,    ///< the device failed while it ran; pixels not finished end as device_error
    internal
};

/// The caller's buffer for the text of an error: "problem (why) suggestion", cut to size, ends with 0. text null: none.
struct ErrorText
{
    char* text;
    int size;
};

struct DeviceInfo
{
    char name[256];
    int compute_major, compute_minor;
    int multiprocessors;
    long long memory;       ///< bytes in all
    long long free_memory;  ///< bytes
};

/// Versions of CUDA: 1000 major + 10 minor.
struct DriverInfo
{
    int driver;   ///< the newest CUDA that the driver runs; 0: no driver
    int runtime;  ///< the CUDA that the plugin is made of
};

/// What models are compiled with at run time. Asking loads it.
struct CompilerInfo
{
    int has_nvrtc;     ///< 1: models are compiled; 0: the interpreter runs
    int has_linker;    ///< 1: nvJitLink is here, which makes that faster
    char nvrtc[512];   ///< its version, or why it is not here
    char linker[512];  ///< likewise
};

struct Table
{
    unsigned version;
    unsigned size;  ///< sizeof(Table)

    /// The name of a code: "no device".
    char const* (*code_name)(Code code);
    Code (*query_driver)(DriverInfo* info, ErrorText error);
    Code (*query_compiler)(CompilerInfo* info, ErrorText error);
    Code (*count_devices)(int* count, ErrorText error);
    Code (*query_device)(int device, DeviceInfo* info, ErrorText error);

    /// What all pixels of a plan share, on a device. cache: folder of compiled models, null: the
    /// user's; that of the first call serves the process. The plan may go
    /// after the call. *prepared is null unless the code is fine.
    Code (*create)(program::Plan const* plan, int device, char const* cache, void** prepared, ErrorText error);
    void (*destroy)(void* prepared);
    /// 1: fits with a kernel compiled for the plan; 0: with the interpreter.
    int (*is_compiled)(void const* prepared);
    /// How it came about: "kernel compiled in 0.5 s", "kernel from the cache on disk", "interpreter: no NVRTC (...)".
    /// Lives as long as prepared.
    char const* (*note)(void const* prepared);
    /// Pixels, of so many bytes of data and results each, that make a batch worth its overhead: some pieces for each of
    /// the streams that copy and fit beside each other.
    long long (*good_batch)(void const* prepared, long long pixel_bytes);

    /// Fits the batch and writes every result. stopped(context) (null: never) is asked from the calling thread between
    /// launches; pixels that it kept from being fitted end as cancelled, those of a lost device as device_error.
    Code (*run)(void* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
                int (*stopped)(void const* context), void const* context, ErrorText error);

    /// As run(), but every array of batch and results lies in the device's memory, none is checked, and the fit is only
    /// enqueued in the stream (a cudaStream_t of the device; null: its default one). batch->start null: common_start
    /// [num_free], in host memory, in every pixel. Calls with one `prepared` follow each other.
    Code (*enqueue)(void* prepared, program::PixelBatch const* batch, program::BatchResults const* results,
                    double const* common_start, void* stream, ErrorText error);

    /// As create(), for estimates of start values; nothing is compiled.
    Code (*create_estimates)(estimate::Plan const* plan, int device, void** prepared, ErrorText error);
    void (*destroy_estimates)(void* prepared);
    /// Estimates the pixels of the batch and writes every row. Variances and switches of components do not count.
    Code (*estimate)(void* prepared, program::PixelBatch const* batch, estimate::Results const* results,
                     ErrorText error);
};

}  // namespace warpfit::cuda

extern "C" {
/// The one symbol of the plugin.
warpfit::cuda::Table const* warpfit_cuda_table();
using WarpfitCudaTable = warpfit::cuda::Table const*();
}
