#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Fits whose amplitudes start orders of magnitude off, or come to zero on the way. Data are formulas without noise:
/// what they were made of is what has to come out.
class Amplitudes : public BackendTest<Way>
{
  protected:
    static Axis axis(double offset, double scale, std::size_t size)
    {
        Axis x;
        x.offset = offset;
        x.scale = scale;
        x.size = size;
        return x;
    }
    static void expect_value(FitResult const& result, std::string const& path, double expected)
    {
        EXPECT_NEAR(result.parameter(path).values[0], expected, 1e-3 * std::fabs(expected)) << path;
    }
};

double gaussian(double x, double area, double sigma, double centre)
{
    double const z = (x - centre) / sigma;
    return area / (sigma * std::sqrt(2.0 * std::acos(-1.0))) * std::exp(-0.5 * z * z);
}

double lorentzian(double x, double area, double gamma, double centre)
{
    return area * gamma / (std::acos(-1.0) * ((x - centre) * (x - centre) + gamma * gamma));
}

TEST_P(Amplitudes, FarTooLargeDoNotLoseAnUnboundedExponent)
{
    Axis const x = axis(440.0, 1.0, 276);
    std::vector<double> data;
    for (std::size_t i = 0; i < x.size; ++i)
        data.push_back(2.8e13 * std::pow(x.value(i), -2.9) + gaussian(x.value(i), 3e6, 4.0, 532.0) +
                       gaussian(x.value(i), 1e6, 5.0, 640.0));
    Model model;
    Component& background = model.append("PowerLaw");
    background["A"].set_value(1e6);
    background["r"].set_value(3.0);
    background["r"].set_bounds({});
    for (double const centre : {532.0, 640.0}) {
        Component& peak = model.append(Component("Gaussian", centre < 600.0 ? "first" : "second"));
        peak["A"].set_value(1e10);
        peak["A"].set_bounds({});
        peak["sigma"].set_value(centre < 600.0 ? 4.0 : 5.0);
        peak["sigma"].set_free(false);
        peak["centre"].set_value(centre);
        peak["centre"].set_free(false);
    }
    FitOptions options = options_of(GetParam());
    options.start = Start::model;
    FitResult const result = multifit(model, Signal({}, {x}, std::span<double const>(data)), options);
    EXPECT_EQ(result.status[0], FitStatus::converged);
    expect_value(result, "PowerLaw.r", 2.9);
    expect_value(result, "first.A", 3e6);
    expect_value(result, "second.A", 1e6);
}

TEST_P(Amplitudes, AtZeroKeepTheirShapeForALaterStep)
{
    Axis const x = axis(8.0, 0.7, 132);
    struct Truth
    {
        double area, gamma, centre, A, r;
    };
    for (Truth const truth :
         {Truth{9998049.98, 11.823, 20.384, 3698374.793, 2.367}, Truth{6175535.43, 11.933, 20.49, 2928216.143, 3.775},
          Truth{8198617.283, 10.861, 20.565, 3893777.608, 2.268}}) {
        std::vector<double> data;
        for (std::size_t i = 0; i < x.size; ++i)
            data.push_back(lorentzian(x.value(i), truth.area, truth.gamma, truth.centre) +
                           truth.A * std::pow(x.value(i), -truth.r));
        Model model;
        Component& plasmon = model.append("Lorentzian");
        plasmon["A"].set_value(8e6);
        plasmon["A"].set_bounds({0.0, unbounded});
        plasmon["gamma"].set_value(9.0);
        plasmon["gamma"].set_bounds({2.0, 20.0});
        plasmon["centre"].set_value(23.0);
        plasmon["centre"].set_bounds({18.0, 28.0});
        Component& background = model.append("PowerLaw");
        background["A"].set_value(1e6);
        background["A"].set_bounds({0.0, unbounded});
        background["r"].set_value(2.0);
        background["r"].set_bounds({0.5, 4.0});
        FitOptions options = options_of(GetParam());
        options.start = Start::model;
        FitResult const result = multifit(model, Signal({}, {x}, std::span<double const>(data)), options);
        EXPECT_EQ(result.status[0], FitStatus::converged) << truth.r;
        expect_value(result, "Lorentzian.A", truth.area);
        expect_value(result, "Lorentzian.gamma", truth.gamma);
        expect_value(result, "PowerLaw.r", truth.r);
    }
}

/// The first step puts both shapes on corners of the box; what the second makes of them can be revived.
TEST_P(Amplitudes, AtZeroLetGoOfAShapeOnItsBounds)
{
    Axis const x = axis(0.0, 0.5, 200);
    for (double const start : {1.0, 10.0}) {
        std::vector<double> data;
        for (std::size_t i = 0; i < x.size; ++i)
            data.push_back(gaussian(x.value(i), 100.0, 3.0, 37.0) + gaussian(x.value(i), 300.0, 3.5, 50.0) + 5.0 +
                           0.02 * x.value(i));
        Model model;
        for (bool const is_first : {true, false}) {
            Component& peak = model.append(Component("Gaussian", is_first ? "first" : "second"));
            peak["A"].set_value(start);
            peak["A"].set_bounds({0.0, unbounded});
            peak["centre"].set_value(is_first ? 40.0 : 50.0);
            peak["centre"].set_bounds(is_first ? Bounds{20.0, 60.0} : Bounds{30.0, 80.0});
            peak["sigma"].set_value(3.0);
            peak["sigma"].set_bounds({0.5, 20.0});
        }
        ComponentOptions line;
        line.order = 1;
        model.append(Component("Polynomial", "", line));
        FitOptions options = options_of(GetParam());
        options.start = Start::model;
        FitResult const result = multifit(model, Signal({}, {x}, std::span<double const>(data)), options);
        EXPECT_EQ(result.status[0], FitStatus::converged) << start;
        expect_value(result, "second.A", 300.0);
        expect_value(result, "first.centre", 37.0);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, Amplitudes, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
