#include "src/physics/cubic_spline.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <string>

namespace warpfit::physics {

namespace {

/// Second derivatives of the spline: a tridiagonal system in those of the inner points, solved by Thomas' algorithm.
/// The outermost follow from their neighbours, since the third derivative is continuous there.
std::vector<double> curvatures(std::vector<double> const& x, std::vector<double> const& y)
{
    std::size_t const n = x.size();
    auto const step = [&](std::size_t i) { return x[i + 1] - x[i]; };
    auto const slope = [&](std::size_t i) { return (y[i + 1] - y[i]) / step(i); };
    std::vector<double> upper(n, 0.0);
    std::vector<double> m(n, 0.0);
    for (std::size_t i = 1; i + 1 < n; ++i) {
        double const before = step(i - 1);
        double const after = step(i);
        double diagonal = 2.0 * (before + after);
        double lower = before;
        double above = after;
        if (i == 1) {
            diagonal += before * (1.0 + before / after);
            above -= before * before / after;
            lower = 0.0;
        }
        if (i + 2 == n) {
            diagonal += after * (1.0 + after / before);
            lower -= after * after / before;
            above = 0.0;
        }
        double const pivot = diagonal - lower * upper[i - 1];
        upper[i] = above / pivot;
        m[i] = (6.0 * (slope(i) - slope(i - 1)) - lower * m[i - 1]) / pivot;
    }
    for (std::size_t i = n - 2; i-- > 1;) m[i] -= upper[i] * m[i + 1];
    m[0] = m[1] - (m[2] - m[1]) * step(0) / step(1);
    m[n - 1] = m[n - 2] + (m[n - 2] - m[n - 3]) * step(n - 2) / step(n - 3);
    return m;
}

}  // namespace

std::size_t interval_of(std::vector<double> const& x, double v) noexcept
{
    auto const after = std::upper_bound(x.begin() + 1, x.end() - 1, v);
    return static_cast<std::size_t>(after - x.begin()) - 1;
}

CubicSpline::CubicSpline(std::vector<double> x, std::vector<double> y)
    : x_(std::move(x))
    , y_(std::move(y))
{
    if (x_.size() != y_.size() || x_.size() < 4)
        throw InvalidArgument("no cubic spline through " + std::to_string(x_.size()) + " positions and " +
                              std::to_string(y_.size()) + " values (it takes 4 of each or more): give more points");
    if (std::adjacent_find(x_.begin(), x_.end(), [](double a, double b) { return !(b > a); }) != x_.end())
        throw InvalidArgument("no cubic spline through these points (positions do not ascend): sort them");
    curvature_ = curvatures(x_, y_);
}

double CubicSpline::value(double x) const noexcept
{
    std::size_t const i = interval_of(x_, x);
    double const step = x_[i + 1] - x_[i];
    double const b = (x - x_[i]) / step;
    double const a = 1.0 - b;
    return a * y_[i] + b * y_[i + 1] +
           (a * (a * a - 1.0) * curvature_[i] + b * (b * b - 1.0) * curvature_[i + 1]) * step * step / 6.0;
}

}  // namespace warpfit::physics
