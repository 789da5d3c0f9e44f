#include "src/spectroscopy/stage.hpp"

#include "src/model/fit_plan.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::spectroscopy {

Axis const& spectrum_axis(Signal const& signal)
{
    if (signal.signal_axes().size() != 1)
        throw InvalidArgument("the signal has " + std::to_string(signal.signal_axes().size()) +
                              " signal axes (a spectrum has one): give spectra");
    return signal.signal_axes().front();
}

std::pair<double, double> fitted_range(Signal const& signal, DataOptions const& data)
{
    Axis const& axis = spectrum_axis(signal);
    std::pair<double, double> range{HUGE_VAL, -HUGE_VAL};
    for (std::size_t const channel : used_channels(signal, data)) {
        range.first = std::min(range.first, axis.value(channel));
        range.second = std::max(range.second, axis.value(channel));
    }
    return range;
}

std::vector<unsigned char> channels_within(Signal const& signal, DataOptions const& data, double first, double last,
                                           std::vector<std::pair<double, double>> const& without)
{
    Axis const& axis = spectrum_axis(signal);
    std::vector<unsigned char> mask(axis.size, 0);
    for (std::size_t const channel : used_channels(signal, data)) {
        double const energy = axis.value(channel);
        bool const is_out = std::any_of(without.begin(), without.end(), [&](std::pair<double, double> const& window) {
            return energy >= window.first && energy < window.second;
        });
        mask[channel] = energy >= first && energy <= last && !is_out;
    }
    return mask;
}

std::size_t count(std::vector<unsigned char> const& mask)
{
    return static_cast<std::size_t>(std::count(mask.begin(), mask.end(), 1));
}

DataOptions with_channels(DataOptions data, std::vector<unsigned char> mask)
{
    data.range.clear();
    data.exclude.clear();
    data.channel_mask = std::move(mask);
    return data;
}

void keep_values(Model& model, FitResult const& result)
{
    for (ParameterMap const& found : result.parameters) {
        if (!found.free) continue;
        Parameter& parameter = model.parameter(found.component + "." + found.parameter);
        std::vector<double> map = found.values;
        for (std::size_t p = 0; p < map.size() && p < parameter.map().size(); ++p)
            if (!std::isfinite(map[p])) map[p] = parameter.map()[p];
        if (map.size() == 1 && std::isfinite(map[0])) parameter.set_value(map[0]);
        parameter.set_map(std::move(map));
    }
}

bool is_fitted(Model const& model, std::string const& component, std::string_view parameter)
{
    return model[component][parameter].is_free() && !model.is_twin(component + "." + std::string(parameter));
}

Signal sum_spectrum(Signal const& signal)
{
    std::vector<double> sum(signal.num_channels(), 0.0);
    for (std::size_t p = 0; p < signal.num_pixels(); ++p) {
        std::vector<double> const values = signal.pixel(p);
        if (!std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); })) continue;
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += values[i];
    }
    Signal spectrum({}, signal.signal_axes(), std::span<double const>(sum));
    spectrum.metadata = signal.metadata;
    spectrum.signal_type = signal.signal_type;
    spectrum.set_variance({.kind = Variance::Kind::poisson});
    return spectrum;
}

}  // namespace warpfit::spectroscopy
