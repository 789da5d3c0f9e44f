#include "src/cli/plot/line_plot.hpp"

#include "src/cli/plot/frame.hpp"
#include "src/cli/plot/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

namespace warpfit::cli::plot {

namespace {

constexpr double title_height = 26.0;
constexpr TextStyle small_style{.size = 9.5};

void draw_title(Figure& figure, Rect const& area, std::string const& title)
{
    TextStyle style{.size = 12.5, .bold = true, .h = HAlign::centre};
    while (style.size > 8.0 && figure.text_width(title, style) > area.width - 8.0) style.size -= 0.5;
    figure.text(area.x + 0.5 * area.width, area.y + 0.45 * title_height, title, style);
}

/// Axis from edge to edge, in values where they are uniform, in indices otherwise.
double position(Axis const& axis, std::size_t i)
{
    return axis.is_uniform() ? axis.value(i) : static_cast<double>(i);
}

}  // namespace

void draw_line(Figure& figure, Rect const& area, LinePlot const& plot)
{
    double low = std::numeric_limits<double>::infinity();
    double high = -low;
    auto const band = [&](std::size_t i) {
        double const e = plot.standard_errors.empty() ? 0.0 : plot.standard_errors[i];
        return std::isfinite(e) ? e : 0.0;
    };
    for (std::size_t i = 0; i < plot.values.size(); ++i) {
        if (!std::isfinite(plot.values[i])) continue;
        low = std::min(low, plot.values[i] - band(i));
        high = std::max(high, plot.values[i] + band(i));
    }
    make_range(low, high);
    double const margin = 0.06 * (high - low);
    draw_title(figure, area, plot.title);
    Frame const frame(figure, area.inset(4.0, title_height, 0.0, 0.0), edges(plot.axis, "pixel"),
                      {low - margin, high + margin, plot.y_label});
    frame.draw_grid();
    figure.clip(frame.inner());
    Colour const colour = line_colour(0);
    std::vector<std::pair<double, double>> points;
    std::vector<std::pair<double, double>> upper;
    std::vector<std::pair<double, double>> lower;
    auto const draw_band = [&] {
        upper.insert(upper.end(), lower.rbegin(), lower.rend());
        figure.polygon(upper, {colour.r, colour.g, colour.b, 0.22});
        upper.clear();
        lower.clear();
    };
    for (std::size_t i = 0; i < plot.values.size(); ++i) {
        double const x = frame.x(position(plot.axis, i));
        points.emplace_back(x, frame.y(plot.values[i]));
        if (!std::isfinite(plot.values[i])) {
            draw_band();
            continue;
        }
        upper.emplace_back(x, frame.y(plot.values[i] + band(i)));
        lower.emplace_back(x, frame.y(plot.values[i] - band(i)));
    }
    draw_band();
    figure.polyline(points, colour, 1.3);
    if (points.size() <= 200)
        for (auto const& [x, y] : points) figure.dot(x, y, 2.0, colour);
    figure.unclip();
    frame.draw_axes();
}

void draw_status_line(Figure& figure, Rect const& area, Axis const& axis, std::vector<FitStatus> const& status)
{
    std::array<std::size_t, num_statuses> counts{};
    for (FitStatus const s : status) ++counts[static_cast<std::size_t>(s)];
    std::vector<std::size_t> present;
    for (std::size_t s = 0; s < counts.size(); ++s)
        if (counts[s] > 0) present.push_back(s);
    draw_title(figure, area, "status");
    auto const num_rows = static_cast<double>(present.size());
    constexpr double names_width = 140.0;
    Rect const room = area.inset(names_width, title_height + 6.0, 12.0, 40.0);
    Frame const frame = Frame::around(figure, room, edges(axis, "pixel"), {num_rows - 0.5, -0.5, "", false});
    for (std::size_t row = 0; row < present.size(); ++row) {
        auto const which = static_cast<FitStatus>(present[row]);
        double const y = frame.y(static_cast<double>(row));
        figure.line(room.x, y, room.right(), y, grid_grey, 0.6);
        std::string name = name_of(which);
        std::replace(name.begin(), name.end(), '_', ' ');
        TextStyle style = small_style;
        style.h = HAlign::right;
        figure.text(room.x - 8.0, y, fmt::format("{} ({})", name, counts[present[row]]), style);
        for (std::size_t i = 0; i < status.size(); ++i)
            if (status[i] == which) figure.dot(frame.x(position(axis, i)), y, 3.0, status_colour(which));
    }
    Frame::around(figure, room, edges(axis, "pixel"), {0.2, 0.8, "", false}).draw_axes();
}

void draw_histogram(Figure& figure, Rect const& area, std::string const& title, std::string const& x_label,
                    std::vector<double> const& values)
{
    double low = percentile(values, 0.0);
    double high = percentile(values, 0.99);
    make_range(low, high);
    auto const total =
        static_cast<double>(std::count_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); }));
    auto const num_bins = static_cast<std::size_t>(std::clamp(2.0 * std::cbrt(total), 8.0, 80.0));
    std::vector<double> bins(num_bins, 0.0);
    double above = 0.0;
    for (double const v : values) {
        if (!std::isfinite(v)) continue;
        double const at = (v - low) / (high - low) * static_cast<double>(num_bins);
        if (v > high)
            above += 1.0;
        else
            bins[std::min(static_cast<std::size_t>(std::max(at, 0.0)), num_bins - 1)] += 1.0;
    }
    double const tallest = std::max(1.0, *std::max_element(bins.begin(), bins.end()));
    draw_title(figure, area, title);
    Frame const frame(figure, area.inset(4.0, title_height + 14.0, 0.0, 0.0), {low, high, x_label},
                      {0.0, 1.05 * tallest, "pixels"});
    frame.draw_grid();
    double const step = (high - low) / static_cast<double>(num_bins);
    for (std::size_t i = 0; i < num_bins; ++i) {
        double const left = frame.x(low + static_cast<double>(i) * step);
        double const right = frame.x(low + static_cast<double>(i + 1) * step);
        double const top = frame.y(bins[i]);
        figure.fill({left, top, right - left - 0.5, frame.inner().bottom() - top}, line_colour(0));
    }
    double const middle = percentile(values, 0.5);
    if (std::isfinite(middle))
        figure.line(frame.x(middle), frame.inner().y, frame.x(middle), frame.inner().bottom(), black, 1.2);
    frame.draw_axes();
    std::string note = "line: median " + short_number(middle);
    if (above > 0.0) note += fmt::format("; {:.0f} pixels lie above {}", above, short_number(high));
    TextStyle style = small_style;
    style.h = HAlign::right;
    figure.text(frame.inner().right(), area.y + title_height + 7.0, note, style);
}

}  // namespace warpfit::cli::plot
