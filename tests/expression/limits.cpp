#include "tests/expression/limits.hpp"

#include <cmath>
#include <limits>

namespace warpfit::expression::tests {

namespace {

constexpr double inf = std::numeric_limits<double>::infinity();

Row row(std::string formula, std::vector<std::string> parameters)
{
    Row row{std::move(formula), parameters, std::move(parameters), {}};
    row.symbols.emplace_back("x");
    return row;
}

/// values: those of the parameters, then x.
void add(Row& row, std::vector<double> const& values, double value, std::vector<double> gradient)
{
    Point point{{}, value, std::move(gradient)};
    for (std::size_t i = 0; i < values.size(); ++i) point.values[row.symbols[i]] = values[i];
    row.points.push_back(point);
}

/// A exp(-t), t = (x / tau)**beta
Row stretched_exponential()
{
    Row r = row("A*exp(-(x/tau)**beta)", {"A", "beta", "tau"});
    double const A = 3, tau = 2.5;
    for (double beta : {0.5, 1.0, 1.7}) {
        add(r, {A, beta, tau, 0}, A, {1, 0, 0});
        for (double x : {1e-8, 0.3, 2.5, 4.0}) {
            double const t = std::pow(x / tau, beta), e = std::exp(-t);
            add(r, {A, beta, tau, x}, A * e, {e, -A * e * t * std::log(x / tau), A * e * t * beta / tau});
        }
    }
    return r;
}

/// The same from x0 on, where the slope is that of u**beta at u = 0.
Row shifted_stretched_exponential()
{
    Row r = row("A*exp(-((x - x0)/tau)**beta)", {"A", "beta", "tau", "x0"});
    double const A = 3, tau = 2.5, x0 = 0.5;
    add(r, {A, 0.5, tau, x0, x0}, A, {1, 0, 0, inf});
    add(r, {A, 1.0, tau, x0, x0}, A, {1, 0, 0, A / tau});
    add(r, {A, 1.7, tau, x0, x0}, A, {1, 0, 0, 0});
    for (double beta : {0.5, 1.0, 1.7}) {
        for (double u : {0.25, 1.5}) {
            double const t = std::pow(u / tau, beta), e = std::exp(-t);
            double const slope = A * e * t * beta;
            add(r, {A, beta, tau, x0, x0 + u}, A * e, {e, -A * e * t * std::log(u / tau), slope / tau, slope / u});
        }
    }
    return r;
}

/// exp(-|u|**p), u = (x - x0) / w: even in u.
Row super_gaussian()
{
    Row r = row("exp(-abs((x - x0)/w)**p)", {"p", "w", "x0"});
    double const w = 1.5, x0 = 0.75;
    for (double p : {0.5, 1.0, 2.0, 3.5}) {
        add(r, {p, w, x0, x0}, 1, {0, 0, 0});
        for (double d : {-1.25, 0.5}) {
            double const u = std::abs(d / w), t = std::pow(u, p), e = std::exp(-t);
            add(r, {p, w, x0, x0 + d}, e, {-e * t * std::log(u), e * t * p / w, e * t * p / d});
        }
    }
    return r;
}

/// (u**2 / w)**p, the square inside the power.
Row power_of_square()
{
    Row r = row("((x - x0)**2/w)**p", {"p", "w", "x0"});
    double const w = 1.5, x0 = 0.75;
    for (double p : {0.3, 0.5, 1.0, 2.2}) {
        add(r, {p, w, x0, x0}, 0, {0, 0, 0});
        for (double d : {-1.25, 0.5}) {
            double const u = d * d / w, t = std::pow(u, p);
            add(r, {p, w, x0, x0 + d}, t, {t * std::log(u), -t * p / w, -2 * t * p / d});
        }
    }
    return r;
}

/// (a + b x)**c: zero base with and without slope along a parameter.
Row power_of_line()
{
    Row r = row("(a + b*x)**c", {"a", "b", "c"});
    double const b = 2;
    add(r, {0, b, 0.5, 0}, 0, {inf, 0, 0});
    add(r, {0, b, 1.0, 0}, 0, {1, 0, 0});
    add(r, {0, b, 1.5, 0}, 0, {0, 0, 0});
    add(r, {0, b, 0.0, 0}, 1, {0, 0, 0});
    add(r, {-1, b, 0.5, 0.5}, 0, {inf, inf, 0});
    add(r, {-1, b, 1.0, 0.5}, 0, {1, 0.5, 0});
    add(r, {-1, b, 1.5, 0.5}, 0, {0, 0, 0});
    add(r, {1, b, 1.5, 0.75}, std::pow(2.5, 1.5),
        {1.5 * std::sqrt(2.5), 1.125 * std::sqrt(2.5), std::pow(2.5, 1.5) * std::log(2.5)});
    return r;
}

/// x**n / (K**n + x**n)
Row hill()
{
    Row r = row("x**n/(K**n + x**n)", {"K", "n"});
    for (double n : {0.5, 1.0, 2.5}) {
        add(r, {2, n, 0}, 0, {0, 0});
        double const u = 1.5, f = std::pow(u, n) / (1 + std::pow(u, n));
        add(r, {2, n, 3}, f, {-n / 2 * f * (1 - f), std::log(u) * f * (1 - f)});
    }
    return r;
}

/// The exponent holds the parameter as well: u**u, u = x / c.
Row self_power()
{
    Row r = row("(x/c)**(x/c)", {"c"});
    add(r, {2, 0}, 1, {0});
    add(r, {2, 1.5}, std::pow(0.75, 0.75), {-std::pow(0.75, 0.75) * 0.375 * (1 + std::log(0.75))});
    return r;
}

/// A power of a power.
Row nested_power()
{
    Row r = row("((x/t)**a)**b", {"a", "b", "t"});
    add(r, {0.5, 3.0, 2, 0}, 0, {0, 0, 0});
    add(r, {1.5, 0.5, 2, 0}, 0, {0, 0, 0});
    double const f = std::pow(0.75, 1.5), log_f = 1.5 * std::log(0.75);
    add(r, {0.5, 3.0, 2, 1.5}, f, {f * log_f / 0.5, f * log_f / 3, -f * 1.5 / 2});
    return r;
}

Row root_of_squares()
{
    Row r = row("A*sqrt((x - a)**2 + b**2)", {"A", "a", "b"});
    add(r, {2, 1, 0, 1}, 0, {0, 0, 0});
    add(r, {2, 1, 4, 4}, 10, {5, -1.2, 1.6});
    return r;
}

/// Nothing below the edge, a root above it.
Row root_edge()
{
    Row r = row("A*sqrt(Max(x - E0, 0))", {"A", "E0"});
    add(r, {2, 3, 1}, 0, {0, 0});
    add(r, {2, 3, 3}, 0, {0, 0});
    add(r, {2, 3, 7}, 4, {2, -0.5});
    return r;
}

Row power_edge()
{
    Row r = row("where(x > E0, x - E0, 0)**n + Max(x - E0, 0)**n", {"E0", "n"});
    for (double n : {0.5, 1.0, 2.0}) {
        add(r, {3, n, 1}, 0, {0, 0});
        double const f = std::pow(4, n);
        add(r, {3, n, 7}, 2 * f, {-2 * n * f / 4, 2 * f * std::log(4)});
    }
    return r;
}

/// The root has no slope along b at x = 0, an infinite one along a.
Row root_of_line()
{
    Row r = row("sqrt(a + b*x)", {"a", "b"});
    add(r, {0, 2, 0}, 0, {inf, 0});
    add(r, {1, 2, 4}, 3, {1.0 / 6, 4.0 / 6});
    return r;
}

Row clamped_angle()
{
    Row r = row("acos(Min(x/R, 1)) + asin(Min(x/R, 1))*2", {"R"});
    add(r, {2, 3}, M_PI, {0});
    add(r, {2, 1}, M_PI * 2 / 3, {-1 / (2 * std::sqrt(3.0))});
    return r;
}

Row angle()
{
    Row r = row("atan2(x - a, b)", {"a", "b"});
    add(r, {1, 0, 1}, 0, {0, 0});
    add(r, {1, 3, 5}, std::atan2(4, 3), {-3.0 / 25, -4.0 / 25});
    return r;
}

}  // namespace

std::vector<Row> limits()
{
    return {stretched_exponential(),
            shifted_stretched_exponential(),
            super_gaussian(),
            power_of_square(),
            power_of_line(),
            hill(),
            self_power(),
            nested_power(),
            root_of_squares(),
            root_edge(),
            power_edge(),
            root_of_line(),
            clamped_angle(),
            angle()};
}

}  // namespace warpfit::expression::tests
