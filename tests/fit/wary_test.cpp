#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Fits that begin with a rejected step: the centre starts next to 0, where half of it is no way at all.
class Wary : public BackendTest<Way>
{};

TEST_P(Wary, DoesNotTakeACentreNextToZeroForTheEnd)
{
    double const pi = std::acos(-1.0);
    Axis x;
    x.size = 101;
    x.offset = -10.0;
    x.scale = 0.2;
    std::vector<double> data;
    for (std::size_t i = 0; i < x.size; ++i) {
        double const z = (x.value(i) + 0.769) / 0.509;
        data.push_back(10.0 + 475.17 / (0.509 * std::sqrt(2.0 * pi)) * std::exp(-0.5 * z * z));
    }
    Model model;
    Component& peak = model.append("Gaussian");
    peak["A"].set_value(100.0);
    peak["sigma"].set_value(1.0);
    peak["sigma"].set_bounds({});
    Component& offset = model.append("Offset");
    offset["offset"].set_value(0.0);
    FitOptions options = options_of(GetParam());
    options.start = Start::model;
    for (double centre : {1.8e-15, 1e-8, 1e-4}) {
        model.parameter("Gaussian.centre").set_value(centre);
        FitResult const result = multifit(model, Signal({}, {x}, std::span<double const>(data)), options);
        EXPECT_EQ(result.status[0], FitStatus::converged) << centre;
        EXPECT_NEAR(result.parameter("Gaussian.A").values[0], 475.17, 1e-2) << centre;
        EXPECT_NEAR(result.parameter("Gaussian.centre").values[0], -0.769, 1e-5) << centre;
        EXPECT_NEAR(result.parameter("Gaussian.sigma").values[0], 0.509, 1e-5) << centre;
        EXPECT_NEAR(result.parameter("Offset.offset").values[0], 10.0, 1e-2) << centre;
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, Wary, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
