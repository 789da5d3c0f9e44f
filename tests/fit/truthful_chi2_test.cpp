#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Two decays that overlap so much that in many pixels the data do not tell them apart: steps go far along what is not
/// determined, boxes cut them down, and a solver is tempted to report what it has not seen.
struct DecayPairs
{
    static constexpr std::size_t num_pixels = 2000, num_channels = 49;
    static constexpr double noise = 0.1;

    DecayPairs()
    {
        axis.size = num_channels;
        axis.scale = 0.1;
        Noise source(5);
        for (std::size_t p = 0; p < num_pixels; ++p) {
            double const A[] = {1.0 + 2.0 * source.uniform(), 1.0 + 2.0 * source.uniform()};
            double const tau[] = {0.3 + 0.7 * source.uniform(), 1.0 + 3.0 * source.uniform()};
            for (std::size_t i = 0; i < num_channels; ++i)
                data.push_back(A[0] * std::exp(-axis.value(i) / tau[0]) + A[1] * std::exp(-axis.value(i) / tau[1]) +
                               noise * source.normal());
        }
    }

    Signal signal() const
    {
        Axis pixels;
        pixels.size = num_pixels;
        return Signal({pixels}, {axis}, std::span<double const>(data));
    }

    static Model model()
    {
        Model model;
        for (int k = 0; k < 2; ++k) {
            Component& decay = model.append("Exponential", k == 0 ? "fast" : "slow");
            decay["A"].set_value(1.5);
            decay["A"].set_bounds({0.0, 6.0});
            decay["tau"].set_value(k == 0 ? 0.5 : 2.0);
            decay["tau"].set_bounds({0.05, 20.0});
        }
        return model;
    }

    /// chi2 of what is reported, by the formula.
    double chi2(FitResult const& result, std::size_t p) const
    {
        auto const value = [&](char const* name) { return result.parameter(name).values[p]; };
        double total = 0.0;
        for (std::size_t i = 0; i < num_channels; ++i) {
            double const x = axis.value(i);
            double const f =
                value("fast.A") * std::exp(-x / value("fast.tau")) + value("slow.A") * std::exp(-x / value("slow.tau"));
            total += (data[p * num_channels + i] - f) * (data[p * num_channels + i] - f);
        }
        return total;
    }

    /// Standard error of slow.tau from (J'J)^-1 at what is reported, by the formula. NaN: rounding has a say in it.
    double slow_tau_error(FitResult const& result, std::size_t p) const
    {
        auto const value = [&](char const* name) { return result.parameter(name).values[p]; };
        double matrix[4][5] = {};  // J'J and the column of the inverse that is asked for
        for (std::size_t i = 0; i < num_channels; ++i) {
            double const x = axis.value(i);
            double column[4];
            for (int k = 0; k < 2; ++k) {
                double const A = value(k == 0 ? "fast.A" : "slow.A"), tau = value(k == 0 ? "fast.tau" : "slow.tau");
                column[2 * k] = std::exp(-x / tau);
                column[2 * k + 1] = A * x / (tau * tau) * column[2 * k];
            }
            for (int a = 0; a < 4; ++a)
                for (int b = 0; b < 4; ++b) matrix[a][b] += column[a] * column[b];
        }
        matrix[3][4] = 1.0;
        double const diagonal[] = {matrix[0][0], matrix[1][1], matrix[2][2], matrix[3][3]};
        for (int k = 0; k < 4; ++k) {
            if (matrix[k][k] < 1e-6 * diagonal[k]) return std::nan("");
            for (int a = 0; a < 4; ++a) {
                double const factor = a == k ? 0.0 : matrix[a][k] / matrix[k][k];
                for (int b = k; b < 5; ++b) matrix[a][b] -= factor * matrix[k][b];
            }
        }
        return std::sqrt(matrix[3][4] / matrix[3][3] * result.chisq[p] / result.dof[p]);
    }

    Axis axis;
    std::vector<double> data;  ///< [num_pixels, num_channels]
};

class TruthfulChi2 : public BackendTest<std::tuple<Way, bool>>
{
  protected:
    FitOptions options() const
    {
        FitOptions options = options_of(std::get<0>(GetParam()));
        options.bounded = std::get<1>(GetParam());
        options.start = Start::model;
        return options;
    }
};

