#include "src/cli/plot/spectrum_plot.hpp"

#include "src/cli/plot/frame.hpp"
#include "src/cli/plot/ticks.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace warpfit::cli::plot {

namespace {

constexpr Colour data_colour{0.45, 0.45, 0.45};
constexpr Colour model_colour{0.80, 0.15, 0.12};
constexpr TextStyle legend_style{.size = 10.0};

using Points = std::vector<std::pair<double, double>>;

Points points_of(Frame const& frame, std::vector<double> const& x, std::vector<double> const& y)
{
    Points points;
    points.reserve(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) points.emplace_back(frame.x(x[i]), frame.y(y[i]));
    return points;
}

/// By the values of fitted channels; where there are none, of all.
void widen(double& low, double& high, std::vector<double> const& values, std::vector<bool> const& is_fitted)
{
    bool const takes_all = std::find(is_fitted.begin(), is_fitted.end(), true) == is_fitted.end();
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (!std::isfinite(values[i]) || !(takes_all || is_fitted[i])) continue;
        low = std::min(low, values[i]);
        high = std::max(high, values[i]);
    }
}

struct LegendEntry
{
    std::string name;
    Colour colour;
    bool is_dot;
    bool is_dashed;
};

/// Entries in rows from the left; returns the height they take. Without a figure to draw on, only measures.
double flow_legend(Figure& figure, Rect const& area, std::vector<LegendEntry> const& entries, bool draws)
{
    constexpr double row_height = 16.0;
    constexpr double key_width = 20.0;
    double x = area.x;
    double y = area.y + 0.5 * row_height;
    for (LegendEntry const& entry : entries) {
        double const width = key_width + 5.0 + figure.text_width(entry.name, legend_style) + 16.0;
        if (x > area.x && x + width - 16.0 > area.right()) {
            x = area.x;
            y += row_height;
        }
        if (draws) {
            if (entry.is_dot)
                figure.dot(x + 0.5 * key_width, y, 2.2, entry.colour);
            else
                figure.polyline({{x, y}, {x + key_width, y}}, entry.colour, 1.6, entry.is_dashed);
            figure.text(x + key_width + 5.0, y, entry.name, legend_style);
        }
        x += width;
    }
    return y + 0.5 * row_height - area.y;
}

/// Grey over the channels that took no part.
void shade_unfitted(Figure& figure, Frame const& frame, SpectrumPlot const& plot)
{
    Rect const& inner = frame.inner();
    std::size_t const count = plot.x.size();
    for (std::size_t i = 0; i < count;) {
        if (plot.is_fitted[i]) {
            ++i;
            continue;
        }
        std::size_t const first = i;
        while (i < count && !plot.is_fitted[i]) ++i;
        double a = frame.x(first == 0 ? plot.x[0] : 0.5 * (plot.x[first - 1] + plot.x[first]));
        double b = frame.x(i == count ? plot.x[count - 1] : 0.5 * (plot.x[i - 1] + plot.x[i]));
        if (a > b) std::swap(a, b);
        figure.fill({a, inner.y, b - a, inner.height}, {0.94, 0.94, 0.94});
    }
}

double channel_spacing(Frame const& frame, std::size_t count)
{
    return frame.inner().width / static_cast<double>(std::max<std::size_t>(count, 1));
}

void draw_residual(Figure& figure, Rect const& area, SpectrumPlot const& plot, Span const& x)
{
    std::vector<double> residual(plot.x.size(), std::numeric_limits<double>::quiet_NaN());
    std::vector<double> magnitude;
    for (std::size_t i = 0; i < residual.size(); ++i) {
        if (!plot.is_fitted[i]) continue;
        residual[i] = plot.data[i] - plot.model[i];
        if (!plot.variance.empty())
            residual[i] = plot.variance[i] > 0.0 ? residual[i] / std::sqrt(plot.variance[i])
                                                 : std::numeric_limits<double>::quiet_NaN();
        magnitude.push_back(std::abs(residual[i]));
    }
    double reach = 1.15 * percentile(magnitude, 0.995);
    if (!(reach > 0.0) || !std::isfinite(reach)) reach = 1.0;
    Frame const frame =
        Frame::around(figure, area, x, {-reach, reach, plot.variance.empty() ? "residual" : "residual (\u03c3)"});
    shade_unfitted(figure, frame, plot);
    frame.draw_grid();
    figure.line(area.x, frame.y(0.0), area.right(), frame.y(0.0), model_colour, 1.0);
    figure.clip(area);
    double const radius = std::clamp(0.4 * channel_spacing(frame, plot.x.size()), 0.7, 1.8);
    for (std::size_t i = 0; i < residual.size(); ++i)
        figure.dot(frame.x(plot.x[i]), frame.y(residual[i]), radius, data_colour);
    figure.unclip();
    frame.draw_axes();
}

