#pragma once

#include "kernels/core/math.hpp"

/// The Faddeeva function w(z) = exp(-z^2) erfc(-i z), whose real part is the Voigt profile.
///
/// Method: trapezoidal and midpoint rule on the real line with the pole's residue added (Matta & Reichel 1971; Al Azah
/// & Chandler-Wilde, SIAM J. Numer. Anal. 59 (2021) 2346); of the two rules, the one whose nodes z is not near. Re w,
/// relative: 3e-15 in double, 2e-7 in float, for Im z >= 0; |w|, relative, the same. Below the real axis by w(z) = 2
/// exp(-z^2) - w(-z), which is infinite where that is.
namespace warpfit::math {

template<class Real>
struct Complex
{
    Real re, im;
};

template<class Real>
WARPFIT_HD Complex<Real> operator*(Complex<Real> const& a, Complex<Real> const& b)
{
    return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re};
}

/// What a fit needs of w: itself, w' = dw/dz and (z w)' = w + z w'. The last two keep their digits for large |z|, where
/// their summands cancel: the Lorentzian limit.
template<class Real>
struct FaddeevaSlopes
{
    Complex<Real> w, slope, scaled_slope;
};

namespace detail {

/// w(x + i y) for x, y >= 0, |z| < 1e4.
template<class Real>
WARPFIT_HD Complex<Real> faddeeva_quadrant(Real const& x, Real const& y)
{
    constexpr bool is_float = Limits<Real>::epsilon > 1e-10;
    constexpr int num_nodes = is_float ? 7 : 13;
    constexpr double h = is_float ? 0.66992458569067877 : 0.49159024944872637;  // sqrt(pi / num_nodes)
    // exp(-(k h / 2)^2)
    constexpr double weights[2][26] = {
        {1.0,
         0.941373553317057,
         0.78532237763727509,
         0.58057447584485497,
         0.38035741846689089,
         0.22082580886011734,
         0.11361397508152955,
         0.051800943086725133,
         0.020929919814712633,
         0.0074941339055707246,
         0.0023779313882871726,
         0.000668653583783288,
         0.00016661995779637805,
         3.6793986952623797e-5,
         7.2003012373258628e-6,
         1.2486722750665999e-6,
         1.918979158500595e-7,
         2.6134610591998732e-8,
         3.1541750733300758e-9,
         3.3734909041837299e-10,
         3.1974022640149819e-11,
         2.6855855973534975e-12,
         1.9989627743368265e-13,
         1.3185433123329509e-14,
         7.7074032274401436e-16,
         3.9925075593106849e-17},
        {1.0, 0.89386570105366635, 0.63839443466609914, 0.36429269087242588, 0.16609492743521068, 0.060507168055633213,
         0.017611722374953848, 0.0040958248893508359, 0.00076107153119550448, 0.00011299367120172605,
         1.3403780514896252e-5, 1.2704133309367609e-6, 9.6207144155468534e-8, 5.8212218395674652e-9}};

    // The trapezoidal rule where x lies nearer to a node of the midpoint rule.
    Real const u = x * Real(1.0 / h);
    Real const phase = u - floor(u);
    MaskOf<Real> const trapezoidal = (y < x) & (abs(phase - Real(0.5)) <= Real(0.25));
    Real const first = select(trapezoidal, Real(0), Real(0.5 * h));
    Real const y2 = y * y;
    Real re = Real(0), im = Real(0);
    WARPFIT_UNROLL
    for (int k = 0; k < num_nodes; ++k) {
        Real const t = first + Real(k * h);
        double const at_node = (k == 0 ? 0.5 : 1.0) * weights[is_float][2 * k];
        Real const weight = select(trapezoidal, Real(at_node), Real(weights[is_float][2 * k + 1]));
        // The poles at t and -t together: y and x -+ t over |z -+ t|^2.
        Real const below = x - t;
        Real const above = x + t;
        Real const a = fma(below, below, y2);
        Real const b = fma(above, above, y2);
        Real const scaled = weight / (a * b);
        re = fma(scaled, a + b, re);
        im = fma(scaled, fma(below, b, above * a), im);
    }
    Real const scale = Real(h / pi);
    Complex<Real> w{scale * y * re, scale * im};

    // + 2 exp(-z^2) / (1 +- exp(-2 pi i z / h)), the residue of the pole, for y < pi / h.
    auto const near_axis = y < Real(pi / h);
    if (any(near_axis)) {
        Real const low = min(y, Real(pi / h));
        Real const narrow = min(x, Real(28));  // exp(-x^2) is nothing beyond
        Real const decay = exp(low * Real(-2.0 * pi / h));
        Real const angle = phase * Real(2.0 * pi);
        Complex<Real> const e{decay * cos(angle), decay * sin(angle)};
        Complex<Real> const d{e.re + select(trapezoidal, Real(-1), Real(1)), e.im};
        Complex<Real> const quotient = e * Complex<Real>{d.re, -d.im};
        Real const size = Real(2) * exp((low - narrow) * (low + narrow)) / fma(d.re, d.re, d.im * d.im);
        Real const turn = Real(2) * narrow * low;
        Complex<Real> const residue = quotient * Complex<Real>{size * cos(turn), -size * sin(turn)};
        w.re = select(near_axis, w.re + residue.re, w.re);
        w.im = select(near_axis, w.im + residue.im, w.im);
    }
    return w;
}

/// The asymptotic series beyond this |z|: w = i / (sqrt(pi) z) (1 + 1/(2 z^2) + 3/(4 z^4) + 15/(8 z^6) + ...). It
/// leaves out exp(-z^2), which is below 1e-62 there.
inline constexpr double far = 12.0;

/// sum of factor_n (2n - 1)!! / (2 z^2)^n over n = 0 .. 9, for factors 1, 2n + 1 and 2n.
template<class Real>
WARPFIT_HD void faddeeva_series(Complex<Real> const& inverse_square, Complex<Real>& one, Complex<Real>& slope,
                                Complex<Real>& scaled)
{
    constexpr double terms[10] = {1.0,      0.5,        0.75,         1.875,         6.5625,
                                  29.53125, 162.421875, 1055.7421875, 7918.06640625, 67303.564453125};
    one = slope = scaled = {Real(0), Real(0)};
    for (int n = 9; n >= 0; --n) {
        auto const step = [&](Complex<Real>& sum, double factor) {
            sum = sum * inverse_square;
            sum.re = sum.re + Real(factor * terms[n]);
        };
        step(one, 1.0);
        step(slope, 2.0 * n + 1.0);
        step(scaled, 2.0 * n);
    }
}

template<class Real>
WARPFIT_HD Complex<Real> select_complex(MaskOf<Real> const& mask, Complex<Real> const& a, Complex<Real> const& b)
{
    return {select(mask, a.re, b.re), select(mask, a.im, b.im)};
}

}  // namespace detail

