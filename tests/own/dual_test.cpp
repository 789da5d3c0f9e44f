#include "kernels/core/dual.hpp"
#include "kernels/core/number.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <string>

namespace warpfit::testing {
namespace {

struct Row
{
    std::string name;
    double a, b, f, by_a, by_b;
};

std::vector<Row> oracle()
{
    std::ifstream file(WARPFIT_TEST_DIR "/own/dual_oracle.txt");
    std::vector<Row> rows;
    for (Row row; file >> row.name >> row.a >> row.b >> row.f >> row.by_a >> row.by_b;) rows.push_back(row);
    return rows;
}

template<class D>
D apply(std::string const& name, D const& a, D const& b)
{
    if (name == "exp") return math::exp(a);
    if (name == "log") return math::log(a);
    if (name == "log10") return math::log10(a);
    if (name == "sqrt") return math::sqrt(a);
    if (name == "sin") return math::sin(a);
    if (name == "cos") return math::cos(a);
    if (name == "tan") return math::tan(a);
    if (name == "asin") return math::asin(a);
    if (name == "acos") return math::acos(a);
    if (name == "atan") return math::atan(a);
    if (name == "sinh") return math::sinh(a);
    if (name == "cosh") return math::cosh(a);
    if (name == "tanh") return math::tanh(a);
    if (name == "asinh") return math::asinh(a);
    if (name == "acosh") return math::acosh(a);
    if (name == "atanh") return math::atanh(a);
    if (name == "erf") return math::erf(a);
    if (name == "erfc") return math::erfc(a);
    if (name == "abs") return math::abs(a);
    if (name == "floor") return math::floor(a);
    if (name == "ceil") return math::ceil(a);
    if (name == "neg") return -a;
    if (name == "add") return a + b;
    if (name == "sub") return a - b;
    if (name == "mul") return a * b;
    if (name == "div") return a / b;
    if (name == "pow") return math::pow(a, b);
    if (name == "atan2") return math::atan2(a, b);
    if (name == "min") return math::min(a, b);
    if (name == "max") return math::max(a, b);
    if (name == "fma") return math::fma(a, b, a);
    ADD_FAILURE() << name;
    return a;
}

template<class Real>
class DualTest : public ::testing::Test
{};
using Reals = ::testing::Types<double, float, Number>;
TYPED_TEST_SUITE(DualTest, Reals);

// mpmath's values and derivatives; each is a few roundings of the type.
TYPED_TEST(DualTest, HasTheDerivativesOfEveryFunction)
{
    using Real = TypeParam;
    using D = Dual<Real, 2>;
    std::vector<Row> const rows = oracle();
    ASSERT_GT(rows.size(), 80U);
    double const few = 8.0 * math::Limits<Real>::epsilon;
    for (Row const& row : rows) {
        SCOPED_TRACE(row.name + "(" + std::to_string(row.a) + ", " + std::to_string(row.b) + ")");
        D const y = apply(row.name, D::parameter(Real(row.a), 0), D::parameter(Real(row.b), 1));
        EXPECT_NEAR(static_cast<double>(y.v), row.f, few * (std::abs(row.f) + 1.0));
        EXPECT_NEAR(static_cast<double>(y.d[0]), row.by_a, few * (std::abs(row.by_a) + 1.0));
        EXPECT_NEAR(static_cast<double>(y.d[1]), row.by_b, few * (std::abs(row.by_b) + 1.0));
    }
}

TYPED_TEST(DualTest, AConstantPowerOfANegativeNumberHasASlope)
{
    using D = Dual<TypeParam, 1>;
    D const cube = math::pow(D::parameter(TypeParam(-2.0), 0), D(3.0));
    EXPECT_EQ(static_cast<double>(cube.v), -8.0);
    EXPECT_EQ(static_cast<double>(cube.d[0]), 12.0);
    D const one = math::pow(D::parameter(TypeParam(0.0), 0), D(0.0));
    EXPECT_EQ(static_cast<double>(one.v), 1.0);
    EXPECT_EQ(static_cast<double>(one.d[0]), 0.0);
}

TYPED_TEST(DualTest, ConstantsAndChoicesHaveTheSlopeOfWhatIsChosen)
{
    using D = Dual<TypeParam, 1>;
    D const x = D::parameter(TypeParam(3.0), 0);
    EXPECT_EQ(static_cast<double>(D(2.5).d[0]), 0.0);
    EXPECT_EQ(static_cast<double>(math::select(x > D(2), x * x, -x).d[0]), 6.0);
    EXPECT_EQ(static_cast<double>(math::select(x <= D(2), x * x, -x).d[0]), -1.0);
    D sum = x;
    sum *= x;
    sum -= D(1);
    sum /= D(2);
    sum += x;
    EXPECT_EQ(static_cast<double>(sum.v), 7.0);
    EXPECT_EQ(static_cast<double>(sum.d[0]), 4.0);
}

// Against long double, over the whole range.
TEST(Number, ExpAndLogAreGoodToTwoRoundings)
{
    double worst_exp = 0.0, worst_log = 0.0;
    for (int i = 0; i < 400000; ++i) {
        double const x = -700.0 + 0.0035 * i;
        long double const e = std::exp(static_cast<long double>(x));
        worst_exp = std::max(worst_exp, std::abs(static_cast<double>((math::exp(Number(x)).v - e) / e)));
        double const y = std::exp(x) * (1.0 + 1e-7 * i);
        long double const l = std::log(static_cast<long double>(y));
        worst_log = std::max(worst_log, std::abs(static_cast<double>((math::log(Number(y)).v - l) / l)));
    }
    EXPECT_LT(worst_exp, 1.5 * Number::epsilon);
    EXPECT_LT(worst_log, 1.0 * Number::epsilon);
}

TEST(Number, ExpAndLogEndAsTheLibrarysDo)
{
    double const infinity = INFINITY;
    EXPECT_EQ(math::exp(Number(-infinity)).v, 0.0);
    EXPECT_EQ(math::exp(Number(-1000.0)).v, 0.0);
    EXPECT_EQ(math::exp(Number(0.0)).v, 1.0);
    EXPECT_EQ(math::exp(Number(infinity)).v, infinity);
    EXPECT_EQ(math::exp(Number(720.0)).v, infinity);
    EXPECT_TRUE(std::isnan(math::exp(Number(NAN)).v));
    EXPECT_EQ(math::log(Number(0.0)).v, -infinity);
    EXPECT_EQ(math::log(Number(1.0)).v, 0.0);
    EXPECT_EQ(math::log(Number(infinity)).v, infinity);
    EXPECT_TRUE(std::isnan(math::log(Number(-1.0)).v));
    EXPECT_TRUE(std::isnan(math::log(Number(-infinity)).v));
    EXPECT_TRUE(std::isnan(math::log(Number(NAN)).v));
}

/// Slopes without end, of what does not move: sqrt(max(x - c, 0)) below c, a radius at its centre.
TEST(Dual, WhatDoesNotMoveHasNoDerivative)
{
    using D = Dual<double, 2>;
    D const c = D::parameter(3.0, 0), power = D::parameter(0.5, 1);
    auto const expect_none = [](D const& f, double value, char const* what) {
        EXPECT_EQ(f.v, value) << what;
        EXPECT_EQ(f.d[0], 0.0) << what;
        EXPECT_EQ(f.d[1], 0.0) << what;
    };
    expect_none(math::sqrt(math::max(D(1.0) - c, D(0.0))), 0.0, "sqrt below");
    D const dx = D(3.0) - c;
    expect_none(math::sqrt(dx * dx), 0.0, "radius at its centre");
    expect_none(math::pow(D(0.0), power), 0.0, "0 to a power");
    expect_none(math::asin(D(1.0)), std::asin(1.0), "asin at its end");
    expect_none(math::acos(D(1.0)), 0.0, "acos at its end");
    expect_none(math::atan2(dx * dx, D(0.0)), 0.0, "angle at the origin");
}

}  // namespace
}  // namespace warpfit::testing
