#include "kernels/core/lanes.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace warpfit::testing {
namespace {

template<class T>
using Lane = lanes::Lanes<T, WARPFIT_TEST_LANES>;

template<class T, class F>
T in_lanes(F f, T x)
{
    alignas(64) T out[Lane<T>::size];
    f(Lane<T>(x)).store(out);
    return out[0];
}

template<class T>
T lane_exp_of(T x)
{
    return in_lanes<T>([](auto v) { return lane_exp(v); }, x);
}

/// Largest error over [first, last] in units in the last place of the value or, if larger, of `floor`.
template<class T, class F, class G>
double worst_error(F f, G exact, double first, double last, double floor = 0.0)
{
    double worst = 0.0;
    for (int i = 0; i <= 100000; ++i) {
        T const x = static_cast<T>(first + (last - first) * i / 100000.0);
        long double const expected = exact(static_cast<long double>(x));
        T const nearest = std::max(static_cast<T>(std::abs(expected)), static_cast<T>(floor));
        T const ulp = std::nextafter(nearest, std::numeric_limits<T>::infinity()) - nearest;
        worst = std::max(worst, std::abs(static_cast<double>((in_lanes<T>(f, x) - expected) / ulp)));
    }
    return worst;
}

template<class T>
double worst_exp(double first, double last)
{
    return worst_error<T>([](auto v) { return lane_exp(v); }, [](long double x) { return std::exp(x); }, first, last);
}

TEST(Lanes, ExpIsGoodToAUnitInTheLastPlace)
{
    EXPECT_LT(worst_exp<double>(-708.0, 709.4), 1.1);
    EXPECT_LT(worst_exp<double>(-1.0, 1.0), 1.1);
    EXPECT_LT(worst_exp<float>(-87.0, 88.3), 1.1);
    EXPECT_LT(worst_exp<float>(-1.0, 1.0), 1.1);
}

template<class T>
void expect_atan()
{
    auto const atan = [](auto v) { return lane_atan(v); };
    auto const exact = [](long double x) { return std::atan(x); };
    for (double const reach : {1e-3, 0.6, 3.0, 100.0}) EXPECT_LT(worst_error<T>(atan, exact, -reach, reach), 1.6);
    T const infinity = std::numeric_limits<T>::infinity();
    T const right = static_cast<T>(1.57079632679489661923);
    for (T const x : {infinity, std::numeric_limits<T>::max()}) {
        EXPECT_EQ(in_lanes<T>(atan, x), right);
        EXPECT_EQ(in_lanes<T>(atan, -x), -right);
    }
    EXPECT_TRUE(std::signbit(in_lanes<T>(atan, T(-0.0))));
    EXPECT_EQ(in_lanes<T>(atan, T(-0.0)), T(0));
    EXPECT_TRUE(std::isnan(in_lanes<T>(atan, std::numeric_limits<T>::quiet_NaN())));
}

TEST(Lanes, AtanIsGoodToTwoUnitsAndHasItsEnds)
{
    expect_atan<double>();
    expect_atan<float>();
}

/// Error functions of xsimd are good enough for 1e-13 and, in the tail, 1e-10 of the value.
TEST(Lanes, ErrorFunctionsAreGoodToElevenDigits)
{
    auto const erf = [](auto v) { return lane_erf(v); };
    auto const erfc = [](auto v) { return lane_erfc(v); };
    auto const exact_erf = [](long double x) { return std::erf(x); };
    auto const exact_erfc = [](long double x) { return std::erfc(x); };
    double const per_ulp = std::numeric_limits<double>::epsilon();
    EXPECT_LT(worst_error<double>(erf, exact_erf, -5.0, 5.0) * per_ulp, 1e-13);
    EXPECT_LT(worst_error<double>(erfc, exact_erfc, -5.0, 2.0) * per_ulp, 1e-12);
    EXPECT_LT(worst_error<double>(erfc, exact_erfc, 2.0, 5.0) * per_ulp, 1e-10);
    EXPECT_LT(worst_error<float>(erf, exact_erf, -5.0, 5.0), 5.0);
    EXPECT_LT(worst_error<float>(erfc, exact_erfc, -5.0, 5.0), 50.0);
}

/// The other functions come from xsimd: no table of theirs is wrong.
template<class T>
void expect_functions()
{
#define EXPECT_GOOD(name, first, last, floor)                                                                          \
    EXPECT_LT((worst_error<T>([](auto v) { return lane_##name(v); }, [](long double x) { return std::name(x); },       \
                              first, last, floor)),                                                                    \
              5.0)                                                                                                     \
        << #name
    EXPECT_GOOD(log, 1e-3, 1e4, 0.0);
    EXPECT_GOOD(log10, 1e-3, 1e4, 0.0);
    EXPECT_GOOD(sqrt, 0.0, 1e4, 0.0);
    EXPECT_GOOD(sin, -30.0, 30.0, 0.01);
    EXPECT_GOOD(cos, -30.0, 30.0, 0.01);
    EXPECT_GOOD(tan, -1.5, 1.5, 0.0);
    EXPECT_GOOD(asin, -1.0, 1.0, 0.0);
    EXPECT_GOOD(acos, -1.0, 0.999, 0.0);
    EXPECT_GOOD(atan, -100.0, 100.0, 0.0);
    EXPECT_GOOD(sinh, -20.0, 20.0, 0.0);
    EXPECT_GOOD(cosh, -20.0, 20.0, 0.0);
    EXPECT_GOOD(tanh, -20.0, 20.0, 0.0);
    EXPECT_GOOD(asinh, -1e-6, 1e-6, 0.0);
    EXPECT_GOOD(asinh, -50.0, 50.0, 0.0);
    EXPECT_GOOD(acosh, 1.0, 50.0, 0.0);
    EXPECT_GOOD(atanh, -1e-6, 1e-6, 0.0);
    EXPECT_GOOD(atanh, -0.999, 0.999, 0.0);
#undef EXPECT_GOOD
}

TEST(Lanes, FunctionsOfDoublesAreGoodToFiveUnits)
{
    expect_functions<double>();
}

TEST(Lanes, FunctionsOfFloatsAreGoodToFiveUnits)
{
    expect_functions<float>();
}

template<class T>
void expect_ends()
{
    constexpr T infinity = std::numeric_limits<T>::infinity();
    EXPECT_EQ(lane_exp_of<T>(0), T(1));
    for (T const x : {T(-1000), -std::numeric_limits<T>::max(), -infinity}) EXPECT_EQ(lane_exp_of(x), T(0)) << x;
    for (T const x : {T(1000), std::numeric_limits<T>::max(), infinity}) EXPECT_EQ(lane_exp_of(x), infinity) << x;
    EXPECT_TRUE(std::isnan(lane_exp_of(std::numeric_limits<T>::quiet_NaN())));
}

TEST(Lanes, ExpEndsInZeroInfinityAndNaN)
{
    expect_ends<double>();
    expect_ends<float>();
}

TEST(Lanes, AcoshHasNoValueBelowOne)
{
    auto const acosh = [](auto v) { return lane_acosh(v); };
    for (double const x : {0.5, 0.0, -1.0, -1e30, -1e300}) EXPECT_TRUE(std::isnan(in_lanes<double>(acosh, x))) << x;
    for (float const x : {0.5f, -1.0f, -1e30f}) EXPECT_TRUE(std::isnan(in_lanes<float>(acosh, x))) << x;
    EXPECT_EQ(in_lanes<double>(acosh, 1.0), 0.0);
}

/// Nothing but a denormal's rounding where values fade out, and no jump back.
TEST(Lanes, ExpFadesOutInOrder)
{
    double before = lane_exp_of(-700.0);
    for (double x = -700.0; x > -720.0; x -= 0.01) {
        double const now = lane_exp_of(x);
        EXPECT_LE(now, before) << x;
        EXPECT_GE(now, 0.0) << x;
        before = now;
    }
}

}  // namespace
}  // namespace warpfit::testing
