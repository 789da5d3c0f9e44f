#include "tests/model/expect_error.hpp"
#include "warpfit/component.hpp"
#include "warpfit/components.hpp"
#include "warpfit/model_file.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace warpfit {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using warpfit::testing::error_of;

std::vector<std::string> names(Component const& component)
{
    std::vector<std::string> all;
    for (Parameter const& p : component.parameters()) all.push_back(p.name());
    return all;
}

ComponentOptions expression_options(std::string formula)
{
    ComponentOptions options;
    options.expression = std::move(formula);
    return options;
}

// HyperSpy 1.7.3: PowerLaw().parameters with value, bmin, bmax, free.
TEST(Component, PowerLawHasHyperSpysDefaults)
{
    Component const c("PowerLaw");
    EXPECT_EQ(c["A"].value(), 1e6);
    EXPECT_EQ(c["A"].bmin(), 0.0);
    EXPECT_EQ(c["A"].bmax(), unbounded);
    EXPECT_EQ(c["r"].value(), 3.0);
    EXPECT_EQ(c["r"].bmin(), 1.0);
    EXPECT_EQ(c["r"].bmax(), 5.0);
    EXPECT_FALSE(c["origin"].is_free());
    EXPECT_FALSE(c["left_cutoff"].is_free());
    EXPECT_EQ(c.dimension(), 1);
    EXPECT_TRUE(c.name().empty());
    EXPECT_TRUE(c.has_default_name());
}

TEST(Component, PolynomialNamesArePaddedFromOrderTen)
{
    ComponentOptions options;
    options.order = 3;
    EXPECT_THAT(names(Component("Polynomial", "", options)), ElementsAre("a0", "a1", "a2", "a3"));
    EXPECT_THAT(names(Component("Polynomial")), ElementsAre("a0", "a1", "a2"));
    options.order = 10;
    EXPECT_THAT(names(Component("Polynomial", "", options)),
                ElementsAre("a00", "a01", "a02", "a03", "a04", "a05", "a06", "a07", "a08", "a09", "a10"));
    options.order = 0;
    EXPECT_THAT(error_of([&] { Component("Polynomial", "", options); }), HasSubstr("'order'"));
}

TEST(Component, UnknownTypeAndParameterNameTheClosest)
{
    EXPECT_THAT(error_of([] { Component("Gausian"); }), HasSubstr("did you mean 'Gaussian'?"));
    Component c("Gaussian", "peak");
    EXPECT_THAT(error_of([&] { c["centr"]; }),
                AllOf(HasSubstr("unknown parameter 'centr' of component 'peak'"), HasSubstr("did you mean 'centre'?")));
    EXPECT_TRUE(c.has_parameter("centre"));
    EXPECT_FALSE(c.has_parameter("centr"));
}

// HyperSpy 1.7.3: Expression("a*x+b", "e") has a = b = 0, free, unbounded, sorted by name.
TEST(Component, ExpressionParametersAreSortedAndZero)
{
    Component const c("Expression", "e", expression_options("slope*x + B + a"));
    EXPECT_THAT(names(c), ElementsAre("B", "a", "slope"));
    EXPECT_EQ(c["slope"].value(), 0.0);
    EXPECT_EQ(c["slope"].bmin(), -unbounded);
    EXPECT_TRUE(c["slope"].is_free());
    EXPECT_EQ(c.dimension(), 1);
    EXPECT_EQ(Component("Expression", "e", expression_options("a*x*y")).dimension(), 2);
}

TEST(Component, ExpressionSubstitutionsAreResolved)
{
    Component const c("Expression", "e", expression_options("h*exp(-t**2/2); t = (x - x0)/w"));
    EXPECT_THAT(names(c), ElementsAre("h", "w", "x0"));
    EXPECT_EQ(c.formula().find(';'), std::string::npos);
}

// HyperSpy: ValueError 'Expression must contain the "x" symbol.'
TEST(Component, ExpressionNeedsX)
{
    EXPECT_THAT(error_of([] { Component("Expression", "e", expression_options("a*b")); }),
                HasSubstr("does not contain x"));
    EXPECT_THROW(Component("Expression", "e", expression_options("3")), InvalidArgument);
    EXPECT_THROW(Component("Expression", "e"), InvalidArgument);
}

