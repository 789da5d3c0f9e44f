#include "tests/expression/limits.hpp"

#include "kernels/core/lanes.hpp"
#include "tests/expression/run_code.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace warpfit::expression::tests {
namespace {

class Limits : public testing::TestWithParam<Row>
{
  protected:
    /// Exact where the expected value is 0 or infinite.
    static void expect_close(double actual, double expected, double tolerance, Row const& row, Point const& point)
    {
        if (actual == expected) return;
        std::string at;
        for (auto const& [name, v] : point.values) at += " " + name + " = " + std::to_string(v);
        bool const is_exact = expected == 0 || !std::isfinite(expected);
        EXPECT_NEAR(actual, expected, is_exact ? 0 : tolerance * std::max(std::abs(expected), 0.1))
            << row.formula << at;
    }

    template<class Real>
    static void expect_code(double tolerance, bool with_value = true)
    {
        Row const& row = GetParam();
        CompiledExpression const code = compile_all(Expression::parse(row.formula), row.parameters);
        for (Point const& p : row.points) {
            Outcome const outcome = run_code<Real>(code, row.parameters, p.values);
            if (with_value) {
                expect_close(outcome.value, p.value, tolerance, row, p);
                expect_close(outcome.value_only, p.value, tolerance, row, p);
            }
            for (std::size_t k = 0; k < row.parameters.size(); ++k) {
                SCOPED_TRACE("by " + row.parameters[k]);
                expect_close(outcome.gradient[k], p.gradient[k], tolerance, row, p);
            }
        }
    }
};

TEST_P(Limits, NodeByNode)
{
    Row const& row = GetParam();
    Expression const f = Expression::parse(row.formula);
    for (Point const& p : row.points) {
        expect_close(f.evaluate(p.values), p.value, 1e-14, row, p);
        for (std::size_t k = 0; k < row.parameters.size(); ++k) {
            SCOPED_TRACE("by " + row.parameters[k]);
            expect_close(f.derivative(row.parameters[k]).evaluate(p.values), p.gradient[k], 1e-14, row, p);
        }
    }
}

TEST_P(Limits, TextReadsBack)
{
    Row const& row = GetParam();
    Expression const f = Expression::parse(row.formula);
    for (std::size_t k = 0; k < row.parameters.size(); ++k) {
        std::string const text = f.derivative(row.parameters[k]).to_string();
        SCOPED_TRACE(text);
        for (Point const& p : row.points) {
            expect_close(Expression::parse(text).evaluate(p.values), p.gradient[k], 1e-14, row, p);
        }
    }
}

TEST_P(Limits, CompiledCode)
{
    expect_code<double>(1e-14);
}

TEST_P(Limits, CompiledCodeInFloat)
{
    expect_code<float>(1e-5);
}

// Both branches of a select are computed there. Values are left out: 0**0 and atan2(0, 0) are xsimd's.
TEST_P(Limits, GradientInLanes)
{
    expect_code<lanes::Lanes<double, xsimd::sse2>>(1e-13, false);
    expect_code<lanes::Lanes<float, xsimd::sse2>>(1e-5, false);
}

INSTANTIATE_TEST_SUITE_P(Formulas, Limits, testing::ValuesIn(limits()),
                         [](auto const& instance) { return std::to_string(instance.index); });

std::string derivative(char const* text, char const* name)
{
    return Expression::parse(text).derivative(name).to_string();
}

TEST(LimitsCostNothing, WhereTheRuleHoldsAnyway)
{
    EXPECT_EQ(derivative("x**2", "x"), "2*x");
    EXPECT_EQ(derivative("x**3", "x"), "3*x**2");
    EXPECT_EQ(derivative("3*x**2", "x"), "6*x");
    EXPECT_EQ(derivative("x**1.5", "x"), "1.5*sqrt(x)");
    EXPECT_EQ(derivative("sqrt(x)", "x"), "0.5/sqrt(x)");
    EXPECT_EQ(derivative("0.5/sqrt(x)", "x"), "-0.25/x**1.5");
    EXPECT_EQ(derivative("x**-r", "x"), "-x**(-r)*r/x");
    EXPECT_EQ(derivative("x**-r", "r"), "-x**(-r)*log(x)");
    EXPECT_EQ(derivative("x**-r*log(x)", "r"), "-x**(-r)*log(x)**2");
    EXPECT_EQ(derivative("(x/tau)**beta", "tau"), "-(x/tau)**beta*beta/tau");
    EXPECT_EQ(derivative("2**(a*x)", "a"), "0.6931471805599453*2**(a*x)*x");
    for (char const* text : {"(1 + x**2)**m", "(exp(-x) + 2)**m", "(cosh(x)*3)**m", "Max(x, 2)**m", "(1 + abs(x))**m",
                             "where(x < 0, 1, 2)**m", "Min(4, 1 + x**2)**m", "(1 + x**2)**0.3"}) {
        for (char const* name : {"x", "m"}) {
            // Conditions that are not comparisons print as where().
            EXPECT_EQ(derivative(text, name).find("where("), std::string::npos) << derivative(text, name);
        }
    }
}

// One select more for each guarded factor, nothing for the rest.
TEST(LimitsCostNothing, InCodeThatIsRunMost)
{
    auto local_size = [](char const* text, std::vector<std::string> const& slots) {
        return compile_all(Expression::parse(text), slots).local_code.size();
    };
    EXPECT_EQ(local_size("A*x**-r", {"A", "r"}), 4u);
    EXPECT_EQ(local_size("A*(x - origin)**-r", {"A", "r", "origin"}), 9u);
    EXPECT_EQ(local_size("h*exp(-(x - x0)**2*4*log(2)/fwhm**2)", {"h", "x0", "fwhm"}), 9u);
    EXPECT_EQ(local_size("A*sqrt(x - x0)", {"A", "x0"}), 5u);
    EXPECT_EQ(local_size("A*(1 + ((x - c)/w)**2)**-m", {"A", "c", "w", "m"}), 14u);
    EXPECT_EQ(local_size("A*x**c", {"A", "c"}), 4u);                            // the select is in the channel's code
    EXPECT_EQ(local_size("A*exp(-(x/tau)**beta)", {"A", "tau", "beta"}), 11u);  // 10 without
}

TEST(Limits, LeaveTheProofOfLinearity)
{
    auto is_linear = [](char const* text, std::vector<std::string> const& names) {
        return Expression::parse(text).is_linear_in(names);
    };
    EXPECT_TRUE(is_linear("A*exp(-(x/tau)**beta)", {"A"}));
    EXPECT_TRUE(is_linear("A*exp(-(x/tau)**beta) + B*exp(-((x - x0)/tau)**beta) + c", {"A", "B", "c"}));
    EXPECT_TRUE(is_linear("A*sqrt(Max(x - E0, 0)) + B*abs(x - E0)**p", {"A", "B"}));
    EXPECT_TRUE(is_linear("sqrt(a)*sqrt(a)*x + a**b*a**(1 - b)", {"a"}));
    EXPECT_FALSE(is_linear("A*exp(-(x/tau)**beta)", {"tau"}));
    EXPECT_FALSE(is_linear("A*exp(-(x/tau)**beta)", {"beta"}));
    EXPECT_FALSE(is_linear("A*(x - x0)**beta", {"x0"}));
    EXPECT_FALSE(is_linear("A*x**beta", {"A", "beta"}));
    EXPECT_FALSE(is_linear("sqrt(a**2)*x", {"a"}));
    EXPECT_FALSE(is_linear("(a**2)**b*x", {"a"}));
}

}  // namespace
}  // namespace warpfit::expression::tests
