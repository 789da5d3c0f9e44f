#include "src/cli/plot/frame.hpp"

#include "src/cli/plot/ticks.hpp"
#include "src/cli/plot/units.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

namespace warpfit::cli::plot {

namespace {

constexpr TextStyle number_style{.size = 9.5};
constexpr TextStyle label_style{.size = 11.0};
constexpr double tick_length = 4.0;

int tick_count_across(double width)
{
    return std::clamp(static_cast<int>(width / 70.0), 2, 8);
}
int tick_count_along(double height)
{
    return std::clamp(static_cast<int>(height / 32.0), 2, 8);
}

Ticks ticks_of(Span const& span, int max_count)
{
    return nice_ticks(std::min(span.first, span.last), std::max(span.first, span.last), max_count);
}

}  // namespace

Frame::Frame(Figure& figure, Span x, Span y)
    : figure_(&figure)
    , x_(std::move(x))
    , y_(std::move(y))
{
    if (x_.first == x_.last) make_range(x_.first, x_.last);
    if (y_.first == y_.last) make_range(y_.first, y_.last);
}

Frame::Frame(Figure& figure, Rect const& area, Span x, Span y)
    : Frame(figure, std::move(x), std::move(y))
{
    double const bottom = bottom_margin(x_);
    double const top = common_factor_text(ticks_of(y_, tick_count_along(area.height - bottom))).empty() ? 6.0 : 16.0;
    inner_ = area.inset(left_margin(figure, y_, area.height - bottom - top), top, 12.0, bottom);
}

Frame Frame::around(Figure& figure, Rect const& inner, Span x, Span y)
{
    Frame frame(figure, std::move(x), std::move(y));
    frame.inner_ = inner;
    return frame;
}

double Frame::left_margin(Figure const& figure, Span const& y, double height)
{
    double margin = tick_length + 2.0;
    if (y.has_numbers) {
        double widest = 0.0;
        for (std::string const& label : ticks_of(y, tick_count_along(height)).labels)
            widest = std::max(widest, figure.text_width(label, number_style));
        margin += widest + 5.0;
    }
    if (!y.label.empty()) margin += 18.0;
    return margin;
}

double Frame::bottom_margin(Span const& x)
{
    return tick_length + 2.0 + (x.has_numbers ? 14.0 : 0.0) + (x.label.empty() ? 0.0 : 17.0);
}

double Frame::x(double value) const
{
    return inner_.x + (value - x_.first) / (x_.last - x_.first) * inner_.width;
}

double Frame::y(double value) const
{
    return inner_.bottom() - (value - y_.first) / (y_.last - y_.first) * inner_.height;
}

void Frame::draw_grid() const
{
    for (double const v : ticks_of(x_, tick_count_across(inner_.width)).values)
        figure_->line(x(v), inner_.y, x(v), inner_.bottom(), grid_grey, 0.6);
    for (double const v : ticks_of(y_, tick_count_along(inner_.height)).values)
        figure_->line(inner_.x, y(v), inner_.right(), y(v), grid_grey, 0.6);
}

void Frame::draw_axes() const
{
    figure_->frame(inner_, dark_grey);
    Ticks const across = ticks_of(x_, tick_count_across(inner_.width));
    TextStyle below = number_style;
    below.h = HAlign::centre;
    below.v = VAlign::top;
    double const baseline = inner_.bottom() + tick_length + 4.0;
    for (std::size_t i = 0; i < across.values.size(); ++i) {
        double const at = x(across.values[i]);
        figure_->line(at, inner_.bottom(), at, inner_.bottom() + tick_length, dark_grey);
        if (x_.has_numbers) figure_->text(at, baseline, across.labels[i], below);
    }
    Ticks const along = ticks_of(y_, tick_count_along(inner_.height));
    TextStyle beside = number_style;
    beside.h = HAlign::right;
    for (std::size_t i = 0; y_.has_numbers && i < along.values.size(); ++i) {
        double const at = y(along.values[i]);
        figure_->line(inner_.x - tick_length, at, inner_.x, at, dark_grey);
        figure_->text(inner_.x - tick_length - 3.0, at, along.labels[i], beside);
    }
    TextStyle label = label_style;
    label.h = HAlign::centre;
    double const middle = inner_.x + 0.5 * inner_.width;
    std::string const x_factor = x_.has_numbers ? common_factor_text(across) : std::string();
    std::string const x_text = x_factor.empty() ? x_.label : x_.label + "  " + x_factor;
    if (!x_text.empty()) figure_->text(middle, inner_.bottom() + bottom_margin(x_) - 6.0, x_text, label);
    label.vertical = true;
    double const left = inner_.x - left_margin(*figure_, y_, inner_.height) + 8.0;
    if (!y_.label.empty()) figure_->text(left, inner_.y + 0.5 * inner_.height, y_.label, label);
    TextStyle factor = number_style;
    factor.v = VAlign::bottom;
    if (y_.has_numbers) figure_->text(inner_.x, inner_.y - 4.0, common_factor_text(along), factor);
}

std::string axis_label(Axis const& axis, std::string const& fallback)
{
    std::string const name = axis.name.empty() ? fallback : readable_name(axis.name);
    return axis.units.empty() ? name : name + " (" + readable_units(axis.units) + ")";
}

Span edges(Axis const& axis, std::string const& fallback)
{
    auto const count = static_cast<double>(axis.size);
    if (!axis.is_uniform())
        return {-0.5, count - 0.5, (axis.name.empty() ? fallback : readable_name(axis.name)) + " (index)"};
    return {axis.offset - 0.5 * axis.scale, axis.offset + (count - 0.5) * axis.scale, axis_label(axis, fallback)};
}

double percentile(std::span<double const> values, double p)
{
    std::vector<double> sorted;
    std::copy_if(values.begin(), values.end(), std::back_inserter(sorted), [](double v) { return std::isfinite(v); });
    if (sorted.empty()) return std::numeric_limits<double>::quiet_NaN();
    std::sort(sorted.begin(), sorted.end());
    double const position = p * static_cast<double>(sorted.size() - 1);
    auto const below = std::min(static_cast<std::size_t>(position), sorted.size() - 1);
    std::size_t const above = std::min(below + 1, sorted.size() - 1);
    return sorted[below] + (position - static_cast<double>(below)) * (sorted[above] - sorted[below]);
}

}  // namespace warpfit::cli::plot