TEST_P(TruthfulChi2, IsThatOfTheReportedParameters)
{
    DecayPairs const pairs;
    FitResult const result = multifit(DecayPairs::model(), pairs.signal(), options());
    double const tolerance = options().precision == Precision::float32 ? 2e-3 : 1e-6;
    double total = 0.0;
    int num_converged = 0;
    for (std::size_t p = 0; p < DecayPairs::num_pixels; ++p) {
        if (result.status[p] != FitStatus::converged && result.status[p] != FitStatus::converged_at_bound) continue;
        ++num_converged;
        double const chi2 = pairs.chi2(result, p);
        total += chi2;
        EXPECT_NEAR(result.chisq[p], chi2, tolerance * chi2) << "pixel " << p;
    }
    // Noise of 0.1 in 49 channels, 4 of them fitted: 0.45 a pixel.
    EXPECT_GT(num_converged, static_cast<int>(0.8 * DecayPairs::num_pixels));
    EXPECT_NEAR(total / num_converged, 0.45, 0.01);
}

TEST_P(TruthfulChi2, ErrorsOfAnUnfinishedFitAreThoseOfWhereItStands)
{
    FitOptions unfinished = options();
    if (unfinished.precision != Precision::float64) GTEST_SKIP() << "floats have no digits for this matrix";
    unfinished.max_iterations = 6;
    DecayPairs const pairs;
    FitResult const result = multifit(DecayPairs::model(), pairs.signal(), unfinished);
    ParameterMap const& slow = result.parameter("slow.tau");
    int num_compared = 0;
    for (std::size_t p = 0; p < DecayPairs::num_pixels; ++p) {
        bool const held = result.dof[p] != static_cast<int>(DecayPairs::num_channels) - 4;
        if (result.status[p] != FitStatus::max_iterations || held) continue;
        double const expected = pairs.slow_tau_error(result, p);
        if (std::isnan(expected)) continue;
        ++num_compared;
        EXPECT_NEAR(slow.standard_errors[p], expected, 1e-5 * expected) << "pixel " << p;
    }
    EXPECT_GT(num_compared, 20);
}

INSTANTIATE_TEST_SUITE_P(Ways, TruthfulChi2, ::testing::Combine(::testing::ValuesIn(all_ways()), ::testing::Bool()),
                         [](auto const& given) {
                             return name_of_way(std::get<0>(given.param)) +
                                    (std::get<1>(given.param) ? "_bounded" : "_free");
                         });

/// The tail of a peak beside the axis, up to 1e21 times as high as what the data show of it: none of it may be left out
/// as rounding. At the truth chi2 is that of the ripple that the data have besides: 1e-6 / 2 a channel.
class HighPeakBesideTheAxis : public BackendTest<std::tuple<Way, double>>
{};

TEST_P(HighPeakBesideTheAxis, IsFittedByItsTail)
{
    auto const& [way, centre] = GetParam();
    if (way.precision == Precision::float32) GTEST_SKIP() << "the ripple is the rounding of floats";
    constexpr int num_channels = 1024;
    constexpr double sigma = 10.0;
    auto const shape = [&, c = centre](double x) { return std::exp(-0.5 * std::pow((x - c) / sigma, 2)); };
    double const height = 1e3 / shape(centre < 0.0 ? 0.0 : num_channels - 1.0);
    std::vector<double> data;
    for (int i = 0; i < num_channels; ++i) data.push_back(height * shape(i) + 1e-3 * std::sin(1.7 * i));
    Model model;
    Component& peak = model.append("GaussianHF");
    peak["height"].set_value(1e-6 * height);
    peak["centre"].set_value(centre);
    peak["centre"].set_free(false);
    peak.set_derived("sigma", sigma);
    peak["fwhm"].set_free(false);
    model.append("Offset");
    FitOptions options = options_of(way);
    options.start = Start::model;

    FitResult const result = multifit(model, Signal({Axis{.size = 1}}, {Axis{.size = num_channels}}, data), options);
    EXPECT_NEAR(result.chisq[0], 5.12e-4, 1e-5);
    EXPECT_NEAR(result.parameter("GaussianHF.height").values[0], height, 1e-5 * height);
}

INSTANTIATE_TEST_SUITE_P(Ways, HighPeakBesideTheAxis,
                         ::testing::Combine(::testing::ValuesIn(all_ways()), ::testing::Values(-70.0, -100.0, 1093.0)),
                         [](auto const& given) {
                             std::string const at = std::to_string(static_cast<int>(std::get<1>(given.param)));
                             return name_of_way(std::get<0>(given.param)) + (at[0] == '-' ? "_below" : "_at") +
                                    at.substr(at[0] == '-' ? 1 : 0);
                         });

}  // namespace
}  // namespace warpfit::testing
