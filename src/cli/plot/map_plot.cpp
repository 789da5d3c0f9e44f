#include "src/cli/plot/map_plot.hpp"

#include "src/cli/plot/frame.hpp"
#include "src/cli/plot/ticks.hpp"
#include "src/cli/plot/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace warpfit::cli::plot {

namespace {

constexpr double title_height = 26.0;
constexpr TextStyle small_style{.size = 9.5};
constexpr double bar_gap = 12.0;
constexpr double bar_width = 13.0;

/// How the pixels lie on the page: one image, or slices side by side with a gap of one cell.
struct Layout
{
    std::size_t rows;  ///< of the composed image
    std::size_t columns;
    std::size_t slice_rows;
    std::size_t slice_columns;
    std::size_t slices_across;
    std::size_t num_slices;

    bool is_single() const noexcept { return num_slices == 1; }
    /// Cell of the composed image that pixel i takes.
    std::size_t cell(std::size_t i) const noexcept
    {
        std::size_t const slice = i / (slice_rows * slice_columns);
        std::size_t const within = i % (slice_rows * slice_columns);
        std::size_t const row = slice / slices_across * (slice_rows + 1) + within / slice_columns;
        std::size_t const column = slice % slices_across * (slice_columns + 1) + within % slice_columns;
        return row * columns + column;
    }
};

Layout layout_of(std::vector<Axis> const& axes)
{
    Layout layout{};
    layout.slice_rows = axes[axes.size() - 2].size;
    layout.slice_columns = axes[axes.size() - 1].size;
    layout.num_slices = 1;
    for (std::size_t i = 0; i + 2 < axes.size(); ++i) layout.num_slices *= axes[i].size;
    double const shape = static_cast<double>(layout.slice_rows) / static_cast<double>(layout.slice_columns);
    layout.slices_across =
        static_cast<std::size_t>(std::clamp(std::ceil(std::sqrt(static_cast<double>(layout.num_slices) * shape)), 1.0,
                                            static_cast<double>(layout.num_slices)));
    std::size_t const down = (layout.num_slices + layout.slices_across - 1) / layout.slices_across;
    layout.rows = down * (layout.slice_rows + 1) - 1;
    layout.columns = layout.slices_across * (layout.slice_columns + 1) - 1;
    return layout;
}

/// Width over height of the image; cells are square unless both axes share a unit. Extreme shapes are eased.
double aspect_of(std::vector<Axis> const& axes, Layout const& layout)
{
    Axis const& y = axes[axes.size() - 2];
    Axis const& x = axes[axes.size() - 1];
    double cell = 1.0;
    if (x.is_uniform() && y.is_uniform() && x.units == y.units) cell = std::abs(x.scale / y.scale);
    double const aspect = cell * static_cast<double>(layout.columns) / static_cast<double>(layout.rows);
    return std::clamp(aspect, 0.25, 4.0);
}

std::string slices_text(std::vector<Axis> const& axes)
{
    std::string names;
    for (std::size_t i = 0; i + 2 < axes.size(); ++i)
        names += (names.empty() ? "" : ", ") +
                 (axes[i].name.empty() ? fmt::format("axis {}", i) : readable_name(axes[i].name));
    return "slices along " + names + ", row by row";
}

/// The composed image in its frame. Returns the rectangle it takes.
Rect draw_cells(Figure& figure, Rect const& area, std::vector<Axis> const& axes, Layout const& layout,
                std::vector<Colour> const& pixel_colours)
{
    Span x = edges(axes[axes.size() - 1], "x");
    Span y = edges(axes[axes.size() - 2], "y");
    std::swap(y.first, y.last);  // row 0 on top
    double const left = layout.is_single() ? Frame::left_margin(figure, y, area.height) : 2.0;
    double const bottom = layout.is_single() ? Frame::bottom_margin(x) : 18.0;
    Rect const room = area.inset(left, 2.0, 2.0, bottom);
    double const aspect = aspect_of(axes, layout);
    double const width = std::min(room.width, room.height * aspect);
    double const height = width / aspect;
    Rect const inner{room.x + 0.5 * (room.width - width), room.y, width, height};
    std::vector<Colour> cells(layout.rows * layout.columns, white);
    for (std::size_t i = 0; i < pixel_colours.size(); ++i) cells[layout.cell(i)] = pixel_colours[i];
    figure.image(inner, layout.rows, layout.columns, cells);
    if (layout.is_single()) {
        Frame::around(figure, inner, x, y).draw_axes();
    } else {
        TextStyle style = small_style;
        style.h = HAlign::centre;
        figure.text(inner.x + 0.5 * inner.width, inner.bottom() + 10.0, slices_text(axes), style);
    }
    return inner;
}

/// Room the bar's numbers and label take to the right of the image.
double bar_margin(Figure const& figure, Ticks const& ticks, MapPlot const& plot)
{
    double widest = 0.0;
    for (std::string const& label : ticks.labels) widest = std::max(widest, figure.text_width(label, small_style));
    return bar_gap + bar_width + 8.0 + widest + (plot.bar_label.empty() ? 4.0 : 22.0);
}

void draw_bar(Figure& figure, Rect const& image, MapPlot const& plot, double low, double high, Ticks const& ticks,
              bool is_cut_below, bool is_cut_above)
{
    Rect const bar{image.right() + bar_gap, image.y + 8.0, bar_width, image.height - 16.0};
    constexpr std::size_t steps = 256;
    std::vector<Colour> cells;
    for (std::size_t i = 0; i < steps; ++i)
        cells.push_back(map_colour(plot.colours, 1.0 - (static_cast<double>(i) + 0.5) / steps));
    figure.image(bar, steps, 1, cells);
    double const middle = bar.x + 0.5 * bar.width;
    if (is_cut_above)
        figure.polygon({{bar.x, bar.y - 1.0}, {bar.right(), bar.y - 1.0}, {middle, bar.y - 8.0}},
                       map_colour(plot.colours, 1.0));
    if (is_cut_below)
        figure.polygon({{bar.x, bar.bottom() + 1.0}, {bar.right(), bar.bottom() + 1.0}, {middle, bar.bottom() + 8.0}},
                       map_colour(plot.colours, 0.0));
    figure.frame(bar, dark_grey);
    double widest = 0.0;
    for (std::size_t i = 0; i < ticks.values.size(); ++i) {
        double const at = bar.bottom() - (ticks.values[i] - low) / (high - low) * bar.height;
        figure.line(bar.right(), at, bar.right() + 3.0, at, dark_grey);
        figure.text(bar.right() + 6.0, at, ticks.labels[i], small_style);
        widest = std::max(widest, figure.text_width(ticks.labels[i], small_style));
    }
    TextStyle factor = small_style;
    factor.v = VAlign::bottom;
    figure.text(bar.x, image.y - 5.0, common_factor_text(ticks), factor);
    TextStyle label{.size = 11.0, .h = HAlign::centre, .vertical = true};
    figure.text(bar.right() + 6.0 + widest + 12.0, bar.y + 0.5 * bar.height, plot.bar_label, label);
}

void draw_title(Figure& figure, Rect const& area, std::string const& title)
{
    TextStyle style{.size = 12.5, .bold = true, .h = HAlign::centre};
    while (style.size > 8.0 && figure.text_width(title, style) > area.width - 8.0) style.size -= 0.5;
    figure.text(area.x + 0.5 * area.width, area.y + 0.45 * title_height, title, style);
}

}  // namespace

