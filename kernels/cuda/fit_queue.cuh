#pragma once

#include "kernels/cuda/block_team.cuh"
#include "kernels/cuda/launch.hpp"
#include "kernels/solver/fit_pixel.hpp"

namespace warpfit::cuda {

/// Shared memory of a block, in doubles: the team's sums, the fit, the program; one more holds the pixel at work.
__host__ __device__ inline int fit_doubles(int num_free, int threads, int program_doubles)
{
    return 1 + BlockTeam::partials_size(threads, solver::sums_size(num_free) + 2) +
           solver::FitMemory::shared_size(num_free, threads) + program_doubles;
}

/// Fits pixels until the queue is empty, one a block. `mine`: private memory of this thread; the fit's, then the
/// program's. narrow_data: channels in the precision of Narrow.
template<class Narrow, class Wide>
__device__ void fit_queue(BatchArguments const& arguments, double* shared, double* mine)
{
    program::Plan const& plan = arguments.plan;
    int const threads = static_cast<int>(blockDim.x);
    auto* const pixel = reinterpret_cast<unsigned long long*>(shared);
    double* const partials = shared + 1;
    double* const fit_shared = partials + BlockTeam::partials_size(threads, solver::sums_size(plan.num_free) + 2);
    double* const program_shared = fit_shared + solver::FitMemory::shared_size(plan.num_free, threads);
    double* const program_mine = mine + solver::FitMemory::private_size(plan.num_free);
    double* const data = arguments.data + static_cast<Index>(blockIdx.x) * 2 * plan.num_channels;

    BlockTeam const team(partials);
    solver::FitMemory const memory{fit_shared, data, mine};
    Wide wide(plan, arguments.wide, program_shared, program_mine);
    for (;;) {
        if (team.rank() == 0) *pixel = atomicAdd(arguments.next_pixel, 1ull);
        team.sync();
        auto const at = static_cast<Index>(*pixel);
        team.sync();
        if (at >= arguments.batch.count) return;
        if constexpr (program::Program<Narrow>) {
            Narrow narrow(plan, arguments.narrow, program_shared, program_mine);
            solver::PixelFit<BlockTeam, Narrow, Wide>(team, plan, narrow, wide, memory)
                .fit(arguments.batch, arguments.results, at);
        } else {
            Narrow none;
            solver::PixelFit<BlockTeam, Narrow, Wide>(team, plan, none, wide, memory)
                .fit(arguments.batch, arguments.results, at);
        }
    }
}

}  // namespace warpfit::cuda
