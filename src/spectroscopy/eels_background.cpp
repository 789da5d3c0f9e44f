#include "src/spectroscopy/eels_background.hpp"

#include "src/spectroscopy/eels_edges.hpp"
#include "src/spectroscopy/stage.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace warpfit::eels {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

struct Law
{
    double A, r;
};

/// The halves [first, middle) and [middle, last) of the channels.
struct Halves
{
    std::size_t first, middle, last;
};

Halves halves(Signal const& signal, Model const& model, TwoAreas const& areas, DataOptions const& data)
{
    Axis const& axis = spectroscopy::spectrum_axis(signal);
    auto const [low, high] = spectroscopy::fitted_range(signal, data);
    double const from = areas.first.value_or(low);
    std::vector<PlacedEdge> const edges = edges_above(model, from);
    double const to = areas.last.value_or(edges.empty() ? high : edges.front().onset - SmartOptions{}.safe_window);
    std::size_t const first = axis.nearest_index(from);
    std::size_t last = axis.nearest_index(to);
    if (last < first + 4)
        throw InvalidArgument("no room for two areas (from " + number_text(from) + " to " + number_text(to) +
                              " eV are fewer than four channels): give first and last");
    last -= (last - first) % 2;
    return {first, (first + last) / 2, last};
}

/// NaN where an area is not positive.
Law law_through(std::vector<double> const& y, Axis const& axis, bool is_binned, Halves const& parts, double origin)
{
    auto const area = [&](std::size_t from, std::size_t to) {
        double sum = 0.0;
        for (std::size_t i = from; i < to; ++i) sum += y[i] * (is_binned ? 1.0 : axis.width(i));
        return sum;
    };
    double const i1 = area(parts.first, parts.middle);
    double const i2 = area(parts.middle, parts.last);
    double const x1 = axis.value(parts.first) - origin;
    double const middle = axis.value(parts.middle) - origin;
    double const x2 = axis.value(parts.last) - origin;
    if (!(i1 > 0.0) || !(i2 > 0.0)) return {nan, nan};
    double const r = 2.0 * std::log(i1 / i2) / std::log(x2 / x1);
    double const A = (1.0 - r) * i2 / (std::pow(x2, 1.0 - r) - std::pow(middle, 1.0 - r));
    return std::isfinite(A) ? Law{A, r} : Law{nan, nan};
}

double within(Parameter const& parameter, double v)
{
    return std::isfinite(v) ? std::clamp(v, parameter.bmin(), parameter.bmax()) : v;
}

Component& find_power_law(Model& model, std::string const& name)
{
    if (!name.empty()) {
        Component& component = model[name];
        if (component.type() == "PowerLaw") return component;
        throw InvalidArgument("component " + quote(name) + " is a " + component.type() +
                              " (two areas make a PowerLaw): name one");
    }
    std::vector<std::string> found;
    for (Component const& component : model.components())
        if (component.type() == "PowerLaw" && component.is_active()) found.push_back(component.name());
    if (found.size() == 1) return model[found.front()];
    throw InvalidArgument("the model has " + std::to_string(found.size()) + " active PowerLaws (" +
                          (found.empty() ? std::string("none") : joined(found)) + "): name the one to estimate");
}

bool is_unset(Parameter const& parameter)
{
    return parameter.is_free() && !parameter.is_value_set() && parameter.map().empty();
}

}  // namespace

void two_area_background_estimation(Model& model, Signal const& signal, TwoAreas const& areas, DataOptions const& data)
{
    Component& law = find_power_law(model, areas.power_law);
    Axis const& axis = spectroscopy::spectrum_axis(signal);
    Halves const parts = halves(signal, model, areas, data);
    double const origin = law["origin"].value();
    if (!(axis.value(parts.first) > origin) || !(axis.value(parts.last) > origin))
        throw InvalidArgument("the two areas begin at " + number_text(axis.value(parts.first)) +
                              " eV (a power law needs energies above its origin, " + number_text(origin) +
                              " eV): give a higher first");
    bool const is_binned = data.binned.value_or(signal.is_binned());
    auto const estimate = [&](std::vector<double> const& spectrum) {
        Law const found = law_through(spectrum, axis, is_binned, parts, origin);
        return Law{within(law["A"], found.A), within(law["r"], found.r)};
    };
    std::vector<double> A(signal.num_pixels()), r(signal.num_pixels());
    std::vector<double> mean(axis.size, 0.0);
    for (std::size_t p = 0; p < signal.num_pixels(); ++p) {
        std::vector<double> const spectrum = signal.pixel(p);
        Law const found = estimate(spectrum);
        A[p] = found.A;
        r[p] = found.r;
        for (std::size_t i = 0; i < mean.size() && std::isfinite(found.A); ++i) mean[i] += spectrum[i];
    }
    double const num_used = static_cast<double>(std::count_if(A.begin(), A.end(), [](double v) { return v == v; }));
    for (double& v : mean) v /= num_used;
    Law const usual = estimate(mean);
    if (std::isfinite(usual.A)) {
        law["A"].set_value(usual.A);
        law["r"].set_value(usual.r);
    }
    law["A"].set_map(std::move(A));
    law["r"].set_map(std::move(r));
}

Model without_edges_from(Model model, double onset)
{
    for (PlacedEdge const& edge : edges_above(model, onset)) {
        model[edge.name].set_active(false);
        switch_fine_structure_components(model, model[edge.name]);
    }
    return model;
}

void estimate_power_law(Model& model, Signal const& signal, TwoAreas const& areas, DataOptions const& data)
{
    for (Component const& component : model.components()) {
        if (component.type() != "PowerLaw" || !component.is_active()) continue;
        if (!is_unset(component["A"]) || !is_unset(component["r"])) continue;
        TwoAreas own = areas;
        own.power_law = component.name();
        two_area_background_estimation(model, signal, own, data);
    }
}

FitResult fit_background(Model& model, Signal const& signal, SmartOptions const& smart, FitOptions const& options,
                         DataOptions const& data)
{
    auto const [low, high] = spectroscopy::fitted_range(signal, data);
    double const first = smart.start_energy.value_or(low);
    std::vector<PlacedEdge> const edges = edges_above(model, first);
    double const last = edges.empty() ? high : edges.front().onset - smart.safe_window;
    std::vector<unsigned char> mask = spectroscopy::channels_within(signal, data, first, last);
    if (spectroscopy::count(mask) == 0)
        throw InvalidArgument("no channel lies before the first edge (" +
                              (edges.empty() ? std::string("none")
                                             : edges.front().name + " at " + number_text(edges.front().onset) + " eV") +
                              ", fitted from " + number_text(first) + " eV): widen the range or lower start_energy");
    FitOptions stage_options = options;
    estimate_power_law(model, signal, {"", first, last}, data);
    Model const stage = edges.empty() ? model : without_edges_from(model, edges.front().onset);
    if (std::none_of(stage.components().begin(), stage.components().end(),
                     [](Component const& c) { return c.is_active(); }))
        throw InvalidArgument("the model has no background (edges stand on one, and no other component is active): "
                              "append a PowerLaw, or what else lies below the edges");
    bool const has_maps = std::any_of(stage.components().begin(), stage.components().end(), [](Component const& c) {
        return std::any_of(c.parameters().begin(), c.parameters().end(),
                           [](Parameter const& p) { return p.is_free() && !p.map().empty(); });
    });
    if (has_maps) stage_options.start = Start::file;
    FitResult result = multifit(stage, signal, stage_options, spectroscopy::with_channels(data, std::move(mask)));
    spectroscopy::keep_values(model, result);
    return result;
}

}  // namespace warpfit::eels
