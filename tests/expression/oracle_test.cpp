#include "tests/expression/run_code.hpp"
#include "tests/expression/table.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace warpfit::expression::tests {
namespace {

constexpr double tolerance = 1e-12;

/// Relative; next to a zero of the function, relative to what its summands reach.
void expect_close(double actual, double expected, double scale, std::string const& what)
{
    EXPECT_NEAR(actual, expected, tolerance * std::max(std::abs(expected), scale)) << what;
}

class Sympy : public testing::TestWithParam<Row>
{};

TEST_P(Sympy, ValueAndDerivativesNodeByNode)
{
    Row const& row = GetParam();
    Expression const f = Expression::parse(row.formula);
    for (Point const& p : row.points) {
        expect_close(f.evaluate(p.values), p.value, 0.01, row.formula);
        for (std::size_t k = 0; k < row.parameters.size(); ++k) {
            Expression const d = f.derivative(row.parameters[k]);
            expect_close(d.evaluate(p.values), p.gradient[k], 0.01, row.formula + " by " + row.parameters[k]);
        }
    }
}

TEST_P(Sympy, CompiledCode)
{
    Row const& row = GetParam();
    CompiledExpression const code = compile_all(Expression::parse(row.formula), row.parameters);
    for (Point const& p : row.points) {
        Outcome const outcome = run_code<double>(code, row.parameters, p.values);
        expect_close(outcome.value, p.value, 0.01, row.formula);
        expect_close(outcome.value_only, p.value, 0.01, row.formula);
        for (std::size_t k = 0; k < row.parameters.size(); ++k) {
            expect_close(outcome.gradient[k], p.gradient[k], 0.01, row.formula + " by " + row.parameters[k]);
        }
    }
}

TEST_P(Sympy, CompiledCodeInFloat)
{
    Row const& row = GetParam();
    CompiledExpression const code = compile_all(Expression::parse(row.formula), row.parameters);
    for (Point const& p : row.points) {
        EXPECT_NEAR(run_code<float>(code, row.parameters, p.values).value, p.value, 2e-5 * (1 + std::abs(p.value)))
            << row.formula;
    }
}

TEST_P(Sympy, TextReadsBack)
{
    Row const& row = GetParam();
    Expression const f = Expression::parse(row.formula);
    Expression const again = Expression::parse(f.to_string());
    EXPECT_EQ(again.symbols(), f.symbols());
    for (Point const& p : row.points) expect_close(again.evaluate(p.values), p.value, 0.01, f.to_string());
    for (std::string const& name : row.parameters) {
        Expression const d = f.derivative(name);
        Expression const d_again = Expression::parse(d.to_string());
        for (Point const& p : row.points) {
            double const expected = d.evaluate(p.values);
            expect_close(d_again.evaluate(p.values), expected, 0.01, d.to_string());
        }
    }
}

TEST_P(Sympy, SimplifiedKeepsTheValue)
{
    Row const& row = GetParam();
    Expression const f = Expression::parse(row.formula).simplified();
    for (Point const& p : row.points) {
        EXPECT_NEAR(f.evaluate(p.values), p.value, 1e-10 * (1 + std::abs(p.value))) << f.to_string();
    }
}

INSTANTIATE_TEST_SUITE_P(Formulas, Sympy, testing::ValuesIn(read_table("expression_table.txt")),
                         [](auto const& instance) { return std::to_string(instance.index); });

class HyperSpy : public testing::TestWithParam<Row>
{};

// HyperSpy's own rounding counts: relative to the largest value of the column.
TEST_P(HyperSpy, ValueAndGradient)
{
    Row const& row = GetParam();
    CompiledExpression const code = compile_all(Expression::parse(row.formula), row.parameters);
    double largest = 0;
    std::vector<double> largest_gradient(row.parameters.size(), 0.0);
    for (Point const& p : row.points) {
        largest = std::max(largest, std::abs(p.value));
        for (std::size_t k = 0; k < row.parameters.size(); ++k) {
            if (!std::isnan(p.gradient[k])) {
                largest_gradient[k] = std::max(largest_gradient[k], std::abs(p.gradient[k]));
            }
        }
    }
    ASSERT_GT(largest, 0);
    for (Point const& p : row.points) {
        Outcome const outcome = run_code<double>(code, row.parameters, p.values);
        EXPECT_NEAR(outcome.value, p.value, 1e-10 * largest) << row.formula;
        for (std::size_t k = 0; k < row.parameters.size(); ++k) {
            if (std::isnan(p.gradient[k])) continue;
            EXPECT_NEAR(outcome.gradient[k], p.gradient[k], 1e-10 * largest_gradient[k])
                << row.formula << " by " << row.parameters[k];
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Components, HyperSpy, testing::ValuesIn(read_table("expression_hyperspy.txt")),
                         [](auto const& instance) { return std::to_string(instance.index); });

}  // namespace
}  // namespace warpfit::expression::tests
