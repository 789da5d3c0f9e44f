#pragma once

#include "kernels/core/portability.hpp"

#include <bit>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <xsimd/xsimd.hpp>

/// SIMD lanes over xsimd: the only file that knows it, never seen by a device compiler. Lanes<T, Arch> is a different
/// type for each instruction set, so templates over it never meet in the linker.
namespace warpfit::lanes {

namespace detail {

/// e^x; max error 1.1 ulp. Valid range [-708.7, 709.4] (double), [-87.6, 88.3] (float): 0 below, infinite above, NaN of
/// NaN. xsimd's own goes through scalar conversions and a division in double on AVX2.
///
/// x is kept where n = -1023 and 1024 (-127 and 128) make the scale 0 and infinite; min and max pass on a NaN that is
/// their second argument.
///
/// x = n ln 2 + r, |r| <= ln(2)/2;  e^r = 1 + r + r^2 q(r), q by Chebyshev interpolation;  2^n through the exponent
/// bits, which rounding with a large constant leaves at the bottom of the sum.
template<class Arch>
xsimd::batch<double, Arch> exp(xsimd::batch<double, Arch> const& any)
{
    using B = xsimd::batch<double, Arch>;
    using I = xsimd::batch<std::int64_t, Arch>;
    B const x = xsimd::min(B(710.0), xsimd::max(B(-709.0), any));
    B const shifter(0x1.8p52 + 1023.0);
    B const shifted = xsimd::fma(x, B(0x1.71547652b82fep+0), shifter);
    B const n = shifted - shifter;
    B const r = xsimd::fnma(n, B(0x1.ef35793c7673p-45), xsimd::fnma(n, B(0x1.62e42fefa3800p-1), x));
    B const r2 = r * r;
    B const r4 = r2 * r2;
    B const q01 = xsimd::fma(r, B(0.16666666666666669), B(0.5));
    B const q23 = xsimd::fma(r, B(0.008333333333330062), B(0.04166666666662413));
    B const q45 = xsimd::fma(r, B(0.00019841269863053618), B(0.0013888888917213717));
    B const q67 = xsimd::fma(r, B(2.7557268459997064e-06), B(2.4801521295954376e-05));
    B const q89 = xsimd::fma(r, B(2.510038549551032e-08), B(2.7620088445409746e-07));
    B const low = xsimd::fma(q23, r2, q01);
    B const high = xsimd::fma(xsimd::fma(q89, r2, q67), r2, q45);
    B const q = xsimd::fma(high, r4, low);
    B const p = xsimd::fma(q, r2, r) + B(1.0);
    return p * xsimd::bitwise_cast<B>(xsimd::bitwise_cast<I>(shifted) << 52);
}

template<class Arch>
xsimd::batch<float, Arch> exp(xsimd::batch<float, Arch> const& any)
{
    using B = xsimd::batch<float, Arch>;
    using I = xsimd::batch<std::int32_t, Arch>;
    B const x = xsimd::min(B(89.0f), xsimd::max(B(-88.0f), any));
    B const shifter(0x1.8p23f + 127.0f);
    B const shifted = xsimd::fma(x, B(0x1.715476p+0f), shifter);
    B const n = shifted - shifter;
    B const r = xsimd::fnma(n, B(-0x1.bd0106p-13f), xsimd::fnma(n, B(0x1.63p-1f), x));
    B const r2 = r * r;
    B const q01 = xsimd::fma(r, B(0.16666576989698775f), B(0.5f));
    B const q23 = xsimd::fma(r, B(0.008363179052722578f), B(0.041666554617204574f));
    B const q = xsimd::fma(xsimd::fma(B(0.0013926183587713494f), r2, q23), r2, q01);
    B const p = xsimd::fma(q, r2, r) + B(1.0f);
    return p * xsimd::bitwise_cast<B>(xsimd::bitwise_cast<I>(shifted) << 23);
}

/// x in the lanes of a mask, 0 in the others: cheaper than to select where a mask is as wide as its lanes.
template<class T, class Arch>
xsimd::batch<T, Arch> kept(xsimd::batch_bool<T, Arch> const& mask, xsimd::batch<T, Arch> const& x)
{
    using B = xsimd::batch<T, Arch>;
    if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
        return xsimd::select(mask, x, B(T(0)));
    else
        return B(mask.data) & x;
}

/// (atan(z) - z) / z^3, w = z^2 <= 1/4: by interpolation at Chebyshev's points, 0.15 ulp of atan(z).
template<class Arch>
xsimd::batch<double, Arch> atan_series(xsimd::batch<double, Arch> const& w)
{
    using B = xsimd::batch<double, Arch>;
    B const w2 = w * w;
    B const w4 = w2 * w2;
    B const q01 = xsimd::fma(w, B(0.199999999999916), B(-0.33333333333333326));
    B const q23 = xsimd::fma(w, B(0.11111110990139533), B(-0.14285714284106285));
    B const q45 = xsimd::fma(w, B(0.07692198451257941), B(-0.09090904370311348));
    B const q67 = xsimd::fma(w, B(0.058664967492257074), B(-0.06665052856794013));
    B const q89 = xsimd::fma(w, B(0.04283578705573422), B(-0.05157516225552972));
    B const qab = xsimd::fma(w, B(0.011152908092096216), B(-0.02895352123252625));
    B const high = xsimd::fma(qab, w2, q89);
    B const middle = xsimd::fma(q67, w2, q45);
    B const low = xsimd::fma(q23, w2, q01);
    return xsimd::fma(xsimd::fma(high, w4, middle), w4, low);
}

template<class Arch>
xsimd::batch<float, Arch> atan_series(xsimd::batch<float, Arch> const& w)
{
    using B = xsimd::batch<float, Arch>;
    B const w2 = w * w;
    B const q01 = xsimd::fma(w, B(0.19999875128269196f), B(-0.3333333432674408f));
    B const q23 = xsimd::fma(w, B(0.11006880551576614f), B(-0.14279800653457642f));
    B const q45 = xsimd::fma(w, B(0.042256858199834824f), B(-0.0823550596833229f));
    return xsimd::fma(xsimd::fma(q45, w2, q23), w2, q01);
}

/// Max error 1.6 ulp. xsimd's own divides three times.
///
/// atan |x| = turns pi/4 + atan(z), |z| <= 1/2:  z = t, (t - 1) / (t + 1) from 1/2 on, -1 / t from 2 on, t = |x|
template<class T, class Arch>
xsimd::batch<T, Arch> atan(xsimd::batch<T, Arch> const& x)
{
    using B = xsimd::batch<T, Arch>;
    B const one(T(1));
    B const quarter(static_cast<T>(0.78539816339744830962));
    B const quarter_rest(static_cast<T>(sizeof(T) == 4 ? -2.1855694143368964e-08 : 3.0616169978683829e-17));
    B const t = xsimd::abs(x);
    auto const beyond = t > B(T(0.5));
    auto const below = t <= B(T(2));  // NaN: neither, so that z is 0 / 0
    B const first = kept(beyond, one);
    B const unit = kept(below, one);
    B const z = (kept(below, t) - first) / (kept(beyond, t) + unit);
    B const turns = (first + one) - unit;
    B const w = z * z;
    B const rest = xsimd::fma(z * w, atan_series(w), turns * quarter_rest);
    return xsimd::fma(turns, quarter, z + rest) ^ xsimd::bitofsign(x);
}

}  // namespace detail

/// The outcome of a comparison, lane by lane. Never converts to bool: use any() or all(), and let any() skip work only,
/// never change a lane.
template<class T, class Arch>
struct Mask
{
    xsimd::batch_bool<T, Arch> v;

