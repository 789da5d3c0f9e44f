#include "src/backends/cuda/kernel.hpp"

#include "kernels/program/spread_program.hpp"
#include "src/backends/cuda/fit_compiler.hpp"
#include "src/backends/cuda/generate.hpp"
#include "src/backends/cuda/kernel_note.hpp"
#include "src/backends/cuda/launch_shape.hpp"

#include <algorithm>
#include <limits>

namespace warpfit::cuda {

Kernel::Kernel(program::Plan const& plan, cudaDeviceProp const& device, Compiler const& compiler, CubinCache& cache)
{
    SharedLimits const limits{static_cast<int>(device.sharedMemPerBlockOptin),
                              static_cast<int>(device.sharedMemPerMultiprocessor)};
    std::string const architecture = "sm_" + std::to_string(device.major) + std::to_string(device.minor);
    shape_ = generated_shape(plan, limits);
    if (plan.num_functions > 0) {
        load_own(plan, architecture, compiler, cache);
    } else if (shape_.blocks == 0 || !load(plan, architecture, compiler, cache)) {
        kernel_ = program::has_spread(plan) ? spread_interpreter_kernel() : interpreter_kernel();
        shape_ = interpreter_shape(plan, limits);
    }
    if (shape_.blocks == 0) shape_ = far_shape(plan);
    if (shape_.blocks == 0)
        throw CudaError(Code::unsupported, std::to_string(plan.num_free) + " free parameters are too many");
    // What is convolved should stay in the cache.
    set_occupancy(device.multiProcessorCount, limits.block, plan.convolution ? 2 : std::numeric_limits<int>::max());
}

bool Kernel::load(program::Plan const& plan, std::string const& architecture, Compiler const& compiler,
                  CubinCache& cache)
{
    if (!compiler.missing().empty()) return false;
    CompileRequest request{generate_kernel(plan, "Model"), architecture, {}, {"Model_fit"}};
    CachedProgram const first = cache.get_or_compile(request);
    if (!first.compiled->is_fine()) {
        failure_ = first.compiled->log;
        return false;
    }
    if (take(*first.compiled)) return true;
    // A driver older than nvJitLink or NVRTC may refuse what they made. NVRTC's alone may do, else the interpreter,
    // which came with the driver's own runtime.
    if (first.compiled->names.front() != linked_kernel) return false;
    request.options.push_back(whole_option);
    CachedProgram const whole = cache.get_or_compile(request);
    return whole.compiled->is_fine() && take(*whole.compiled);
}

/// No interpreter knows components of the caller's own.
void Kernel::load_own(program::Plan const& plan, std::string const& architecture, Compiler const& compiler,
                      CubinCache& cache)
{
    for (int i = 0; i < plan.num_functions; ++i)
        if (!plan.functions[i].text)
            throw CudaError(Code::unsupported, "a component is a function that runs on the CPU alone");
    std::string const needs = "components of one's own are compiled at run time, but ";
    if (!compiler.missing().empty()) throw CudaError(Code::unsupported, needs + compiler.missing());
    if (shape_.blocks == 0)
        throw CudaError(Code::unsupported, needs + std::to_string(plan.num_free) + " free parameters are too many");
    if (load(plan, architecture, compiler, cache)) return;
    throw CudaError(Code::unsupported, failure_.empty()
                                           ? needs + "the driver does not take the kernel (" + refusal_ + ")"
                                           : own_problem(plan, failure_));
}

/// False: the driver refuses it.
bool Kernel::take(Compiled const& compiled)
{
    cudaLibrary_t library = nullptr;
    cudaKernel_t kernel = nullptr;
    cudaFuncAttributes attributes{};
    refusal_.clear();
    try {
        check(cudaLibraryLoadData(&library, compiled.code.c_str(), nullptr, nullptr, 0, nullptr, nullptr, 0),
              "cudaLibraryLoadData");
        library_.reset(library);
        // Where the driver loads lazily, it says only when a kernel is asked for that it cannot.
        check(cudaLibraryGetKernel(&kernel, library, compiled.names.front().c_str()), "cudaLibraryGetKernel");
        check(cudaFuncGetAttributes(&attributes, kernel), "cudaFuncGetAttributes");
    } catch (CudaError const& error) {
        library_.reset();
        if (error.code() == Code::device_lost || error.code() == Code::out_of_memory) throw;
        refusal_ = error.what();
        return false;
    }
    kernel_ = kernel;
    return true;
}

/// As many blocks as the device runs at once: each takes pixels until the queue is empty.
void Kernel::set_occupancy(int multiprocessors, int most_shared, int most_blocks)
{
    auto const shared = static_cast<std::size_t>(shape_.shared_bytes);
    // Not only what this plan needs: the interpreter is one kernel for all plans of the process.
    check(cudaFuncSetAttribute(kernel_, cudaFuncAttributeMaxDynamicSharedMemorySize, most_shared),
          "cudaFuncSetAttribute");
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel_, shape_.threads, shared),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    if (blocks == 0) throw CudaError(Code::unsupported, "not one block fits a multiprocessor");
    // Blocks in device memory are large, and more of them would not make that faster.
    if (shape_.far_doubles > 0) blocks = 1;
    blocks = std::min(blocks, most_blocks);
    shape_.blocks = blocks * multiprocessors;
}

void Kernel::launch(BatchArguments const& arguments, cudaStream_t stream) const
{
    void* parameters[] = {const_cast<BatchArguments*>(&arguments)};
    check(cudaLaunchKernel(kernel_, dim3(static_cast<unsigned>(shape_.blocks)),
                           dim3(static_cast<unsigned>(shape_.threads)), parameters,
                           static_cast<std::size_t>(shape_.shared_bytes), stream),
          "cudaLaunchKernel");
}

}  // namespace warpfit::cuda
