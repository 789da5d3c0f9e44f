#include "src/fit/backend.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class DerivedMapsOf : public BackendTest<Way>
{
  protected:
    FitOptions options() const
    {
        FitOptions options = options_of(GetParam());
        options.start = Start::model;
        options.tolerance = 1e-12;
        return options;
    }
    /// Relative: of values and errors where a fit may end a hundredth of an error from another.
    double tolerance() const { return GetParam().precision == Precision::float32 ? 2e-3 : 1e-6; }

    static Model model_of(char const* type)
    {
        Model model;
        model.append(Component("Offset")).parameters()[0].set_value(15.0);
        Component& peak = model.append(Component(type, "peak"));
        if (std::string(type) == "Gaussian") {
            peak["A"].set_value(400.0);
            peak["sigma"].set_value(5.0);
        } else {
            peak["height"].set_value(400.0 / (5.0 * std::sqrt(2.0 * M_PI)));
            peak["fwhm"].set_value(5.0 * std::sqrt(8.0 * std::log(2.0)));
        }
        peak["centre"].set_value(31.0);
        return model;
    }

    static void expect_alike(ParameterMap const& derived, ParameterMap const& fitted, double tolerance)
    {
        for (std::size_t p = 0; p < fitted.values.size(); ++p) {
            EXPECT_NEAR(derived.values[p] / fitted.values[p], 1.0, tolerance) << derived.parameter << " " << p;
            EXPECT_NEAR(derived.standard_errors[p] / fitted.standard_errors[p], 1.0, tolerance)
                << derived.parameter << " " << p;
        }
    }
};

/// A GaussianHF is a Gaussian in other parameters: what one derives, the other fits, errors included.
TEST_P(DerivedMapsOf, ErrorsAreThoseOfTheOtherParametrisation)
{
    PeakMap const map(37);
    FitResult const by_area = multifit(model_of("Gaussian"), map.signal(), options());
    FitResult const by_height = multifit(model_of("GaussianHF"), map.signal(), options());
    expect_alike(by_area.parameter("peak.height"), by_height.parameter("peak.height"), tolerance());
    expect_alike(by_area.parameter("peak.fwhm"), by_height.parameter("peak.fwhm"), tolerance());
    expect_alike(by_height.parameter("peak.A"), by_area.parameter("peak.A"), tolerance());
    expect_alike(by_height.parameter("peak.sigma"), by_area.parameter("peak.sigma"), tolerance());
    // The correlation counts: without it the height's error would be far from the truth.
    double const area = by_area.parameter("peak.A").standard_errors[0] / by_area.parameter("peak.A").values[0];
    double const width = by_area.parameter("peak.sigma").standard_errors[0] / by_area.parameter("peak.sigma").values[0];
    double const height =
        by_area.parameter("peak.height").standard_errors[0] / by_area.parameter("peak.height").values[0];
    EXPECT_LT(height, 0.8 * std::hypot(area, width));
}

INSTANTIATE_TEST_SUITE_P(Ways, DerivedMapsOf, ::testing::ValuesIn(all_ways()),
                         [](auto const& way) { return name_of_way(way.param); });

class Derived : public BackendTest<std::string>
{
  protected:
    FitOptions options() const
    {
        FitOptions options = options_on(GetParam());
        options.start = Start::model;
        return options;
    }
};

TEST_P(Derived, BadPixelsHaveNone)
{
    PeakMap map(5);
    map.at(3, 7) = NAN;
    FitResult const result = multifit(PeakMap::model(), map.signal(), options());
    ASSERT_FALSE(result.derived.empty());
    for (ParameterMap const& derived : result.derived) {
        EXPECT_TRUE(std::isnan(derived.values[3]) && std::isnan(derived.standard_errors[3])) << derived.parameter;
        EXPECT_TRUE(std::isfinite(derived.values[2]) && derived.standard_errors[2] > 0.0) << derived.parameter;
    }
}

TEST_P(Derived, SwitchedOff)
{
    PeakMap const map(5);
    FitOptions off = options();
    off.derived = false;
    FitResult const without = multifit(PeakMap::model(), map.signal(), off);
    EXPECT_TRUE(without.derived.empty());
    EXPECT_THROW(without.parameter("Gaussian.fwhm"), InvalidArgument);
    expect_same(without, multifit(PeakMap::model(), map.signal(), options()));
}

