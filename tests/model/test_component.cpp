#include "tests/model/expect_error.hpp"
#include "warpfit/component.hpp"
#include "warpfit/components.hpp"

#include <algorithm>

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

}  // namespace
}  // namespace warpfit
