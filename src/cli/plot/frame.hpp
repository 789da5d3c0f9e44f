#pragma once

#include "src/cli/plot/figure.hpp"
#include "warpfit/axis.hpp"

#include <span>
#include <string>

namespace warpfit::cli::plot {

/// What an axis of a plot spans, from its left or lower end to the other; either may be the larger.
struct Span
{
    double first;
    double last;
    std::string label;
    bool has_numbers = true;  ///< false: ticks alone (x), nothing (y)
};

/// Axes with ticks around a rectangle, and the way from values to the page.
class Frame
{
  public:
    /// Places the inner rectangle within `area` so that numbers and labels fit.
    Frame(Figure& figure, Rect const& area, Span x, Span y);
    /// The inner rectangle is given; numbers and labels go around it.
    static Frame around(Figure& figure, Rect const& inner, Span x, Span y);

    /// Room that numbers and labels take at the left and below.
    static double left_margin(Figure const& figure, Span const& y, double height);
    static double bottom_margin(Span const& x);

    Rect const& inner() const noexcept { return inner_; }
    double x(double value) const;
    double y(double value) const;

    /// Light lines at the ticks; drawn before the data.
    void draw_grid() const;
    /// Frame, ticks, numbers, labels; drawn after the data.
    void draw_axes() const;

  private:
    Frame(Figure& figure, Span x, Span y);

    Figure* figure_;
    Rect inner_{};
    Span x_;
    Span y_;
};

/// "Energy loss (eV)"; `fallback` where the axis has no name.
std::string axis_label(Axis const& axis, std::string const& fallback);

/// The edges of the first and last point: value(0) - width/2 …; indices for axes that are not uniform.
Span edges(Axis const& axis, std::string const& fallback);

/// Value below which the share `p` of the finite values lies, interpolated; NaN where there are none.
double percentile(std::span<double const> values, double p);

}  // namespace warpfit::cli::plot
