#include "kernels/cuda/fit_queue.cuh"
#include "kernels/program/interpreter_program.hpp"

namespace warpfit::cuda {

namespace {

using Narrow = program::InterpreterProgram<float>;
using Wide = program::InterpreterProgram<double>;

__global__ void fit_batch(__grid_constant__ BatchArguments const arguments)
{
    extern __shared__ double shared[];
    fit_queue<Narrow, Wide>(arguments, shared);
}

int larger(int a, int b)
{
    return a < b ? b : a;
}

/// keeps_columns: the passes sum in shared memory.
LaunchShape shape(program::Plan const& plan, int program_doubles, int private_doubles, bool keeps_columns,
                  int shared_limit)
{
    LaunchShape shape{};
    shape.threads = block_threads(plan.num_channels);
    shape.program_doubles = program_doubles;
    shape.private_doubles = solver::FitMemory::private_size(plan.num_free) + private_doubles;
    int const columns = keeps_columns ? solver::ColumnProducts<BlockTeam>::size(plan.num_free + 1, shape.threads) : 0;
    shape.shared_bytes =
        static_cast<int>(sizeof(double)) * queue_doubles(plan.num_free, shape.threads, program_doubles, columns);
    shape.blocks = shape.shared_bytes <= shared_limit ? 1 : 0;
    return shape;
}

}  // namespace

LaunchShape interpreter_shape(program::Plan const& plan, int shared_limit)
{
    return shape(plan, larger(Narrow::shared_size(plan), Wide::shared_size(plan)),
                 larger(Narrow::private_size(plan), Wide::private_size(plan)), true, shared_limit);
}

LaunchShape generated_shape(program::Plan const& plan, int shared_limit)
{
    return shape(plan, 0, 0, plan.num_free > solver::most_in_registers<double>, shared_limit);
}

void const* interpreter_kernel()
{
    return reinterpret_cast<void const*>(&fit_batch);
}

}  // namespace warpfit::cuda
