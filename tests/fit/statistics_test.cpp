#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// One spectrum many times with fresh noise.
class ManyNoises : public BackendTest<std::string>
{
  protected:
    static constexpr std::size_t num_pixels = 20000, num_channels = 64;
    static constexpr double offset = 20.0, area = 500.0, sigma = 4.0, centre = 30.3;

    static Signal signal()
    {
        Axis pixels, channels;
        pixels.size = num_pixels;
        channels.size = num_channels;
        std::vector<double> deviation(num_channels), mean(num_channels), data, variance;
        for (std::size_t i = 0; i < num_channels; ++i) {
            double const u = (channels.value(i) - centre) / sigma;
            mean[i] = offset + area / (sigma * std::sqrt(2.0 * M_PI)) * std::exp(-0.5 * u * u);
            deviation[i] = 0.2 * std::sqrt(mean[i]);
            variance.push_back(deviation[i] * deviation[i]);
        }
        Noise noise(77);
        data.reserve(num_pixels * num_channels);
        for (std::size_t p = 0; p < num_pixels; ++p)
            for (std::size_t i = 0; i < num_channels; ++i) data.push_back(mean[i] + deviation[i] * noise.normal());
        Signal s({pixels}, {channels}, std::span<double const>(data));
        Variance v;
        v.kind = Variance::Kind::channel;
        v.channel = variance;
        s.set_variance(v);
        return s;
    }

    struct Moments
    {
        double mean = 0.0, deviation = 0.0;
    };
    static Moments moments(std::vector<double> const& v)
    {
        Moments m;
        for (double a : v) m.mean += a / static_cast<double>(v.size());
        for (double a : v) m.deviation += (a - m.mean) * (a - m.mean) / static_cast<double>(v.size() - 1);
        m.deviation = std::sqrt(m.deviation);
        return m;
    }

    static void expect_honest_errors(FitResult const& result, char const* path, double truth)
    {
        auto const& map = result.parameter(path);
        Moments const values = moments(map.values);
        double const stated = moments(map.standard_errors).mean;
        EXPECT_NEAR(stated / values.deviation, 1.0, 0.02) << path;
        // Bias: far below a standard error.
        EXPECT_NEAR(values.mean, truth, 0.03 * stated) << path;
    }

    static void expect_chisq(FitResult const& result, int dof)
    {
        for (int d : result.dof) ASSERT_EQ(d, dof);
        // chi2 of n degrees of freedom: mean n, variance 2 n.
        Moments const red = moments(result.red_chisq);
        double const expected = std::sqrt(2.0 / dof);
        EXPECT_NEAR(red.mean, 1.0, 3.0 * expected / std::sqrt(static_cast<double>(num_pixels)));
        EXPECT_NEAR(red.deviation, expected, 0.03 * expected);
    }
};

TEST_P(ManyNoises, ErrorsAndChisqAreHonest)
{
    for (StandardError kind : {StandardError::absolute, StandardError::scaled}) {
        for (Precision precision : {Precision::float64, Precision::float32}) {
            FitOptions options = options_on(GetParam());
            options.start = Start::model;
            options.standard_error = kind;
            options.precision = precision;
            FitResult const result = multifit(PeakMap::model(), signal(), options);
            EXPECT_EQ(result.count_by_status()[0], num_pixels);
            expect_chisq(result, num_channels - 4);
            expect_honest_errors(result, "Offset.offset", offset);
            expect_honest_errors(result, "peak.A", area);
            expect_honest_errors(result, "peak.sigma", sigma);
            expect_honest_errors(result, "peak.centre", centre);
        }
    }
}

