#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Luminescence decays A exp(-(x / tau)**beta) + c from x = 0 on, where log(x) is infinite.
struct DecayMap
{
    static constexpr std::size_t num_pixels = 40, num_channels = 100;
    static constexpr double noise = 3.0;

    struct Truth
    {
        double A, tau, beta, c;
    };

    DecayMap()
    {
        axis.size = num_channels;
        axis.scale = 0.5;
        Noise source(7);
        for (std::size_t p = 0; p < num_pixels; ++p) {
            truth.push_back({900.0 + 200.0 * source.uniform(), 6.0 + 4.0 * source.uniform(),
                             0.5 + 1.2 * source.uniform(), 40.0 + 20.0 * source.uniform()});
            Truth const& t = truth.back();
            for (std::size_t i = 0; i < num_channels; ++i) {
                double const decay = t.A * std::exp(-std::pow(axis.value(i) / t.tau, t.beta));
                data.push_back(decay + t.c + noise * source.normal());
            }
        }
    }

    Signal signal() const
    {
        Axis pixels;
        pixels.size = num_pixels;
        Signal s({pixels}, {axis}, std::span<double const>(data));
        Variance variance;
        variance.kind = Variance::Kind::number;
        variance.number = noise * noise;
        s.set_variance(variance);
        return s;
    }

    Axis axis;
    std::vector<Truth> truth;
    std::vector<double> data;  ///< [num_pixels, num_channels]
};

class StretchedExponential : public BackendTest<Way>
{};

TEST_P(StretchedExponential, IsFittedFromZeroOn)
{
    DecayMap const map;
    Model model;
    Component& decay = model.append(Component::expression("A*exp(-(x/tau)**beta) + c", "decay"));
    decay["A"].set_value(700.0);
    decay["tau"].set_value(12.0);
    decay["tau"].set_bounds({0.1, 1000.0});
    decay["beta"].set_value(1.0);
    decay["beta"].set_bounds({0.1, 4.0});
    decay["c"].set_value(0.0);
    FitResult const result = multifit(model, map.signal(), options_of(GetParam()));

    double pulls = 0.0;
    for (std::size_t p = 0; p < DecayMap::num_pixels; ++p) {
        SCOPED_TRACE("pixel " + std::to_string(p));
        ASSERT_EQ(result.status[p], FitStatus::converged) << name_of(result.status[p]);
        DecayMap::Truth const& t = map.truth[p];
        for (auto const& [name, expected] :
             {std::pair{"decay.A", t.A}, {"decay.tau", t.tau}, {"decay.beta", t.beta}, {"decay.c", t.c}}) {
            ParameterMap const& fitted = result.parameter(name);
            double const pull = (fitted.values[p] - expected) / fitted.standard_errors[p];
            EXPECT_LT(std::abs(pull), 5.0) << name;
            pulls += pull * pull / (4.0 * DecayMap::num_pixels);
        }
    }
    // The mean of 160 squares of normal numbers has the deviation 0.11, a little more as those of a pixel are
    // correlated.
    EXPECT_NEAR(pulls, 1.0, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Ways, StretchedExponential, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