template<class Real>
WARPFIT_HD FaddeevaSlopes<Real> faddeeva_slopes(Real const& x, Real const& y)
{
    auto const left = x < Real(0);
    auto const lower = y < Real(0);
    Complex<Real> const z{abs(x), abs(y)};  // in the first quadrant; undone below
    Real const square = fma(z.re, z.re, z.im * z.im);
    auto const is_far = Real(detail::far * detail::far) < square;

    FaddeevaSlopes<Real> f{{Real(0), Real(0)}, {Real(0), Real(0)}, {Real(0), Real(0)}};
    if (!all(is_far)) {
        f.w = detail::faddeeva_quadrant(select(is_far, Real(1), z.re), select(is_far, Real(1), z.im));
        // w' = -2 z w + 2 i / sqrt(pi)
        Complex<Real> const zw = z * f.w;
        f.slope = {Real(-2) * zw.re, fma(Real(-2), zw.im, Real(2.0 * inv_sqrt_pi))};
        Complex<Real> const turned = z * f.slope;
        f.scaled_slope = {f.w.re + turned.re, f.w.im + turned.im};
    }
    if (any(is_far)) {
        Real const inverse = Real(1) / square;
        Complex<Real> const over_z{z.re * inverse, -z.im * inverse};
        Complex<Real> const over_z2 = over_z * over_z;
        Complex<Real> one, slope, scaled;
        detail::faddeeva_series(over_z2, one, slope, scaled);
        Complex<Real> const factor{-over_z.im * Real(inv_sqrt_pi), over_z.re * Real(inv_sqrt_pi)};  // i / (sqrt(pi) z)
        one = factor * one;
        slope = factor * (over_z * slope);
        scaled = factor * scaled;
        f.w = detail::select_complex(is_far, one, f.w);
        f.slope = detail::select_complex(is_far, Complex<Real>{-slope.re, -slope.im}, f.slope);
        f.scaled_slope = detail::select_complex(is_far, Complex<Real>{-scaled.re, -scaled.im}, f.scaled_slope);
    }
    if (any(lower)) {
        // At conj z: 2 exp(-conj z^2) - conj w(z); both slopes likewise.
        Real const size = Real(2) * exp((z.im - z.re) * (z.im + z.re));
        Real const turn = Real(2) * z.re * z.im;
        Complex<Real> const pole{size * cos(turn), size * sin(turn)};
        Complex<Real> const below{z.re, -z.im};
        Complex<Real> const two_z{Real(-2) * below.re, Real(-2) * below.im};
        Complex<Real> const pole_slope = two_z * pole;
        Complex<Real> const pole_scaled = below * pole_slope;
        auto const reflect = [&](Complex<Real>& g, Complex<Real> const& p) {
            g = detail::select_complex(lower, Complex<Real>{p.re - g.re, p.im + g.im}, g);
        };
        reflect(f.w, pole);
        reflect(f.slope, pole_slope);
        reflect(f.scaled_slope, {pole.re + pole_scaled.re, pole.im + pole_scaled.im});
    }
    // w(-conj z) = conj w(z); its slope changes the other sign.
    f.w.im = select(left, -f.w.im, f.w.im);
    f.slope.re = select(left, -f.slope.re, f.slope.re);
    f.scaled_slope.im = select(left, -f.scaled_slope.im, f.scaled_slope.im);
    return f;
}

/// w(x + i y).
template<class Real>
WARPFIT_HD Complex<Real> faddeeva(Real const& x, Real const& y)
{
    return faddeeva_slopes(x, y).w;
}

/// exp(x^2) erfc(x), without overflow for x > 0. Max error 4e-15 (double), relative.
template<class Real>
WARPFIT_HD Real erfcx(Real const& x)
{
    return faddeeva_slopes(Real(0), x).w.re;
}

/// d erfcx / dx = 2 x erfcx(x) - 2 / sqrt(pi), without its cancellation for x > 0.
template<class Real>
WARPFIT_HD Real erfcx_slope(Real const& x)
{
    return -faddeeva_slopes(Real(0), x).slope.im;
}

}  // namespace warpfit::math
