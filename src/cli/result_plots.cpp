#include "src/cli/result_plots.hpp"

#include "src/cli/pixel_view.hpp"
#include "src/cli/plot/image_plot.hpp"
#include "src/cli/plot/line_plot.hpp"
#include "src/cli/plot/map_plot.hpp"
#include "src/cli/plot/spectrum_plot.hpp"
#include "src/cli/plot/units.hpp"
#include "src/cli/summary.hpp"
#include "warpfit/components.hpp"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <optional>

namespace warpfit::cli {

namespace {

using plot::Figure;
using plot::Rect;

constexpr double margin = 10.0;

/// Names go into file names: what is neither letter, digit, byte of UTF-8 nor one of "-+." becomes "_".
std::string file_stem(std::string text)
{
    auto const is_replaced = [](char c) {
        auto const byte = static_cast<unsigned char>(c);
        return byte < 0x80 && std::isalnum(byte) == 0 && c != '-' && c != '+' && c != '.';
    };
    std::replace_if(text.begin(), text.end(), is_replaced, '_');
    return text;
}

/// Axes with more than one pixel; those with one carry no map.
std::vector<Axis> wide_axes(Signal const& signal)
{
    std::vector<Axis> axes;
    std::copy_if(signal.navigation_axes().begin(), signal.navigation_axes().end(), std::back_inserter(axes),
                 [](Axis const& axis) { return axis.size > 1; });
    return axes;
}

/// A value per pixel, ready to draw as a map or a line.
struct Quantity
{
    std::string title;
    std::string label;
    std::vector<double> const* values;
    std::vector<double> const* standard_errors = nullptr;
};

void draw_quantity(Figure& figure, Rect const& area, std::vector<Axis> const& axes, Quantity const& quantity)
{
    if (axes.size() == 1) {
        plot::draw_line(figure, area,
                        {.title = quantity.title,
                         .y_label = quantity.label,
                         .axis = axes.front(),
                         .values = *quantity.values,
                         .standard_errors =
                             quantity.standard_errors != nullptr ? *quantity.standard_errors : std::vector<double>()});
        return;
    }
    plot::draw_map(figure, area,
                   {.title = quantity.title, .bar_label = quantity.label, .axes = axes, .values = *quantity.values});
}

/// "sigma (eV)" from units such as "x", "y x" (of the signal axis and the signal).
std::string with_units(std::string const& name, std::string const& units, std::string const& axis_units)
{
    if (units == "x") return axis_units.empty() ? name : name + " (" + axis_units + ")";
    // "y x^r": in units of signal and axis, which no label can spell out.
    bool const is_symbolic = units.find('x') != std::string::npos || units.starts_with('y');
    return units.empty() || is_symbolic ? name : name + " (" + units + ")";
}

Figure quantity_figure(std::vector<Axis> const& axes)
{
    constexpr double width = 520.0;
    return {width, axes.size() == 1 ? 300.0 : plot::map_figure_height(axes, width)};
}

std::string save(Figure const& figure, PlotTarget const& target, std::string const& stem)
{
    std::string path = target.path(stem);
    figure.save(path, target.format);
    return path;
}

Rect page(Figure const& figure)
{
    return Rect{0.0, 0.0, figure.width(), figure.height()}.inset(margin, margin, margin, margin);
}

std::string signal_units(Signal const& signal)
{
    return plot::readable_units(signal.signal_axes().back().units);
}

}  // namespace

std::string PlotTarget::path(std::string const& stem) const
{
    static constexpr char const* endings[] = {".png", ".svg", ".pdf"};
    return (std::filesystem::path(directory) / (file_stem(stem) + endings[static_cast<int>(format)])).string();
}

std::vector<std::string> plot_maps(Signal const& signal, Model const& model, FitResult const& result,
                                   PlotTarget const& target)
{
    std::vector<Axis> const axes = wide_axes(signal);
    if (axes.empty()) return {};
    std::vector<std::string> paths;
    auto const plot_one = [&](std::string const& stem, Quantity const& quantity) {
        Figure figure = quantity_figure(axes);
        draw_quantity(figure, page(figure), axes, quantity);
        paths.push_back(save(figure, target, stem));
    };
    for (ParameterMap const& map : result.parameters) {
        std::string const path = map.component + "." + map.parameter;
        if (!map.free && !model.is_twin(path)) continue;
        std::string const units = model.parameter(path).units();
        std::string const label = with_units(map.parameter, units, signal_units(signal));
        std::string const stem = map.component + "_" + map.parameter;
        plot_one(stem, {path, label, &map.values, &map.standard_errors});
        plot_one(stem + "_standard_error", {path + " standard error", label, &map.standard_errors});
    }
    for (ParameterMap const& map : result.derived) {
        std::vector<DerivedInfo> const& known = component_type(model[map.component].type()).derived;
        auto const info =
            std::find_if(known.begin(), known.end(), [&](auto const& d) { return d.name == map.parameter; });
        std::string const label =
            with_units(map.parameter, info != known.end() ? info->units : "", signal_units(signal));
        std::string const stem = map.component + "_" + map.parameter;
        plot_one(stem, {map.component + "." + map.parameter, label, &map.values, &map.standard_errors});
    }
    plot_one("red_chisq", {"reduced \u03c7\u00b2", "reduced \u03c7\u00b2", &result.red_chisq});

    Figure histogram(520.0, 300.0);
    plot::draw_histogram(histogram, page(histogram), "distribution of reduced \u03c7\u00b2", "reduced \u03c7\u00b2",
                         result.red_chisq);
    paths.push_back(save(histogram, target, "red_chisq_histogram"));

    Figure status = quantity_figure(axes);
    if (axes.size() == 1)
        plot::draw_status_line(status, page(status), axes.front(), result.status);
    else
        plot::draw_status_map(status, page(status), axes, result.status);
    paths.push_back(save(status, target, "status"));
    return paths;
}

std::string plot_pixel(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model,
                       std::string const& title, std::string const& caption, PlotTarget const& target)
{
    bool const is_image = signal.signal_axes().size() == 2;
    std::string stem = is_image ? "image" : "spectrum";
    if (!signal.navigation_axes().empty()) stem += "_" + pixel_text(pixel, signal.navigation_shape());
    if (is_image) {
        plot::ImagePlot view = image_view(signal, data, pixel, model);
        view.title = title;
        view.subtitle = caption;
        double const width = model != nullptr ? 1080.0 : 480.0;
        Figure figure(width, 400.0);
        plot::draw_image(figure, page(figure), view);
        return save(figure, target, stem);
    }
    plot::SpectrumPlot view = spectrum_view(signal, data, pixel, model);
    view.title = title;
    view.subtitle = caption;
    Figure figure(680.0, 460.0);
    plot::draw_spectrum(figure, page(figure), view);
    return save(figure, target, stem);
}

std::string plot_overview(Signal const& signal, DataOptions const& data, Model const& model, FitResult const& result,
                          PlotTarget const& target)
{
    constexpr double width = 1080.0;
    constexpr double top_height = 400.0;
    constexpr std::size_t columns = 3;
    constexpr std::size_t max_maps = 6;
    constexpr std::size_t max_mean_pixels = 256;
    std::vector<Axis> const axes = wide_axes(signal);
    std::vector<ParameterMap const*> shown;
    for (ParameterMap const& map : result.parameters)
        if (map.free && shown.size() < max_maps) shown.push_back(&map);
    if (axes.empty()) shown.clear();
    std::size_t const num_rows = (shown.size() + columns - 1) / columns;
    double const cell_width = (width - 2.0 * margin) / columns;
    double const cell_height =
        axes.size() < 2 ? 230.0 : std::clamp(plot::map_figure_height(axes, cell_width), 220.0, 360.0);

    Figure figure(width, top_height + static_cast<double>(num_rows) * (cell_height + margin) + margin);
    Rect const top{margin, margin, width - 2.0 * margin, top_height - 2.0 * margin};
    if (signal.signal_axes().size() == 1) {
        plot::draw_spectrum(figure, top, mean_view(signal, data, model, result, max_mean_pixels));
    } else {
        auto const fitted = std::find_if(result.status.begin(), result.status.end(), has_values);
        bool const any = fitted != result.status.end();
        std::size_t const pixel = any ? static_cast<std::size_t>(fitted - result.status.begin()) : 0;
        std::optional<Model> at;
        if (any) at = model_at(model, result, pixel);
        plot::ImagePlot view = image_view(signal, data, pixel, at ? &*at : nullptr);
        view.title = "pixel " + pixel_text(pixel, result.shape);
        view.subtitle = name_of(result.status[pixel]);
        plot::draw_image(figure, top, view);
    }
    for (std::size_t i = 0; i < shown.size(); ++i) {
        ParameterMap const& map = *shown[i];
        std::string const path = map.component + "." + map.parameter;
        std::string const label = with_units(map.parameter, model.parameter(path).units(), signal_units(signal));
        Rect const cell{margin + static_cast<double>(i % columns) * cell_width + 6.0,
                        top_height + static_cast<double>(i / columns) * (cell_height + margin), cell_width - 12.0,
                        cell_height};
        draw_quantity(figure, cell, axes, {path, label, &map.values, &map.standard_errors});
    }
    return save(figure, target, "overview");
}

}  // namespace warpfit::cli
