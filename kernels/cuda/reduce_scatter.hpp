#pragma once

#include "kernels/core/portability.hpp"

namespace warpfit::cuda {

inline constexpr int warp_size = 32;

/// Sums N values over N lanes, a power of two: afterwards v[0] of lane l is the total of v[l]. N - 1 exchanges for N
/// sums, where a butterfly for each would take N log2(N); the order of additions is fixed.
///
/// Lanes supplies what a lane can do: Lanes::Value, pick(h, a, b) (b in lanes with bit h, else a), exchange(a, h) (the
/// value of lane ^ h).
template<int N, class Lanes>
WARPFIT_HD void reduce_scatter(Lanes const& lanes, typename Lanes::Value* v)
{
    // A loop over h would leave v in memory.
    if constexpr (N > 1) {
        constexpr int h = N / 2;
        WARPFIT_UNROLL
        for (int k = 0; k < h; ++k) {
            typename Lanes::Value const kept = lanes.pick(h, v[k], v[k + h]);
            typename Lanes::Value const sent = lanes.pick(h, v[k + h], v[k]);
            v[k] = kept + lanes.exchange(sent, h);
        }
        reduce_scatter<h>(lanes, v);
    }
}

}  // namespace warpfit::cuda
