// Stands for the CUDA plugin where there is no GPU: fits on the host with the team's solver, and fails in the way that
// the variable WARPFIT_FAKE_FAULT names.

#include "src/backends/cuda/plugin_table.hpp"
#include "src/fit/slice.hpp"
#include "tests/support/block_estimate.hpp"
#include "tests/support/team_fit.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using namespace warpfit;
using cuda::Code;

bool fault(std::string_view name)
{
    char const* const asked = std::getenv("WARPFIT_FAKE_FAULT");
    return asked != nullptr && name == asked;
}

Code fail(cuda::ErrorText error, Code code, char const* text)
{
    if (error.text) std::snprintf(error.text, static_cast<std::size_t>(error.size), "%s", text);
    return code;
}

char const* code_name(Code code)
{
    constexpr char const* names[] = {"fine",          "no driver",   "no device", "unsupported",
                                     "out of memory", "device lost", "internal"};
    return names[static_cast<int>(code)];
}

Code query_driver(cuda::DriverInfo* info, cuda::ErrorText)
{
    info->driver = fault("no_driver") ? 0 : fault("old_driver") ? 11040 : 13000;
    info->runtime = 13000;
    return Code::fine;
}

Code query_compiler(cuda::CompilerInfo* info, cuda::ErrorText)
{
    *info = {};
    info->has_nvrtc = fault("no_nvrtc") ? 0 : 1;
    info->has_linker = fault("no_linker") ? 0 : 1;
    std::strcpy(info->nvrtc, info->has_nvrtc ? "13.0" : "libnvrtc.so: cannot open shared object file");
    std::strcpy(info->linker, info->has_linker ? "13.0" : "libnvJitLink.so: cannot open shared object file");
    return Code::fine;
}

Code count_devices(int* count, cuda::ErrorText error)
{
    *count = 0;
    if (fault("no_driver") || fault("old_driver"))
        return fail(error, Code::no_driver, "cudaGetDeviceCount: driver version is insufficient");
    if (fault("no_device")) return Code::no_device;
    // As many as WARPFIT_FAKE_DEVICES says.
    char const* const devices = std::getenv("WARPFIT_FAKE_DEVICES");
    *count = devices ? std::atoi(devices) : 1;
    return Code::fine;
}

Code query_device(int, cuda::DeviceInfo* info, cuda::ErrorText error)
{
    if (fault("query")) return fail(error, Code::internal, "cudaGetDeviceProperties: unknown error");
    *info = {};
    std::strcpy(info->name, "Fake 1000");
    info->compute_major = 9;
    info->multiprocessors = fault("slow") ? 0 : 100000;
    info->memory = info->free_memory = 1LL << 33;
    return Code::fine;
}

std::atomic<long long> pixels_of[8];  // fitted by each device

struct Prepared
{
    program::Plan plan;
    int device;
    long long fitted = 0;
};

Code create(program::Plan const* plan, int device, char const*, void** prepared, cuda::ErrorText error)
{
    *prepared = nullptr;
    if (fault("unsupported")) return fail(error, Code::unsupported, "65 free parameters, at most 64");
    if (plan->num_functions > 0)
        return fail(error, Code::unsupported, "components of one's own are compiled at run time, but this is a fake");
    if (fault("create_memory")) return fail(error, Code::out_of_memory, "cudaMalloc: out of memory");
    // The caller's plan outlives this in warpfit; a real plugin copies it to the device.
    *prepared = new Prepared{*plan, device};
    return Code::fine;
}

void destroy(void* prepared)
{
    delete static_cast<Prepared*>(prepared);
}

int is_compiled(void const*)
{
    return 0;
}

char const* note(void const*)
{
    return fault("no_nvrtc") ? "interpreter: no NVRTC (libnvrtc.so is not found)"
                             : "interpreter: this fake compiles nothing";
}

long long good_batch(void const*, long long)
{
    return 8;
}

void write(program::BatchResults const& out, int P, Index i, testing::Fitted const& fitted)
{
    std::copy_n(fitted.p.data(), P, out.parameters + i * P);
    std::copy_n(fitted.errors.data(), P, out.standard_errors + i * P);
    if (out.correlations)
        std::copy(fitted.correlations.begin(), fitted.correlations.end(),
                  out.correlations + i * static_cast<Index>(fitted.correlations.size()));
    out.chisq[i] = fitted.chisq;
    out.dof[i] = fitted.dof;
    out.iterations[i] = fitted.iterations;
    out.status[i] = fitted.status;
}