/// sigma follows another parameter, doubled: fwhm and height by way of it, and of one alone where both are its twins.
TEST_P(Derived, ThroughTwins)
{
    PeakMap const map(3);
    Model model;
    model.append(Component("Offset")).parameters()[0].set_value(15.0);
    Component& peak = model.append(Component("Gaussian", "peak"));
    peak["A"].set_value(400.0);
    peak["sigma"].set_value(5.0);
    peak["centre"].set_value(31.0);
    Component& other = model.append(Component("Gaussian", "other"));
    other["A"].set_value(0.0);
    other["A"].set_free(false);
    other["centre"].set_value(31.0);
    other["centre"].set_free(false);
    other["sigma"].set_value(2.5);
    FitResult const plain = multifit(
        [&] {
            Model m = model;
            m["other"]["sigma"].set_free(false);
            return m;
        }(),
        map.signal(), options());
    model.set_twin({"peak.sigma", "other.sigma", "2*x", ""});
    FitResult const twinned = multifit(model, map.signal(), options());
    for (char const* path : {"peak.height", "peak.fwhm"})
        for (std::size_t p = 0; p < 3; ++p) {
            EXPECT_NEAR(twinned.parameter(path).values[p] / plain.parameter(path).values[p], 1.0, 1e-6) << path;
            EXPECT_NEAR(twinned.parameter(path).standard_errors[p] / plain.parameter(path).standard_errors[p], 1.0,
                        1e-5)
                << path;
        }
    // sigma = A / 100: height = A / (sqrt(2 pi) sigma) is a number then, and its error 0.
    Model tied;
    tied.append(Component("Offset")).parameters()[0].set_value(15.0);
    tied.append(Component("Gaussian", "peak"))["centre"].set_value(31.0);
    tied["peak"]["A"].set_value(450.0);
    tied.set_twin({"peak.sigma", "peak.A", "x/100", ""});
    FitResult const result = multifit(tied, map.signal(), options());
    for (std::size_t p = 0; p < 3; ++p) {
        EXPECT_NEAR(result.parameter("peak.height").values[p], 100.0 / std::sqrt(2.0 * M_PI), 1e-9);
        EXPECT_NEAR(result.parameter("peak.height").standard_errors[p], 0.0, 1e-9);
    }
}

/// A width held at its bound adds no error, and takes none from the correlation.
TEST_P(Derived, HeldAtABound)
{
    PeakMap const map(3);
    Model model = PeakMap::model();
    std::string const peak = model.components()[1].name();
    model[peak]["sigma"].set_value(2.0);
    model[peak]["sigma"].set_bounds({1.0, 2.0});
    FitResult const result = multifit(model, map.signal(), options());
    for (std::size_t p = 0; p < 3; ++p) {
        ASSERT_EQ(result.status[p], FitStatus::converged_at_bound);
        EXPECT_EQ(result.parameter(peak + ".fwhm").standard_errors[p], 0.0);
        double const relative =
            result.parameter(peak + ".A").standard_errors[p] / result.parameter(peak + ".A").values[p];
        EXPECT_NEAR(result.parameter(peak + ".height").standard_errors[p],
                    relative * result.parameter(peak + ".height").values[p], 1e-12);
    }
}

/// sigma = 4 + (z - 1)^2 of a z that nothing else tells: at z = 1 the data do not depend on it, and its infinite error
/// is none of sigma's.
TEST_P(Derived, AnInfiniteErrorThatDoesNotMatterAddsNothing)
{
    PeakMap const map(3);
    Model model;
    model.append(Component("Offset")).parameters()[0].set_value(15.0);
    Component& peak = model.append(Component("Gaussian", "peak"));
    peak["A"].set_value(400.0);
    peak["centre"].set_value(31.0);
    Component& other = model.append(Component("Gaussian", "other"));
    for (char const* name : {"A", "centre"}) other[name].set_free(false);
    other["A"].set_value(0.0);
    other["sigma"].set_value(1.0);
    model.set_twin({"peak.sigma", "other.sigma", "4 + (z - 1)**2", ""});
    FitResult const result = multifit(model, map.signal(), options());
    for (std::size_t p = 0; p < 3; ++p) {
        ASSERT_EQ(result.status[p], FitStatus::singular);
        EXPECT_TRUE(std::isinf(result.parameter("other.sigma").standard_errors[p]));
        EXPECT_EQ(result.parameter("peak.sigma").standard_errors[p], 0.0);
        EXPECT_EQ(result.parameter("peak.fwhm").standard_errors[p], 0.0);
        // height = A / (sqrt(2 pi) 4)
        EXPECT_NEAR(result.parameter("peak.height").standard_errors[p],
                    result.parameter("peak.A").standard_errors[p] / (std::sqrt(2.0 * M_PI) * 4.0), 1e-9);
    }
}

/// Doubles of a pixel: start, value and error of four parameters, the correlation of A and sigma that the height's
/// error needs, and three for chi2, counts and status.
TEST(ResultBytes, CountTheCorrelations)
{
    PeakMap const map(1);
    FitPlan const plan = lower(PeakMap::model(), map.signal(), {}, {});
    ASSERT_EQ(plan.pairs.size(), 1U);
    EXPECT_EQ(result_bytes(plan.view()), (3U * 4U + 1U + 3U) * 8U);
    FitOptions without;
    without.derived = false;
    EXPECT_EQ(result_bytes(lower(PeakMap::model(), map.signal(), without, {}).view()), (3U * 4U + 3U) * 8U);
}

INSTANTIATE_TEST_SUITE_P(Backends, Derived, ::testing::ValuesIn(all_backends()),
                         [](auto const& backend) { return backend.param; });

}  // namespace
}  // namespace warpfit::testing
