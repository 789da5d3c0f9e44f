#pragma once

#include "kernels/core/portability.hpp"

/// Mathematics of per-pixel code: one name for float, double and SIMD lanes. A lanes type supplies the function
/// lane_NAME, found by argument-dependent look-up; conditions are masks, which never convert to bool there.
namespace warpfit::math {

inline constexpr double pi = 3.14159265358979323846;
inline constexpr double sqrt_2pi = 2.50662827463100050242;
inline constexpr double inv_sqrt_2pi = 0.39894228040143267794;
inline constexpr double inv_sqrt_pi = 0.56418958354775628695;
inline constexpr double sqrt_2 = 1.41421356237309504880;
inline constexpr double log_2 = 0.69314718055994530942;

WARPFIT_HD inline float exp(float a)
{
    return ::expf(a);
}
WARPFIT_HD inline double exp(double a)
{
    return ::exp(a);
}
template<class Real>
WARPFIT_HD Real exp(Real const& a)
{
    return lane_exp(a);
}

WARPFIT_HD inline float log(float a)
{
    return ::logf(a);
}
WARPFIT_HD inline double log(double a)
{
    return ::log(a);
}
template<class Real>
WARPFIT_HD Real log(Real const& a)
{
    return lane_log(a);
}

WARPFIT_HD inline float log10(float a)
{
    return ::log10f(a);
}
WARPFIT_HD inline double log10(double a)
{
    return ::log10(a);
}
template<class Real>
WARPFIT_HD Real log10(Real const& a)
{
    return lane_log10(a);
}

WARPFIT_HD inline float sqrt(float a)
{
    return ::sqrtf(a);
}
WARPFIT_HD inline double sqrt(double a)
{
    return ::sqrt(a);
}
template<class Real>
WARPFIT_HD Real sqrt(Real const& a)
{
    return lane_sqrt(a);
}

WARPFIT_HD inline float sin(float a)
{
    return ::sinf(a);
}
WARPFIT_HD inline double sin(double a)
{
    return ::sin(a);
}
template<class Real>
WARPFIT_HD Real sin(Real const& a)
{
    return lane_sin(a);
}

WARPFIT_HD inline float cos(float a)
{
    return ::cosf(a);
}
WARPFIT_HD inline double cos(double a)
{
    return ::cos(a);
}
template<class Real>
WARPFIT_HD Real cos(Real const& a)
{
    return lane_cos(a);
}

WARPFIT_HD inline float tan(float a)
{
    return ::tanf(a);
}
WARPFIT_HD inline double tan(double a)
{
    return ::tan(a);
}
template<class Real>
WARPFIT_HD Real tan(Real const& a)
{
    return lane_tan(a);
}

WARPFIT_HD inline float asin(float a)
{
    return ::asinf(a);
}
WARPFIT_HD inline double asin(double a)
{
    return ::asin(a);
}
template<class Real>
WARPFIT_HD Real asin(Real const& a)
{
    return lane_asin(a);
}

WARPFIT_HD inline float acos(float a)
{
    return ::acosf(a);
}
WARPFIT_HD inline double acos(double a)
{
    return ::acos(a);
}
template<class Real>
WARPFIT_HD Real acos(Real const& a)
{
    return lane_acos(a);
}

WARPFIT_HD inline float atan(float a)
{
    return ::atanf(a);
}
WARPFIT_HD inline double atan(double a)
{
    return ::atan(a);
}
template<class Real>
WARPFIT_HD Real atan(Real const& a)
{
    return lane_atan(a);
}

WARPFIT_HD inline float sinh(float a)
{
    return ::sinhf(a);
}
WARPFIT_HD inline double sinh(double a)
{
    return ::sinh(a);
}
template<class Real>
WARPFIT_HD Real sinh(Real const& a)
{
    return lane_sinh(a);
}

WARPFIT_HD inline float cosh(float a)
{
    return ::coshf(a);
}
WARPFIT_HD inline double cosh(double a)
{
    return ::cosh(a);
}
template<class Real>
WARPFIT_HD Real cosh(Real const& a)
{
    return lane_cosh(a);
}

WARPFIT_HD inline float tanh(float a)
{
    return ::tanhf(a);
}
WARPFIT_HD inline double tanh(double a)
{
    return ::tanh(a);
}
template<class Real>
WARPFIT_HD Real tanh(Real const& a)
{
    return lane_tanh(a);
}

WARPFIT_HD inline float asinh(float a)
{
    return ::asinhf(a);
}
WARPFIT_HD inline double asinh(double a)
{
    return ::asinh(a);
}
template<class Real>
WARPFIT_HD Real asinh(Real const& a)
{
    return lane_asinh(a);
}

WARPFIT_HD inline float acosh(float a)
{
    return ::acoshf(a);
}
WARPFIT_HD inline double acosh(double a)
{
    return ::acosh(a);
}
template<class Real>
WARPFIT_HD Real acosh(Real const& a)
{
    return lane_acosh(a);
}

WARPFIT_HD inline float atanh(float a)
{
    return ::atanhf(a);
}
WARPFIT_HD inline double atanh(double a)
{
    return ::atanh(a);
}
template<class Real>
WARPFIT_HD Real atanh(Real const& a)
{
    return lane_atanh(a);
}

WARPFIT_HD inline float erf(float a)
{
    return ::erff(a);
}
WARPFIT_HD inline double erf(double a)
{
    return ::erf(a);
}
template<class Real>
WARPFIT_HD Real erf(Real const& a)
{
    return lane_erf(a);
}

WARPFIT_HD inline float erfc(float a)
{
    return ::erfcf(a);
}
WARPFIT_HD inline double erfc(double a)
{
    return ::erfc(a);
}
template<class Real>
WARPFIT_HD Real erfc(Real const& a)
{
    return lane_erfc(a);
}

WARPFIT_HD inline float abs(float a)
{
    return ::fabsf(a);
}
WARPFIT_HD inline double abs(double a)
{
    return ::fabs(a);
}
template<class Real>
WARPFIT_HD Real abs(Real const& a)
{
    return lane_abs(a);
}

WARPFIT_HD inline float floor(float a)
{
    return ::floorf(a);
}
WARPFIT_HD inline double floor(double a)
{
    return ::floor(a);
}
template<class Real>
WARPFIT_HD Real floor(Real const& a)
{
    return lane_floor(a);
}

WARPFIT_HD inline float ceil(float a)
{
    return ::ceilf(a);
}
WARPFIT_HD inline double ceil(double a)
{
    return ::ceil(a);
}
template<class Real>
WARPFIT_HD Real ceil(Real const& a)
{
    return lane_ceil(a);
}

WARPFIT_HD inline float pow(float a, float b)
{
    return ::powf(a, b);
}
WARPFIT_HD inline double pow(double a, double b)
{
    return ::pow(a, b);
}
template<class Real>
WARPFIT_HD Real pow(Real const& a, Real const& b)
{
    return lane_pow(a, b);
}

WARPFIT_HD inline float atan2(float a, float b)
{
    return ::atan2f(a, b);
}
WARPFIT_HD inline double atan2(double a, double b)
{
    return ::atan2(a, b);
}
template<class Real>
WARPFIT_HD Real atan2(Real const& a, Real const& b)
{
    return lane_atan2(a, b);
}

WARPFIT_HD inline float min(float a, float b)
{
    return b < a ? b : a;
}
WARPFIT_HD inline double min(double a, double b)
{
    return b < a ? b : a;
}
template<class Real>
WARPFIT_HD Real min(Real const& a, Real const& b)
{
    return lane_min(a, b);
}

WARPFIT_HD inline float max(float a, float b)
{
    return a < b ? b : a;
}
WARPFIT_HD inline double max(double a, double b)
{
    return a < b ? b : a;
}
template<class Real>
WARPFIT_HD Real max(Real const& a, Real const& b)
{
    return lane_max(a, b);
}

WARPFIT_HD inline float fma(float a, float b, float c)
{
    return ::fmaf(a, b, c);
}
WARPFIT_HD inline double fma(double a, double b, double c)
{
    return ::fma(a, b, c);
}
template<class Real>
WARPFIT_HD Real fma(Real const& a, Real const& b, Real const& c)
{
    return lane_fma(a, b, c);
}

WARPFIT_HD inline float select(bool mask, float a, float b)
{
    return mask ? a : b;
}
WARPFIT_HD inline double select(bool mask, double a, double b)
{
    return mask ? a : b;
}
template<class Mask, class Real>
WARPFIT_HD Real select(Mask const& mask, Real const& a, Real const& b)
{
    return lane_select(mask, a, b);
}

/// table[index], for an index that is a whole number.
WARPFIT_HD inline float entry(double const* table, float index)
{
    return static_cast<float>(table[static_cast<int>(index)]);
}
WARPFIT_HD inline double entry(double const* table, double index)
{
    return table[static_cast<int>(index)];
}
template<class Real>
WARPFIT_HD Real entry(double const* table, Real const& index)
{
    return lane_entry(table, index);
}

/// any() may skip work but never change a lane; all() likewise.
WARPFIT_HD inline bool any(bool mask)
{
    return mask;
}
WARPFIT_HD inline bool all(bool mask)
{
    return mask;
}
template<class Mask>
WARPFIT_HD bool any(Mask const& mask)
{
    return lane_any(mask);
}
template<class Mask>
WARPFIT_HD bool all(Mask const& mask)
{
    return lane_all(mask);
}

/// True where x is neither infinite nor NaN.
template<class Real>
WARPFIT_HD auto is_finite(Real const& x)
{
    return (x - x) == Real(0);
}

/// What one comparison of Real gives: bool, or a mask of lanes.
template<class Real>
using MaskOf = decltype(Real(0) < Real(1));

/// Precision of one element of Real.
template<class Real>
struct Limits
{
    static constexpr double epsilon = Real::epsilon;
    static constexpr double largest = Real::largest;
};
template<>
struct Limits<float>
{
    static constexpr double epsilon = 1.1920928955078125e-07;
    static constexpr double largest = 3.4e38;
};
template<>
struct Limits<double>
{
    static constexpr double epsilon = 2.220446049250313e-16;
    static constexpr double largest = 1.7e308;
};

}  // namespace warpfit::math
