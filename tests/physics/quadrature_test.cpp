#include "src/physics/quadrature.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

namespace warpfit::physics {
namespace {

TEST(Quadrature, IsExactForPolynomialsOfItsDegree)
{
    // Kronrod's 15 points integrate x^22 exactly, Gauss's 7 points x^12 but not x^14.
    EXPECT_NEAR(gauss_kronrod([](double x) { return std::pow(x, 22); }, -1.0, 1.0).value, 2.0 / 23.0, 1e-15);
    EXPECT_LT(gauss_kronrod([](double x) { return std::pow(x, 12); }, -1.0, 1.0).error, 1e-15);
    EXPECT_GT(gauss_kronrod([](double x) { return std::pow(x, 14); }, -1.0, 1.0).error, 1e-5);
}

TEST(Quadrature, HalvesIntervalsWhereTheIntegrandVaries)
{
    // A Lorentzian of width 0.01: 2 atan(100)
    EXPECT_NEAR(integrate([](double x) { return 0.01 / (x * x + 1e-4); }, -1.0, 1.0), 2.0 * std::atan(100.0), 1e-12);
    EXPECT_NEAR(integrate([](double x) { return std::exp(-x * x); }, -30.0, 30.0), std::sqrt(std::numbers::pi), 1e-12);
    EXPECT_EQ(integrate([](double) { return 0.0; }, 0.0, 1.0), 0.0);
}

TEST(Quadrature, EndsWhereTheIntegrandIsNotSmoothOrNoNumber)
{
    EXPECT_NEAR(integrate([](double x) { return x < 1.0 / 3.0 ? 0.0 : 1.0; }, 0.0, 1.0), 2.0 / 3.0, 1e-9);
    EXPECT_TRUE(std::isnan(integrate([](double x) { return x < 0.5 ? x : std::nan(""); }, 0.0, 1.0)));
}

}  // namespace
}  // namespace warpfit::physics
