#include "kernels/components/builtins.hpp"
#include "kernels/components/formulas.hpp"
#include "src/expression/expression.hpp"
#include "tests/expression/run_code.hpp"
#include "tests/kernels/oracle_table.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace warpfit::testing {
namespace {

using namespace components;
using expression::Expression;

/// Value and gradient of C at one channel.
template<class C>
double evaluate(std::vector<double> const& p, double x, double y, std::vector<double>& grad)
{
    grad.assign(p.size(), std::nan(""));
    auto const q = C::template prepare<double>(p.data(), static_cast<int>(p.size()));
    if constexpr (C::dimension == 2)
        return C::template evaluate<double>(q, x, y, grad.data());
    else
        return C::template evaluate<double>(q, x, grad.data());
}

/// C as it is evaluated on a grid: along its columns, along its rows, and where they cross.
template<class C>
struct OnGrid : C
{
    template<class Real>
    static Real evaluate(typename C::template Prepared<Real> const& q, Real x, Real y, Real* grad)
    {
        return C::evaluate_crossing(q, C::along_x(q, x), C::along_y(q, y), grad);
    }
};

/// Formula and parameter names: the component's own, or those of a polynomial of this order.
struct Formula
{
    std::string text;
    std::vector<std::string> names;
};

template<class C>
std::vector<Formula> formulas()
{
    if constexpr (C::num_parameters == run_time_slots) {
        std::vector<Formula> all;
        for (int order : {0, 1, 2, 5, 11}) {
            Formula formula;
            for (int j = 0; j <= order; ++j) {
                std::string const name = C::parameters[0].name + std::to_string(j);
                formula.names.push_back(name);
                formula.text += (j > 0 ? " + " : "") + name + "*x**" + std::to_string(j);
            }
            all.push_back(formula);
        }
        return all;
    } else {
        Formula formula{C::expression, {}};
        for (ParameterSpec const& spec : C::parameters) formula.names.push_back(spec.name);
        return {formula};
    }
}

/// Both signs where the bounds allow, and away from the poles at 0.
double random_value(std::mt19937& random, double bmin, double bmax)
{
    std::uniform_real_distribution<double> uniform(0.2, 3.0);
    double v = uniform(random);
    if (bmin < 0.0 && random() % 2 == 0) v = -v;
    return std::clamp(v, bmin, bmax);
}

template<class C>
void expect_formula_holds(Formula const& formula)
{
    Expression const f = Expression::parse(formula.text);
    std::vector<Expression> derivatives;
    for (std::string const& name : formula.names) derivatives.push_back(f.derivative(name));
    std::mt19937 random(11);
    std::vector<double> grad;
    int compared = 0;
    for (int i = 0; i < 1000; ++i) {
        std::vector<double> p;
        std::map<std::string, double> values;
        for (std::size_t k = 0; k < formula.names.size(); ++k) {
            ParameterSpec const& spec = C::parameters[C::num_parameters == run_time_slots ? 0 : k];
            p.push_back(random_value(random, spec.bmin, spec.bmax));
            values[formula.names[k]] = p.back();
        }
        double const x = values["x"] = random_value(random, -10.0, 10.0);
        double const y = values["y"] = random_value(random, -10.0, 10.0);
        double const expected = f.evaluate(values);
        std::vector<double> slopes;
        bool defined = std::isfinite(expected);
        for (Expression const& derivative : derivatives) {
            slopes.push_back(derivative.evaluate(values));
            defined = defined && std::isfinite(slopes.back());
        }
        if (!defined) continue;  // a power of a negative number
        ++compared;
        double const value = evaluate<C>(p, x, y, grad);
        EXPECT_NEAR(value, expected, 1e-12 * (std::abs(expected) + 1e-3)) << C::name << " at x = " << x;
        for (std::size_t k = 0; k < p.size(); ++k) {
            EXPECT_NEAR(grad[k], slopes[k], 1e-11 * (std::abs(slopes[k]) + std::abs(expected) + 1e-3))
                << C::name << ", d/d" << formula.names[k] << " at x = " << x;
        }
    }
    EXPECT_GT(compared, 500) << C::name;
}

TEST(Components, ValueAndGradientAreThoseOfTheFormula)
{
    int num_components = 0;
    for_each(Builtins{}, [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        for (Formula const& formula : formulas<C>()) expect_formula_holds<C>(formula);
        ++num_components;
    });
    EXPECT_EQ(num_components, Builtins::size);
}

/// A component as it is evaluated: by its functor, or by the code that its formula is compiled to.
template<class C>
class Evaluation
{
  public:
    explicit Evaluation(std::vector<std::string> names)
        : names_(std::move(names))
    {
        if constexpr (!PixelFunction<C>)
            code_ = expression::tests::compile_all(Expression::parse(C::expression), names_);
    }

