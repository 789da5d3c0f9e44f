#pragma once

#include "src/cli/plot/figure.hpp"
#include "warpfit/axis.hpp"
#include "warpfit/fit.hpp"

#include <string>
#include <vector>

namespace warpfit::cli::plot {

/// Values along one navigation axis, with a band of one standard error.
struct LinePlot
{
    std::string title;
    std::string y_label;
    Axis axis;
    std::vector<double> values;           ///< NaN: a gap
    std::vector<double> standard_errors;  ///< empty: no band
};

void draw_line(Figure& figure, Rect const& area, LinePlot const& plot);

/// The status along one navigation axis: one row of dots a status that occurs.
void draw_status_line(Figure& figure, Rect const& area, Axis const& axis, std::vector<FitStatus> const& status);

/// Distribution of the finite values up to the 99th percentile; a line marks the median.
void draw_histogram(Figure& figure, Rect const& area, std::string const& title, std::string const& x_label,
                    std::vector<double> const& values);

}  // namespace warpfit::cli::plot
