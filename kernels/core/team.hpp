#pragma once

#include "kernels/core/portability.hpp"

namespace warpfit {

/// The threads that fit one pixel together. Members run the same code with their own rank; what one writes to shared
/// arrays others may read after sync(). Scalars are computed by every member alike.
template<class T>
concept Team = requires(T const& team)
{
    team.rank() + team.size();
    team.sync();
};

/// One thread: every CPU lane, and the GPU's thread-per-pixel path.
struct SerialTeam
{
    WARPFIT_HD static constexpr int rank() { return 0; }
    WARPFIT_HD static constexpr int size() { return 1; }
    WARPFIT_HD static constexpr void sync() {}
};

static_assert(Team<SerialTeam>);

} // namespace warpfit
