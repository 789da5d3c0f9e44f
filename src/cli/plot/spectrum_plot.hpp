#pragma once

#include "src/cli/plot/figure.hpp"

#include <string>
#include <string_view>
#include <utility>
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

/// Ends of the y axis: the fitted channels of the data (of all, where none is fitted) with room for model and
/// components as far as the data stay readable. What lies in channels that took no part does not count.
std::pair<double, double> y_range(SpectrumPlot const& plot);

/// Where on that axis a component is not to be seen at all: "below" or "above"; else empty.
std::string_view out_of_sight(SpectrumPlot const& plot, Curve const& component, std::pair<double, double> y);

void draw_spectrum(Figure& figure, Rect const& area, SpectrumPlot const& plot);

}  // namespace warpfit::cli::plot