    /// Lane l is bit l.
    static Mask of(unsigned bits)
    {
        using I = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;
        alignas(64) static constexpr I bit[] = {1,     2,     4,     8,     16,     32,     64,     128,
                                                0x100, 0x200, 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000};
        using Ints = xsimd::batch<I, Arch>;
        using Batch = xsimd::batch<T, Arch>;
        Ints const own = Ints::load_aligned(bit);
        Ints const one(std::bit_cast<I>(T(1)));
        Ints const chosen = xsimd::select((Ints(static_cast<I>(bits)) & own) == own, one, Ints(I(0)));
        return {xsimd::bitwise_cast<Batch>(chosen) > Batch(T(0))};
    }
    friend unsigned lane_bits(Mask a)
    {
        constexpr int bytes = static_cast<int>(sizeof(xsimd::batch<T, Arch>));
        if constexpr (std::is_base_of_v<xsimd::avx512f, Arch>)
            return a.v.data;
        else if constexpr (bytes == 32 && sizeof(T) == 4)
            return static_cast<unsigned>(_mm256_movemask_ps(a.v.data));
        else if constexpr (bytes == 32)
            return static_cast<unsigned>(_mm256_movemask_pd(a.v.data));
        else if constexpr (sizeof(T) == 4)
            return static_cast<unsigned>(_mm_movemask_ps(a.v.data));
        else
            return static_cast<unsigned>(_mm_movemask_pd(a.v.data));
    }

