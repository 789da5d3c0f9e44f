#pragma once

#include "kernels/core/faddeeva.hpp"
#include "kernels/core/gamma.hpp"
#include "kernels/core/math.hpp"
#include "kernels/core/portability.hpp"
#include "kernels/program/expression_code.hpp"

namespace warpfit::program {

// The one operator table: name, arity, what it does to a, b, c of type Real. The last column is code here and, as
// text, the spelling in generated C++. Real may be a SIMD pack, so there is no branch on data.
// clang-format off
#define WARPFIT_OPERATORS(ROW)                                                                                         \
    ROW(add, 2, a + b)                                                                                                 \
    ROW(sub, 2, a - b)                                                                                                 \
    ROW(mul, 2, a * b)                                                                                                 \
    ROW(div, 2, a / b)                                                                                                 \
    ROW(neg, 1, -a)                                                                                                    \
    ROW(square, 1, a * a)                                                                                              \
    ROW(cube, 1, a * a * a)                                                                                            \
    ROW(reciprocal, 1, Real(1) / a)                                                                                    \
    ROW(sqrt, 1, math::sqrt(a))                                                                                        \
    ROW(pow, 2, math::pow(a, b))                                                                                       \
    ROW(exp, 1, math::exp(a))                                                                                          \
    ROW(log, 1, math::log(a))                                                                                          \
    ROW(log10, 1, math::log10(a))                                                                                      \
    ROW(sin, 1, math::sin(a))                                                                                          \
    ROW(cos, 1, math::cos(a))                                                                                          \
    ROW(tan, 1, math::tan(a))                                                                                          \
    ROW(asin, 1, math::asin(a))                                                                                        \
    ROW(acos, 1, math::acos(a))                                                                                        \
    ROW(atan, 1, math::atan(a))                                                                                        \
    ROW(atan2, 2, math::atan2(a, b))                                                                                   \
    ROW(sinh, 1, math::sinh(a))                                                                                        \
    ROW(cosh, 1, math::cosh(a))                                                                                        \
    ROW(tanh, 1, math::tanh(a))                                                                                        \
    ROW(asinh, 1, math::asinh(a))                                                                                      \
    ROW(acosh, 1, math::acosh(a))                                                                                      \
    ROW(atanh, 1, math::atanh(a))                                                                                      \
    ROW(log_gamma, 1, math::log_gamma(a))                                                                              \
    ROW(digamma, 1, math::digamma(a))                                                                                  \
    ROW(trigamma, 1, math::trigamma(a))                                                                                \
    ROW(erf, 1, math::erf(a))                                                                                          \
    ROW(erfc, 1, math::erfc(a))                                                                                        \
    ROW(erfcx, 1, math::erfcx(a))                                                                                      \
    ROW(faddeeva_re, 2, math::faddeeva(a, b).re)                                                                       \
    ROW(faddeeva_im, 2, math::faddeeva(a, b).im)                                                                       \
    ROW(erfcx_slope, 1, math::erfcx_slope(a))                                                                          \
    ROW(faddeeva_slope_re, 2, math::faddeeva_slopes(a, b).slope.re)                                                    \
    ROW(faddeeva_slope_im, 2, math::faddeeva_slopes(a, b).slope.im)                                                    \
    ROW(abs, 1, math::abs(a))                                                                                          \
    ROW(sign, 1, math::select(Real(0) < a, Real(1), math::select(a < Real(0), Real(-1), a)))                           \
    ROW(floor, 1, math::floor(a))                                                                                      \
    ROW(ceil, 1, math::ceil(a))                                                                                        \
    ROW(min, 2, math::min(a, b))                                                                                       \
    ROW(max, 2, math::max(a, b))                                                                                       \
    ROW(heaviside, 2,                                                                                                  \
        math::select(a < Real(0), Real(0), math::select(Real(0) < a, Real(1), math::select(a == Real(0), b, a))))      \
    ROW(less, 2, math::select(a < b, Real(1), Real(0)))                                                                \
    ROW(less_equal, 2, math::select(a <= b, Real(1), Real(0)))                                                         \
    ROW(equal, 2, math::select(a == b, Real(1), Real(0)))                                                              \
    ROW(not_equal, 2, math::select(a == b, Real(0), Real(1)))                                                          \
    ROW(logical_and, 2, math::select(a == Real(0), Real(0), math::select(b == Real(0), Real(0), Real(1))))             \
    ROW(logical_or, 2, math::select(a == Real(0), math::select(b == Real(0), Real(0), Real(1)), Real(1)))              \
    ROW(logical_not, 1, math::select(a == Real(0), Real(1), Real(0)))                                                  \
    ROW(select, 3, math::select(a == Real(0), c, b))                                                                   \
    ROW(fused_multiply_add, 3, math::fma(a, b, c))                                                                     \
    ROW(curve, 2, a)                                                                                                   \
    ROW(curve_slope, 2, a)                                                                                             \
    ROW(curve_curvature, 2, a)
// clang-format on

struct OperatorRow
{
    OpCode op;
    int arity;
    char const* name;
    char const* spelling;  ///< C++ in a, b, c and Real
};

/// Indexed by OpCode.
inline constexpr OperatorRow operators[] = {
#define WARPFIT_ROW(name, arity, ...) {OpCode::name, arity, #name, #__VA_ARGS__},
    WARPFIT_OPERATORS(WARPFIT_ROW)
#undef WARPFIT_ROW
};

namespace detail {

WARPFIT_HD constexpr bool rows_follow_the_enumeration()
{
    int expected = 0;
    for (OperatorRow const& row : operators) {
        if (static_cast<int>(row.op) != expected++) return false;
    }
    return expected == static_cast<int>(OpCode::count);
}
static_assert(rows_follow_the_enumeration());

template<OpCode Op>
struct Operator;

#define WARPFIT_ROW(name, arity, ...)                                                                                  \
    template<>                                                                                                         \
    struct Operator<OpCode::name>                                                                                      \
    {                                                                                                                  \
        template<class Real>                                                                                           \
        WARPFIT_HD static Real apply([[maybe_unused]] Real a, [[maybe_unused]] Real b, [[maybe_unused]] Real c)        \
        {                                                                                                              \
            return __VA_ARGS__;                                                                                        \
        }                                                                                                              \
    };
WARPFIT_OPERATORS(WARPFIT_ROW)
#undef WARPFIT_ROW

}  // namespace detail

/// Op on its first `arity` arguments; the others are ignored.
template<OpCode Op, class Real>
WARPFIT_HD Real apply(Real a, Real b, Real c)
{
    return detail::Operator<Op>::apply(a, b, c);
}

/// The same with the operator chosen at run time, for interpreters.
template<class Real>
WARPFIT_HD Real apply(OpCode op, Real a, Real b, Real c)
{
    switch (op) {
#define WARPFIT_ROW(name, arity, ...)                                                                                  \
    case OpCode::name:                                                                                                 \
        return apply<OpCode::name>(a, b, c);
        WARPFIT_OPERATORS(WARPFIT_ROW)
#undef WARPFIT_ROW
    case OpCode::count:
        break;
    }
    return a;
}

#undef WARPFIT_OPERATORS

}  // namespace warpfit::program
