#include "src/expression/curve.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace warpfit::expression {

namespace {

/// Coefficients [n + 2] of the cubic B-splines of equal spacing through values [n], third derivatives equal on both
/// sides of the last but one points (not-a-knot).
///
/// (c[i] + 4 c[i+1] + c[i+2]) / 6 = values[i]; the fourth differences of c vanish at both ends. Second differences
/// d[i] = c[i] - 2 c[i+1] + c[i+2] obey d[i-1] + 4 d[i] + d[i+1] = 6 (second differences of values), and there
/// d[0] - 2 d[1] + d[2] = 0: a tridiagonal system after d[0] is replaced.
std::vector<double> cubic_coefficients(std::span<double const> values)
{
    std::size_t const n = values.size();
    std::vector<double> d(n), lower(n, 1.0), diagonal(n, 4.0), upper(n, 1.0);
    for (std::size_t i = 1; i + 1 < n; ++i) d[i] = 6.0 * (values[i - 1] - 2.0 * values[i] + values[i + 1]);
    // d[0] = 2 d[1] - d[2] in the second row gives 6 d[1] = right side; likewise at the end.
    diagonal[1] = 6.0, upper[1] = 0.0;
    diagonal[n - 2] = 6.0, lower[n - 2] = 0.0;
    for (std::size_t i = 2; i + 1 < n; ++i) {
        double const factor = lower[i] / diagonal[i - 1];
        diagonal[i] -= factor * upper[i - 1];
        d[i] -= factor * d[i - 1];
    }
    for (std::size_t i = n - 2; i >= 1; --i) d[i] = (d[i] - (i + 2 < n ? upper[i] * d[i + 1] : 0.0)) / diagonal[i];
    d[0] = 2.0 * d[1] - d[2];
    d[n - 1] = 2.0 * d[n - 2] - d[n - 3];

    // values[i] = c[i+1] + d[i] / 6
    std::vector<double> c(n + 2);
    for (std::size_t i = 0; i < n; ++i) c[i + 1] = values[i] - d[i] / 6.0;
    c[0] = d[0] + 2.0 * c[1] - c[2];
    c[n + 1] = d[n - 1] + 2.0 * c[n] - c[n - 1];
    return c;
}

double call(void const* context, double x)
{
    return (*static_cast<std::function<double(double)> const*>(context))(x);
}

}  // namespace

std::shared_ptr<Curve const> Curve::sampled(std::string name, double first, double step, std::span<double const> values,
                                            int degree)
{
    std::size_t const least = degree == 1 ? 2 : 4;
    if (values.size() < least)
        throw InvalidArgument(name + " has " + std::to_string(values.size()) + " values (interpolation needs " +
                              std::to_string(least) + "): give more");
    if (!(step > 0.0) || !std::isfinite(first))
        throw InvalidArgument(name + " has no rising axis of finite values: check its offset and scale");
    if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }))
        throw InvalidArgument(name + " has a value that is not finite: replace it");
    auto curve = std::make_shared<Curve>();
    curve->name_ = std::move(name);
    curve->first_ = first;
    curve->step_ = step;
    curve->degree_ = degree;
    curve->num_intervals_ = static_cast<int>(values.size()) - 1;
    curve->coefficients_ = degree == 1 ? std::vector<double>(values.begin(), values.end()) : cubic_coefficients(values);
    return curve;
}

std::shared_ptr<Curve const> Curve::exact(std::string name, std::function<double(double)> function)
{
    auto curve = std::make_shared<Curve>();
    curve->name_ = std::move(name);
    curve->function_ = std::move(function);
    return curve;
}

double Curve::at(program::OpCode op, double u) const
{
    if (is_exact()) return op == program::OpCode::curve ? function_(u) : std::nan("");
    return program::curve_at(op, view(), u);
}

program::Curve Curve::view() const
{
    if (is_exact()) return {0.0, 1.0, 0, 1, nullptr, &call, &function_};
    return {first_, 1.0 / step_, num_intervals_, degree_, coefficients_.data(), nullptr, nullptr};
}

}  // namespace warpfit::expression
