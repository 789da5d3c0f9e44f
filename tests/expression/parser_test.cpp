#include "include/warpfit/error.hpp"
#include "src/expression/expression.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <string>

namespace warpfit::expression {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

double value(std::string const& text, std::map<std::string, double> const& values = {})
{
    return Expression::parse(text).evaluate(values);
}

std::string message(std::string const& text)
{
    try {
        Expression::parse(text);
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return "no error";
}

/// Column of the caret in the shown text.
std::size_t caret(std::string const& text)
{
    std::string const m = message(text);
    std::size_t const line = m.rfind('\n');
    return m.find('^', line) - line - 5;
}

TEST(Parser, FollowsPythonsPrecedences)
{
    EXPECT_EQ(value("1 + 2*3"), 7);
    EXPECT_EQ(value("-2**2"), -4);
    EXPECT_EQ(value("2**3**2"), 512);
    EXPECT_EQ(value("2^3^2"), 512);
    EXPECT_EQ(value("2**-1"), 0.5);
    EXPECT_EQ(value("1/2"), 0.5);
    EXPECT_EQ(value("8/4/2"), 1);
    EXPECT_EQ(value("5 - 3 - 1"), 1);
    EXPECT_EQ(value("--3"), 3);
    EXPECT_EQ(value("(1 + 2)*3"), 9);
    EXPECT_EQ(value("1 + 1 < 3"), 1);
    EXPECT_EQ(value("(1 < 2) & (3 < 2) | (1 <= 1)"), 1);
    EXPECT_EQ(value("~(1 == 1)"), 0);
    EXPECT_EQ(value("(2 >= 3) | (2 != 2) | (3 > 2)"), 1);
}

TEST(Parser, ReadsNumbersAndConstants)
{
    EXPECT_EQ(value("1.5e-3"), 1.5e-3);
    EXPECT_EQ(value(".5 + 2."), 2.5);
    EXPECT_EQ(value("2E2"), 200);
    EXPECT_DOUBLE_EQ(value("pi"), 3.14159265358979323846);
    EXPECT_DOUBLE_EQ(value("E"), 2.71828182845904523536);
}

// Expected values: SymPy 1.11 and NumPy 1.24 for the names that are theirs.
TEST(Parser, KnowsTheFunctionsOfSympyAndNumpy)
{
    std::map<std::string, double> const v{{"a", 0.25}, {"b", -1.75}, {"z", 0.0}};
    EXPECT_DOUBLE_EQ(value("log(a, 2)", v), -2);
    EXPECT_DOUBLE_EQ(value("log10(a*400)", v), 2);
    EXPECT_DOUBLE_EQ(value("log2(a)", v), -2);
    EXPECT_DOUBLE_EQ(value("cbrt(b - 25/4)", v), -2);
    EXPECT_EQ(value("Heaviside(z)", v), 0.5);
    EXPECT_EQ(value("heaviside(z, 1)", v), 1);
    EXPECT_EQ(value("Heaviside(a) + Heaviside(b)", v), 1);
    EXPECT_EQ(value("sign(b) + sign(z) + sign(a)*4", v), 3);
    EXPECT_EQ(value("floor(b) + ceiling(b)*10 + ceil(a)*100", v), 88);
    EXPECT_EQ(value("Min(a, b, z) + max(a, b, z)", v), -1.5);
    EXPECT_EQ(value("where(a < b, 1, 2)", v), 2);
    EXPECT_EQ(value("where(b, 1, 2)", v), 1);
    EXPECT_EQ(value("Piecewise((1, a < 0), (2, a < 1), (3, True))", v), 2);
    EXPECT_EQ(value("And(a > 0, b < 0, Ne(a, b)) + Or(Eq(a, b), Ge(a, b)) + Not(Lt(a, b)) + Gt(a, b) + Le(a, a)", v),
              5);
    EXPECT_EQ(value("abs(b) + Abs(b) + fabs(b)", v), 5.25);
    EXPECT_DOUBLE_EQ(value("pow(a, 2) + expm1(a) - exp(a) + log1p(a) - ln(1 + a)", v), 0.0625 - 1);
    EXPECT_DOUBLE_EQ(value("arctan2(b, a) - atan2(b, a) + arcsin(a) - asin(a) + arccos(a) - acos(a) + 1", v), 1);
}

TEST(Parser, SubstitutesInTheWrittenOrder)
{
    EXPECT_THAT(Expression::parse("h*exp(-t**2/2); t = (x - x0)/w").symbols(), ElementsAre("h", "w", "x", "x0"));
    EXPECT_EQ(value("u + 1; u = v*2; v = 5"), 11);
    EXPECT_EQ(value("u + v; v = 5; u = v*2", {{"v", 7}}), 19);  // the later v stays
    EXPECT_EQ(value("x; x = 2*x", {{"x", 3}}), 6);
    EXPECT_EQ(value(" a ; a = 1 ; "), 1);
}

TEST(Parser, NamesMayLookLikeOtherThings)
{
    EXPECT_THAT(Expression::parse("S*N + beta*gamma_ + _a1 + Q*x0 + lambda").symbols(),
                ElementsAre("N", "Q", "S", "_a1", "beta", "gamma_", "lambda", "x0"));
}

/// HyperSpy keeps a name as it is typed: micro sign and Greek mu are two.
TEST(Parser, NamesMayBeOfAnyScript)
{
    EXPECT_THAT(Expression::parse("α*x + µ + μ + Δ_2*größe").symbols(),
                ElementsAre("größe", "x", "µ", "Δ_2", "α", "μ"));
    EXPECT_EQ(value("2*σ + 1; σ = 𝛼*幅", {{"𝛼", 3.0}, {"幅", 4.0}}), 25.0);
    EXPECT_EQ(Expression::parse("α**2").derivative("α").to_string(), "2*α");
}

TEST(Parser, FunctionsOfSympyMayNameParametersToo)
{
    EXPECT_THAT(Expression::parse("gamma*sec/(re + gamma**2)").symbols(), ElementsAre("gamma", "re", "sec"));
    EXPECT_NEAR(value("gamma*gamma(4); gamma = 2"), 12.0, 1e-13);
    EXPECT_EQ(value("re(a) + im(a) + real(2*a) + conjugate(a)", {{"a", 1.5}}), 6.0);
}

// mpmath, 30 digits, but for the ends.
TEST(Parser, FunctionsOfSympyHaveTheirEnds)
{
    EXPECT_NEAR(value("sinc(0) + gamma(1) + factorial(0)"), 3.0, 1e-14);
    EXPECT_EQ(Expression::parse("sinc(u)").derivative("u").evaluate({{"u", 0.0}}), 0.0);
    EXPECT_NEAR(Expression::parse("sinc(u)").derivative("u").evaluate({{"u", 1e-8}}), -1e-8 / 3, 1e-20);
    EXPECT_DOUBLE_EQ(value("acot(z)", {{"z", 0.0}}), 1.5707963267948966);
    EXPECT_DOUBLE_EQ(value("acot(z)", {{"z", -1e8}}), -1e-8);
    EXPECT_EQ(Expression::parse("acot(z)").derivative("z").evaluate({{"z", 0.0}}), -1.0);
    EXPECT_NEAR(value("gamma(z)", {{"z", -1.5}}), 2.3632718012073547, 3e-14);
    EXPECT_NEAR(value("gamma(z)", {{"z", -2.5}}), -0.9453087204829419, 1e-14);
    EXPECT_NEAR(value("gamma(z)", {{"z", 100.5}}) / 9.320963104082823e156, 1.0, 1e-12);
    EXPECT_DOUBLE_EQ(value("asinh(z)", {{"z", 1e-12}}), 1e-12);
    EXPECT_DOUBLE_EQ(value("asinh(z)", {{"z", -1e9}}), -21.416413017506358);
    EXPECT_THAT(
        [] {
            Expression const f = Expression::parse("trigamma(u)");
            f.derivative("u");
        },
        testing::Throws<InvalidArgument>());
    std::array<std::string, 1> const names{"b"}, inside{"a"};
    EXPECT_TRUE(Expression::parse("b*trigamma(x) + gamma(a*x)").is_linear_in(names));
    EXPECT_FALSE(Expression::parse("b*trigamma(x) + digamma(a*x)").is_linear_in(inside));
}

struct Mistake
{
    std::string text;
    std::size_t column;
    std::string said;
};

void PrintTo(Mistake const& mistake, std::ostream* out)
{
    *out << mistake.text;
}

class Mistakes : public testing::TestWithParam<Mistake>
{};

TEST_P(Mistakes, AreShownWhereTheyAre)
{
    auto const& [text, column, said] = GetParam();
    EXPECT_THAT(message(text), HasSubstr(said));
    EXPECT_EQ(caret(text), column) << message(text);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, Mistakes,
    testing::Values(Mistake{"a*expp(x)", 2, "did you mean 'exp'?"},
                    Mistake{"a*heavyside(x, 1)", 2, "did you mean 'heaviside'?"},
                    Mistake{"a(x)", 0, "unknown function 'a'"},  //
                    Mistake{"besselj(0, x)", 0, "known functions: Piecewise, re, im, exp, log"},
                    Mistake{"α + × x", 4, "unexpected '×'"}, Mistake{"µx²", 2, "unexpected '²'"},
                    Mistake{"αβ γ", 3, "expected an operator"}, Mistake{"a + \xff", 4, "not UTF-8"},
                    Mistake{"2α", 1, "write products with '*'"}, Mistake{"re(I*x)", 3, "imaginary"},
                    Mistake{"re(wofz(real(x + I*y)))", 17, "imaginary"}, Mistake{"2x", 1, "write products with '*'"},
                    Mistake{"a x", 2, "expected an operator"}, Mistake{"(a + b", 0, "never closed"},  //
                    Mistake{"a + b)", 5, "unmatched ')'"}, Mistake{"a + ", 4, "ends too early"},      //
                    Mistake{"", 0, "ends too early"}, Mistake{"a + * b", 4, "expected a number, a name or '('"},
                    Mistake{"a $ b", 2, "unexpected '$'"}, Mistake{"I*x", 0, "imaginary"},            //
                    Mistake{"a*oo", 2, "not a finite number"}, Mistake{"exp*2", 0, "is a function"},  //
                    Mistake{"exp(1, 2)", 0, "expected 1"}, Mistake{"log()", 0, "expected 1 or 2"},    //
                    Mistake{"a/0", 1, "division by zero"}, Mistake{"a//b", 1, "floor(a / b)"},        //
                    Mistake{"a < b < c", 6, "(a < b) & (b < c)"},
                    Mistake{"x > 1 & x < 3", 8, "put comparisons in parentheses"},
                    Mistake{"(a > b) && (a < c)", 8, "write '&'"}, Mistake{"~a", 1, "not a condition"},
                    Mistake{"Piecewise((1, x < 2), (2, x > 3))", 32, "(value, True)"},
                    Mistake{"Piecewise((1, x), (2, True))", 14, "not a condition"},
                    Mistake{"Piecewise(1, 2)", 10, "(value, condition)"}, Mistake{"a = 3", 2, "equality is '=='"},  //
                    Mistake{"a; b", 4, "expected '='"}, Mistake{"a; pi = 3", 3, "reserved"},                        //
                    Mistake{"a; 3 = b", 3, "expected a name"}, Mistake{"1e999", 0, "out of range"},                 //
                    Mistake{"1,5*x", 1, "decimals"}),
    [](auto const& instance) { return std::to_string(instance.index); });

TEST(Parser, ShowsTheNeighbourhoodInALongFormula)
{
    std::string text;
    for (int i = 0; i < 200; ++i) text += "a + ";
    std::string const m = message(text + "$ + b");
    EXPECT_LT(m.size(), 300u);
    std::size_t const line = m.rfind('\n', m.rfind('\n') - 1);
    EXPECT_EQ(m[line + 5 + caret(text + "$ + b")], '$');
}

TEST(Parser, ShowsWholeCodePointsOfALongFormula)
{
    std::string text;
    for (int i = 0; i < 200; ++i) text += "μ+";
    std::string const m = message(text + "$");
    EXPECT_THAT(m, HasSubstr("...μ+μ+"));
    EXPECT_THAT(m, HasSubstr("+μ+$\n"));
}

TEST(Parser, DeepNestingIsAnError)
{
    EXPECT_THAT(message(std::string(100000, '(')), HasSubstr("nested more than"));
    EXPECT_THAT(message(std::string(100000, '-') + "x"), HasSubstr("nested more than"));
    std::string powers = "x";
    for (int i = 0; i < 100000; ++i) powers += "**x";
    EXPECT_THAT(message(powers), HasSubstr("nested more than"));
    EXPECT_EQ(value(std::string(250, '(') + "1" + std::string(250, ')')), 1);
}

TEST(Parser, LongSumsAreNoProblem)
{
    std::string sum = "0";
    for (int i = 0; i < 3000; ++i) sum += " + sin(" + std::to_string(i) + "*x)*a" + std::to_string(i % 7);
    Expression const f = Expression::parse(sum);
    EXPECT_EQ(f.symbols().size(), 8u);
    EXPECT_FALSE(f.derivative("x").is_zero());
}

}  // namespace
}  // namespace warpfit::expression
