#include "hand_peak_component.hpp"
#include "moffat_component.hpp"
#include "ring_component.hpp"
#include "tests/model/expect_error.hpp"
#include "warpfit/device.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <map>
#include <random>

namespace warpfit::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

/// Values and gradients by mpmath (40 digits): height 2, centre 1, width 0.5, power 1.5.
TEST(Functor, HasMpmathsValueAndGradient)
{
    Component const star = own::moffat("star");
    Component set = star;
    double const values[] = {2.0, 1.0, 0.5, 1.5};
    for (std::size_t k = 0; k < 4; ++k) set.parameters()[k].set_value(values[k]);
    std::vector<double> const x{1.7, -3.0, 1.0};
    double const expected[3][5] = {
        {0.39272850926965978, 0.19636425463482989, 1.1144998236030886, 1.5602997530443239, -0.42618476362901789},
        {0.0038164533719756448, 0.0019082266859878224, -0.0028183040285358608, 0.022546432228286886,
         -0.01593135437212541},
        {2.0, 1.0, 0.0, 0.0, 0.0},
    };
    std::vector<double> const f = set.evaluate(x);
    for (std::size_t i = 0; i < x.size(); ++i) {
        EXPECT_NEAR(f[i], expected[i][0], 1e-15 * (1.0 + std::abs(expected[i][0]))) << i;
        for (std::size_t k = 0; k < 4; ++k)
            EXPECT_NEAR(set.gradient(set.parameters()[k].name(), x)[i], expected[i][k + 1],
                        2e-15 * (1.0 + std::abs(expected[i][k + 1])))
                << i << ' ' << k;
    }
}

TEST(Functor, DeclaresWhatItsHeaderSays)
{
    Component const star = own::moffat();
    EXPECT_EQ(star.type(), "Moffat");
    EXPECT_EQ(star.dimension(), 1);
    EXPECT_TRUE(star.is_convolved());
    ASSERT_EQ(star.parameters().size(), 4U);
    EXPECT_EQ(star["power"].value(), 2.0);
    EXPECT_EQ(star["power"].bmin(), 0.5);
    EXPECT_EQ(star["power"].bmax(), 20.0);
    EXPECT_EQ(star["centre"].units(), "x");
    EXPECT_EQ(own::ring().dimension(), 2);

    Model model;
    model.append(star);
    EXPECT_FALSE(model.is_linear());
    for (char const* name : {"centre", "width", "power"}) model["Moffat"][name].set_free(false);
    EXPECT_TRUE(model.is_linear());
}

/// Spectra of a peak on a level, with noise of 1, and the same in two dimensions.
std::vector<double> noisy(std::vector<double> values, std::size_t num_pixels)
{
    std::mt19937 engine(5);
    std::normal_distribution<double> noise;
    std::vector<double> data;
    for (std::size_t p = 0; p < num_pixels; ++p)
        for (double const v : values) data.push_back(v + noise(engine));
    return data;
}

Model on_a_level(Component component, std::vector<double> const& values)
{
    Model model;
    model.append("Offset");
    Component& added = model.append(std::move(component));
    for (std::size_t k = 0; k < values.size(); ++k) added.parameters()[k].set_value(values[k]);
    return model;
}

/// Both have the same values and errors, to a share of these.
void expect_alike(FitResult const& a, FitResult const& b, double share)
{
    ASSERT_EQ(a.parameters.size(), b.parameters.size());
    for (std::size_t k = 0; k < a.parameters.size(); ++k)
        for (std::size_t p = 0; p < a.num_pixels(); ++p) {
            ASSERT_TRUE(is_converged(a.status[p]));
            double const error = b.parameters[k].standard_errors[p];
            EXPECT_NEAR(a.parameters[k].values[p], b.parameters[k].values[p], share * error) << k << ' ' << p;
            EXPECT_NEAR(a.parameters[k].standard_errors[p], error, share * error) << k << ' ' << p;
        }
}

class FunctorFit : public ::testing::TestWithParam<Precision>
{};

// The built-in Gaussian has the same formula, window and all; the expression compiler has the others'.
TEST_P(FunctorFit, FindsWhatTheFormulaFinds)
{
    FitOptions options;
    options.start = Start::model;
    options.precision = GetParam();
    options.layout = "points";
    double const share = GetParam() == Precision::float32 ? 2e-2 : 1e-6;
    std::size_t const num_pixels = 50;
    std::vector<double> x(700);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 400.0 + 0.1 * static_cast<double>(i);
    Axis const axis{.size = x.size(), .offset = 400.0, .scale = 0.1};

    std::vector<double> const peak{300.0, 2.0, 430.0}, start{250.0, 2.5, 429.0};
    Model const truth = on_a_level(Component("Gaussian"), peak);
    Signal const spectra({{.size = num_pixels}}, {axis}, noisy(truth.evaluate(x), num_pixels));
    expect_alike(multifit(on_a_level(own::hand_peak(), start), spectra, options),
                 multifit(on_a_level(Component("Gaussian"), start), spectra, options), share);

    std::vector<double> star(x.size());
    for (std::size_t i = 0; i < x.size(); ++i)
        star[i] = 20.0 + 60.0 * std::pow(1.0 + std::pow((x[i] - 430.0) / 2.5, 2), -1.6);
    Signal const stars({{.size = num_pixels}}, {axis}, noisy(star, num_pixels));
    Component formula = Component::expression("height * (1 + ((x - centre)/width)**2)**(-b)");
    formula["width"].set_bounds({.bmin = 0.0});
    formula["b"].set_bounds({.bmin = 0.5, .bmax = 20.0});
    FitResult const a = multifit(on_a_level(own::moffat(), {50.0, 429.5, 2.0, 2.0}), stars, options);
    FitResult const b = multifit(on_a_level(formula, {2.0, 429.5, 50.0, 2.0}), stars, options);
    for (auto const& [mine, theirs] : std::map<std::string, std::string>{{"Moffat.height", "Expression.height"},
                                                                         {"Moffat.power", "Expression.b"},
                                                                         {"Moffat.centre", "Expression.centre"},
                                                                         {"Moffat.width", "Expression.width"}})
        for (std::size_t p = 0; p < num_pixels; ++p) {
            double const error = b.parameter(theirs).standard_errors[p];
            // Width and power are nearly the same parameter: fits end some way along their valley.
            EXPECT_NEAR(a.parameter(mine).values[p], b.parameter(theirs).values[p], 100.0 * share * error) << mine;
            EXPECT_NEAR(a.parameter(mine).standard_errors[p], error, 100.0 * share * error) << mine;
        }
}

