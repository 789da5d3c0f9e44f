#include "kernels/cuda/fit_queue.cuh"
#include "kernels/program/interpreter_program.hpp"

namespace warpfit::cuda {

namespace {

using Narrow = program::InterpreterProgram<float>;
using Wide = program::InterpreterProgram<double>;

__device__ double* private_memory(BatchArguments const& arguments)
{
    Index const thread = static_cast<Index>(blockIdx.x) * blockDim.x + threadIdx.x;
    return arguments.private_memory + thread * arguments.private_doubles;
}

__global__ void fit_batch_float(__grid_constant__ BatchArguments const arguments)
{
    extern __shared__ double shared[];
    fit_queue<Narrow, Wide>(arguments, shared, private_memory(arguments));
}

__global__ void fit_batch_double(__grid_constant__ BatchArguments const arguments)
{
    extern __shared__ double shared[];
    fit_queue<solver::NoProgram, Wide>(arguments, shared, private_memory(arguments));
}

int larger(int a, int b)
{
    return a < b ? b : a;
}

}  // namespace

LaunchShape interpreter_shape(program::Plan const& plan, int threads, int blocks, int shared_limit)
{
    LaunchShape shape{};
    shape.threads = threads;
    shape.program_doubles = larger(Narrow::shared_size(plan), Wide::shared_size(plan));
    shape.private_doubles =
        solver::FitMemory::private_size(plan.num_free) + larger(Narrow::private_size(plan), Wide::private_size(plan));
    shape.shared_bytes = static_cast<int>(sizeof(double)) * fit_doubles(plan.num_free, threads, shape.program_doubles);
    shape.blocks = shape.shared_bytes <= shared_limit ? blocks : 0;
    return shape;
}

int launch_interpreter(BatchArguments const& arguments, LaunchShape const& shape, void* stream)
{
    bool const is_double = arguments.plan.options.precision == program::Precision::float64;
    auto* const kernel = is_double ? &fit_batch_double : &fit_batch_float;
    cudaError_t const status =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, shape.shared_bytes);
    if (status != cudaSuccess) return static_cast<int>(status);
    kernel<<<static_cast<unsigned>(shape.blocks), static_cast<unsigned>(shape.threads),
             static_cast<std::size_t>(shape.shared_bytes), static_cast<cudaStream_t>(stream)>>>(arguments);
    return static_cast<int>(cudaGetLastError());
}

}  // namespace warpfit::cuda
