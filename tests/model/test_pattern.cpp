#include "tests/kernels/oracle_table.hpp"
#include "tests/model/expect_error.hpp"
#include "warpfit/model.hpp"
#include "warpfit/model_file.hpp"
#include "warpfit/signal.hpp"

#include <cmath>
#include <fstream>
#include <numbers>
#include <sstream>

namespace warpfit {
namespace {

using ::testing::HasSubstr;
using warpfit::testing::error_of;
using warpfit::testing::OracleCase;
using warpfit::testing::OraclePoint;

/// The patterns of the table's cases, in their order.
std::vector<Pattern> read_patterns()
{
    std::ifstream file(std::string(WARPFIT_TEST_DIR) + "/oracles/components/ScalableFixedPattern.txt");
    std::vector<Pattern> patterns;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key != "pattern") continue;
        Pattern pattern;
        double binned = 0.0;
        words >> pattern.offset >> pattern.scale >> binned;
        pattern.is_binned = binned != 0.0;
        for (double v = 0.0; words >> v;) pattern.values.push_back(v);
        patterns.push_back(pattern);
    }
    return patterns;
}

Component with_pattern(Pattern pattern, std::string const& interpolation)
{
    ComponentOptions options;
    options.pattern = std::move(pattern);
    options.interpolation = interpolation;
    return Component("ScalableFixedPattern", "p", options);
}

// HyperSpy 1.7.3 interpolates along straight lines.
TEST(Pattern, LinearIsThatOfHyperSpy)
{
    std::vector<OracleCase> const cases = testing::read_oracle("ScalableFixedPattern");
    std::vector<Pattern> const patterns = read_patterns();
    ASSERT_EQ(cases.size(), 3U);
    ASSERT_EQ(patterns.size(), cases.size());
    for (std::size_t c = 0; c < cases.size(); ++c) {
        Model m;
        m.append(with_pattern(patterns[c], "linear"));
        std::vector<double> x;
        double largest = 0.0;
        std::vector<double> steepest(3, 0.0);
        for (OraclePoint const& point : cases[c].points) {
            x.push_back(point.x);
            largest = std::max(largest, std::abs(point.function));
            for (std::size_t k = 0; k < 3; ++k) steepest[k] = std::fmax(steepest[k], std::abs(point.gradient[k]));
        }
        for (std::size_t k = 0; k < 3; ++k) m["p"][cases[c].names[k]].set_value(cases[c].values[k]);
        std::vector<double> const found = m.evaluate(x);
        for (std::size_t i = 0; i < x.size(); ++i)
            EXPECT_NEAR(found[i], cases[c].points[i].function, 1e-10 * largest) << "at x = " << x[i];
        for (std::size_t k = 0; k < 3; ++k) {
            std::vector<double> const slopes = m.gradient("p." + cases[c].names[k], x);
            for (std::size_t i = 0; i < x.size(); ++i) {
                double const expected = cases[c].points[i].gradient[k];
                if (std::isnan(expected)) continue;
                EXPECT_NEAR(slopes[i], expected, cases[c].tolerances[k] * steepest[k]) << "at x = " << x[i];
            }
        }
    }
}

/// A polynomial of third degree, which a cubic spline with not-a-knot ends is exactly.
TEST(Pattern, CubicIsExactForACubic)
{
    auto const cubic = [](double u) { return 2.0 - u + 0.5 * u * u + 0.25 * u * u * u; };
    Pattern pattern{-2.0, 0.5, {}, true};
    for (int i = 0; i < 12; ++i) pattern.values.push_back(0.5 * cubic(-2.0 + 0.5 * i));
    Model m;
    m.append(with_pattern(pattern, "cubic"));
    m["p"]["yscale"].set_value(3.0);
    m["p"]["xscale"].set_value(0.8);
    m["p"]["shift"].set_value(0.3);
    std::vector<double> const x{-2.0, -1.23, 0.0, 0.77, 2.5, 4.7};
    std::vector<double> const found = m.evaluate(x);
    std::vector<double> const by_shift = m.gradient("p.shift", x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        double const u = 0.8 * x[i] - 0.3;
        EXPECT_NEAR(found[i], 3.0 * cubic(u), 1e-12);
        EXPECT_NEAR(by_shift[i], -3.0 * (-1.0 + u + 0.75 * u * u), 1e-12);
    }
    EXPECT_EQ(m.evaluate(std::vector{-3.0, 6.0}), (std::vector{0.0, 0.0}));
}