    friend Mask operator&(Mask a, Mask b) { return {a.v & b.v}; }
    friend Mask operator|(Mask a, Mask b) { return {a.v | b.v}; }
    friend Mask operator!(Mask a) { return {~a.v}; }
    friend bool lane_any(Mask a) { return xsimd::any(a.v); }
    friend bool lane_all(Mask a) { return xsimd::all(a.v); }
};

template<class T, class Arch>
struct Lanes
{
    using Element = T;
    using Batch = xsimd::batch<T, Arch>;
    static constexpr int size = static_cast<int>(Batch::size);
    static constexpr double epsilon = sizeof(T) == 4 ? 1.1920928955078125e-07 : 2.220446049250313e-16;
    static constexpr double largest = sizeof(T) == 4 ? 3.4e38 : 1.7e308;

    Batch v;

    Lanes() = default;
    Lanes(Batch b)
        : v(b)
    {}
    explicit Lanes(T a)
        : v(a)
    {}
    explicit Lanes(int a)
        : v(static_cast<T>(a))
    {}
    template<class U>
    requires(!std::is_same_v<U, T> && std::is_floating_point_v<U>) explicit Lanes(U a)
        : v(static_cast<T>(a))
    {}

    static Lanes load(T const* p) { return {Batch::load_aligned(p)}; }  ///< p aligned to the register
    static Lanes load_unaligned(T const* p) { return {Batch::load_unaligned(p)}; }
    void store(T* p) const { v.store_aligned(p); }

    friend Lanes operator+(Lanes a, Lanes b) { return {a.v + b.v}; }
    friend Lanes operator-(Lanes a, Lanes b) { return {a.v - b.v}; }
    friend Lanes operator*(Lanes a, Lanes b) { return {a.v * b.v}; }
    friend Lanes operator/(Lanes a, Lanes b) { return {a.v / b.v}; }
    friend Lanes operator-(Lanes a) { return {-a.v}; }
    Lanes& operator+=(Lanes b) { return v += b.v, *this; }
    friend Mask<T, Arch> operator<(Lanes a, Lanes b) { return {a.v < b.v}; }
    friend Mask<T, Arch> operator<=(Lanes a, Lanes b) { return {a.v <= b.v}; }
    friend Mask<T, Arch> operator>(Lanes a, Lanes b) { return {a.v > b.v}; }
    friend Mask<T, Arch> operator>=(Lanes a, Lanes b) { return {a.v >= b.v}; }
    friend Mask<T, Arch> operator==(Lanes a, Lanes b) { return {a.v == b.v}; }
    friend Mask<T, Arch> operator!=(Lanes a, Lanes b) { return {a.v != b.v}; }

