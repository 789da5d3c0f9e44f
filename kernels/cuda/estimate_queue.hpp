#pragma once

#include "kernels/cuda/estimate_launch.hpp"
#include "kernels/cuda/fit_queue.hpp"
#include "kernels/estimate/estimate_pixel.hpp"

namespace warpfit::cuda {

/// Estimates pixels until the queue is empty, one a team at a time. shared [estimate_shared_doubles()].
template<class Warp>
WARPFIT_HD void estimate_queue(Warp const& warp, EstimateArguments const& arguments, double* shared)
{
    using T = LaneTeam<Warp>;
    int const teams = warp.num_threads() / arguments.team;
    int const here = warp.thread() / arguments.team;
    double* const mine = shared + here * estimate_share(arguments.team);
    auto* const next = reinterpret_cast<unsigned long long*>(mine);
    T const team(warp, arguments.team, mine + 1);

    Index const index = static_cast<Index>(warp.block()) * teams + here;
    double* const memory = arguments.memory + index * arguments.team_doubles;
    double* const channels = memory + estimate::Memory::shared_size(arguments.plan, arguments.team);
    double* const private_memory = channels + estimate::Memory::channels_size(arguments.plan);
    estimate::Memory const of_team(arguments.plan, arguments.team, memory, channels,
                                   private_memory + team.rank() * estimate::Memory::private_size(arguments.plan));
    drain_queue(
        team, next, arguments.batch.count, [&] { return warp.take_next(arguments.next_pixel); },
        [&](Index pixel) {
            estimate::estimate_pixel(team, arguments.plan, of_team, arguments.batch, arguments.results, pixel);
        });
}

}  // namespace warpfit::cuda