/// The fitted channels and a tenth of their number on either side: what lies far outside says nothing about the fit and
/// may flatten it.
SpectrumPlot cropped(SpectrumPlot const& plot)
{
    auto const begin = std::find(plot.is_fitted.begin(), plot.is_fitted.end(), true);
    if (begin == plot.is_fitted.end()) return plot;
    auto const first_fitted = static_cast<std::size_t>(begin - plot.is_fitted.begin());
    std::size_t end_fitted = plot.is_fitted.size();
    while (!plot.is_fitted[end_fitted - 1]) --end_fitted;
    std::size_t const margin = (end_fitted - first_fitted) / 10 + 1;
    std::size_t const first = first_fitted > margin ? first_fitted - margin : 0;
    std::size_t const end = std::min(plot.x.size(), end_fitted + margin);
    auto const crop = [&](auto& values) {
        if (values.size() != plot.x.size()) return;
        values.resize(end);
        values.erase(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(first));
    };
    SpectrumPlot part = plot;
    crop(part.x);
    crop(part.data);
    crop(part.model);
    crop(part.variance);
    crop(part.is_fitted);
    for (Curve& curve : part.components) crop(curve.values);
    return part;
}

}  // namespace

std::pair<double, double> y_range(SpectrumPlot const& plot)
{
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    widen(low, high, plot.data, plot.is_fitted);
    make_range(low, high);
    double const data_low = low;
    double const data_high = high;
    widen(low, high, plot.model, plot.is_fitted);
    for (Curve const& curve : plot.components) widen(low, high, curve.values, plot.is_fitted);
    // A start curve may leave the data far behind; the data stay readable.
    double const room = data_high - data_low;
    low = std::max(low, data_low - room);
    high = std::min(high, data_high + room);
    double const margin = 0.04 * (high - low);
    return {low - margin, high + margin};
}

std::string_view out_of_sight(SpectrumPlot const& plot, Curve const& component, std::pair<double, double> y)
{
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    widen(low, high, component.values, plot.is_fitted);
    if (low > high) return {};
    return high < y.first ? "below" : low > y.second ? "above" : "";
}

void draw_spectrum(Figure& figure, Rect const& area, SpectrumPlot const& whole)
{
    SpectrumPlot const plot = cropped(whole);
    TextStyle title{.size = 12.5, .bold = true, .h = HAlign::centre};
    while (title.size > 8.0 && figure.text_width(plot.title, title) > area.width - 8.0) title.size -= 0.5;
    figure.text(area.x + 0.5 * area.width, area.y + 10.0, plot.title, title);
    double top = 24.0;
    if (!plot.subtitle.empty()) {
        TextStyle subtitle{.size = 10.0, .h = HAlign::centre, .colour = dark_grey};
        figure.text(area.x + 0.5 * area.width, area.y + 27.0, plot.subtitle, subtitle);
        top = 40.0;
    }
    bool const has_model = !plot.model.empty();
    std::vector<LegendEntry> entries{{"data", data_colour, true, false}};
    if (has_model) entries.push_back({"model", model_colour, false, false});
    std::pair<double, double> const range = y_range(plot);
    for (std::size_t i = 0; i < plot.components.size(); ++i) {
        std::string name = plot.components[i].name;
        if (std::string_view const where = out_of_sight(plot, plot.components[i], range); !where.empty())
            name += " (" + std::string(where) + " the axis)";
        entries.push_back({std::move(name), line_colour(i), false, true});
    }
    Span const y{range.first, range.second, plot.y_label};
    double const x_margin = plot.x.size() > 1 ? 0.0 : 1.0;
    Span x{plot.x.front() - x_margin, plot.x.back() + x_margin, plot.x_label};

    double const left =
        std::max(Frame::left_margin(figure, y, area.height), Frame::left_margin(figure, {-8888.0, 8888.0, "r"}, 80.0));
    Rect const legend_area = area.inset(left, top, 12.0, 0.0);
    double const legend_height = flow_legend(figure, legend_area, entries, true);
    double const head = top + legend_height + 16.0;
    double const bottom = Frame::bottom_margin(x);
    double const strip = has_model ? std::clamp(0.22 * (area.height - head - bottom), 50.0, 110.0) : 0.0;
    constexpr double gap = 12.0;
    Rect const main = area.inset(left, head, 12.0, bottom + (has_model ? strip + gap : 0.0));
    Span main_x = x;
    if (has_model) {
        main_x.has_numbers = false;
        main_x.label.clear();
    }
    Frame const frame = Frame::around(figure, main, main_x, y);
    shade_unfitted(figure, frame, plot);
    frame.draw_grid();
    figure.clip(main);
    double const radius = std::clamp(0.45 * channel_spacing(frame, plot.x.size()), 0.8, 2.2);
    for (auto const& [px, py] : points_of(frame, plot.x, plot.data)) figure.dot(px, py, radius, data_colour);
    for (std::size_t i = 0; i < plot.components.size(); ++i)
        figure.polyline(points_of(frame, plot.x, plot.components[i].values), line_colour(i), 1.4, true);
    if (has_model) figure.polyline(points_of(frame, plot.x, plot.model), model_colour, 1.6);
    figure.unclip();
    frame.draw_axes();
    if (has_model) draw_residual(figure, {main.x, main.bottom() + gap, main.width, strip}, plot, x);
}

}  // namespace warpfit::cli::plot
