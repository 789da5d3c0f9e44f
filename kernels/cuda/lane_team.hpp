#pragma once

#include "kernels/core/team.hpp"
#include "kernels/cuda/reduce_scatter.hpp"

/// Teams of the threads of a block: all of it, a warp, or part of a warp.
///
/// Warp supplies what a thread can do; HardwareWarp on a device, host threads in tests:
///   thread(), num_threads()    its place in the one-dimensional block and the size of that, a multiple of 32
///   block()                    which of the blocks
///   sync_block()
///   sync_lanes(mask)           between the lanes of mask, which all call it with the same one
///   exchange(mask, a, h)       the double of lane ^ h, of the lanes of mask
///   take_next(counter)         adds one; the value before
///   leave(counter)             subtracts one from a counter that the lanes of a warp share
namespace warpfit::cuda {

inline constexpr unsigned all_lanes = 0xffffffffu;

/// Of the warp's lanes those of the team that `lane` is in.
WARPFIT_HD constexpr unsigned lanes_of_team(int size, int lane)
{
    return size >= warp_size ? all_lanes : ((1u << size) - 1u) << (lane - lane % size);
}

/// Length of a warp's row of partial sums.
WARPFIT_HD constexpr int padded(int n)
{
    return (n + warp_size - 1) / warp_size * warp_size;
}

/// Sums of so many at a time are scattered, then added up over the rest of the lanes: 9 exchanges for 8 sums of a warp,
/// where scattering 32 takes 7.75 but as many for 10 as for 32, and four times the registers.
inline constexpr int widest = 8;

namespace detail {

/// One lane of a team, for reduce_scatter().
template<class Warp>
struct TeamLanes
{
    using Value = double;

    Warp const& warp;
    unsigned mask;
    int lane;

    WARPFIT_HD double pick(int h, double a, double b) const { return lane & h ? b : a; }
    WARPFIT_HD double exchange(double a, int h) const { return warp.exchange(mask, a, h); }
};

/// Totals over the N lanes of a team into out [n].
template<int N, class Warp, class Real>
WARPFIT_HD void sum_over_lanes(Warp const& warp, Real const* mine, int n, double* out)
{
    constexpr int width = N < widest ? N : widest;
    int const rank = warp.thread() % N;
    TeamLanes<Warp> const lanes{warp, lanes_of_team(N, warp.thread() % warp_size), rank};
    for (int base = 0; base < n; base += width) {
        double v[width];
        WARPFIT_UNROLL
        for (int k = 0; k < width; ++k) v[k] = base + k < n ? static_cast<double>(mine[base + k]) : 0.0;
        reduce_scatter<width>(lanes, v);
        for (int h = width; h < N; h *= 2) v[0] += lanes.exchange(v[0], h);
        if (rank < width && base + rank < n) out[base + rank] = v[0];
    }
}

}  // namespace detail

/// LaneTeam::sum(): lanes by reduce_scatter(), then the warps of a block in order. Not inlined, for device compilers
/// take long over its shuffles; no member, for over one that is not inlined NVRTC 13.0 crashes in one of four
/// compilations of a whole fit. By value: a reference into a team would put it and all around it into memory, and what
/// a pointer there points to (shared memory) is not known.
template<class Warp, class Real>
__attribute__((noinline)) WARPFIT_HD void sum_over_team(Warp warp, int size, double* partials, Real const* mine, int n,
                                                        double* out)
{
    if (size == 1) {
        for (int k = 0; k < n; ++k) out[k] = static_cast<double>(mine[k]);
    } else if (size <= warp_size) {
        unsigned const mask = lanes_of_team(size, warp.thread() % warp_size);
        warp.sync_lanes(mask);
        if (size == 4)
            detail::sum_over_lanes<4>(warp, mine, n, out);
        else if (size == 8)
            detail::sum_over_lanes<8>(warp, mine, n, out);
        else
            detail::sum_over_lanes<warp_size>(warp, mine, n, out);
        warp.sync_lanes(mask);
    } else {
        detail::sum_over_lanes<warp_size>(warp, mine, n, partials + warp.thread() / warp_size * padded(n));
        warp.sync_block();
        for (int k = warp.thread(); k < n; k += size) {
            double total = 0.0;
            for (int w = 0; w < size / warp_size; ++w) total += partials[w * padded(n) + k];
            out[k] = total;
        }
        warp.sync_block();
    }
}

/// The team of a thread. Its size is known at run time only: one kernel serves all.
template<class Warp>
class LaneTeam
{
  public:
    /// size: 1, 4, 8, 32, or that of a block of several warps. partials [partials_size(size, longest sum)]: shared
    /// memory.
    WARPFIT_HD LaneTeam(Warp const& warp, int size, double* partials)
        : warp_(warp)
        , size_(size)
        , rank_(warp.thread() % size)
        , mask_(lanes_of_team(size, warp.thread() % warp_size))
        , partials_(partials)
    {}

    WARPFIT_HD static constexpr int partials_size(int size, int longest_sum)
    {
        return size > warp_size ? size / warp_size * padded(longest_sum) : 0;
    }

    WARPFIT_HD int rank() const { return rank_; }
    WARPFIT_HD int size() const { return size_; }
    WARPFIT_HD void sync() const
    {
        if (size_ > warp_size)
            warp_.sync_block();
        else
            warp_.sync_lanes(mask_);
    }

    template<class Real>
    WARPFIT_HD void sum(Real const* mine, int n, double* out) const
    {
        sum_over_team(warp_, size_, partials_, mine, n, out);
    }

    WARPFIT_HD double* partials() const { return partials_; }

  private:
    Warp warp_;
    int size_;
    int rank_;
    unsigned mask_;
    double* partials_;
};

}  // namespace warpfit::cuda
