#pragma once

#include "kernels/core/math.hpp"

/// The gamma function's logarithm and its first two derivatives, for real arguments.
///
/// Source: Abramowitz & Stegun, Handbook of Mathematical Functions (1964): 6.1.17, 6.3.7, 6.4.7 (reflection), 6.1.41,
/// 6.3.18, 6.4.12 (asymptotic series), recurrences 6.1.15, 6.3.5, 6.4.6 up to where the series hold. Branches are
/// selected, not jumped: Real may be a SIMD pack.
namespace warpfit::math {

namespace gamma_detail {

/// From here on eight terms of the series are exact to 1e-16 of log(z).
inline constexpr double series_begin = 8.0;

/// prod_k (z + k), k = 0 .. 7, and its first two derivatives; 1, 0, 0 from series_begin on.
template<class Real>
struct Shift
{
    Real z;  ///< at least series_begin
    Real product, slope, curvature;

    WARPFIT_HD explicit Shift(Real const& a)
        : product(1)
        , slope(0)
        , curvature(0)
    {
        auto const is_small = a < Real(series_begin);
        Real const start = select(is_small, a, Real(0));  // a product that overflows for no reader is left out
        for (int k = 0; k < static_cast<int>(series_begin); ++k) {
            Real const factor = start + Real(k);
            curvature = curvature * factor + Real(2) * slope;
            slope = slope * factor + product;
            product = product * factor;
        }
        z = select(is_small, a + Real(series_begin), a);
        product = select(is_small, product, Real(1));
        slope = select(is_small, slope, Real(0));
        curvature = select(is_small, curvature, Real(0));
    }
};

/// Where the functions are reflected: Gamma(a) Gamma(1 - a) = pi / sin(pi a).
template<class Real>
struct Reflection
{
    MaskOf<Real> is_needed;
    Real above;  ///< a or 1 - a, at least 1/2
    Real turn;   ///< pi (a - floor(a)): sine and cotangent have the period pi but for a sign
    WARPFIT_HD explicit Reflection(Real const& a)
        : is_needed(a < Real(0.5))
        , above(select(is_needed, Real(1) - a, a))
        , turn(Real(pi) * (a - floor(a)))
    {}
};

}  // namespace gamma_detail

/// log |Gamma(a)|; infinite at the poles 0, -1, -2, ... Max error 1e-14 times the larger of 1 and |value| for a > 0;
/// below 0 the rounding of a next to a pole adds to it.
template<class Real>
WARPFIT_HD Real log_gamma(Real const& a)
{
    gamma_detail::Reflection<Real> const reflection(a);
    gamma_detail::Shift<Real> const shift(reflection.above);
    Real const z = shift.z;
    Real const w = Real(1) / (z * z);
    Real sum = Real(-3617.0 / 122400.0);
    sum = sum * w + Real(1.0 / 156.0);
    sum = sum * w + Real(-691.0 / 360360.0);
    sum = sum * w + Real(1.0 / 1188.0);
    sum = sum * w + Real(-1.0 / 1680.0);
    sum = sum * w + Real(1.0 / 1260.0);
    sum = sum * w + Real(-1.0 / 360.0);
    sum = sum * w + Real(1.0 / 12.0);
    Real const stirling = (z - Real(0.5)) * log(z) - z + Real(0.91893853320467274178) + sum / z;  // log sqrt(2 pi)
    Real const value = select(z == z + z, z, stirling) - log(shift.product);  // infinite: z, not infinity - infinity
    return select(reflection.is_needed, log(Real(pi) / abs(sin(reflection.turn))) - value, value);
}

/// d log_gamma / da. Max error 3e-15 times the larger of 1 and |value| for a > 0; NaN or infinite at the poles.
template<class Real>
WARPFIT_HD Real digamma(Real const& a)
{
    gamma_detail::Reflection<Real> const reflection(a);
    gamma_detail::Shift<Real> const shift(reflection.above);
    Real const z = shift.z;
    Real const w = Real(1) / (z * z);
    Real sum = Real(-3617.0 / 8160.0);
    sum = sum * w + Real(1.0 / 12.0);
    sum = sum * w + Real(-691.0 / 32760.0);
    sum = sum * w + Real(1.0 / 132.0);
    sum = sum * w + Real(-1.0 / 240.0);
    sum = sum * w + Real(1.0 / 252.0);
    sum = sum * w + Real(-1.0 / 120.0);
    sum = sum * w + Real(1.0 / 12.0);
    Real const value = log(z) - Real(0.5) / z - sum * w - shift.slope / shift.product;
    return select(reflection.is_needed, value - Real(pi) / tan(reflection.turn), value);
}

/// d digamma / da. Max relative error 1e-14 for a > 0; NaN or infinite at the poles.
template<class Real>
WARPFIT_HD Real trigamma(Real const& a)
{
    gamma_detail::Reflection<Real> const reflection(a);
    gamma_detail::Shift<Real> const shift(reflection.above);
    Real const z = shift.z;
    Real const w = Real(1) / (z * z);
    Real sum = Real(-3617.0 / 510.0);
    sum = sum * w + Real(7.0 / 6.0);
    sum = sum * w + Real(-691.0 / 2730.0);
    sum = sum * w + Real(5.0 / 66.0);
    sum = sum * w + Real(-1.0 / 30.0);
    sum = sum * w + Real(1.0 / 42.0);
    sum = sum * w + Real(-1.0 / 30.0);
    sum = sum * w + Real(1.0 / 6.0);
    Real const part = shift.slope / shift.product;
    Real const value = (Real(1) + Real(0.5) / z + sum * w) / z + part * part - shift.curvature / shift.product;
    Real const sine = sin(reflection.turn);
    return select(reflection.is_needed, Real(pi * pi) / (sine * sine) - value, value);
}

}  // namespace warpfit::math