TEST(Component, ExpressionConvenienceSetsValues)
{
    Component const c = Component::expression("a*x + b", "line", {{"a", 2.0}});
    EXPECT_EQ(c.name(), "line");
    EXPECT_FALSE(c.has_default_name());
    EXPECT_EQ(c["a"].value(), 2.0);
    EXPECT_TRUE(c["a"].is_value_set());
    EXPECT_FALSE(c["b"].is_value_set());
    EXPECT_THAT(error_of([] {
                    Component::expression("slope*x", "", {{"slop", 1.0}});
                }),
                HasSubstr("did you mean 'slope'?"));
}

TEST(Component, PositionMustBeAParameterPerAxis)
{
    ComponentOptions options = expression_options("exp(-(x-x0)**2)");
    options.position = {"x0"};
    EXPECT_NO_THROW(Component("Expression", "", options));
    options.position = {"x1"};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("position 'x1' is no parameter"));
    options.position = {"x0", "x0"};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("position has 2 parameters"));
}

TEST(Component, RenamedParametersMayExchangeNames)
{
    ComponentOptions options = expression_options("gamma_*x + a*x**2 + b");
    options.rename_parameters = {{"gamma_", "gamma"}, {"a", "b"}, {"b", "a"}};
    Component const c("Expression", "", options);
    EXPECT_THAT(names(c), ElementsAre("b", "a", "gamma"));  // in the order of the internal names
    options.rename_parameters = {{"gama_", "gamma"}};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("did you mean 'gamma_'?"));
    options.rename_parameters = {{"a", "b"}};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("two parameters"));
    options.rename_parameters = {{"a", "x"}};
    EXPECT_THROW(Component("Expression", "", options), InvalidArgument);
}

// HyperSpy 1.7.3 lists A, centre_x, centre_y, rotation_angle, sigma_x, sigma_y for Gaussian2D(add_rotation=True).
TEST(Component, RotationAddsAnAngle)
{
    ComponentOptions options;
    options.add_rotation = true;
    Component const c("Gaussian2D", "", options);
    EXPECT_THAT(names(c),
                ::testing::UnorderedElementsAre("A", "centre_x", "centre_y", "rotation_angle", "sigma_x", "sigma_y"));
    EXPECT_EQ(c["rotation_angle"].value(), 0.0);
    EXPECT_THAT(c.formula(), HasSubstr("rotation_angle"));
    EXPECT_THROW(Component("Gaussian", "", options), InvalidArgument);

    options.expression = "a*exp(-(x-x0)**2-(y-y0)**2/s)";
    options.position = {"x0", "y0"};
    EXPECT_THAT(names(Component("Expression", "", options)), ElementsAre("a", "rotation_angle", "s", "x0", "y0"));
    options.expression = "a*x";
    options.position = {};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("add_rotation needs two axes"));
}

TEST(Component, OptionsOfAnotherTypeAreRefused)
{
    EXPECT_THAT(error_of([] { Component("Gaussian", "", expression_options("x")); }),
                HasSubstr("'expression' does not fit"));
    ComponentOptions options;
    options.order = 4;
    EXPECT_THAT(error_of([&] { Component("Gaussian", "", options); }), HasSubstr("'order' does not fit"));
}

// The column "L" of HyperSpy's parameter table.
TEST(ComponentList, LinearFlagsAreHyperSpys)
{
    auto const linear = [](char const* type, char const* parameter) {
        ComponentInfo const& info = component_type(type);
        auto const p = std::find_if(info.parameters.begin(), info.parameters.end(),
                                    [&](ParameterInfo const& i) { return i.name == parameter; });
        EXPECT_NE(p, info.parameters.end()) << type << '.' << parameter;
        return p != info.parameters.end() && p->linear;
    };
    EXPECT_TRUE(linear("Gaussian", "A"));
    EXPECT_FALSE(linear("Gaussian", "sigma"));
    EXPECT_FALSE(linear("Gaussian", "centre"));
    EXPECT_TRUE(linear("PowerLaw", "A"));
    EXPECT_FALSE(linear("PowerLaw", "r"));
    EXPECT_FALSE(linear("PowerLaw", "left_cutoff"));
    EXPECT_TRUE(linear("Polynomial", "a2"));
    EXPECT_TRUE(linear("Offset", "offset"));
    EXPECT_TRUE(linear("Lorentzian", "A"));
    EXPECT_FALSE(linear("Lorentzian", "gamma"));
}

