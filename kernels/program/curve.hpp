#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/portability.hpp"

namespace warpfit::program {

/// A function of one number by its values at equal steps: a spline through them, 0 outside. Plain data: a view.
///
/// degree 3: coefficients of the cubic B-splines [num_intervals + 3]; degree 1: the values [num_intervals + 1].
struct Curve
{
    double first;         ///< where the first interval begins
    double inverse_step;  ///< 1 / length of an interval
    int num_intervals;
    int degree;  ///< 1 or 3
    double const* coefficients;
    double (*exact)(void const* context, double x);  ///< host only, of a channel's x alone; null: the spline
    void const* context;
};

/// The curve (order 0), its slope (1) or its curvature (2) at u. NaN of NaN.
template<int Order, class Real>
WARPFIT_HD Real curve_at(Curve const& curve, Real const& u)
{
    Real const s = (u - Real(curve.first)) * Real(curve.inverse_step);
    Real const last = Real(curve.num_intervals - 1);
    // A NaN is the second argument: min and max give the first then, and t passes it on.
    Real const k = math::min(last, math::max(Real(0), math::floor(s)));
    Real const t = s - k;
    double const* const c = curve.coefficients;
    Real f;
    if (curve.degree == 1) {
        Real const low = math::entry(c, k);
        Real const rise = math::entry(c + 1, k) - low;
        f = Order == 0 ? math::fma(rise, t, low) : Order == 1 ? rise + Real(0) * t : Real(0) * t;
    } else {
        Real const a = math::entry(c, k), b = math::entry(c + 1, k), d = math::entry(c + 2, k),
                   e = math::entry(c + 3, k);
        // The four B-splines that are not 0 here, as powers of t.
        Real const constant = Real(1.0 / 6.0) * (a + Real(4) * b + d);
        Real const linear = Real(0.5) * (d - a);
        Real const square = Real(0.5) * (a - Real(2) * b + d);
        Real const cube = Real(1.0 / 6.0) * (e - a) + Real(0.5) * (b - d);
        if (Order == 0)
            f = math::fma(math::fma(math::fma(cube, t, square), t, linear), t, constant);
        else if (Order == 1)
            f = math::fma(math::fma(Real(3) * cube, t, Real(2) * square), t, linear);
        else
            f = math::fma(Real(6) * cube, t, Real(2) * square);
    }
    double const steps = Order == 0 ? 1.0 : Order == 1 ? curve.inverse_step : curve.inverse_step * curve.inverse_step;
    math::MaskOf<Real> const outside = (s < Real(0)) | (Real(curve.num_intervals) < s);
    return math::select(outside, Real(0), f * Real(steps));
}

}  // namespace warpfit::program
