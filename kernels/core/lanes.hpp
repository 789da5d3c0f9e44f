#pragma once

#include "kernels/core/portability.hpp"

#include <xsimd/xsimd.hpp>

/// SIMD lanes over xsimd: the only file that knows it, never seen by a device compiler. Lanes<T, Arch> is a different
/// type for each instruction set, so templates over it never meet in the linker.
namespace warpfit::lanes {

/// The outcome of a comparison, lane by lane. Never converts to bool: use any() or all(), and let any() skip work only,
/// never change a lane.
template<class T, class Arch>
struct Mask
{
    xsimd::batch_bool<T, Arch> v;

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

    static Lanes load(T const* p) { return {Batch::load_aligned(p)}; } ///< p aligned to the register
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

    friend Lanes lane_exp(Lanes a) { return {xsimd::exp(a.v)}; }
    friend Lanes lane_log(Lanes a) { return {xsimd::log(a.v)}; }
    friend Lanes lane_log10(Lanes a) { return {xsimd::log10(a.v)}; }
    friend Lanes lane_sqrt(Lanes a) { return {xsimd::sqrt(a.v)}; }
    friend Lanes lane_sin(Lanes a) { return {xsimd::sin(a.v)}; }
    friend Lanes lane_cos(Lanes a) { return {xsimd::cos(a.v)}; }
    friend Lanes lane_tan(Lanes a) { return {xsimd::tan(a.v)}; }
    friend Lanes lane_asin(Lanes a) { return {xsimd::asin(a.v)}; }
    friend Lanes lane_acos(Lanes a) { return {xsimd::acos(a.v)}; }
    friend Lanes lane_atan(Lanes a) { return {xsimd::atan(a.v)}; }
    friend Lanes lane_sinh(Lanes a) { return {xsimd::sinh(a.v)}; }
    friend Lanes lane_cosh(Lanes a) { return {xsimd::cosh(a.v)}; }
    friend Lanes lane_tanh(Lanes a) { return {xsimd::tanh(a.v)}; }
    friend Lanes lane_erf(Lanes a) { return {xsimd::erf(a.v)}; }
    friend Lanes lane_erfc(Lanes a) { return {xsimd::erfc(a.v)}; }
    friend Lanes lane_abs(Lanes a) { return {xsimd::abs(a.v)}; }
    friend Lanes lane_floor(Lanes a) { return {xsimd::floor(a.v)}; }
    friend Lanes lane_ceil(Lanes a) { return {xsimd::ceil(a.v)}; }
    friend Lanes lane_pow(Lanes a, Lanes b) { return {xsimd::pow(a.v, b.v)}; }
    friend Lanes lane_atan2(Lanes a, Lanes b) { return {xsimd::atan2(a.v, b.v)}; }
    friend Lanes lane_min(Lanes a, Lanes b) { return {xsimd::min(a.v, b.v)}; }
    friend Lanes lane_max(Lanes a, Lanes b) { return {xsimd::max(a.v, b.v)}; }
    friend Lanes lane_fma(Lanes a, Lanes b, Lanes c) { return {xsimd::fma(a.v, b.v, c.v)}; }
    friend Lanes lane_select(Mask<T, Arch> m, Lanes a, Lanes b) { return {xsimd::select(m.v, a.v, b.v)}; }

    friend T sum(Lanes a) { return xsimd::hadd(a.v); }
};

} // namespace warpfit::lanes
