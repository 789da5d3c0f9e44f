#include "tests/fit/maps.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class BoundedFit : public BackendTest<Way>
{};

// Karush, Kuhn, Tucker: at the end every free parameter either lies inside its bounds and chi2 has no slope there, or
// at a bound and chi2 falls only beyond it.
TEST_P(BoundedFit, EndsWhereNoAllowedStepHelps)
{
    PeakMap const map(120, 5);
    Model model = PeakMap::model();
    // The truth: offset 20, A 400..600, sigma 3.5..4.5, centre 28..32. Every bound holds some pixels.
    model["Offset"]["offset"].set_bounds({0.0, 20.1});
    model["peak"]["A"].set_bounds({450.0, 550.0});
    model["peak"]["A"].set_value(500.0);
    model["peak"]["sigma"].set_bounds({3.8, 4.2});
    model["peak"]["sigma"].set_value(4.0);
    model["peak"]["centre"].set_bounds({29.0, 31.0});
    model["peak"]["centre"].set_value(30.0);
    FitOptions const options = options_of(GetParam());
    FitResult const result = multifit(model, map.signal(), options);

    std::vector<double> x(map.num_channels);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = map.axis.value(i);
    int num_held = 0, num_free = 0;
    for (std::size_t p = 0; p < map.num_pixels; ++p) {
        SCOPED_TRACE("pixel " + std::to_string(p));
        ASSERT_TRUE(is_converged(result.status[p])) << name_of(result.status[p]);
        Model at_end = model;
        for (auto const& m : result.parameters) {
            Parameter& parameter = at_end[m.component][m.parameter];
            EXPECT_GE(m.values[p], parameter.bmin()) << m.parameter;
            EXPECT_LE(m.values[p], parameter.bmax()) << m.parameter;
            parameter.set_value(std::clamp(m.values[p], parameter.bmin(), parameter.bmax()));
        }
        std::vector<double> const value = at_end.evaluate(x);
        double chisq = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i)
            chisq += std::pow((map.data[p * x.size() + i] - value[i]) / map.noise, 2);
        bool const is_single = GetParam().precision == Precision::float32;
        EXPECT_NEAR(result.chisq[p], chisq, (is_single ? 1e-4 : 1e-10) * chisq);

        int held = 0;
        for (auto const& m : result.parameters) {
            Parameter const& parameter = at_end[m.component][m.parameter];
            std::vector<double> const gradient = at_end.gradient(m.component + "." + m.parameter, x);
            // Half the slope of chi2, in units of the curvature's root: a step that would gain slope^2 in chi2.
            double slope = 0.0, curvature = 0.0;
            for (std::size_t i = 0; i < x.size(); ++i) {
                double const g = gradient[i] / map.noise;
                slope -= g * (map.data[p * x.size() + i] - value[i]) / map.noise;
                curvature += g * g;
            }
            slope /= std::sqrt(curvature);
            double const flat = is_single ? 0.02 : 1e-3;
            bool const at_min = parameter.value() == parameter.bmin();
            bool const at_max = parameter.value() == parameter.bmax();
            if (m.standard_errors[p] == 0.0) {
                EXPECT_TRUE(at_min || at_max) << m.parameter;
                if (at_min) {
                    EXPECT_GT(slope, -flat) << m.parameter;
                }
                if (at_max) {
                    EXPECT_LT(slope, flat) << m.parameter;
                }
                ++held;
            } else {
                EXPECT_NEAR(slope, 0.0, flat) << m.parameter;
                ++num_free;
            }
        }
        EXPECT_EQ(result.status[p] == FitStatus::converged_at_bound, held > 0);
        EXPECT_EQ(result.dof[p], 64 - 4 + held);
        num_held += held;
    }
    EXPECT_GT(num_held, 100);  // else the test says nothing
    EXPECT_GT(num_free, 100);
}

// Bounds that nobody reaches change nothing; unbounded fits ignore them.
TEST_P(BoundedFit, BoundsOutOfReachOrSwitchedOff)
{
    PeakMap const map(20);
    FitOptions options = options_of(GetParam());
    FitResult const plain = multifit(PeakMap::model(), map.signal(), options);
    Model wide = PeakMap::model();
    wide["peak"]["centre"].set_bounds({-1e3, 1e3});
    FitResult const out_of_reach = multifit(wide, map.signal(), options);
    Model tight = PeakMap::model();
    tight["peak"]["centre"].set_bounds({31.0, 31.5});
    options.bounded = false;
    FitResult const switched_off = multifit(tight, map.signal(), options);
    double const close = GetParam().precision == Precision::float32 ? 0.05 : 1e-3;
    for (std::size_t i = 0; i < map.num_pixels; ++i) {
        for (FitResult const* other : {&out_of_reach, &switched_off}) {
            EXPECT_EQ(other->status[i], FitStatus::converged) << name_of(other->status[i]);
            auto const& map_a = plain.parameter("peak.centre");
            EXPECT_NEAR(other->parameter("peak.centre").values[i], map_a.values[i], close * map_a.standard_errors[i]);
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, BoundedFit, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
