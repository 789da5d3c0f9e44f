#pragma once

#include "kernels/core/portability.hpp"

namespace warpfit {

/// The threads that fit one pixel together. Members run the same code with their own rank; what one writes to shared
/// arrays others may read after sync(). Scalars are computed by every member alike.
///
/// sum(mine, n, out): every member contributes mine [n]; the shared out [n] holds the totals in double, added in an
/// order that depends on size() alone. Writes out after a sync of its own and ends with one.
template<class T>
concept Team = requires(T const& team, float const* narrow, double const* wide, double* out)
{
    team.rank() + team.size();
    team.sync();
    team.sum(narrow, 1, out);
    team.sum(wide, 1, out);
};

/// One thread: every CPU lane, and the GPU's thread-per-pixel path.
struct SerialTeam
{
    WARPFIT_HD static constexpr int rank() { return 0; }
    WARPFIT_HD static constexpr int size() { return 1; }
    WARPFIT_HD static constexpr void sync() {}

    template<class Real>
    WARPFIT_HD static void sum(Real const* mine, int n, double* out)
    {
        for (int k = 0; k < n; ++k) out[k] = static_cast<double>(mine[k]);
    }
};

static_assert(Team<SerialTeam>);

}  // namespace warpfit