TEST_P(ManyNoises, RangesAndFixedParametersCount)
{
    FitOptions options = options_on(GetParam());
    options.start = Start::model;
    Model model = PeakMap::model();
    model["peak"]["centre"].set_value(centre);
    model["peak"]["centre"].set_free(false);
    DataOptions data;
    data.range = {{5.0, 40.0}, {45.2, 59.9}};  // ends at the nearest channel: 5..40, 45..60
    data.exclude = {{10.0, 12.0}};
    FitResult const result = multifit(model, signal(), options, data);
    EXPECT_EQ(result.num_channels, 36U + 16U - 3U);
    expect_chisq(result, 49 - 3);
    expect_honest_errors(result, "peak.A", area);
    EXPECT_FALSE(result.parameter("peak.centre").free);
    EXPECT_EQ(result.parameter("peak.centre").values[5], centre);
    EXPECT_EQ(result.parameter("peak.centre").standard_errors[5], 0.0);
}

TEST_P(ManyNoises, TwinsCountOnceAndTakeTheirErrorAlong)
{
    // Two halves of the peak, the second one a twin in all it has.
    Model model = PeakMap::model();
    model["peak"]["A"].set_value(150.0);
    model.append("Gaussian", "half");
    model.set_twin({"half.A", "peak.A", "x", ""});
    model.set_twin({"half.sigma", "peak.sigma", "", ""});
    model.set_twin({"half.centre", "peak.centre", "", ""});
    // A twin of a twin, scaled, in a component that is zero on the whole axis.
    model.append(Component::expression("k*exp(-(x+1000)**2)", "idle", {{"k", 1.0}}));
    model.set_twin({"idle.k", "half.A", "3*a + 1", ""});
    FitOptions options = options_on(GetParam());
    options.start = Start::model;
    options.standard_error = StandardError::absolute;
    FitResult const result = multifit(model, signal(), options);
    expect_chisq(result, num_channels - 4);
    expect_honest_errors(result, "peak.A", area / 2.0);
    expect_honest_errors(result, "half.A", area / 2.0);
    auto const& parent = result.parameter("peak.A");
    auto const& twin = result.parameter("idle.k");
    EXPECT_FALSE(twin.free);
    for (std::size_t i = 0; i < num_pixels; i += 997) {
        EXPECT_NEAR(twin.values[i], 3.0 * parent.values[i] + 1.0, 1e-9);
        EXPECT_NEAR(twin.standard_errors[i], 3.0 * parent.standard_errors[i], 1e-9);
    }
}

TEST_P(ManyNoises, HeldParametersDoNotCount)
{
    Model model = PeakMap::model();
    model["peak"]["sigma"].set_bounds({1.0, 3.0});  // the truth is 4: held at 3
    model["peak"]["sigma"].set_value(2.5);
    FitOptions options = options_on(GetParam());
    options.start = Start::model;
    FitResult const result = multifit(model, signal(), options);
    EXPECT_EQ(result.count_by_status()[1], num_pixels);
    Model fixed = PeakMap::model();
    fixed["peak"]["sigma"].set_value(3.0);
    fixed["peak"]["sigma"].set_free(false);
    FitResult const reference = multifit(fixed, signal(), options);
    for (std::size_t i = 0; i < num_pixels; ++i) {
        ASSERT_EQ(result.dof[i], 64 - 3);
        ASSERT_EQ(result.parameter("peak.sigma").values[i], 3.0);
        ASSERT_EQ(result.parameter("peak.sigma").standard_errors[i], 0.0);
        ASSERT_NEAR(result.chisq[i], reference.chisq[i], 1e-9 * reference.chisq[i]);
        for (char const* path : {"Offset.offset", "peak.A", "peak.centre"}) {
            auto const& a = result.parameter(path);
            auto const& b = reference.parameter(path);
            ASSERT_NEAR(a.values[i], b.values[i], 1e-3 * b.standard_errors[i]) << path;
            ASSERT_NEAR(a.standard_errors[i], b.standard_errors[i], 1e-4 * b.standard_errors[i]) << path;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Backends, ManyNoises, ::testing::ValuesIn(all_backends()),
                         [](auto const& given) { return given.param; });

}  // namespace
}  // namespace warpfit::testing
