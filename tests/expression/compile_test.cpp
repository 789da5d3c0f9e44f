#include "include/warpfit/error.hpp"
#include "tests/expression/run_code.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <set>

namespace warpfit::expression::tests {
namespace {

using program::File;
using program::OpCode;

CompiledExpression compiled(std::string const& text, std::vector<std::string> const& slots)
{
    return compile_all(Expression::parse(text), slots);
}

int count(std::vector<program::Instruction> const& code, OpCode op)
{
    return static_cast<int>(std::count_if(code.begin(), code.end(), [&](auto const& i) { return i.op == op; }));
}

TEST(Compile, HoistsWhatDependsOnParametersOnly)
{
    CompiledExpression const code = compiled("h*exp(-(x - x0)**2*4*log(2)/fwhm**2)", {"h", "x0", "fwhm"});
    EXPECT_EQ(code.value_code.size(), 5u);  // subtract, square, times the pixel's factor, exp, times h
    EXPECT_LE(code.local_code.size(), 9u);
    EXPECT_TRUE(code.channel_code.empty());
    EXPECT_EQ(count(code.local_code, OpCode::exp), 1);
    EXPECT_EQ(count(code.local_code, OpCode::div) + count(code.local_code, OpCode::reciprocal), 0);
    EXPECT_LE(code.num_local_registers, 4);
}

TEST(Compile, HoistsWhatDependsOnTheChannelOnly)
{
    CompiledExpression const code =
        compiled("a0 + a1*x + a2*x**2 + a3*x**3 + b*log(x**2 + 1)", {"a0", "a1", "a2", "a3", "b"});
    EXPECT_EQ(code.local_code.size(), 4u);  // fused multiply-adds
    EXPECT_EQ(count(code.local_code, OpCode::fused_multiply_add), 4);
    EXPECT_EQ(count(code.channel_code, OpCode::log), 1);
    EXPECT_TRUE(code.pixel_code.empty());
    EXPECT_EQ(code.num_local_registers, 1);
    EXPECT_EQ(code.gradient[1].file(), File::channel);
    EXPECT_EQ(code.gradient[0].file(), File::constant);
}

TEST(Compile, RegroupsFactorsAndTermsByDependence)
{
    // (a*b) and (sin(x)*cos(x)) once each, then one product for each channel.
    CompiledExpression const code = compiled("a*sin(x)*b*cos(x)", {"a", "b"});
    EXPECT_EQ(code.value_code.size(), 1u);
    CompiledExpression const sum = compiled("a + x + b + x**2 + exp(x*a) + 1", {"a", "b"});
    EXPECT_EQ(sum.value_code.size(), 4u);
}

TEST(Compile, SharesTheValuesOfValueAndGradient)
{
    CompiledExpression const code = compiled("a/(1 + b*exp(-c*(x - o)))", {"a", "b", "c", "o"});
    EXPECT_EQ(count(code.local_code, OpCode::exp), 1);
    EXPECT_EQ(count(code.local_code, OpCode::reciprocal), 1);
    EXPECT_LE(code.local_code.size(), 13u);
    EXPECT_LT(code.value_code.size(), 7u);
}

TEST(Compile, UsesCheapPowers)
{
    for (char const* text :
         {"(a*x + 1)**2", "(a + x)**3", "(a + x)**-1", "(a + x)**8", "sqrt(a + x)", "(a + x)**-1.5"}) {
        CompiledExpression const code = compiled(text, {"a"});
        EXPECT_EQ(count(code.local_code, OpCode::pow), 0) << text;
        EXPECT_LE(code.value_code.size(), 5u) << text;
    }
    EXPECT_EQ(count(compiled("(a + x)**1.3", {"a"}).value_code, OpCode::pow), 1);
}

TEST(Compile, HighPowersStayInTheRangeOfFloat)
{
    std::vector<std::string> const slots{"x0", "w"};
    CompiledExpression const code = compiled("exp(-((x - x0)/w)**6)", slots);
    std::map<std::string, double> const values{{"x", 1.5e-9}, {"x0", 1e-9}, {"w", 1e-9}};
    Outcome const outcome = run_code<float>(code, slots, values);
    double const t = 0.5;
    double const f = std::exp(-std::pow(t, 6));
    EXPECT_NEAR(outcome.value, f, 1e-6);
    EXPECT_NEAR(outcome.gradient[0], f * 6 * std::pow(t, 5) * 1e9, 1e4);
    EXPECT_NEAR(outcome.gradient[1], f * 6 * std::pow(t, 6) * 1e9, 1e4);
}

TEST(Compile, TwinFunctionsNeedThePixelOnly)
{
    std::vector<std::string> const slots{"x"};  // a slot may be called as an axis
    CompiledExpression const code = compiled("2*x**2 + 1", slots);
    EXPECT_TRUE(code.channel_code.empty());
    EXPECT_TRUE(code.local_code.empty());
    EXPECT_EQ(code.value.file(), File::pixel);
    EXPECT_EQ(code.gradient[0].file(), File::pixel);
    Outcome const outcome = run_code<double>(code, slots, {{"x", 3}});
    EXPECT_EQ(outcome.value, 19);
    EXPECT_EQ(outcome.gradient[0], 12);
    EXPECT_EQ(compiled("3.5", slots).value.file(), File::constant);
    EXPECT_EQ(compiled("x", slots).value.index(), 0);
}

TEST(Compile, LeavesOutGradientsThatNobodyWants)
{
    std::vector<std::string> const slots{"a", "b"};
    bool const wants[] = {true, false};
    Expression const f = Expression::parse("a*exp(-b*x)");
    CompiledExpression const code = compile(f, slots, wants);
    EXPECT_EQ(code.gradient[1].file(), File::constant);
    EXPECT_EQ(code.constants[static_cast<std::size_t>(code.gradient[1].index())], 0);
    EXPECT_LT(code.local_code.size(), compile_all(f, slots).local_code.size());
}

TEST(Compile, ConstantsThatAreNotFiniteAreComputedLate)
{
    std::vector<std::string> const slots{"a"};
    Expression const f = Expression::parse("a*x/s + log(s)").substitute("s", Expression::number(0));
    EXPECT_FALSE(std::isfinite(run_code<double>(compile_all(f, slots), slots, {{"a", 1}, {"x", 1}}).value));
}

TEST(Compile, RefusesUnknownSymbols)
{
    EXPECT_THROW(compiled("a*x + sgima", {"a", "sigma"}), InvalidArgument);
    try {
        compiled("a*x + sgima", {"a", "sigma"});
    } catch (InvalidArgument const& error) {
        EXPECT_THAT(error.what(), testing::HasSubstr("did you mean 'sigma'?"));
    }
    std::vector<std::string> const slots{"a", "b"};
    bool const one[] = {true};
    EXPECT_THROW(compile(Expression::parse("a"), slots, one), InvalidArgument);
}

/// Random formulas of smooth functions on tame ranges; every one is a sum, so that values do not vanish.
class Generator
{
  public:
    explicit Generator(unsigned seed)
        : random_(seed)
    {}