TEST(ComponentList, IsSortedAndHoldsExpression)
{
    auto const& all = component_types();
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end(), [](auto const& a, auto const& b) { return a.type < b.type; }));
    EXPECT_TRUE(component_type("Expression").parameters.empty());
    EXPECT_EQ(component_type("Gaussian2D").dimension, 2);
    EXPECT_TRUE(component_type("Gaussian").has_estimator);
    EXPECT_FALSE(component_type("Erf").has_estimator);
    EXPECT_THAT(error_of([] { component_type("PowerLow"); }), HasSubstr("did you mean 'PowerLaw'?"));
}

// x' = x_c + (x - x_c) cos t - (y - y_c) sin t, y' = y_c + (x - x_c) sin t + (y - y_c) cos t about (1, 2.5), in Python.
/// No fit could find the angle.
TEST(Component, WhatIsRoundHasNoAngle)
{
    for (char const* const type : {"Disk2D", "GaussianRing2D"}) {
        ComponentOptions options;
        options.add_rotation = true;
        EXPECT_THAT(error_of([&] { Component(type, "", options); }), HasSubstr("it is round"));
        options.rotation_center = {30.0, 20.0};
        EXPECT_TRUE(Component(type, "", options).has_parameter("rotation_angle"));
    }
    EXPECT_THAT(error_of([] { parse_model_toml("[[component]]\ntype = 'Disk2D'\nadd_rotation = true\n", "m.toml"); }),
                AllOf(HasSubstr("m.toml:"), HasSubstr("rotation_center")));
}

// HyperSpy 1.7.3 makes a name of any letters of its formula's.
TEST(Component, NamesOfParametersMayBeOfAnyScript)
{
    Component component = Component::expression("α*x + µ", "line", {{"α", 2.0}, {"µ", 0.5}});
    EXPECT_THAT(names(component), ElementsAre("µ", "α"));
    EXPECT_EQ(component.evaluate(std::vector{1.5}), std::vector{3.5});
    EXPECT_EQ(component.gradient("α", std::vector{1.5}), std::vector{1.5});
    ModelFile file = parse_model_toml("[[component]]\ntype = 'Expression'\nexpression = 'α*x + µ'\n\"α\" = 2.0\n"
                                      "[component.parameters]\n\"µ\" = { start = 0.5, min = 0.0 }\n",
                                      "m.toml", {"Expression.α=4.0"});
    EXPECT_EQ(file.model.value("Expression.α"), 4.0);
    EXPECT_EQ(parse_model_json(to_json(file), "m.json").model.value("Expression.µ"), 0.5);
    ComponentOptions options;
    options.expression = "a*x";
    options.rename_parameters = {{"a", "größe"}};
    EXPECT_THAT(names(Component("Expression", "", options)), ElementsAre("größe"));
    options.rename_parameters = {{"a", "x²"}};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("cannot rename"));
}

