#pragma once

#include "src/cli/plot/figure.hpp"
#include "warpfit/axis.hpp"
#include "warpfit/fit.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace warpfit::cli::plot {

/// One value a pixel over two axes or more, [product of the axes' sizes], slowest first. Of more than two axes, the
/// slices along the leading ones stand side by side.
struct MapPlot
{
    std::string title{};
    std::string bar_label;  ///< of the colour bar
    std::vector<Axis> axes{};
    std::vector<double> values;  ///< NaN: drawn in failed_colour
    ColourMap colours = ColourMap::viridis;
    std::optional<std::pair<double, double>> range{};  ///< default: the 1st to the 99th percentile
    std::string missing = "no value";                  ///< what NaN means, for the legend
};

void draw_map(Figure& figure, Rect const& area, MapPlot const& plot);

/// The status of every pixel in colours of its own, with a legend of those that occur and how often.
void draw_status_map(Figure& figure, Rect const& area, std::vector<Axis> const& axes,
                     std::vector<FitStatus> const& status);

/// Height that suits a map of this shape in a figure of this width.
double map_figure_height(std::vector<Axis> const& axes, double width);

}  // namespace warpfit::cli::plot
