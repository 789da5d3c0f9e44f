#pragma once

#include "kernels/core/component.hpp"
#include "kernels/estimate/best.hpp"

namespace warpfit::estimate {

namespace detail {

/// Doubles as integers of the same order.
WARPFIT_HD inline unsigned long long key_of(double v)
{
    auto const bits = __builtin_bit_cast(unsigned long long, v);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}
WARPFIT_HD inline double value_of(unsigned long long key)
{
    return __builtin_bit_cast(double, key >> 63 ? key & ~(1ull << 63) : ~key);
}

/// How many of v [n] are at most t. sum [1]: shared scratch.
template<Team T>
WARPFIT_HD int count_up_to(T const& team, double const* v, int n, double t, double* sum)
{
    int count = 0;
    for (int c = team.rank(); c < n; c += team.size()) count += v[c] <= t ? 1 : 0;
    double const mine = count;
    team.sum(&mine, 1, sum);
    return static_cast<int>(sum[0]);
}

/// Copies those of v [n] that lie between two values, ends included, to `to`; their number. shared [team size]. Ends
/// with a sync.
template<Team T>
WARPFIT_HD int gather_between(T const& team, double const* v, int n, double low, double high, double* to,
                              double* shared)
{
    auto const is_inside = [&](int c) { return (v[c] >= low) & (v[c] <= high); };
    int own = 0;
    for (int c = team.rank(); c < n; c += team.size()) own += is_inside(c) ? 1 : 0;
    shared[team.rank()] = own;
    team.sync();
    int at = 0, all = 0;
    for (int k = 0; k < team.size(); ++k) {
        if (k == team.rank()) at = all;
        all += static_cast<int>(shared[k]);
    }
    for (int c = team.rank(); c < n; c += team.size())
        if (is_inside(c)) to[at++] = v[c];
    team.sync();
    return all;
}

/// Keys between which an element is looked for.
struct Bracket
{
    unsigned long long low, high;

    WARPFIT_HD unsigned long long middle() const { return low + (high - low) / 2; }
};

/// From the smallest to the largest of v [n]. shared [2 team size]. Ends with a sync.
template<Team T>
WARPFIT_HD Bracket bracket_of(T const& team, double const* v, int n, double* shared)
{
    double const low = largest_of(team, 0, n, -no_bound, shared, [&](int c) { return -v[c]; });
    double const high = largest_of(team, 0, n, -no_bound, shared, [&](int c) { return v[c]; });
    return {key_of(-low), key_of(high)};
}

}  // namespace detail

/// The k-th smallest of v [n], from 0 on: that very element, whatever the team. By bisection of bit patterns: how many
/// are at most the middle one? First among all, then among those that are left, with the ends at elements, which ends
/// runs of equal ones. sum [1], shared [2 team size], left [n]: shared scratch.
template<Team T>
WARPFIT_HD double kth_smallest(T const& team, double const* v, int n, int k, double* sum, double* shared, double* left)
{
    constexpr int steps_among_all = 7;
    constexpr double beyond = -no_bound;
    detail::Bracket at = detail::bracket_of(team, v, n, shared);
    int num_below = 0;
    for (int step = 0; step < steps_among_all && at.low < at.high; ++step) {
        int const up_to = detail::count_up_to(team, v, n, detail::value_of(at.middle()), sum);
        if (up_to > k) {
            at.high = at.middle();
        } else {
            at.low = at.middle() + 1;
            num_below = up_to;
        }
    }
    if (at.low >= at.high) return detail::value_of(at.low);
    int const m = detail::gather_between(team, v, n, detail::value_of(at.low), detail::value_of(at.high), left, shared);
    at = detail::bracket_of(team, left, m, shared);
    while (at.low < at.high) {
        double const t = detail::value_of(at.middle());
        bool const is_up_to = detail::count_up_to(team, left, m, t, sum) > k - num_below;
        auto const next = [&](int c) {
            bool const counts = (left[c] <= t) == is_up_to;
            return counts ? is_up_to ? left[c] : -left[c] : beyond;
        };
        double const end = find_best(team, 0, m, shared, next).value;
        // Zeros of both signs are equal and have two keys: the middle makes sure of a step.
        auto const middle = at.middle();
        if (is_up_to) {
            auto const key = detail::key_of(end);
            at.high = key < middle ? key : middle;
        } else {
            auto const key = detail::key_of(-end);
            at.low = key > middle ? key : middle + 1;
        }
    }
    return detail::value_of(at.low);
}

}  // namespace warpfit::estimate
