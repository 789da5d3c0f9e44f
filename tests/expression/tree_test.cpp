#include "include/warpfit/error.hpp"
#include "src/expression/expression.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <string>
#include <vector>

namespace warpfit::expression {
namespace {

bool is_linear(std::string const& text, std::vector<std::string> const& names)
{
    return Expression::parse(text).is_linear_in(names);
}

TEST(Linearity, IsProvedForWhatIsLinear)
{
    EXPECT_TRUE(is_linear("a*exp(-x/t) + b*x", {"a", "b"}));
    EXPECT_TRUE(is_linear("a/(1 + b*exp(-c*(x - o)))", {"a"}));
    EXPECT_TRUE(is_linear("a0 + a1*x + a2*x**2 + a3*x**3", {"a0", "a1", "a2", "a3"}));
    EXPECT_TRUE(is_linear("A/(sigma*sqrt(2*pi))*exp(-(x - c)**2/(2*sigma**2))", {"A"}));
    EXPECT_TRUE(is_linear("V0 + Vmax*(1 - exp(-x/tau))", {"V0", "Vmax"}));
    EXPECT_TRUE(is_linear("Piecewise((a*x, x < 2), (b, True))", {"a", "b"}));
    EXPECT_TRUE(is_linear("where(x > left, A*(x - o)**-r, 0)", {"A"}));
    EXPECT_TRUE(is_linear("a*Abs(x - b)**1.5 + c*Heaviside(x - b)", {"a", "c"}));
    EXPECT_TRUE(is_linear("a*cosh(x/b) - a", {"a"}));
    EXPECT_TRUE(is_linear("exp(x)", {"a"}));
    EXPECT_TRUE(is_linear("a*b*x", {"b"}));
}

TEST(Linearity, SeesThroughHiddenZeros)
{
    EXPECT_TRUE(is_linear("(a - b)**2 - a**2 + 2*a*b", {"a"}));
    EXPECT_TRUE(is_linear("(a*x + b)*(x + 1) - x*(a - b)", {"a", "b"}));
    EXPECT_TRUE(is_linear("(a*b + a*c)/(b + c)", {"a"}));
    EXPECT_TRUE(is_linear("sqrt(a)*sqrt(a)*x", {"a"}));
    EXPECT_TRUE(is_linear("0.1*a**2*3 - 0.3*a**2 + a", {"a"}));
    EXPECT_TRUE(is_linear("a**2/a + (b - a)**2 - (a - b)**2", {"a", "b"}));
}

TEST(Linearity, IsNotClaimedForProductsAndConditions)
{
    EXPECT_FALSE(is_linear("a*b*x", {"a", "b"}));
    EXPECT_FALSE(is_linear("a*(x**2 + y1*x + y2) + 3*b", {"a", "y1"}));
    EXPECT_FALSE(is_linear("a/(1 + b*exp(-c*(x - o)))", {"b"}));
    EXPECT_FALSE(is_linear("where(x > x0, a, 0)", {"x0"}));
    EXPECT_FALSE(is_linear("Piecewise((1, x < b), (2, True))", {"b"}));
    EXPECT_FALSE(is_linear("a*Heaviside(x - n)", {"n"}));
    EXPECT_FALSE(is_linear("sign(a)*x", {"a"}));
    EXPECT_FALSE(is_linear("floor(a)*x + ceil(b)", {"a"}));
    EXPECT_FALSE(is_linear("abs(a)*x", {"a"}));
    EXPECT_FALSE(is_linear("Min(a, x)", {"a"}));
    EXPECT_FALSE(is_linear("(a < 2)*x", {"a"}));
    EXPECT_FALSE(is_linear("cos(a)*x", {"a"}));
}

TEST(Expression, SimplifiesToZero)
{
    for (char const* text : {"a - a", "2*x*a - x*a*2", "(x + a)*(x - a) - x**2 + a**2", "x**2*x**-2 - 1", "a*x/x - a",
                             "sqrt(x)**2 - x", "--a - a", "exp(x)*exp(x) - exp(x)**2", "log(exp(a)) - a", "0*sin(x)",
                             "(2*x)**3 - 8*x**3", "x**a*x**b - x**(a + b)", "where(x < 2, a, a) - a"}) {
        EXPECT_TRUE(Expression::parse(text).is_zero()) << text << " became " << Expression::parse(text).to_string();
    }
    EXPECT_FALSE(Expression::parse("sqrt(x**2) - x").is_zero());
    EXPECT_FALSE(Expression::parse("(x**2)**0.5 - x").is_zero());
    EXPECT_FALSE(Expression::parse("a - b").is_zero());
}

TEST(Expression, FoldsConstants)
{
    double v = 0;
    EXPECT_TRUE(Expression::parse("4*log(2)*sin(pi/2) + 2**0.5").is_constant(v));
    EXPECT_NEAR(v, 4 * std::log(2.0) + std::sqrt(2.0), 1e-15);
    EXPECT_FALSE(Expression::parse("x + 1").is_constant(v));
}

TEST(Expression, PrintsShortFormulas)
{
    EXPECT_EQ(Expression::parse("a*exp(-x/t)+b*x").to_string(), "a*exp(-x/t) + x*b");
    EXPECT_EQ(Expression::parse("a/(1+x)**2").to_string(), "a/(x + 1)**2");
    EXPECT_EQ(Expression::parse("where(x<2,a,0)").to_string(), "Piecewise((a, x < 2), (0, True))");
}

TEST(Expression, SubstitutesAndReportsMissingValues)
{
    Expression const f = Expression::parse("a*x + b").substitute("b", Expression::parse("a**2"));
    EXPECT_EQ(f.evaluate({{"a", 3}, {"x", 2}}), 15);
    EXPECT_THROW(f.evaluate({{"a", 3}}), InvalidArgument);
    EXPECT_THROW(Expression::number(NAN), InvalidArgument);
    EXPECT_EQ(f.substitute("a", Expression::number(2)).symbols(), std::vector<std::string>{"x"});
    EXPECT_TRUE(std::isinf(Expression::parse("1/a").substitute("a", Expression::number(0)).evaluate({})));
}

// At a kink the side that the value comes from decides; steps have derivative 0.
TEST(Derivative, OfKinksAndSteps)
{
    auto d = [](char const* text, double x) { return Expression::parse(text).derivative("x").evaluate({{"x", x}}); };
    EXPECT_EQ(d("abs(x)", -2), -1);
    EXPECT_EQ(d("abs(x)", 0), 0);
    EXPECT_EQ(d("Min(x**2, 1)", 0.5), 1);
    EXPECT_EQ(d("Max(x**2, 1)", 0.5), 0);
    EXPECT_EQ(d("Heaviside(x)*x", 3), 1);
    EXPECT_EQ(d("floor(x) + sign(x) + (x < 3)", 2), 0);
    EXPECT_EQ(d("x**1.5", 0), 0);
    EXPECT_EQ(d("x**2", 0), 0);
}

/// mpmath's numbers, 60 digits: formulas of these derivatives lose up to all of a double's there.
TEST(Derivative, OfComplexErrorFunctions)
{
    auto const expect = [](Expression const& f, std::map<std::string, double> const& at, double value, double digits) {
        EXPECT_NEAR(f.evaluate(at) / value, 1.0, digits) << f.to_string();
        // What is printed means the same, if not as well.
        EXPECT_NEAR(Expression::parse(f.to_string()).evaluate(at) / value, 1.0, 1e-3) << f.to_string();
    };
    auto const erfcx = Expression::parse("erfcx(a)");
    expect(erfcx.derivative("a"), {{"a", 700.0}}, -1.15140378866448565e-6, 1e-14);
    expect(erfcx.derivative("a"), {{"a", 3.0}}, -0.0543722600071728714, 1e-13);
    expect(erfcx.derivative("a"), {{"a", -0.5}}, -3.08073965627806967, 1e-14);
    expect(erfcx.derivative("a").derivative("a"), {{"a", 3.0}}, 0.03176874231974267, 1e-12);

    auto const re = Expression::parse("re(wofz(a + I*b))"), im = Expression::parse("im(wofz(a + I*b))");
    std::map<std::string, double> const near{{"a", 0.7}, {"b", 0.4}}, far{{"a", 20.0}, {"b", 5.0}};
    expect(re.derivative("a").derivative("a"), near, -0.1746912639528596, 1e-13);
    expect(re.derivative("a").derivative("b"), near, 0.7024461287862781, 1e-13);
    expect(im.derivative("a").derivative("a"), near, -0.7024461287862781, 1e-13);
    expect(im.derivative("b").derivative("b"), near, 0.7024461287862781, 1e-13);
    expect(re.derivative("a").derivative("a"), far, 8.721996861476454e-5, 1e-12);
    expect(im.derivative("b").derivative("b"), far, -9.585062226297874e-5, 1e-12);

    auto const voigt = Expression::parse("re(wofz((x + I*g)/(sqrt(2)*s)))/(sqrt(2*pi)*s)");
    expect(voigt.derivative("s"), {{"x", 2.0}, {"g", 3.0}, {"s", 0.3}}, 0.000621751425263117932, 1e-12);
    auto const narrow = voigt.derivative("s").evaluate({{"x", 2.0}, {"g", 3.0}, {"s", 1e-3}});
    EXPECT_NEAR(narrow / 2.60790371323946525e-6, 1.0, 1e-8);
}

}  // namespace
}  // namespace warpfit::expression