    std::string formula(int depth)
    {
        if (depth == 0) return leaf();
        std::string const a = formula(depth - 1), b = formula(depth - 1);
        switch (random_() % 16) {
        case 0:
        case 1:
            return "(" + a + " + " + b + ")";
        case 2:
            return "(" + a + " - " + b + ")";
        case 3:
        case 4:
            return "(" + a + ")*(" + b + ")";
        case 5:
            return "(" + a + ")/(2 + (" + b + ")**2)";
        case 6:
            return "sin(" + a + ")";
        case 7:
            return "exp(-(" + a + ")**2/10)";
        case 8:
            return "tanh(" + a + " + " + b + ")";
        case 9:
            return "(1 + abs(" + a + "))**" + std::to_string(random_() % 9 + 1) + "/500";
        case 10:
            return "where(" + a + " < " + b + ", " + a + ", " + leaf() + ")";
        case 11:
            return "sqrt(1 + (" + a + ")**2)";
        case 12:
            return "Max(" + a + ", " + b + ")";
        case 13:
            return "abs(sin(" + a + "))**(1.2 + tanh(" + b + "))";
        case 14:
            return "Max(tanh(" + a + "), 0)**(2 + sin(" + b + ")/2)";
        default:
            return "atan2(" + a + ", 1 + (" + b + ")**2)";
        }
    }
    double number() { return std::uniform_real_distribution<double>(-1.5, 1.5)(random_); }

  private:
    std::string leaf()
    {
        static constexpr char const* leaves[] = {"a", "b", "c", "d", "x", "y", "x", "0.75", "3"};
        return leaves[random_() % std::size(leaves)];
    }

    std::mt19937 random_;
};

class RandomFormulas : public testing::TestWithParam<unsigned>
{};

TEST_P(RandomFormulas, CompiledCodeEqualsNodeByNodeEvaluation)
{
    Generator generator(GetParam());
    std::vector<std::string> const slots{"a", "b", "c", "d"};
    for (int n = 0; n < 40; ++n) {
        std::string const text = generator.formula(1 + n % 5);
        Expression const f = Expression::parse(text);
        Expression const again = Expression::parse(f.to_string());
        CompiledExpression const code = compile_all(f, slots);
        std::vector<Expression> derivatives;
        for (std::string const& slot : slots) derivatives.push_back(f.derivative(slot));
        for (int point = 0; point < 3; ++point) {
            std::map<std::string, double> values;
            for (char const* name : {"a", "b", "c", "d", "x", "y"}) values[name] = generator.number();
            double const expected = f.evaluate(values);
            ASSERT_TRUE(std::isfinite(expected)) << text;
            Outcome const outcome = run_code<double>(code, slots, values);
            double const error = 1e-11 * (1 + std::abs(expected));
            EXPECT_NEAR(outcome.value, expected, error) << text;
            EXPECT_NEAR(outcome.value_only, expected, error) << text;
            EXPECT_NEAR(again.evaluate(values), expected, error) << text << "\n" << f.to_string();
            for (std::size_t k = 0; k < slots.size(); ++k) {
                double const d = derivatives[k].evaluate(values);
                EXPECT_NEAR(outcome.gradient[k], d, 1e-10 * (1 + std::abs(d))) << text << " by " << slots[k];
            }
        }
    }
}

TEST_P(RandomFormulas, DerivativesEqualDifferences)
{
    Generator generator(GetParam() + 1000);
    for (int n = 0; n < 20; ++n) {
        std::string const text = generator.formula(1 + n % 4);
        Expression const f = Expression::parse(text);
        Expression const d = f.derivative("a");
        std::map<std::string, double> values;
        for (char const* name : {"a", "b", "c", "d", "x", "y"}) values[name] = generator.number();
        auto at = [&](double h) {
            std::map<std::string, double> shifted = values;
            shifted["a"] += h;
            return f.evaluate(shifted);
        };
        double const h = 1e-4;
        double const difference = (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h);
        double const rounding = 1e-14 * std::abs(at(0)) / h;
        EXPECT_NEAR(d.evaluate(values), difference, 1e-6 * (1 + std::abs(difference)) + rounding) << text;
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomFormulas, testing::Range(1u, 11u));

}  // namespace
}  // namespace warpfit::expression::tests
