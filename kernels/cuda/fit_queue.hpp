#pragma once

#include "kernels/cuda/team_memory.hpp"

namespace warpfit::cuda {

/// The passes of teams that share a warp begin together: what went apart in the solver runs as one from there on. A
/// team without a pixel waits here until all are without.
template<class Warp, class Passes>
class GatheredPasses
{
  public:
    static constexpr bool has_narrow = Passes::has_narrow;

    WARPFIT_HD GatheredPasses(Warp const& warp, LaneTeam<Warp> const& team, int* at_work, Passes const& passes)
        : warp_(warp)
        , is_first_(team.rank() == 0)
        , shares_warp_(team.size() < warp_size)
        , at_work_(at_work)
        , passes_(passes)
    {
        if (!shares_warp_) return;
        if (warp.thread() % warp_size == 0) *at_work = warp_size / team.size();
        warp.sync_lanes(all_lanes);
    }

    WARPFIT_HD void products(solver::PassInput<float> const& in, double* total) const
    {
        run(Kind::narrow_products, &in, total);
    }
    WARPFIT_HD void products(solver::PassInput<double> const& in, double* total) const
    {
        run(Kind::wide_products, &in, total);
    }
    WARPFIT_HD double chi2(solver::PassInput<float> const& in) const { return run(Kind::narrow_chi2, &in, nullptr); }
    WARPFIT_HD double chi2(solver::PassInput<double> const& in) const { return run(Kind::wide_chi2, &in, nullptr); }

    /// The team has no more pixels. Returns when no team of the warp has.
    WARPFIT_HD void leave() const
    {
        if (!shares_warp_) return;
        if (is_first_) warp_.leave(at_work_);
        while (run(Kind::none, nullptr, nullptr) > 0.0) {
        }
    }

  private:
    enum class Kind { none, narrow_products, wide_products, narrow_chi2, wide_chi2 };

    /// One function for all, so that there is one place where the lanes of a warp meet.
    __attribute__((noinline)) WARPFIT_HD double run(Kind kind, void const* in, double* total) const
    {
        if (shares_warp_) {
            // All lanes read the same count: a team leaves before the first sync or after the second.
            warp_.sync_lanes(all_lanes);
            bool const goes_on = *at_work_ > 0;
            warp_.sync_lanes(all_lanes);
            if (!goes_on) return 0.0;
        }
        auto const* const narrow = static_cast<solver::PassInput<float> const*>(in);
        auto const* const wide = static_cast<solver::PassInput<double> const*>(in);
        switch (kind) {
        case Kind::narrow_products:
            passes_.products(*narrow, total);
            break;
        case Kind::wide_products:
            passes_.products(*wide, total);
            break;
        case Kind::narrow_chi2:
            return passes_.chi2(*narrow);
        case Kind::wide_chi2:
            return passes_.chi2(*wide);
        default:
            break;
        }
        return 1.0;
    }

    Warp warp_;
    bool is_first_;
    bool shares_warp_;
    int* at_work_;  // shared by the warp
    Passes const& passes_;
};

/// Calls fit(pixel) for what take() gives this team until that is `count` or more. pixel: shared by the team.
template<Team T, class Take, class Fit>
WARPFIT_HD void drain_queue(T const& team, unsigned long long* pixel, Index count, Take const& take, Fit const& fit)
{
    for (;;) {
        if (team.rank() == 0) *pixel = take();
        team.sync();
        auto const at = static_cast<Index>(*pixel);
        team.sync();
        if (at >= count) return;
        fit(at);
    }
}

/// Fits pixels until the queue is empty, one a team at a time.
template<class Warp, class Passes>
WARPFIT_HD void fit_queue(Warp const& warp, BatchArguments const& arguments, TeamMemory const& memory,
                          LaneTeam<Warp> const& team, Passes const& passes)
{
    using Gathered = GatheredPasses<Warp, Passes>;
    Gathered const gathered(warp, team, memory.at_work, passes);
    solver::PixelFit<LaneTeam<Warp>, Gathered> fit(team, arguments.plan, gathered, memory.fit);
    drain_queue(
        team, memory.pixel, arguments.batch.count, [&] { return warp.take_next(arguments.next_pixel); },
        [&](Index pixel) { fit.fit(arguments.batch, arguments.results, pixel); });
    gathered.leave();
}

/// The same with programs that the compiler sees.
template<class Narrow, class Wide, class Warp>
WARPFIT_HD void fit_queue(Warp const& warp, BatchArguments const& arguments, double* shared)
{
    using T = LaneTeam<Warp>;
    TeamMemory const memory(warp, arguments, shared);
    T const team(warp, arguments.team, memory.partials);
    Wide wide(arguments.plan, arguments.wide, memory.program_shared, memory.program_mine);
    if constexpr (program::Program<Narrow>) {
        Narrow narrow(arguments.plan, arguments.narrow, memory.program_shared, memory.program_mine);
        fit_queue(warp, arguments, memory, team,
                  solver::ProgramPasses<T, Narrow, Wide>(team, narrow, wide, memory.fit.pass));
    } else {
        Narrow none;
        fit_queue(warp, arguments, memory, team,
                  solver::ProgramPasses<T, Narrow, Wide>(team, none, wide, memory.fit.pass));
    }
}

}  // namespace warpfit::cuda
