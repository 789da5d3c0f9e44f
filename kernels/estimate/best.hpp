#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/team.hpp"

/// What the members of a team found, made the find of all: no sum, so that no rounding depends on the team.
namespace warpfit::estimate {

/// A value and the channel where it is; of equal values the lowest channel's. index -1: none.
struct Best
{
    double value = -__builtin_bit_cast(double, 0x7ff0000000000000ull);
    int index = -1;

    /// NaN is never better.
    WARPFIT_HD void offer(double v, int i)
    {
        if (v > value || (v == value && i < index)) {
            value = v;
            index = i;
        }
    }
};

/// The largest of all members'. shared [2 team size]. Ends with a sync.
template<Team T>
WARPFIT_HD Best best_of(T const& team, Best mine, double* shared)
{
    if (team.size() == 1) return mine;
    shared[2 * team.rank()] = mine.value;
    shared[2 * team.rank() + 1] = mine.index;
    team.sync();
    Best best;
    for (int k = 0; k < team.size(); ++k) {
        int const index = static_cast<int>(shared[2 * k + 1]);
        if (index >= 0) best.offer(shared[2 * k], index);
    }
    team.sync();
    return best;
}

/// The largest value(channel) of [first, last), and at least `least`. NaN counts for nothing. shared [2 team size].
/// Ends with a sync.
template<Team T, class F>
WARPFIT_HD double largest_of(T const& team, int first, int last, double least, double* shared, F const& value)
{
    constexpr int chains = 4;  // of comparisons that do not wait for each other
    double most[chains] = {least, least, least, least};
    int const step = team.size();
    int c = first + team.rank();
    for (; c + (chains - 1) * step < last; c += chains * step) {
        WARPFIT_UNROLL
        for (int k = 0; k < chains; ++k) most[k] = math::max(most[k], value(c + k * step));
    }
    for (; c < last; c += step) most[0] = math::max(most[0], value(c));
    Best best;
    best.offer(math::max(math::max(most[0], most[1]), math::max(most[2], most[3])), team.rank());
    return best_of(team, best, shared).value;
}

/// The lowest of all members' channels; none -1.
template<Team T>
WARPFIT_HD int first_of(T const& team, int mine, double* shared)
{
    Best first;
    if (mine >= 0) first.offer(-static_cast<double>(mine), mine);
    return best_of(team, first, shared).index;
}

/// The first channel from `first` on, and before `last`, where is(channel) holds; -1: none. Ends with a sync.
template<Team T, class F>
WARPFIT_HD int find_first(T const& team, int first, int last, double* shared, F const& is)
{
    int mine = -1;
    for (int c = first + team.rank(); c < last && mine < 0; c += team.size())
        if (is(c)) mine = c;
    return first_of(team, mine, shared);
}

/// The channel of [first, last) with the largest value(channel). Ends with a sync.
template<Team T, class F>
WARPFIT_HD Best find_best(T const& team, int first, int last, double* shared, F const& value)
{
    Best mine;
    for (int c = first + team.rank(); c < last; c += team.size()) mine.offer(value(c), c);
    return best_of(team, mine, shared);
}

}  // namespace warpfit::estimate
