#include "kernels/cuda/fit_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"
#include "kernels/program/interpreter_program.hpp"

namespace warpfit::cuda {

namespace {

template<template<class> class Program>
__device__ void fit_as(BatchArguments const& arguments)
{
    extern __shared__ double shared[];
    double* const far = arguments.far_memory + static_cast<Index>(blockIdx.x) * arguments.far_doubles;
    fit_queue<Program<float>, Program<double>>(HardwareWarp{}, arguments, arguments.far_memory ? far : shared);
}

__global__ void fit_batch(__grid_constant__ BatchArguments const arguments)
{
    fit_as<program::InterpreterProgram>(arguments);
}

__global__ void fit_spread_batch(__grid_constant__ BatchArguments const arguments)
{
    fit_as<program::SpreadInterpreter>(arguments);
}

}  // namespace

void const* interpreter_kernel()
{
    return reinterpret_cast<void const*>(&fit_batch);
}

void const* spread_interpreter_kernel()
{
    return reinterpret_cast<void const*>(&fit_spread_batch);
}

}  // namespace warpfit::cuda
