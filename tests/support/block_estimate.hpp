#pragma once

#include "kernels/cuda/estimate_queue.hpp"
#include "tests/support/emulated_block.hpp"

#include <algorithm>
#include <vector>

namespace warpfit::testing {

/// Estimates a batch as the device's kernel does, in one block of host threads whose teams have `team` each.
inline void estimate_block(estimate::Plan const& plan, program::PixelBatch const& batch,
                           estimate::Results const& results, int team, Fault const& fault = {},
                           std::set<SyncSite>* syncs = nullptr)
{
    int const threads = std::max(team, cuda::warp_size);
    auto const size = [](Index n) { return static_cast<std::size_t>(n); };
    std::vector<double> shared(size(cuda::estimate_shared_doubles(team, threads)));
    Index const team_doubles = cuda::estimate_team_doubles(plan, team);
    std::vector<double> memory(size(threads / team * team_doubles));
    unsigned long long next = 0;
    cuda::EstimateArguments const arguments{plan, batch, results, &next, memory.data(), team_doubles, team};
    EmulatedBlock block(threads, fault);
    run_block(block, [&](EmulatedWarp const& warp) { cuda::estimate_queue(warp, arguments, shared.data()); });
    if (syncs) *syncs = std::move(block.syncs);
}

}  // namespace warpfit::testing
