#include "tests/support/backends.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class LargeResidual : public BackendTest<std::string>
{};

// Brown and Dennis, problem 16 of Moré, Garbow, Hillstrom, ACM TOMS 7 (1981) 17: 20 residuals of about 66 each at the
// optimum, where chi2 = 85822.2. Steps by J'WJ alone overshoot there for ever.
TEST_P(LargeResidual, BrownAndDennis)
{
    Axis x;
    x.size = 20;
    x.offset = 0.2;
    x.scale = 0.2;
    Signal const zeros({}, {x}, std::vector<double>(20, 0.0));
    Model model;
    model.append(Component::expression("(a + x*b - exp(x))**2 + (c + d*sin(x) - cos(x))**2", "f",
                                       {{"a", 25.0}, {"b", 5.0}, {"c", -5.0}, {"d", -1.0}}));
    FitOptions options = options_on(GetParam());
    options.start = Start::model;
    FitResult const result = multifit(model, zeros, options);
    EXPECT_EQ(result.status[0], FitStatus::converged);
    EXPECT_NEAR(result.chisq[0], 85822.2, 0.05);
    EXPECT_LT(result.iterations[0], 100);
    EXPECT_NEAR(result.parameter("f.a").values[0], -11.5944, 1e-4);
    EXPECT_NEAR(result.parameter("f.b").values[0], 13.2036, 1e-4);
    EXPECT_NEAR(result.parameter("f.c").values[0], -0.403439, 1e-5);
    EXPECT_NEAR(result.parameter("f.d").values[0], 0.236779, 1e-5);
}

INSTANTIATE_TEST_SUITE_P(Backends, LargeResidual, ::testing::Values("points", "pixels", "cuda"),
                         [](auto const& given) { return given.param; });

}  // namespace
}  // namespace warpfit::testing
