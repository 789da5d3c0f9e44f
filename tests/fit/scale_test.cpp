#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// The same experiment in other units: x' = x_unit x + x_offset, y' = y_unit y.
struct Units
{
    double y = 1.0, x = 1.0, x_offset = 0.0;
};

class Scale : public BackendTest<Way>
{
  protected:
    static constexpr std::size_t num_pixels = 16;

    FitResult fit(Units const& units, bool weighted = true, Start start = Start::model) const
    {
        PeakMap map(num_pixels);
        Axis pixels, channels = map.axis;
        pixels.size = num_pixels;
        channels.scale = units.x;
        channels.offset = units.x_offset;
        for (double& v : map.data) v *= units.y;
        Signal signal({pixels}, {channels}, std::span<double const>(map.data));
        if (weighted) {
            Variance variance;
            variance.kind = Variance::Kind::number;
            variance.number = 4.0 * units.y * units.y;
            signal.set_variance(variance);
        }
        Model model = PeakMap::model();
        model["Offset"]["offset"].set_value(15.0 * units.y);
        model["peak"]["A"].set_value(300.0 * units.y * units.x);
        model["peak"]["sigma"].set_value(5.0 * units.x);
        model["peak"]["centre"].set_value(31.0 * units.x + units.x_offset);
        FitOptions options = options_of(GetParam());
        options.start = start;
        return multifit(model, signal, options);
    }

    /// Of values in standard errors, of errors relative.
    struct Closeness
    {
        double values, errors;
    };
    static void expect_alike(FitResult const& plain, FitResult const& scaled, Units const& units,
                             Closeness const& closeness)
    {
        for (std::size_t i = 0; i < num_pixels; ++i) {
            ASSERT_EQ(scaled.status[i], FitStatus::converged) << i << ": " << name_of(scaled.status[i]);
            auto const near = [&](char const* path, double unit, double origin) {
                auto const& was = plain.parameter(path);
                auto const& is = scaled.parameter(path);
                double const error = was.standard_errors[i];
                EXPECT_NEAR((is.values[i] - origin) / unit, was.values[i], closeness.values * error)
                    << path << ' ' << i;
                EXPECT_NEAR(is.standard_errors[i] / unit, error, closeness.errors * error) << path << ' ' << i;
            };
            near("Offset.offset", units.y, 0.0);
            near("peak.A", units.y * units.x, 0.0);
            near("peak.sigma", units.x, 0.0);
            near("peak.centre", units.x, units.x_offset);
        }
    }

    static bool is_float64() { return GetParam().precision == Precision::float64; }
    /// Rounding may end a fit a step earlier or later: what is left then is what the stopping rule leaves.
    static Closeness same_optimum()
    {
        return GetParam().precision == Precision::float32 ? Closeness{0.01, 1e-3} : Closeness{1e-5, 1e-5};
    }
    /// Step by step the same fit, but for rounding where two ways to step are nearly as good.
    static Closeness same_steps() { return is_float64() ? Closeness{1e-8, 1e-8} : same_optimum(); }
};

TEST_P(Scale, OfTheData)
{
    FitResult const plain = fit({});
    FitResult const unweighted = fit({}, false);
    for (double y : {1e-30, 1e-20, 1e-9, 1e-3, 1e3, 1e9, 1e20, 1e30}) {
        SCOPED_TRACE(y);
        Units const units{y, 1.0, 0.0};
        expect_alike(plain, fit(units), units, same_steps());
        expect_alike(unweighted, fit(units, false), units, same_optimum());
    }
}

TEST_P(Scale, OfTheAxis)
{
    FitResult const plain = fit({});
    for (double x : {1e-9, 1e-6, 1e-3, 1e3, 1e6, 1e9}) {
        SCOPED_TRACE(x);
        Units const units{1.0, x, 0.0};
        expect_alike(plain, fit(units), units, same_steps());
    }
}

TEST_P(Scale, OfBoth)
{
    FitResult const plain = fit({});
    for (Units const& units : {Units{1e-30, 1e-9, 0.0}, Units{1e30, 1e9, 0.0}, Units{1e-25, 1e9, 0.0}}) {
        SCOPED_TRACE(units.y);
        expect_alike(plain, fit(units), units, same_steps());
    }
}

// Peaks of width 1e-3 at 1e6: beyond what float32 can place on the axis as it stands.
TEST_P(Scale, OffsetFarFromZero)
{
    if (GetParam().backend == "pixels" && GetParam().precision == Precision::float32) {
        EXPECT_THROW(fit({1.0, 2.5e-4, 1e6}), InvalidArgument);  // refused, not wrong
        return;
    }
    FitResult const plain = fit({});
    expect_alike(plain, fit({1.0, 2.5e-4, 1e6}), {1.0, 2.5e-4, 1e6}, same_optimum());
}

INSTANTIATE_TEST_SUITE_P(Ways, Scale, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
