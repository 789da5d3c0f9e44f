#pragma once

#include <cstddef>
#include <vector>

namespace warpfit::physics {

/// Cubic spline through points, its third derivative continuous at the second and the last but one ("not a knot"), as
/// SciPy interpolates by default.
class CubicSpline
{
  public:
    /// x [n] ascending, y [n], n >= 4; throws InvalidArgument otherwise.
    CubicSpline(std::vector<double> x, std::vector<double> y);

    /// Beyond the ends the outermost cubic goes on.
    double value(double x) const noexcept;

  private:
    std::vector<double> x_;
    std::vector<double> y_;
    std::vector<double> curvature_;  ///< second derivatives [n]
};

/// Index i of the interval [x[i], x[i + 1]) that holds v, the first or the last where v lies outside. x [n >= 2].
std::size_t interval_of(std::vector<double> const& x, double v) noexcept;

}  // namespace warpfit::physics
