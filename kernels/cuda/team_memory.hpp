#pragma once

#include "kernels/cuda/lane_team.hpp"
#include "kernels/cuda/launch.hpp"
#include "kernels/solver/fit_pixel.hpp"

namespace warpfit::cuda {

/// What a team has of the shared memory of its block, in doubles; it lies there in this order, after the pixel.
struct TeamShare
{
    int partials;  ///< of sums over several warps
    int fit;
    int program;
    int data;  ///< 0: in device memory
    int columns;

    WARPFIT_HD TeamShare(int num_free, int team, int program_doubles, int data_doubles, int columns_doubles)
        : partials(LaneTeam<int>::partials_size(team, solver::PassMemory::part_size(num_free)))
        , fit(solver::FitMemory::shared_size(num_free, team))
        , program(program_doubles)
        , data(data_doubles)
        , columns(columns_doubles)
    {}

    /// Odd, so that the teams of a warp, at the same place each of its own share, reach different banks.
    WARPFIT_HD int size() const { return (1 + partials + fit + program + data + columns) | 1; }
};

/// Shared memory of a block before the shares of its teams, in doubles: a counter for each warp.
WARPFIT_HD constexpr int block_doubles(int threads)
{
    return threads / warp_size;
}

/// The memory of a team and of one of its threads.
struct TeamMemory
{
    int* at_work;               ///< how many teams of this warp have a pixel or look for one
    unsigned long long* pixel;  ///< the one at work
    double* partials;           ///< of the team
    solver::FitMemory fit;
    double* program_shared;
    double* program_mine;

    template<class Warp>
    WARPFIT_HD TeamMemory(Warp const& warp, BatchArguments const& arguments, double* shared)
        : TeamMemory(
              arguments, warp,
              TeamShare(arguments.plan.num_free, arguments.team, arguments.program_doubles, arguments.data_doubles, 0),
              shared,
              shared + block_doubles(warp.num_threads()) + warp.thread() / arguments.team * arguments.share_doubles)
    {}

  private:
    template<class Warp>
    WARPFIT_HD TeamMemory(BatchArguments const& arguments, Warp const& warp, TeamShare const& share, double* shared,
                          double* mine)
        : at_work(reinterpret_cast<int*>(shared + warp.thread() / warp_size))
        , pixel(reinterpret_cast<unsigned long long*>(mine))
        , partials(mine + 1)
        , fit(arguments.plan.num_free, partials + share.partials,
              share.data > 0 ? partials + share.partials + share.fit + share.program : data(arguments, warp),
              partials + share.partials + share.fit + share.program + share.data, thread(arguments, warp))
        , program_shared(partials + share.partials + share.fit)
        , program_mine(thread(arguments, warp) + solver::FitMemory::private_size(arguments.plan.num_free))
    {
        if (arguments.spread) fit.spread = arguments.spread + team_index(arguments, warp) * arguments.spread_doubles;
    }

    /// Of all teams of the launch.
    template<class Warp>
    WARPFIT_HD static Index team_index(BatchArguments const& arguments, Warp const& warp)
    {
        Index const teams = warp.num_threads() / arguments.team;
        return warp.block() * teams + warp.thread() / arguments.team;
    }

    template<class Warp>
    WARPFIT_HD static double* data(BatchArguments const& arguments, Warp const& warp)
    {
        return arguments.data + team_index(arguments, warp) * solver::FitMemory::data_size(arguments.plan);
    }
    template<class Warp>
    WARPFIT_HD static double* thread(BatchArguments const& arguments, Warp const& warp)
    {
        return arguments.private_memory +
               (static_cast<Index>(warp.block()) * warp.num_threads() + warp.thread()) * arguments.private_doubles;
    }
};

}  // namespace warpfit::cuda
