#pragma once

#include "kernels/core/team.hpp"
#include "kernels/cuda/reduce_scatter.hpp"

namespace warpfit::cuda {

/// One lane of a warp, for reduce_scatter().
struct WarpLanes
{
    using Value = double;

    int lane;

    __device__ double pick(int h, double a, double b) const { return lane & h ? b : a; }
    __device__ double exchange(double a, int h) const { return __shfl_xor_sync(0xffffffffu, a, h); }
};

/// Length of a warp's row of partial sums.
__host__ __device__ constexpr int padded(int n)
{
    return (n + warp_size - 1) / warp_size * warp_size;
}

/// BlockTeam::sum(): lanes by reduce_scatter(), then warps in order. Not inlined, for device compilers take long over
/// its shuffles; no member, for over one that is not inlined NVRTC 13.0 crashes in one of four compilations of a whole
/// fit.
template<class Real>
__noinline__ __device__ void sum_over_block(double* partials, Real const* mine, int n, double* out)
{
    int const rank = static_cast<int>(threadIdx.x);
    int const num_warps = static_cast<int>(blockDim.x) / warp_size;
    WarpLanes const lanes{rank % warp_size};
    double* const row = partials + rank / warp_size * padded(n);
    for (int base = 0; base < n; base += warp_size) {
        double v[warp_size];
#pragma unroll
        for (int k = 0; k < warp_size; ++k) v[k] = base + k < n ? static_cast<double>(mine[base + k]) : 0.0;
        reduce_scatter(lanes, v);
        row[base + lanes.lane] = v[0];
    }
    __syncthreads();
    for (int k = rank; k < n; k += static_cast<int>(blockDim.x)) {
        double total = 0.0;
        for (int warp = 0; warp < num_warps; ++warp) total += partials[warp * padded(n) + k];
        out[k] = total;
    }
    __syncthreads();
}

/// The threads of a one-dimensional block, a multiple of 32.
class BlockTeam
{
  public:
    /// partials [partials_size(threads, longest sum)]: shared memory.
    __device__ explicit BlockTeam(double* partials)
        : partials_(partials)
    {}

    __host__ __device__ static constexpr int partials_size(int threads, int longest_sum)
    {
        return threads / warp_size * padded(longest_sum);
    }

    __device__ int rank() const { return static_cast<int>(threadIdx.x); }
    __device__ int size() const { return static_cast<int>(blockDim.x); }
    __device__ void sync() const { __syncthreads(); }

    template<class Real>
    __device__ void sum(Real const* mine, int n, double* out) const
    {
        sum_over_block(partials_, mine, n, out);
    }

  private:
    double* partials_;
};

}  // namespace warpfit::cuda
