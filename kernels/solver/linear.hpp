#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/team.hpp"
#include "kernels/solver/packed.hpp"

/// Small symmetric systems, factorised as L D L' in place by a team. Matrices are packed, of unit diagonal scale, so
/// that pivots measure how independent a parameter is of those before it. Count: int or Fixed.
namespace warpfit::solver {

namespace detail {

WARPFIT_HD constexpr bool is_alone(SerialTeam const&)
{
    return true;
}
template<Team T>
WARPFIT_HD constexpr bool is_alone(T const&)
{
    return false;
}

/// From so many rows on a copy of a column pays.
inline constexpr int many_rows = 16;

/// Takes column k out of the rows below it, by one thread. column [n] is scratch behind k: what lies apart in the
/// packed matrix lies in a row there, so that the inner loop is done in vectors. The same bits as without.
template<class Real, class Count>
WARPFIT_HD void eliminate(Count n, int k, Real* B, Real inverse, Real* column)
{
    for (int j = k + 1; j < n; ++j) column[j] = B[packed(j, k)];
    for (int i = k + 1; i < n; ++i) {
        Real const factor = column[i] * inverse;
        Real* const row = B + packed(i, 0);
        for (int j = k + 1; j <= i; ++j) row[j] = row[j] - factor * column[j];
    }
}

}  // namespace detail

/// Replaces B (packed, n x n) by its factors and fills inv_pivot [n]: 1 / D_k, or `dependent` where D_k <= threshold.
/// Ends with a sync.
template<class Real, Team T, class Count>
WARPFIT_HD void factorize(T const& team, Count n, Real* B, Real* inv_pivot, Real threshold, Real dependent)
{
    for (int k = 0; k < n; ++k) {
        team.sync();
        Real const pivot = B[packed(k, k)];
        Real const inverse = math::select(pivot > threshold, Real(1) / pivot, dependent);
        if (team.rank() == k % team.size()) inv_pivot[k] = inverse;
        if (detail::is_alone(team) && n > detail::many_rows) {
            detail::eliminate(n, k, B, inverse, inv_pivot);  // those behind k are not known yet
            continue;
        }
        for (int i = k + 1 + team.rank(); i < n; i += team.size()) {
            Real const factor = B[packed(i, k)] * inverse;
            for (int j = k + 1; j <= i; ++j) B[packed(i, j)] = B[packed(i, j)] - factor * B[packed(j, k)];
        }
    }
    team.sync();
}

/// Solves B z = rhs for the factors of factorize(); z replaces rhs. Ends with a sync.
template<class Real, Team T, class Count>
WARPFIT_HD void solve(T const& team, Count n, Real const* B, Real const* inv_pivot, Real* rhs)
{
    for (int k = 0; k < n; ++k) {
        team.sync();
        Real const z = rhs[k] * inv_pivot[k];
        for (int i = k + 1 + team.rank(); i < n; i += team.size()) rhs[i] = rhs[i] - B[packed(i, k)] * z;
    }
    team.sync();
    for (int i = team.rank(); i < n; i += team.size()) rhs[i] = rhs[i] * inv_pivot[i];
    for (int k = n - 1; k > 0; --k) {
        team.sync();
        Real const z = rhs[k];
        for (int i = team.rank(); i < k; i += team.size()) rhs[i] = rhs[i] - B[packed(k, i)] * inv_pivot[i] * z;
    }
    team.sync();
}

/// Diagonal of the inverse of B from its factors: out [n]. `column` [n] is scratch of each member.
///   (B^-1)_ii = sum_k (L^-1)_ki^2 / D_k
template<class Real, Team T, class Count>
WARPFIT_HD void inverse_diagonal(T const& team, Count n, Real const* B, Real const* inv_pivot, Real* out, Real* column)
{
    for (int i = team.rank(); i < n; i += team.size()) {
        Real total = inv_pivot[i];
        column[i] = Real(1);
        for (int k = i + 1; k < n; ++k) {
            Real v = Real(0);
            for (int j = i; j < k; ++j) v = v - B[packed(k, j)] * inv_pivot[j] * column[j];
            column[k] = v;
            total = total + v * v * inv_pivot[k];
        }
        out[i] = total;
    }
    team.sync();
}

}  // namespace warpfit::solver
