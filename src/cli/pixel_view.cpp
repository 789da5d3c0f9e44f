#include "src/cli/pixel_view.hpp"

#include "src/cli/plot/frame.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace warpfit::cli {

namespace {

std::vector<double> axis_values(Axis const& axis)
{
    std::vector<double> values(axis.size);
    for (std::size_t i = 0; i < axis.size; ++i) values[i] = axis.value(i);
    return values;
}

bool is_binned(Signal const& signal, DataOptions const& data)
{
    return data.binned.value_or(signal.is_binned());
}

void add(std::vector<double>& sum, std::vector<double> const& values)
{
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
}

plot::SpectrumPlot empty_view(Signal const& signal, DataOptions const& data)
{
    Axis const& axis = signal.signal_axes().front();
    plot::SpectrumPlot view;
    view.x = axis_values(axis);
    view.x_label = plot::axis_label(axis, "channel axis");
    view.y_label = is_binned(signal, data) ? "counts per channel" : "intensity";
    view.is_fitted = fitted_channels(signal, data);
    return view;
}

}  // namespace

Model model_at(Model const& model, FitResult const& result, std::size_t pixel)
{
    Model at = model;
    for (ParameterMap const& map : result.parameters) {
        std::string const path = map.component + "." + map.parameter;
        if (at.is_twin(path) || !std::isfinite(map.values[pixel])) continue;
        Parameter& parameter = at.parameter(path);
        parameter.set_bounds({});  // a fit with bounded = false may have left them
        parameter.set_value(map.values[pixel]);
    }
    return at;
}

ModelCurves::ModelCurves(Signal const& signal, DataOptions const& data)
    : signal_(signal)
{
    for (bool const fitted : fitted_channels(signal, data)) used_.push_back(fitted ? 1 : 0);
    if (!is_binned(signal, data)) return;
    std::vector<Axis> const& axes = signal.signal_axes();
    for (std::size_t row = 0; row < (axes.size() == 2 ? axes[0].size : 1); ++row)
        for (std::size_t column = 0; column < axes.back().size; ++column)
            width_.push_back(axes.back().width(column) * (axes.size() == 2 ? axes[0].width(row) : 1.0));
}

std::vector<double> ModelCurves::scaled(std::vector<double> values) const
{
    for (std::size_t i = 0; i < width_.size(); ++i) values[i] *= width_[i];
    return values;
}

std::vector<double> ModelCurves::model(Model const& model, std::size_t pixel) const
{
    return scaled(model.evaluate(signal_, pixel, used_));
}

std::vector<double> ModelCurves::component(Model const& model, std::string const& name, std::size_t pixel) const
{
    return scaled(model.evaluate_component(name, signal_, pixel, used_));
}

std::vector<bool> fitted_channels(Signal const& signal, DataOptions const& data)
{
    std::vector<bool> fitted(signal.num_channels(), data.range.empty());
    if (signal.signal_axes().size() == 1) {
        Axis const& axis = signal.signal_axes().front();
        auto const mark = [&](std::pair<double, double> const& ends, bool keep) {
            std::size_t const a = axis.nearest_index(ends.first);
            std::size_t const b = axis.nearest_index(ends.second);
            for (std::size_t i = std::min(a, b); i <= std::max(a, b); ++i) fitted[i] = keep;
        };
        for (auto const& ends : data.range) mark(ends, true);
        for (auto const& ends : data.exclude) mark(ends, false);
    }
    for (std::size_t i = 0; i < data.channel_mask.size() && i < fitted.size(); ++i)
        fitted[i] = fitted[i] && data.channel_mask[i] != 0;
    return fitted;
}

std::vector<double> variance_of_pixel(Signal const& signal, DataOptions const& data, std::size_t pixel)
{
    if (data.variance == "file") return signal.pixel_variance(pixel);
    if (data.variance == "none") return {};
    std::vector<double> variance = signal.pixel(pixel);
    if (data.variance == "poisson")
        for (double& v : variance) v = data.gain * std::max(v, 1.0) + data.offset;
    else
        variance.assign(variance.size(), std::strtod(data.variance.c_str(), nullptr));
    return variance;
}

plot::SpectrumPlot spectrum_view(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model)
{
    plot::SpectrumPlot view = empty_view(signal, data);
    view.data = signal.pixel(pixel);
    if (model == nullptr) return view;
    ModelCurves const curves(signal, data);
    view.variance = variance_of_pixel(signal, data, pixel);
    view.model = curves.model(*model, pixel);
    if (model->size() < 2) return view;
    for (Component const& component : model->components())
        if (component.is_active())
            view.components.push_back({component.name(), curves.component(*model, component.name(), pixel)});
    return view;
}

plot::ImagePlot image_view(Signal const& signal, DataOptions const& data, std::size_t pixel, Model const* model)
{
    plot::ImagePlot view;
    view.axes = signal.signal_axes();
    view.data = signal.pixel(pixel);
    if (model == nullptr) return view;
    view.model = ModelCurves(signal, data).model(*model, pixel);
    view.variance = variance_of_pixel(signal, data, pixel);
    return view;
}

plot::SpectrumPlot mean_view(Signal const& signal, DataOptions const& data, Model const& model, FitResult const& result,
                             std::size_t max_pixels)
{
    std::vector<std::size_t> pixels;
    for (std::size_t i = 0; i < result.num_pixels(); ++i)
        if (has_values(result.status[i])) pixels.push_back(i);
    plot::SpectrumPlot view = empty_view(signal, data);
    view.data.assign(view.x.size(), 0.0);
    std::size_t const used = std::min(pixels.size(), max_pixels);
    if (used == 0) {
        view.data.assign(view.x.size(), std::numeric_limits<double>::quiet_NaN());
        view.title = "no pixel has values";
        return view;
    }
    ModelCurves const curves(signal, data);
    view.model.assign(view.x.size(), 0.0);
    if (model.size() > 1)
        for (Component const& component : model.components())
            if (component.is_active())
                view.components.push_back({component.name(), std::vector<double>(view.x.size(), 0.0)});
    for (std::size_t k = 0; k < used; ++k) {
        std::size_t const pixel = pixels[k * pixels.size() / used];
        Model const at = model_at(model, result, pixel);
        add(view.data, signal.pixel(pixel));
        add(view.model, curves.model(at, pixel));
        for (plot::Curve& curve : view.components) add(curve.values, curves.component(at, curve.name, pixel));
    }
    auto const divide = [used](std::vector<double>& values) {
        for (double& v : values) v /= static_cast<double>(used);
    };
    divide(view.data);
    divide(view.model);
    for (plot::Curve& curve : view.components) divide(curve.values);
    if (pixels.size() == 1)
        view.title = "1 fitted pixel";
    else if (used == pixels.size())
        view.title = fmt::format("mean of {} fitted pixels", used);
    else
        view.title = fmt::format("mean of {} of {} fitted pixels", used, pixels.size());
    return view;
}

}  // namespace warpfit::cli
