#include "src/spectroscopy/eds_lines.hpp"
#include "src/spectroscopy/stage.hpp"

#include <algorithm>

namespace warpfit::eds {

namespace {

bool is_line(std::vector<std::string> const& lines, std::string const& name)
{
    return std::find(lines.begin(), lines.end(), name) != lines.end();
}

/// Where the lines are [axis unit].
std::vector<std::pair<double, double>> windows(Model const& model, std::vector<std::string> const& lines,
                                               std::array<double, 2> sigmas)
{
    std::vector<std::pair<double, double>> taken;
    for (std::string const& line : lines) {
        if (!model[line].is_active()) continue;
        double const centre = model.value(line + ".centre");
        double const sigma = model.value(line + ".sigma");
        taken.emplace_back(centre - sigmas[0] * sigma, centre + sigmas[1] * sigma);
    }
    return taken;
}

}  // namespace

FitResult fit_background(Model& model, Signal const& signal, BackgroundOptions const& background,
                         FitOptions const& options, DataOptions const& data)
{
    std::vector<std::string> const lines = xray_lines(model);
    auto const [low, high] = spectroscopy::fitted_range(signal, data);
    double const first = background.start.value_or(low);
    double const last = background.end.value_or(high);
    DataOptions used = spectroscopy::with_channels(data, spectroscopy::channels_within(signal, data, first, last));
    used.exclude = windows(model, lines, background.windows_sigma);
    Model stage = model;
    for (std::string const& line : lines) stage[line].set_active(false);
    FitResult result = multifit(stage, signal, options, used);
    spectroscopy::keep_values(model, result);
    for (ParameterMap const& found : result.parameters)
        if (found.free) model.parameter(found.component + "." + found.parameter).set_free(false);
    return result;
}

void free_background(Model& model)
{
    std::vector<std::string> const lines = xray_lines(model);
    for (Component& component : model.components()) {
        if (is_line(lines, component.name())) continue;
        Component const fresh(component.type(), component.name(), component.options());
        for (Parameter& parameter : component.parameters()) parameter.set_free(fresh[parameter.name()].is_free());
    }
}

}  // namespace warpfit::eds