    friend Lanes lane_exp(Lanes a) { return {detail::exp(a.v)}; }
    friend Lanes lane_log(Lanes a) { return {xsimd::log(a.v)}; }
    friend Lanes lane_log10(Lanes a) { return {xsimd::log10(a.v)}; }
    friend Lanes lane_sqrt(Lanes a) { return {xsimd::sqrt(a.v)}; }
    friend Lanes lane_sin(Lanes a) { return {xsimd::sin(a.v)}; }
    friend Lanes lane_cos(Lanes a) { return {xsimd::cos(a.v)}; }
    friend Lanes lane_tan(Lanes a) { return {xsimd::tan(a.v)}; }
    friend Lanes lane_asin(Lanes a) { return {xsimd::asin(a.v)}; }
    friend Lanes lane_acos(Lanes a) { return {xsimd::acos(a.v)}; }
    friend Lanes lane_atan(Lanes a) { return {detail::atan(a.v)}; }
    friend Lanes lane_sinh(Lanes a) { return {xsimd::sinh(a.v)}; }
    friend Lanes lane_cosh(Lanes a) { return {xsimd::cosh(a.v)}; }
    friend Lanes lane_tanh(Lanes a) { return {xsimd::tanh(a.v)}; }
    friend Lanes lane_asinh(Lanes a) { return {xsimd::asinh(a.v)}; }
    /// xsimd gives large numbers for some below 1.
    friend Lanes lane_acosh(Lanes a)
    {
        Batch const undefined(std::numeric_limits<T>::quiet_NaN());
        return {xsimd::select(a.v < Batch(T(1)), undefined, xsimd::acosh(a.v))};
    }
    friend Lanes lane_atanh(Lanes a) { return {xsimd::atanh(a.v)}; }
    friend Lanes lane_erf(Lanes a) { return {xsimd::erf(a.v)}; }
    friend Lanes lane_erfc(Lanes a) { return {xsimd::erfc(a.v)}; }
    friend Lanes lane_abs(Lanes a) { return {xsimd::abs(a.v)}; }
    friend Lanes lane_floor(Lanes a) { return {xsimd::floor(a.v)}; }
    friend Lanes lane_ceil(Lanes a) { return {xsimd::ceil(a.v)}; }
    /// xsimd gives 0 for every power of 0, and NaN for atan2(0, 0).
    friend Lanes lane_pow(Lanes a, Lanes b)
    {
        Batch const zero(T(0));
        Batch const below = xsimd::select(b.v < zero, Batch(std::numeric_limits<T>::infinity()), zero);
        Batch const at_zero = xsimd::select(b.v == zero, Batch(T(1)), below);
        return {xsimd::select(a.v == zero, at_zero, xsimd::pow(a.v, b.v))};
    }
    friend Lanes lane_atan2(Lanes a, Lanes b)
    {
        Batch const zero(T(0));
        return {xsimd::select((a.v == zero) & (b.v == zero), zero, xsimd::atan2(a.v, b.v))};
    }
    friend Lanes lane_min(Lanes a, Lanes b) { return {xsimd::min(a.v, b.v)}; }
    friend Lanes lane_max(Lanes a, Lanes b) { return {xsimd::max(a.v, b.v)}; }
    friend Lanes lane_fma(Lanes a, Lanes b, Lanes c) { return {xsimd::fma(a.v, b.v, c.v)}; }
    friend Lanes lane_fms(Lanes a, Lanes b, Lanes c) { return {xsimd::fms(a.v, b.v, c.v)}; }    ///< a b - c
    friend Lanes lane_fnma(Lanes a, Lanes b, Lanes c) { return {xsimd::fnma(a.v, b.v, c.v)}; }  ///< c - a b
    /// Keeps what was loaded in a register: as an operand of several instructions in memory it is loaded by each.
    friend void lane_keep([[maybe_unused]] Lanes& a) { asm("" : "+v"(a.v.data)); }
    friend Lanes lane_select(Mask<T, Arch> m, Lanes a, Lanes b) { return {xsimd::select(m.v, a.v, b.v)}; }

    friend Lanes lane_entry(double const* table, Lanes index)
    {
        alignas(64) T values[Batch::size];
        index.v.store_aligned(values);
        for (T& v : values) v = static_cast<T>(table[static_cast<int>(v)]);
        return {Batch::load_aligned(values)};
    }

    friend T sum(Lanes a) { return xsimd::hadd(a.v); }
};

}  // namespace warpfit::lanes