    double operator()(std::vector<double> const& p, double x, double y, std::vector<double>& grad) const
    {
        if constexpr (PixelFunction<C>) return evaluate<C>(p, x, y, grad);
        std::map<std::string, double> values{{"x", x}, {"y", y}};
        for (std::size_t k = 0; k < p.size(); ++k) values[names_[k]] = p[k];
        auto const outcome = expression::tests::run_code<double>(code_, names_, values);
        grad = outcome.gradient;
        return outcome.value;
    }

  private:
    std::vector<std::string> names_;
    expression::CompiledExpression code_;
};

/// Parameters, but for the one that a sum over channels is multiplied with: no formula holds that (tests/fit does).
template<class C>
std::vector<std::string> names_in_formula()
{
    std::vector<std::string> names;
    for (ParameterSpec const& spec : C::parameters) names.push_back(spec.name);
    if constexpr (requires { C::cumulative; }) names.erase(names.begin() + C::cumulative);
    return names;
}

template<class C>
void expect_table_holds(std::string const& table)
{
    std::vector<OracleCase> const cases = read_oracle(table);
    EXPECT_FALSE(cases.empty()) << table;
    for (OracleCase const& given : cases) {
        // The table's columns in slot order.
        std::vector<std::size_t> column;
        std::vector<double> p;
        for (std::size_t k = 0; k < given.names.size(); ++k) {
            std::size_t from = k;
            if constexpr (C::num_parameters != run_time_slots) {
                ASSERT_EQ(given.names.size(), names_in_formula<C>().size()) << table;
                std::string const name = names_in_formula<C>()[k];
                auto const found = std::find(given.names.begin(), given.names.end(), name);
                ASSERT_NE(found, given.names.end()) << C::name << " has no " << name;
                from = static_cast<std::size_t>(found - given.names.begin());
            }
            column.push_back(from);
            p.push_back(given.values[from]);
        }
        double largest = 0.0;
        std::vector<double> steepest(p.size(), 0.0);
        for (OraclePoint const& point : given.points) {
            largest = std::max(largest, std::abs(point.function));
            for (std::size_t k = 0; k < p.size(); ++k)
                steepest[k] = std::fmax(steepest[k], std::abs(point.gradient[column[k]]));
        }
        std::vector<double> grad;
        std::vector<std::string> names;
        for (std::size_t const k : column) names.push_back(given.names[k]);
        Evaluation<C> const evaluation(names);
        for (OraclePoint const& point : given.points) {
            double const value = evaluation(p, point.x, point.y, grad);
            EXPECT_NEAR(value, point.function, 1e-10 * largest) << C::name << " at x = " << point.x;
            for (std::size_t k = 0; k < p.size(); ++k) {
                double const slope = point.gradient[column[k]];
                if (std::isnan(slope)) continue;
                EXPECT_NEAR(grad[k], slope, given.tolerances[column[k]] * steepest[k])
                    << C::name << ", d/d" << given.names[column[k]] << " at x = " << point.x;
            }
        }
    }
}

// HyperSpy's numbers, and mpmath's for the components that it does not have.
TEST(Components, ValueAndGradientAreThoseOfTheTables)
{
    auto const expect = [](auto tag, int) {
        using C = typename decltype(tag)::type;
        if constexpr (!requires { C::curve; }) expect_table_holds<C>(C::name);  // tests/model has those with curves
    };
    for_each(Builtins{}, expect);
    for_each(Formulas{}, expect);
    expect_table_holds<Vignetting>("VignettingSides");
}

TEST(Components, OnAGridTheyAreTheSame)
{
    expect_formula_holds<OnGrid<Gaussian2D>>(formulas<Gaussian2D>().front());
    expect_table_holds<OnGrid<Gaussian2D>>("Gaussian2D");
}

TEST(Components, HoistedFormsComputeTheSame)
{
    std::mt19937 random(5);
    int hoisted = 0;
    for_each(Builtins{}, [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        if constexpr (requires { typename C::Hoisted; }) {
            using H = typename C::Hoisted;
            ++hoisted;
            for (int i = 0; i < 200; ++i) {
                std::vector<double> p, grad, hoisted_grad(C::num_parameters);
                for (ParameterSpec const& spec : C::parameters) p.push_back(random_value(random, spec.bmin, spec.bmax));
                double const x = random_value(random, -10.0, 10.0);
                double const expected = evaluate<C>(p, x, 0.0, grad);
                if (!std::isfinite(expected)) continue;
                double tables[H::num_tables];
                H::tabulate(x, p.data(), tables);
                auto const q = H::template prepare<double>(p.data(), C::num_parameters);
                EXPECT_NEAR(H::evaluate_tables(q, tables, hoisted_grad.data()), expected, 1e-13 * std::abs(expected));
                for (std::size_t k = 0; k < p.size(); ++k) {
                    if (std::find(std::begin(H::depends_on), std::end(H::depends_on), static_cast<int>(k)) !=
                        std::end(H::depends_on))
                        continue;
                    EXPECT_NEAR(hoisted_grad[k], grad[k], 1e-13 * (std::abs(grad[k]) + 1e-300)) << C::name;
                }
            }
        }
    });
    EXPECT_GE(hoisted, 1);
}

TEST(Components, BeyondItsWindowAPeakVanishes)
{
    int windows = 0;
    for_each(Builtins{}, [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        if constexpr (requires { &C::window; }) {
            ++windows;
            std::vector<double> const p{2.0, 1.5, 0.7};
            double lo = 0.0, hi = 0.0;
            C::window(p.data(), 8.6, lo, hi);
            std::vector<double> grad, beyond;
            double const top = evaluate<C>(p, 0.7, 0.0, grad);
            EXPECT_NEAR(lo + hi, 2 * 0.7, 1e-14);
            for (double x : {lo, hi}) EXPECT_LT(std::abs(evaluate<C>(p, x, 0.0, beyond)), 2.3e-16 * top) << C::name;
        }
    });
    EXPECT_GE(windows, 2);
}

TEST(Components, WhatIsNotFiniteShowsEverywhere)
{
    double const nan = std::nan("");
    double const peak[] = {1.0, 2.0, 100.0}, flat[] = {1.0, 0.0, 100.0}, wide[] = {1.0, nan, 100.0},
                 nowhere[] = {1.0, 2.0, nan};
    for (AxisEnds const axis : {AxisEnds{0.0, 100.0}, AxisEnds{200.0, 99.0}}) {
        EXPECT_TRUE(Window<float>::of<Gaussian>(peak, axis).holds(111.0F));
        EXPECT_FALSE(Window<float>::of<Gaussian>(peak, axis).holds(111.1F));
        EXPECT_FALSE(Window<float>::of<Gaussian>(peak, axis).holds(88.9F));
        EXPECT_TRUE(Window<double>::of<Gaussian>(peak, axis).holds(117.0));
        for (double const* p : {flat, wide, nowhere})
            for (double const x : {-1e6, 100.0, 1e6}) {
                EXPECT_TRUE(Window<double>::of<Gaussian>(p, axis).holds(x));
                EXPECT_TRUE(Window<float>::of<Gaussian>(p, axis).holds(static_cast<float>(x)));
            }
    }
}

TEST(Components, APeakBesideTheAxisShowsOnAllOfIt)
{
    double const peak[] = {1.0, 2.0, 100.0};
    for (AxisEnds const axis : {AxisEnds{0.0, 99.9}, AxisEnds{200.0, 100.1}})
        EXPECT_TRUE(Window<double>::of<Gaussian>(peak, axis).holds(axis.first));
}

TEST(Components, PowerLawIsNothingBelowItsCutoff)
{
    std::vector<double> grad;
    std::vector<double> const p{3.0, 2.0, 0.0, 5.0};
    EXPECT_EQ(evaluate<PowerLaw>(p, 4.0, 0.0, grad), 0.0);
    EXPECT_EQ(evaluate<PowerLaw>(p, 5.0, 0.0, grad), 0.0);
    for (double g : grad) EXPECT_EQ(g, 0.0);
    EXPECT_DOUBLE_EQ(evaluate<PowerLaw>(p, 10.0, 0.0, grad), 0.03);
    EXPECT_TRUE(std::isfinite(evaluate<PowerLaw>(p, -1.0, 0.0, grad)));
}

TEST(Components, TheListNamesEachOnce)
{
    std::map<std::string, int> names;
    auto const look_at = [&](auto tag, int) {
        using C = typename decltype(tag)::type;
        ++names[C::name];
        for (ParameterSpec const& spec : C::parameters) {
            EXPECT_LT(spec.bmin, spec.bmax) << C::name;
            EXPECT_LE(spec.bmin, spec.value) << C::name;
            EXPECT_GE(spec.bmax, spec.value) << C::name;
        }
    };
    for_each(Builtins{}, look_at);
    for_each(Formulas{}, look_at);
    for_each(Builtins{},
             [](auto tag, int index) { EXPECT_EQ(position_of<typename decltype(tag)::type>(Builtins{}), index); });
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Builtins::size + Formulas::size));
}

}  // namespace
}  // namespace warpfit::testing
