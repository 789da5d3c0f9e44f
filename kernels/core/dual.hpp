#pragma once

#include "kernels/core/math.hpp"

namespace warpfit {

/// A number with its derivatives by N parameters: forward-mode differentiation (Wengert, Comm. ACM 7 (1964) 463). What
/// is computed with them has the derivatives of the arithmetic that was done, to its rounding. Where the function has a
/// kink, of one side; d |x| at 0 is 0; of steps (floor, a comparison) 0.
///
/// Real: float, double, Number or another of math's types.
template<class Real, int N>
struct Dual
{
    static constexpr double epsilon = math::Limits<Real>::epsilon;
    static constexpr double largest = math::Limits<Real>::largest;

    Real v;
    Real d[N];

    Dual() = default;
    /// A constant.
    template<class T>
    WARPFIT_HD explicit Dual(T const& constant)
        : v(static_cast<Real>(constant))
    {
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) d[i] = Real(0);
    }
    /// Parameter k itself.
    WARPFIT_HD static Dual parameter(Real const& value, int k)
    {
        Dual p(value);
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i)
            if (i == k) p.d[i] = Real(1);
        return p;
    }

    /// f of this number, by the chain rule.
    WARPFIT_HD Dual chain(Real const& f, Real const& slope) const
    {
        Dual out;
        out.v = f;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = slope * d[i];
        return out;
    }
    /// Likewise where the slope may be infinite: what does not move has no derivative.
    WARPFIT_HD Dual steep_chain(Real const& f, Real const& slope) const
    {
        Dual out;
        out.v = f;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = math::select(d[i] == Real(0), Real(0), slope * d[i]);
        return out;
    }
    /// f of two numbers: a and b are its derivatives.
    WARPFIT_HD static Dual chain(Real const& f, Real const& a, Dual const& x, Real const& b, Dual const& y)
    {
        Dual out;
        out.v = f;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = a * x.d[i] + b * y.d[i];
        return out;
    }

    WARPFIT_HD friend Dual operator+(Dual const& x, Dual const& y)
    {
        Dual out;
        out.v = x.v + y.v;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = x.d[i] + y.d[i];
        return out;
    }
    WARPFIT_HD friend Dual operator-(Dual const& x, Dual const& y)
    {
        Dual out;
        out.v = x.v - y.v;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = x.d[i] - y.d[i];
        return out;
    }
    WARPFIT_HD friend Dual operator*(Dual const& x, Dual const& y) { return chain(x.v * y.v, y.v, x, x.v, y); }
    WARPFIT_HD friend Dual operator/(Dual const& x, Dual const& y)
    {
        Real const inverse = Real(1) / y.v;
        Real const f = x.v / y.v;
        return chain(f, inverse, x, -f * inverse, y);
    }
    WARPFIT_HD friend Dual operator-(Dual const& x) { return x.chain(-x.v, Real(-1)); }
    WARPFIT_HD Dual& operator+=(Dual const& y) { return *this = *this + y; }
    WARPFIT_HD Dual& operator-=(Dual const& y) { return *this = *this - y; }
    WARPFIT_HD Dual& operator*=(Dual const& y) { return *this = *this * y; }
    WARPFIT_HD Dual& operator/=(Dual const& y) { return *this = *this / y; }

    WARPFIT_HD friend auto operator<(Dual const& x, Dual const& y) { return x.v < y.v; }
    WARPFIT_HD friend auto operator<=(Dual const& x, Dual const& y) { return x.v <= y.v; }
    WARPFIT_HD friend auto operator>(Dual const& x, Dual const& y) { return x.v > y.v; }
    WARPFIT_HD friend auto operator>=(Dual const& x, Dual const& y) { return x.v >= y.v; }
    WARPFIT_HD friend auto operator==(Dual const& x, Dual const& y) { return x.v == y.v; }
    WARPFIT_HD friend auto operator!=(Dual const& x, Dual const& y) { return x.v != y.v; }

    WARPFIT_HD friend Dual lane_exp(Dual const& x)
    {
        Real const f = math::exp(x.v);
        return x.chain(f, f);
    }
    WARPFIT_HD friend Dual lane_log(Dual const& x) { return x.chain(math::log(x.v), Real(1) / x.v); }
    WARPFIT_HD friend Dual lane_log10(Dual const& x)
    {
        return x.chain(math::log10(x.v), Real(0.43429448190325182765) / x.v);
    }
    WARPFIT_HD friend Dual lane_sqrt(Dual const& x)
    {
        Real const f = math::sqrt(x.v);
        return x.steep_chain(f, Real(0.5) / f);
    }
    WARPFIT_HD friend Dual lane_sin(Dual const& x) { return x.chain(math::sin(x.v), math::cos(x.v)); }
    WARPFIT_HD friend Dual lane_cos(Dual const& x) { return x.chain(math::cos(x.v), -math::sin(x.v)); }
    WARPFIT_HD friend Dual lane_tan(Dual const& x)
    {
        Real const f = math::tan(x.v);
        return x.chain(f, Real(1) + f * f);
    }
    WARPFIT_HD friend Dual lane_asin(Dual const& x)
    {
        return x.steep_chain(math::asin(x.v), Real(1) / math::sqrt((Real(1) - x.v) * (Real(1) + x.v)));
    }
    WARPFIT_HD friend Dual lane_acos(Dual const& x)
    {
        return x.steep_chain(math::acos(x.v), Real(-1) / math::sqrt((Real(1) - x.v) * (Real(1) + x.v)));
    }
    WARPFIT_HD friend Dual lane_atan(Dual const& x)
    {
        return x.chain(math::atan(x.v), Real(1) / (Real(1) + x.v * x.v));
    }
    WARPFIT_HD friend Dual lane_sinh(Dual const& x) { return x.chain(math::sinh(x.v), math::cosh(x.v)); }
    WARPFIT_HD friend Dual lane_cosh(Dual const& x) { return x.chain(math::cosh(x.v), math::sinh(x.v)); }
    WARPFIT_HD friend Dual lane_tanh(Dual const& x)
    {
        Real const f = math::tanh(x.v);
        return x.chain(f, (Real(1) - f) * (Real(1) + f));
    }
    WARPFIT_HD friend Dual lane_asinh(Dual const& x)
    {
        return x.chain(math::asinh(x.v), Real(1) / math::sqrt(Real(1) + x.v * x.v));
    }
    WARPFIT_HD friend Dual lane_acosh(Dual const& x)
    {
        return x.steep_chain(math::acosh(x.v), Real(1) / math::sqrt((x.v - Real(1)) * (x.v + Real(1))));
    }
    WARPFIT_HD friend Dual lane_atanh(Dual const& x)
    {
        return x.chain(math::atanh(x.v), Real(1) / ((Real(1) - x.v) * (Real(1) + x.v)));
    }
    WARPFIT_HD friend Dual lane_erf(Dual const& x)
    {
        return x.chain(math::erf(x.v), Real(2.0 * math::inv_sqrt_pi) * math::exp(-x.v * x.v));
    }
    WARPFIT_HD friend Dual lane_erfc(Dual const& x)
    {
        return x.chain(math::erfc(x.v), Real(-2.0 * math::inv_sqrt_pi) * math::exp(-x.v * x.v));
    }
    WARPFIT_HD friend Dual lane_abs(Dual const& x)
    {
        Real const below = math::select(x.v < Real(0), Real(-1), Real(0));
        return x.chain(math::abs(x.v), math::select(x.v > Real(0), Real(1), below));
    }
    WARPFIT_HD friend Dual lane_floor(Dual const& x) { return Dual(math::floor(x.v)); }
    WARPFIT_HD friend Dual lane_ceil(Dual const& x) { return Dual(math::ceil(x.v)); }
    /// A constant power is not asked for log(x), which x < 0 has none of.
    WARPFIT_HD friend Dual lane_pow(Dual const& x, Dual const& y)
    {
        Real const f = math::pow(x.v, y.v);
        Real const by_x = math::select(y.v == Real(0), Real(0), y.v * math::pow(x.v, y.v - Real(1)));
        Real const by_y = math::select(f == Real(0), Real(0), f * math::log(x.v));
        Dual out;
        out.v = f;
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i)
            out.d[i] = math::select(x.d[i] == Real(0), Real(0), by_x * x.d[i]) +
                       math::select(y.d[i] == Real(0), Real(0), by_y * y.d[i]);
        return out;
    }
    WARPFIT_HD friend Dual lane_atan2(Dual const& y, Dual const& x)
    {
        // 0 at the origin, where there is neither limit nor direction.
        Real const square = x.v * x.v + y.v * y.v;
        Real const inverse = math::select(square == Real(0), Real(0), Real(1) / square);
        return chain(math::atan2(y.v, x.v), x.v * inverse, y, -y.v * inverse, x);
    }
    WARPFIT_HD friend Dual lane_min(Dual const& x, Dual const& y) { return lane_select(y.v < x.v, y, x); }
    WARPFIT_HD friend Dual lane_max(Dual const& x, Dual const& y) { return lane_select(x.v < y.v, y, x); }
    WARPFIT_HD friend Dual lane_fma(Dual const& x, Dual const& y, Dual const& z)
    {
        Dual out = chain(math::fma(x.v, y.v, z.v), y.v, x, x.v, y);
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = out.d[i] + z.d[i];
        return out;
    }
    template<class Mask>
    WARPFIT_HD friend Dual lane_select(Mask const& mask, Dual const& x, Dual const& y)
    {
        Dual out;
        out.v = math::select(mask, x.v, y.v);
        WARPFIT_UNROLL
        for (int i = 0; i < N; ++i) out.d[i] = math::select(mask, x.d[i], y.d[i]);
        return out;
    }
    /// The index is a whole number, which has no slope.
    WARPFIT_HD friend Dual lane_entry(double const* table, Dual const& index)
    {
        return Dual(math::entry(table, index.v));
    }
};

}  // namespace warpfit
