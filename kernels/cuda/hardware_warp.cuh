#pragma once

#include "kernels/cuda/lane_team.hpp"

namespace warpfit::cuda {

/// What a thread of a device can do, for LaneTeam. Lanes diverge as they like: every mask is the team's own.
struct HardwareWarp
{
    __device__ int thread() const { return static_cast<int>(threadIdx.x); }
    __device__ int num_threads() const { return static_cast<int>(blockDim.x); }
    __device__ int block() const { return static_cast<int>(blockIdx.x); }
    __device__ void sync_block() const { __syncthreads(); }
    __device__ void sync_lanes(unsigned mask) const { __syncwarp(mask); }
    __device__ double exchange(unsigned mask, double a, int h) const { return __shfl_xor_sync(mask, a, h); }
    __device__ unsigned long long take_next(unsigned long long* counter) const { return atomicAdd(counter, 1ull); }
    __device__ void leave(int* counter) const { atomicSub(counter, 1); }
};

using DeviceTeam = LaneTeam<HardwareWarp>;

}  // namespace warpfit::cuda