TEST(Component, RotatesAboutAGivenCentre)
{
    std::vector<double> const x{0.0, 2.0, 1.0, 3.0}, y{0.0, 1.5, 2.5, 0.5};
    ComponentOptions options;
    options.add_rotation = true;
    options.rotation_center = {1.0, 2.5};
    Component gaussian("Gaussian2D", "", options);
    gaussian["A"].set_value(5.0);
    gaussian["sigma_x"].set_value(0.8);
    gaussian["sigma_y"].set_value(1.6);
    gaussian["centre_x"].set_value(2.0);
    gaussian["centre_y"].set_value(1.0);
    gaussian["rotation_angle"].set_value(0.4);
    std::vector<double> const expected{0.23357800385869448, 0.4801016809486975, 0.18341528927446582,
                                       0.07689695220162614};
    std::vector<double> const value = gaussian.evaluate(x, y);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(value[i], expected[i], 1e-14);

    options.expression = "a*exp(-((x - x0)/s)**2 - (y - y0)**2/w)";
    options.position = {"x0", "y0"};  // the given centre wins
    Component formula("Expression", "", options);
    for (auto const& [name, v] : std::map<std::string, double>{
             {"a", 3.0}, {"x0", 2.0}, {"y0", 1.5}, {"s", 1.2}, {"w", 4.0}, {"rotation_angle", 0.4}})
        formula[name].set_value(v);
    std::vector<double> const of_formula{0.7861360621886556, 2.656023250845425, 1.1666866919676686,
                                         0.48333435406877234};
    std::vector<double> const found = formula.evaluate(x, y);
    for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(found[i], of_formula[i], 1e-14);

    options.rotation_center = {1.0};
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("'rotation_center' has 1 numbers"));
    options.rotation_center = {1.0, 2.0};
    options.add_rotation = false;
    EXPECT_THAT(error_of([&] { Component("Expression", "", options); }), HasSubstr("add_rotation is off"));
}

// a = 2, c = 1.5, origin = 3: f and df/db by mpmath with 40 digits.
TEST(Component, LogisticTakesAnyB)
{
    std::vector<double> const x{-45.0, -26.0, -24.0, -14.0, 0.0, 5.0};
    struct Case
    {
        double b;
        std::vector<double> value, slope;
    };
    std::vector<Case> const cases{
        {1e-18,
         {1.0760372320041698e-13, 0.22740479013091475, 1.4408342699925448, 1.9999997625680099, 1.9999999999999998, 2.0},
         {-107603.72320041119, -2.0154832084367206e+17, -4.0283257320007005e+17, -237431961890.38604,
          -180.03426260104359, -0.099574136735727886}},
        {1e-26,
         {1.0760314427547516e-5, 1.9999998441022222, 1.9999999922383061, 1.9999999999999976, 2.0, 2.0},
         {-1.0760256535364226e+21, -1.5589776561038807e+19, -7.7616938646285142e+17, -237432018264.33874,
          -180.03426260104363, -0.099574136735727886}},
        {-1e-20,
         {-1.076037232010017e-11, 2.1690771683498808, 2.0077919332252612, 2.0000000023743202, 2.0, 2.0},
         {-1076037232.0158062, -1.8337071277848774e+19, -7.8222903369546315e+17, -237432018828.07894,
          -180.03426260104363, -0.099574136735727886}},
        {3.0,
         {3.5867907733474256e-32, 8.5526121573918993e-20, 1.7178380727699873e-18, 5.6156425029633306e-12,
          0.0073786744691167926, 1.7400970131228156},
         {-1.1955969244491419e-32, -2.8508707191306331e-20, -5.726126909233291e-19, -1.8718808343158543e-12,
          -0.0024504840168853982, -0.075376068527781149}}};
    Component logistic("Logistic");
    logistic["a"].set_value(2.0);
    logistic["c"].set_value(1.5);
    logistic["origin"].set_value(3.0);
    for (Case const& c : cases) {
        logistic["b"].set_value(c.b);
        std::vector<double> const value = logistic.evaluate(x), slope = logistic.gradient("b", x);
        for (std::size_t i = 0; i < x.size(); ++i) {
            SCOPED_TRACE(std::to_string(c.b) + " at " + std::to_string(x[i]));
            // Of exponents near 70 some 1e-14 of the exponential is lost; beyond 40 f is 1e-17.
            EXPECT_NEAR(value[i], c.value[i], 1e-12 * std::fabs(c.value[i]) + 1e-17);
            EXPECT_NEAR(slope[i], c.slope[i], 1e-12 * std::fabs(c.slope[i]) + 1e-17);
        }
    }
    logistic["b"].set_value(0.0);
    for (double const v : logistic.evaluate(x)) EXPECT_EQ(v, 2.0);
}

}  // namespace
}  // namespace warpfit
