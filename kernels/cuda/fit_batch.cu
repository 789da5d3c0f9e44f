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

LaunchShape shape(program::Plan const& plan, int program_doubles, int private_doubles, int shared_limit)
{
    LaunchShape shape{};
    shape.threads = block_threads(plan.num_channels);
    shape.program_doubles = program_doubles;
    shape.private_doubles = private_doubles;
    shape.shared_bytes = static_cast<int>(sizeof(double)) * fit_doubles(plan.num_free, shape.threads, program_doubles);
    shape.blocks = shape.shared_bytes <= shared_limit ? 1 : 0;
    return shape;
}

}  // namespace

LaunchShape interpreter_shape(program::Plan const& plan, int shared_limit)
{
    int const mine =
        solver::FitMemory::private_size(plan.num_free) + larger(Narrow::private_size(plan), Wide::private_size(plan));
    return shape(plan, larger(Narrow::shared_size(plan), Wide::shared_size(plan)), mine, shared_limit);
}

LaunchShape generated_shape(program::Plan const& plan, int shared_limit)
{
    return shape(plan, 0, 0, shared_limit);
}

void const* interpreter_kernel(program::Precision precision)
{
    return precision == program::Precision::float64 ? reinterpret_cast<void const*>(&fit_batch_double)
                                                    : reinterpret_cast<void const*>(&fit_batch_float);
}

}  // namespace warpfit::cuda
