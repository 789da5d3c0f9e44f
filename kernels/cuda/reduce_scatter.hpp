#pragma once

#include "kernels/core/portability.hpp"

namespace warpfit::cuda {

inline constexpr int warp_size = 32;

/// Sums 32 values over the 32 lanes of a warp: afterwards v[0] of lane l is the total of v[l]. 31 exchanges for 32
/// sums, where a butterfly for each would take 160; the order of additions is fixed.
///
/// Lanes supplies what a lane can do: Lanes::Value, pick(h, a, b) (b in lanes with bit h, else a), exchange(a, h) (the
/// value of lane ^ h).
template<class Lanes>
WARPFIT_HD void reduce_scatter(Lanes const& lanes, typename Lanes::Value* v)
{
    for (int h = warp_size / 2; h > 0; h /= 2)
        for (int k = 0; k < h; ++k) {
            typename Lanes::Value const kept = lanes.pick(h, v[k], v[k + h]);
            typename Lanes::Value const sent = lanes.pick(h, v[k + h], v[k]);
            v[k] = kept + lanes.exchange(sent, h);
        }
}

}  // namespace warpfit::cuda
