#pragma once

#include "src/cli/plot/figure.hpp"

#include <string>
#include <vector>

namespace warpfit::cli::plot {

struct Curve
{
    std::string name;
    std::vector<double> values;
};

/// Data with a model, channel by channel.
struct SpectrumPlot
{
    std::string title;
    std::string subtitle;
    std::string x_label;
    std::string y_label;
    std::vector<double> x;
    std::vector<double> data;
    std::vector<double> model;     ///< empty: not fitted, no residual
    std::vector<double> variance;  ///< empty: the residual is in the unit of the data
    std::vector<bool> is_fitted;   ///< channels that took part
    std::vector<Curve> components;
};

void draw_spectrum(Figure& figure, Rect const& area, SpectrumPlot const& plot);

}  // namespace warpfit::cli::plot
