#include "src/cli/plot/image_plot.hpp"

#include "src/cli/plot/frame.hpp"
#include "src/cli/plot/map_plot.hpp"
#include "src/cli/plot/ticks.hpp"

#include <cmath>
#include <cstddef>

namespace warpfit::cli::plot {

void draw_image(Figure& figure, Rect const& area, ImagePlot const& plot)
{
    TextStyle const title{.size = 12.5, .bold = true, .h = HAlign::centre};
    TextStyle const subtitle{.size = 10.0, .h = HAlign::centre, .colour = dark_grey};
    figure.text(area.x + 0.5 * area.width, area.y + 10.0, plot.title, title);
    figure.text(area.x + 0.5 * area.width, area.y + 27.0, plot.subtitle, subtitle);
    Rect const body = area.inset(0.0, 40.0, 0.0, 0.0);
    double low = percentile(plot.data, 0.005);
    double high = percentile(plot.data, 0.995);
    make_range(low, high);
    MapPlot map;
    map.title = "data";
    map.axes = plot.axes;
    map.values = plot.data;
    map.range = {low, high};
    if (plot.model.empty()) {
        draw_map(figure, body, map);
        return;
    }
    constexpr double gap = 14.0;
    double const width = (body.width - 2.0 * gap) / 3.0;
    draw_map(figure, {body.x, body.y, width, body.height}, map);
    map.title = "model";
    map.values = plot.model;
    draw_map(figure, {body.x + width + gap, body.y, width, body.height}, map);
    std::vector<double> residual(plot.data.size());
    std::vector<double> magnitude(plot.data.size());
    for (std::size_t i = 0; i < residual.size(); ++i) {
        residual[i] = plot.data[i] - plot.model[i];
        if (!plot.variance.empty()) residual[i] /= std::sqrt(plot.variance[i]);
        magnitude[i] = std::abs(residual[i]);
    }
    double reach = percentile(magnitude, 0.995);
    if (!(reach > 0.0) || !std::isfinite(reach)) reach = 1.0;
    map.title = plot.variance.empty() ? "residual" : "residual (\u03c3)";
    map.values = residual;
    map.colours = ColourMap::diverging;
    map.range = {-reach, reach};
    draw_map(figure, {body.x + 2.0 * (width + gap), body.y, width, body.height}, map);
}

}  // namespace warpfit::cli::plot
