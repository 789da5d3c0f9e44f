#include "kernels/cuda/fit_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"
#include "kernels/program/interpreter_program.hpp"

namespace warpfit::cuda {

namespace {

using Narrow = program::InterpreterProgram<float>;
using Wide = program::InterpreterProgram<double>;

__global__ void fit_batch(__grid_constant__ BatchArguments const arguments)
{
    extern __shared__ double shared[];
    double* const far = arguments.far_memory + static_cast<Index>(blockIdx.x) * arguments.far_doubles;
    fit_queue<Narrow, Wide>(HardwareWarp{}, arguments, arguments.far_memory ? far : shared);
}

}  // namespace

void const* interpreter_kernel()
{
    return reinterpret_cast<void const*>(&fit_batch);
}

}  // namespace warpfit::cuda
