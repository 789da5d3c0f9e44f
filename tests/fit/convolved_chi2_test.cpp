#include "tests/fit/maps.hpp"
#include "tests/support/backends.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// A power law alone, fitted with a peak besides that is convolved: where there is none, its height and width run away
/// together, to a line under the law, or it becomes narrower than a channel.
struct Runaways
{
    static constexpr std::size_t num_pixels = 200, num_channels = 400, num_low_loss = 200;

    Runaways()
    {
        Axis core;
        core.offset = 400.0;
        core.scale = 0.5;
        core.size = num_channels;
        Axis low;
        low.offset = -10.0;
        low.scale = 0.5;
        low.size = num_low_loss;
        Axis pixels;
        pixels.size = num_pixels;
        Noise source(11);
        std::vector<double> low_loss;
        for (std::size_t p = 0; p < num_pixels; ++p) {
            for (std::size_t i = 0; i < core.size; ++i) {
                double const mean = 2e10 * std::pow(core.value(i), -3.0);
                data.push_back(mean + std::sqrt(mean) * source.normal());
            }
            for (std::size_t i = 0; i < low.size; ++i) {
                double const x = low.value(i);
                low_loss.push_back(0.4 * std::exp(-0.5 * x * x) +
                                   0.02 * std::exp(-0.5 * std::pow((x - 22.0) / 4.0, 2)));
            }
        }
        signal = Signal({pixels}, {core}, data);
        signal.set_low_loss(Signal({pixels}, {low}, low_loss));
    }

    static Model model()
    {
        Model model;
        Component& law = model.append("PowerLaw");
        law["A"].set_value(1.8e10);
        law["r"].set_value(3.0);
        Component& peak = model.append("Gaussian");
        peak["A"].set_value(1000.0);
        peak["sigma"].set_value(5.0);
        peak["centre"].set_value(500.0);
        for (char const* name : {"A", "sigma"}) peak[name].set_bounds({-unbounded, unbounded});
        return model;
    }

    /// chi2 of what is reported, by sums.
    double chi2(FitResult const& result, std::size_t p) const
    {
        Model at = model();
        for (char const* path : {"PowerLaw.A", "PowerLaw.r", "Gaussian.A", "Gaussian.sigma", "Gaussian.centre"})
            at.parameter(path).set_value(result.parameter(path).values[p]);
        std::vector<double> const f = at.evaluate(signal, p);
        double total = 0.0;
        for (std::size_t i = 0; i < num_channels; ++i) {
            double const residual = data[p * num_channels + i] - f[i];
            total += residual * residual;
        }
        return total;
    }

    std::vector<double> data;  ///< [num_pixels, num_channels]
    Signal signal;
};

class ConvolvedChi2 : public ::testing::TestWithParam<std::string>
{
  protected:
    void SetUp() override
    {
        bool found = GetParam() == "cuda";
        for (Way const& way : all_ways()) found = found || way.instructions == GetParam();
        if (!found) GTEST_SKIP() << "this CPU has no " << GetParam();
    }

    /// "cuda": a GPU, in whose absence the fake plugin runs its programs on the host.
    FitOptions options() const
    {
        FitOptions options;
        options.start = Start::model;
        options.device = "cpu";
        if (GetParam() == "cuda") {
            options.device = "cuda";
            options.plugin = missing("cuda").empty() ? test_plugin() : WARPFIT_FAKE_PLUGIN;
        } else {
            options.instructions = GetParam();
        }
        return options;
    }
};

TEST_P(ConvolvedChi2, IsThatOfWhatIsReported)
{
    Runaways const runaways;
    FitResult const result = multifit(Runaways::model(), runaways.signal, options());
    int num_compared = 0, num_far = 0;
    for (std::size_t p = 0; p < Runaways::num_pixels; ++p) {
        if (!std::isfinite(result.chisq[p])) continue;
        double const chi2 = runaways.chi2(result, p);
        EXPECT_NEAR(result.chisq[p], chi2, 1e-9 * chi2)
            << "pixel " << p << ": " << name_of(result.status[p]) << ", A " << result.parameter("Gaussian.A").values[p]
            << ", sigma " << result.parameter("Gaussian.sigma").values[p] << ", centre "
            << result.parameter("Gaussian.centre").values[p];
        ++num_compared;
        num_far += std::abs(result.parameter("Gaussian.A").values[p]) > 1e14;
    }
    EXPECT_EQ(num_compared, static_cast<int>(Runaways::num_pixels));
    RecordProperty("far", num_far);
}

/// The tail of a peak beside the axis, 1e12 times as high as what the data show of it. At the truth chi2 is that of the
/// ripple that the data have besides.
TEST_P(ConvolvedChi2, HoldsForTheTailOfAHighPeak)
{
    constexpr int num_channels = 1024, num_low_loss = 61;
    constexpr double centre = -70.0, sigma = 10.0;
    double const area = 1e3 / std::exp(-0.5 * centre * centre / sigma / sigma);
    std::vector<double> low_loss, data;
    for (int u = -30; u <= 30; ++u) low_loss.push_back(1000.0 * std::exp(-0.5 * u * u / 9.0));
    for (int i = 0; i < num_channels; ++i) {
        double sum = 1e-3 * std::sin(1.7 * i);
        for (int u = 0; u < num_low_loss; ++u) {
            double const d = (i - (u - 30) - centre) / sigma;
            sum += low_loss[static_cast<std::size_t>(u)] * area / (sigma * 2.5066282746310002) * std::exp(-0.5 * d * d);
        }
        data.push_back(sum);
    }
    Signal signal({Axis{.size = 1}}, {Axis{.size = num_channels}}, data);
    signal.set_low_loss(Signal({}, {Axis{.size = num_low_loss, .offset = -30.0}}, low_loss));
    // Kept columns, and columns that are rescaled: the width is free, and at its bound.
    for (bool const is_fixed : {true, false}) {
        Model model;
        Component& peak = model.append("Gaussian");
        peak["A"].set_value(1e-6 * area);
        peak["centre"].set_value(centre);
        peak["centre"].set_free(false);
        peak["sigma"].set_value(sigma);
        peak["sigma"].set_bounds({sigma, 1e9});
        peak["sigma"].set_free(!is_fixed);
        model.append("Offset");
        FitResult const result = multifit(model, signal, options());
        EXPECT_NEAR(result.chisq[0], 5.12e-4, 1e-5) << is_fixed;
        EXPECT_NEAR(result.parameter("Offset.offset").values[0], 0.0, 1e-5) << is_fixed;
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, ConvolvedChi2, ::testing::Values("sse2", "avx2", "avx512", "cuda"),
                         [](auto const& given) { return given.param; });

}  // namespace
}  // namespace warpfit::testing