Code run(void* handle, program::PixelBatch const* batch, program::BatchResults const* results,
         int (*stopped)(void const*), void const* context, cuda::ErrorText error)
{
    auto& prepared = *static_cast<Prepared*>(handle);
    program::Plan const& plan = prepared.plan;
    for (Index i = 0; i < batch->count; ++i) solver::write_failure(plan, *results, i, program::Status::cancelled);
    testing::TeamFit team(plan);
    for (Index i = 0; i < batch->count; ++i) {
        if (stopped && stopped(context)) return Code::fine;
        if (fault("run_memory") && prepared.fitted == 24) return fail(error, Code::out_of_memory, "cudaMallocAsync");
        if (fault("lost") && prepared.fitted == 24) {
            for (Index k = i; k < batch->count; ++k)
                solver::write_failure(plan, *results, k, program::Status::device_error);
            return fail(error, Code::device_lost, "cudaStreamSynchronize: unspecified launch failure");
        }
        write(*results, plan.num_free, i, team.fit(slice(*batch, plan, i, 1), 1));
        if (fault("wrong")) results->parameters[i * plan.num_free] += results->standard_errors[i * plan.num_free];
        ++prepared.fitted;
        ++pixels_of[prepared.device];
        // Long enough for the other devices to come by.
        if (std::getenv("WARPFIT_FAKE_DEVICES")) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return Code::fine;
}

/// The memory of this device is the host's, and its stream never waits.
Code enqueue(void* handle, program::PixelBatch const* batch, program::BatchResults const* results,
             double const* common_start, void* stream, cuda::ErrorText error)
{
    program::Plan const& plan = static_cast<Prepared*>(handle)->plan;
    if (stream != nullptr) return fail(error, Code::internal, "a stream of another device");
    std::vector<double> starts;
    program::PixelBatch started = *batch;
    if (started.start == nullptr) {
        for (Index i = 0; i < batch->count; ++i)
            starts.insert(starts.end(), common_start, common_start + plan.num_free);
        started.start = starts.data();
    }
    return run(handle, &started, results, nullptr, nullptr, error);
}

Code create_estimates(estimate::Plan const* plan, int, void** prepared, cuda::ErrorText error)
{
    *prepared = nullptr;
    if (fault("estimate_memory")) return fail(error, Code::out_of_memory, "cudaMalloc: out of memory");
    *prepared = new estimate::Plan(*plan);
    return Code::fine;
}

void destroy_estimates(void* prepared)
{
    delete static_cast<estimate::Plan*>(prepared);
}

std::atomic<long long> estimated;  // pixels

/// The device's kernel in a block of host threads; WARPFIT_FAKE_TEAM of them estimate a pixel, 1 if nobody says.
Code estimate_batch(void* prepared, program::PixelBatch const* batch, estimate::Results const* results,
                    cuda::ErrorText error)
{
    if (fault("estimate_lost"))
        return fail(error, Code::device_lost, "cudaStreamSynchronize: unspecified launch failure");
    char const* const team = std::getenv("WARPFIT_FAKE_TEAM");
    testing::estimate_block(*static_cast<estimate::Plan*>(prepared), *batch, *results, team ? std::atoi(team) : 1);
    estimated += batch->count;
    return Code::fine;
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
                            &estimate_batch};
/// Of the version before: nothing but the number may be looked at.
constexpr cuda::Table old_table = [] {
    cuda::Table old{};
    old.version = cuda::table_version - 1;
    old.size = sizeof old;
    return old;
}();

}  // namespace

extern "C" __attribute__((visibility("default"))) long long warpfit_fake_pixels(int device)
{
    return pixels_of[device];
}

extern "C" __attribute__((visibility("default"))) long long warpfit_fake_estimates()
{
    return estimated;
}

extern "C" __attribute__((visibility("default"))) cuda::Table const* warpfit_cuda_table()
{
    return fault("wrong_version") ? &old_table : &table;
}
