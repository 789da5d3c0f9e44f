#pragma once

#include "kernels/core/team.hpp"

namespace warpfit::estimate {

/// Points that a polynomial shall come near, and memory for it, shared by the team.
struct PolynomialFit
{
    double const* u;  ///< [num_points]
    double const* v;
    int num_points;
    double low, high;  ///< of u
    double* now;       ///< [num_points] scratch: the last two orthogonal polynomials at the points
    double* before;
    double* powers;  ///< [size(order)] scratch: their coefficients in t; then the result's
    double* sums;    ///< [3]

    WARPFIT_HD static constexpr int size(int order) { return 4 * (order + 1); }
};

/// Coefficients [order + 1], lowest power first, of the polynomial in u that comes nearest to v by least squares:
/// orthogonal polynomials on the points (Forsythe 1957). Fewer points than coefficients: the highest are 0. For rank 0
/// alone: nobody else may read them.
template<Team T>
WARPFIT_HD double const* fit_polynomial(T const& team, PolynomialFit const& fit, int order)
{
    double const middle = 0.5 * (fit.low + fit.high);
    double const half = fit.high > fit.low ? 0.5 * (fit.high - fit.low) : 1.0;
    double* const powers = fit.powers;
    double* const powers_before = powers + order + 1;
    double* const sum = powers_before + order + 1;
    double* const coefficients = sum + order + 1;
    bool const keeps_powers = team.rank() == 0;
    for (int j = 0; keeps_powers && j <= order; ++j) powers[j] = powers_before[j] = sum[j] = coefficients[j] = 0.0;
    if (keeps_powers) powers[0] = 1.0;
    for (int i = team.rank(); i < fit.num_points; i += team.size()) {
        fit.now[i] = 1.0;
        fit.before[i] = 0.0;
    }
    double square_before = 0.0;
    for (int k = 0; k <= order && k < fit.num_points; ++k) {
        double mine[3] = {0.0, 0.0, 0.0};
        for (int i = team.rank(); i < fit.num_points; i += team.size()) {
            double const p = fit.now[i];
            mine[0] += p * p;
            mine[1] += (fit.u[i] - middle) / half * p * p;
            mine[2] += fit.v[i] * p;
        }
        team.sum(mine, 3, fit.sums);
        double const square = fit.sums[0], along = fit.sums[1], projection = fit.sums[2];
        if (!(square > 0.0)) break;
        double const shift = along / square, share = square_before > 0.0 ? square / square_before : 0.0;
        for (int i = team.rank(); i < fit.num_points; i += team.size()) {
            double const p = fit.now[i];
            fit.now[i] = ((fit.u[i] - middle) / half - shift) * p - share * fit.before[i];
            fit.before[i] = p;
        }
        for (int j = 0; keeps_powers && j <= k; ++j) sum[j] += projection / square * powers[j];
        for (int j = order; keeps_powers && j >= 0; --j) {
            double const p = powers[j];
            powers[j] = (j > 0 ? powers[j - 1] : 0.0) - shift * p - share * powers_before[j];
            powers_before[j] = p;
        }
        square_before = square;
    }
    // Horner's rule with polynomials: t in terms of u.
    for (int k = order; keeps_powers && k >= 0; --k) {
        for (int j = order; j >= 0; --j)
            coefficients[j] = ((j > 0 ? coefficients[j - 1] : 0.0) - middle * coefficients[j]) / half;
        coefficients[0] += sum[k];
    }
    return coefficients;
}

}  // namespace warpfit::estimate