// HyperSpy 1.7.3's with interpolate=False, yscale=3, xscale=2, shift=0.7 of a binned pattern i**1.5, i = 1, ..., 8.
TEST(Pattern, AsItIsOnlyItsHeightCounts)
{
    Pattern pattern{2.0, 0.5, {}, true};
    for (int i = 1; i <= 8; ++i) pattern.values.push_back(std::pow(i, 1.5));
    ComponentOptions options;
    options.pattern = pattern;
    options.interpolate = false;
    ModelFile file;
    Component& component = file.model.append(Component("ScalableFixedPattern", "p", options));
    EXPECT_TRUE(component["yscale"].is_free());
    EXPECT_FALSE(component["xscale"].is_free() || component["shift"].is_free());
    component["yscale"].set_value(3.0);
    component["xscale"].set_value(2.0);
    component["shift"].set_value(0.7);
    std::vector<double> const x{2.0, 2.5, 3.0, 3.5, 4.0, 4.5, 5.0, 5.5};
    std::vector<double> const expected{6.0,         16.97056275, 31.17691454,  48.0,
                                       67.08203932, 88.18163074, 111.12155506, 135.76450199};
    for (Model const& model : {file.model, parse_model_json(to_json(file), "test").model}) {
        std::vector<double> const found = model.evaluate(x);
        for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-8);
        EXPECT_EQ(model.gradient("p.shift", x), std::vector<double>(x.size(), 0.0));
        EXPECT_EQ(model.gradient("p.xscale", x), std::vector<double>(x.size(), 0.0));
        EXPECT_FALSE(model["p"]["shift"].is_free());
    }
    EXPECT_THAT(error_of([] { parse_model_toml("[[component]]\ntype = 'Gaussian'\ninterpolate = false\n", "m.toml"); }),
                HasSubstr("interpolate"));
    ComponentOptions of_another;
    of_another.interpolate = false;
    EXPECT_THAT(error_of([&] { Component("Gaussian", {}, of_another); }), HasSubstr("only a ScalableFixedPattern"));
}

TEST(Pattern, GoesThroughJson)
{
    ModelFile file;
    file.model.append(with_pattern({1.0, 0.25, {1.0, 0.1, -3.0, 4.0, 0.5}, false}, "linear"));
    Model const again = parse_model_json(to_json(file), "test").model;
    std::vector<double> const x{1.0, 1.1, 1.3, 2.0};
    EXPECT_EQ(again.evaluate(x), file.model.evaluate(x));
}

TEST(Pattern, ErrorsSayWhatToDo)
{
    EXPECT_THAT(error_of([] {
                    with_pattern({0.0, 1.0, {1.0, 2.0, 3.0}, false}, "cubic");
                }),
                HasSubstr("3 values (interpolation needs 4)"));
    EXPECT_THAT(error_of([] {
                    with_pattern({0.0, 1.0, {1.0, std::nan(""), 3.0, 4.0}, false}, "cubic");
                }),
                HasSubstr("not finite"));
    EXPECT_THAT(error_of([] { with_pattern({}, "quintic"); }), HasSubstr("known: cubic, linear"));
    Model m;
    m.append("ScalableFixedPattern");
    EXPECT_THAT(error_of([&] { m.evaluate(std::vector{1.0}); }), HasSubstr("has no pattern"));
    std::vector<double> const values(8, 1.0);
    Signal const map({Axis{.size = 2}}, {Axis{.size = 4}}, values);
    EXPECT_THAT(error_of([&] { Pattern::of(map); }), HasSubstr("2 pixels"));
}

}  // namespace
}  // namespace warpfit
