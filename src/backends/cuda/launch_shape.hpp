#pragma once

#include "kernels/cuda/launch.hpp"

namespace warpfit::cuda {

/// Shared memory of a device [bytes].
struct SharedLimits
{
    int block;           ///< the most that a block may have
    int multiprocessor;  ///< for all blocks that run there at once
};

/// Threads that fit one pixel with a compiled kernel: 1, 4, 8, 32, or a block of 64, 128 or 256. The one with the
/// least work for a multiprocessor, by team_cost(); the smaller of two that are equal.
int team_size(int num_channels, int num_free, int multiprocessor_shared);

/// What one step of a pixel costs a multiprocessor with teams of this size, in instructions that a warp issues: fitting
/// is bound by those, not by memory (reference: 24 to 306 for each point and step).
///
///   passes      every lane takes its share of the channels, rounded up: lanes that have none left are lost
///   reads       of data that are not on chip: two a channel, each as many accesses as teams share the warp, and the
///               cache makes one while four warps issue
///   reduction   the sums of the members; reduce-scatter among lanes, then warps in order
///   solver      small and mostly serial; the more members, the more of them wait
///   company     teams that share a warp make their passes together, but load pixels and compute a last chi2 while the
///               others wait
///   occupancy   where the shared memory of the teams leaves too few warps to hide latencies, all takes longer
double team_cost(int team, int num_channels, int num_free, int multiprocessor_shared);

/// The shape of the interpreter kernel, or of one generated for the plan, whose program needs no memory. blocks: to be
/// set by occupancy. team: 0: of those whose memory a block can have the one of least cost.
LaunchShape interpreter_shape(program::Plan const& plan, SharedLimits const& limits, int team = 0);
LaunchShape generated_shape(program::Plan const& plan, SharedLimits const& limits, int team = 0);
/// The shape of the interpreter kernel for plans that no block has the shared memory for: device memory takes its
/// place, which is slow and has no end.
LaunchShape far_shape(program::Plan const& plan);

}  // namespace warpfit::cuda
