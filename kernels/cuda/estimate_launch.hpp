#pragma once

#include "kernels/cuda/lane_team.hpp"
#include "kernels/estimate/pixel.hpp"

/// What the host needs to start the kernel of estimates; no CUDA header here.
namespace warpfit::cuda {

/// Everything it reads and writes. All pointers, those inside plan and batch too, are on the device.
struct EstimateArguments
{
    estimate::Plan plan;
    program::PixelBatch batch;
    estimate::Results results;
    unsigned long long* next_pixel;  ///< the queue: 0 before the launch
    double* memory;                  ///< [blocks, teams of a block, team_doubles]
    Index team_doubles;
    int team;  ///< threads that estimate one pixel
};

/// Threads that estimate a pixel: a warp, or a block where one would have more than 128 channels for each lane: there
/// are then few pixels, and their memory is large.
WARPFIT_HD constexpr int estimate_team(int num_channels)
{
    return num_channels <= 128 * warp_size ? warp_size : 8 * warp_size;
}

/// Threads of a block: four warps hide each other's waiting.
WARPFIT_HD constexpr int estimate_threads(int team)
{
    return team < 4 * warp_size ? 4 * warp_size : team;
}

/// Shared memory of a team [doubles]: the pixel at work, partial sums of its warps.
WARPFIT_HD constexpr int estimate_share(int team)
{
    return 1 + LaneTeam<int>::partials_size(team, estimate::Memory::num_sums);
}

WARPFIT_HD constexpr int estimate_shared_doubles(int team, int threads)
{
    return threads / team * estimate_share(team);
}

/// Device memory of a team [doubles].
WARPFIT_HD inline Index estimate_team_doubles(estimate::Plan const& plan, int team)
{
    return estimate::Memory::shared_size(plan, team) + estimate::Memory::channels_size(plan) +
           static_cast<Index>(team) * estimate::Memory::private_size(plan);
}

/// The kernel, for cudaLaunchKernel; its one argument is an EstimateArguments.
void const* estimate_kernel();

}  // namespace warpfit::cuda
