#include "kernels/cuda/estimate_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"

namespace warpfit::cuda {

namespace {

__global__ void estimate_batch(__grid_constant__ EstimateArguments const arguments)
{
    extern __shared__ double shared[];
    estimate_queue(HardwareWarp{}, arguments, shared);
}

}  // namespace

void const* estimate_kernel()
{
    return reinterpret_cast<void const*>(&estimate_batch);
}

}  // namespace warpfit::cuda