INSTANTIATE_TEST_SUITE_P(Precisions, FunctorFit,
                         ::testing::Values(Precision::float32, Precision::mixed, Precision::float64));

TEST(Functor, FitsImages)
{
    std::size_t const size = 40;
    Axis const axis{.size = size, .offset = -2.0, .scale = 0.1};
    Model truth = on_a_level(own::ring(), {30.0, 1.1, 0.3, 0.2, -0.1});
    std::vector<double> x, y;
    for (std::size_t j = 0; j < size; ++j)
        for (std::size_t i = 0; i < size; ++i) {
            x.push_back(axis.value(i));
            y.push_back(axis.value(j));
        }
    std::vector<double> const values = truth.evaluate(x, y);
    // At x = -2, y = -2: r = sqrt(2.2^2 + 1.9^2), by hand.
    EXPECT_NEAR(values[0], 30.0 * std::exp(-std::pow((std::sqrt(2.2 * 2.2 + 1.9 * 1.9) - 1.1) / 0.3, 2) / 2.0), 1e-12);
    Signal const images({{.size = 20}}, {axis, axis}, noisy(values, 20));
    FitResult const result = multifit(on_a_level(own::ring(), {20.0, 1.0, 0.4, 0.1, 0.1}), images);
    double const expected[] = {30.0, 1.1, 0.3, 0.2, -0.1};
    for (std::size_t k = 0; k < 5; ++k)
        for (std::size_t p = 0; p < 20; ++p) {
            ParameterMap const& map = result.parameters[k + 1];
            EXPECT_NEAR(map.values[p], expected[k], 4.5 * map.standard_errors[p]) << map.parameter;
        }
}

TEST(Functor, IsConvolvedAsAFormulaIs)
{
    std::vector<double> x(300);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.1 * static_cast<double>(i);
    Axis const axis{.name = "Energy", .units = "eV", .size = x.size(), .scale = 0.1};
    std::vector<double> low_loss(64, 0.0);
    for (std::size_t i = 0; i < low_loss.size(); ++i)
        low_loss[i] = std::exp(-0.5 * std::pow((static_cast<double>(i) - 12.0) / 3.0, 2)) / 7.5;
    auto const signal = [&](std::vector<double> const& data, std::size_t num_pixels) {
        Signal s({{.size = num_pixels}}, {axis}, data);
        s.set_low_loss(
            Signal({}, {{.name = "Energy", .units = "eV", .size = 64, .offset = -1.2, .scale = 0.1}}, low_loss));
        return s;
    };
    Model const truth = on_a_level(Component("Gaussian"), {60.0, 1.0, 15.0});
    std::vector<double> const values = truth.evaluate(signal(std::vector<double>(300), 1), 0);
    Signal const data = signal(noisy(values, 10), 10);
    FitOptions options;
    options.start = Start::model;
    std::vector<double> const start{50.0, 1.4, 14.5};
    expect_alike(multifit(on_a_level(own::hand_peak(), start), data, options),
                 multifit(on_a_level(Component("Gaussian"), start), data, options), 1e-6);
}

TEST(Functor, GoesToTheGpuAsText)
{
    std::string const text = generated_code(on_a_level(own::moffat(), {1.0, 2.0, 3.0, 4.0}), Precision::float64);
    EXPECT_THAT(text, HasSubstr("#line 1 \"moffat.hpp\""));
    EXPECT_THAT(text, HasSubstr("own::Functor<::lab::Moffat>"));
}

/// The same header as text, which this program was not built with.
Component only_for_the_gpu()
{
    return functor_component({"struct Bump { };", "bump.hpp", "Bump"}, {{.name = "height", .value = 1.0}}, 1, "bump");
}

TEST(Functor, ATextAloneHasTheGpuAlone)
{
    Model model;
    model.append(only_for_the_gpu());
    std::vector<double> const data(16, 1.0);
    Signal const signal({}, {{.size = 16}}, data);
    FitOptions options;
    options.device = "cpu";
    EXPECT_THAT(error_of([&] { multifit(model, signal, options); }),
                HasSubstr("component 'bump' is a header, 'bump.hpp', given at run time"));
    EXPECT_THAT(error_of([&] { model.evaluate(std::vector<double>{1.0}); }),
                HasSubstr("component 'bump' cannot run on the CPU"));
    EXPECT_THAT(generated_code(model, Precision::float64), HasSubstr("#line 1 \"bump.hpp\"\nstruct Bump { };"));
    EXPECT_THAT(error_of([] {
                    functor_component({"", "bump.hpp", "Bump"}, {{.name = "height"}});
                }),
                HasSubstr("has no text"));
}

}  // namespace
}  // namespace warpfit::testing
