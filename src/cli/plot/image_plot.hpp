#pragma once

#include "src/cli/plot/figure.hpp"
#include "warpfit/axis.hpp"

#include <string>
#include <vector>

namespace warpfit::cli::plot {

/// An image with its model: data, model and residual side by side.
struct ImagePlot
{
    std::string title;
    std::string subtitle;
    std::vector<Axis> axes;  ///< signal axes: y, x
    std::vector<double> data;
    std::vector<double> model;     ///< empty: data only
    std::vector<double> variance;  ///< empty: the residual is in the unit of the data
};

void draw_image(Figure& figure, Rect const& area, ImagePlot const& plot);

}  // namespace warpfit::cli::plot
