#pragma once

#include "kernels/core/math.hpp"

namespace warpfit {

/// A double whose functions have neither branches nor calls where that can be (exp, log, sqrt, abs, floor, ceil, min,
/// max, select), so that a compiler makes vector instructions of a loop over them. The others are the library's.
struct Number
{
    static constexpr double epsilon = 2.220446049250313e-16;
    static constexpr double largest = 1.7e308;

    double v;

    Number() = default;
    template<class T>
    WARPFIT_HD explicit Number(T const& a)
        : v(static_cast<double>(a))
    {}
    WARPFIT_HD explicit operator double() const { return v; }

    WARPFIT_HD friend Number operator+(Number a, Number b) { return Number(a.v + b.v); }
    WARPFIT_HD friend Number operator-(Number a, Number b) { return Number(a.v - b.v); }
    WARPFIT_HD friend Number operator*(Number a, Number b) { return Number(a.v * b.v); }
    WARPFIT_HD friend Number operator/(Number a, Number b) { return Number(a.v / b.v); }
    WARPFIT_HD friend Number operator-(Number a) { return Number(-a.v); }
    WARPFIT_HD Number& operator+=(Number b) { return v += b.v, *this; }
    WARPFIT_HD Number& operator-=(Number b) { return v -= b.v, *this; }
    WARPFIT_HD Number& operator*=(Number b) { return v *= b.v, *this; }
    WARPFIT_HD Number& operator/=(Number b) { return v /= b.v, *this; }
    WARPFIT_HD friend bool operator<(Number a, Number b) { return a.v < b.v; }
    WARPFIT_HD friend bool operator<=(Number a, Number b) { return a.v <= b.v; }
    WARPFIT_HD friend bool operator>(Number a, Number b) { return a.v > b.v; }
    WARPFIT_HD friend bool operator>=(Number a, Number b) { return a.v >= b.v; }
    WARPFIT_HD friend bool operator==(Number a, Number b) { return a.v == b.v; }
    WARPFIT_HD friend bool operator!=(Number a, Number b) { return a.v != b.v; }