void draw_map(Figure& figure, Rect const& area, MapPlot const& plot)
{
    double low = plot.range ? plot.range->first : percentile(plot.values, 0.01);
    double high = plot.range ? plot.range->second : percentile(plot.values, 0.99);
    make_range(low, high);
    std::size_t num_missing = 0;
    bool is_cut_below = false;
    bool is_cut_above = false;
    std::vector<Colour> colours;
    colours.reserve(plot.values.size());
    for (double const v : plot.values) {
        bool const is_missing = std::isnan(v);
        num_missing += is_missing ? 1 : 0;
        is_cut_below = is_cut_below || v < low;
        is_cut_above = is_cut_above || v > high;
        colours.push_back(is_missing ? failed_colour : map_colour(plot.colours, (v - low) / (high - low)));
    }
    draw_title(figure, area, plot.title);
    Layout const layout = layout_of(plot.axes);
    double const legend = num_missing > 0 ? 18.0 : 0.0;
    Rect const body = area.inset(0.0, title_height + 12.0, 0.0, legend);
    Ticks const ticks = nice_ticks(low, high, std::clamp(static_cast<int>(body.height / 34.0), 2, 8));
    Rect const room = body.inset(0.0, 0.0, bar_margin(figure, ticks, plot), 0.0);
    Rect const image = draw_cells(figure, room, plot.axes, layout, colours);
    draw_bar(figure, image, plot, low, high, ticks, is_cut_below, is_cut_above);
    if (num_missing == 0) return;
    Rect const key{image.x, area.bottom() - 13.0, 10.0, 10.0};
    figure.fill(key, failed_colour);
    figure.frame(key, dark_grey, 0.5);
    figure.text(key.right() + 5.0, key.y + 5.0,
                fmt::format("{} ({} of {} pixels)", plot.missing, num_missing, plot.values.size()), small_style);
}

void draw_status_map(Figure& figure, Rect const& area, std::vector<Axis> const& axes,
                     std::vector<FitStatus> const& status)
{
    std::array<std::size_t, num_statuses> counts{};
    std::vector<Colour> colours;
    colours.reserve(status.size());
    for (FitStatus const s : status) {
        ++counts[static_cast<std::size_t>(s)];
        colours.push_back(status_colour(s));
    }
    draw_title(figure, area, "status");
    constexpr double legend_width = 150.0;
    Rect const room = area.inset(0.0, title_height + 12.0, legend_width, 0.0);
    Rect const image = draw_cells(figure, room, axes, layout_of(axes), colours);
    double y = image.y + 2.0;
    for (std::size_t s = 0; s < counts.size(); ++s) {
        if (counts[s] == 0) continue;
        Rect const key{image.right() + bar_gap, y, 11.0, 11.0};
        figure.fill(key, status_colour(static_cast<FitStatus>(s)));
        figure.frame(key, dark_grey, 0.5);
        std::string name = name_of(static_cast<FitStatus>(s));
        std::replace(name.begin(), name.end(), '_', ' ');
        figure.text(key.right() + 6.0, y + 5.5, name, small_style);
        TextStyle number = small_style;
        number.colour = dark_grey;
        figure.text(key.right() + 6.0, y + 18.0,
                    fmt::format("{} ({:.3g} %)", counts[s],
                                100.0 * static_cast<double>(counts[s]) / static_cast<double>(status.size())),
                    number);
        y += 34.0;
    }
}

double map_figure_height(std::vector<Axis> const& axes, double width)
{
    double const image_width = width - 150.0;
    return std::clamp(image_width / aspect_of(axes, layout_of(axes)) + 110.0, 220.0, 1.6 * width);
}

}  // namespace warpfit::cli::plot