    /// As lanes.hpp's, without fused operations: max error 1.5 ulp.
    WARPFIT_HD friend Number lane_exp(Number a)
    {
        double const above = a.v < -709.0 ? -709.0 : a.v;  // a NaN passes
        double const x = above > 710.0 ? 710.0 : above;
        constexpr double shifter = 0x1.8p52 + 1023.0;
        double const shifted = x * 0x1.71547652b82fep+0 + shifter;
        double const n = shifted - shifter;
        double const r = (x - n * 0x1.62e42fefa3800p-1) - n * 0x1.ef35793c7673p-45;
        double const r2 = r * r;
        double const q01 = 0.16666666666666669 * r + 0.5;
        double const q23 = 0.008333333333330062 * r + 0.04166666666662413;
        double const q45 = 0.00019841269863053618 * r + 0.0013888888917213717;
        double const q67 = 2.7557268459997064e-06 * r + 2.4801521295954376e-05;
        double const q89 = 2.510038549551032e-08 * r + 2.7620088445409746e-07;
        double const q = ((q89 * r2 + q67) * r2 + q45) * (r2 * r2) + (q23 * r2 + q01);
        double const p = (q * r2 + r) + 1.0;
        auto const bits = static_cast<unsigned long long>(__builtin_bit_cast(long long, shifted)) << 52;
        return Number(p * __builtin_bit_cast(double, bits));
    }
    /// Max error 1 ulp; -infinity of 0 and of denormals, NaN below.
    ///
    /// x = m 2^e, m in [sqrt(1/2), sqrt(2)); log m = f - s (f - R), f = m - 1, s = f / (2 + f): fdlibm's e_log.c
    /// (Sun Microsystems 1993).
    WARPFIT_HD friend Number lane_log(Number a)
    {
        auto const bits = __builtin_bit_cast(unsigned long long, a.v);
        // Below sqrt(1/2) 2^(e+1), whose fraction is 0x6a09e667f3bcd, the exponent is e.
        unsigned long long const shifted = bits + (0x3ff0000000000000ull - 0x3fe6a09e667f3bcdull);
        double const e = __builtin_bit_cast(double, (shifted >> 52) | 0x4330000000000000ull) - (0x1p52 + 1023.0);
        double const m = __builtin_bit_cast(double, (shifted & 0xfffffffffffffull) + 0x3fe6a09e667f3bcdull);
        double const f = m - 1.0;
        double const s = f / (2.0 + f);
        double const z = s * s;
        double const w = z * z;
        double const even = w * (0x1.999999997fa04p-2 + w * (0x1.c71c51d8e78afp-3 + w * 0x1.39a09d078c69fp-3));
        double const odd = z * (0x1.5555555555593p-1 +
                                w * (0x1.2492494229359p-2 + w * (0x1.7466496cb03dep-3 + w * 0x1.2f112df3e5244p-3)));
        double const half = 0.5 * f * f;
        double const inside = half - (s * (half + (even + odd)) + e * 0x1.a39ef35793c76p-33);
        double const value = e * 0x1.62e42feep-1 - (inside - f);
        constexpr double huge = __builtin_bit_cast(double, 0x7ff0000000000000ull);
        constexpr double not_a_number = __builtin_bit_cast(double, 0x7ff8000000000000ull);
        double const defined = a.v < 0x1p-1022 ? (a.v < 0.0 ? not_a_number : -huge) : value;
        return Number(a.v < huge ? defined : a.v);  // infinity and NaN are their own
    }
    WARPFIT_HD friend Number lane_sqrt(Number a) { return Number(math::sqrt(a.v)); }
    WARPFIT_HD friend Number lane_abs(Number a) { return Number(math::abs(a.v)); }
    WARPFIT_HD friend Number lane_floor(Number a) { return Number(math::floor(a.v)); }
    WARPFIT_HD friend Number lane_ceil(Number a) { return Number(math::ceil(a.v)); }
    WARPFIT_HD friend Number lane_min(Number a, Number b) { return Number(b.v < a.v ? b.v : a.v); }
    WARPFIT_HD friend Number lane_max(Number a, Number b) { return Number(a.v < b.v ? b.v : a.v); }
    WARPFIT_HD friend Number lane_fma(Number a, Number b, Number c) { return Number(a.v * b.v + c.v); }
    WARPFIT_HD friend Number lane_select(bool mask, Number a, Number b) { return Number(mask ? a.v : b.v); }

    WARPFIT_HD friend Number lane_log10(Number a) { return Number(math::log10(a.v)); }
    WARPFIT_HD friend Number lane_sin(Number a) { return Number(math::sin(a.v)); }
    WARPFIT_HD friend Number lane_cos(Number a) { return Number(math::cos(a.v)); }
    WARPFIT_HD friend Number lane_tan(Number a) { return Number(math::tan(a.v)); }
    WARPFIT_HD friend Number lane_asin(Number a) { return Number(math::asin(a.v)); }
    WARPFIT_HD friend Number lane_acos(Number a) { return Number(math::acos(a.v)); }
    WARPFIT_HD friend Number lane_atan(Number a) { return Number(math::atan(a.v)); }
    WARPFIT_HD friend Number lane_sinh(Number a) { return Number(math::sinh(a.v)); }
    WARPFIT_HD friend Number lane_cosh(Number a) { return Number(math::cosh(a.v)); }
    WARPFIT_HD friend Number lane_tanh(Number a) { return Number(math::tanh(a.v)); }
    WARPFIT_HD friend Number lane_asinh(Number a) { return Number(math::asinh(a.v)); }
    WARPFIT_HD friend Number lane_acosh(Number a) { return Number(math::acosh(a.v)); }
    WARPFIT_HD friend Number lane_atanh(Number a) { return Number(math::atanh(a.v)); }
    WARPFIT_HD friend Number lane_erf(Number a) { return Number(math::erf(a.v)); }
    WARPFIT_HD friend Number lane_erfc(Number a) { return Number(math::erfc(a.v)); }
    WARPFIT_HD friend Number lane_pow(Number a, Number b) { return Number(math::pow(a.v, b.v)); }
    WARPFIT_HD friend Number lane_atan2(Number a, Number b) { return Number(math::atan2(a.v, b.v)); }
    WARPFIT_HD friend Number lane_entry(double const* table, Number index)
    {
        return Number(math::entry(table, index.v));
    }
};

}  // namespace warpfit
