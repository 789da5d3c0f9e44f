#include "src/cli/starter_elements.hpp"

#include "src/cli/guarded_read.hpp"
#include "src/cli/starter_text.hpp"
#include "warpfit/eds.hpp"
#include "warpfit/eels.hpp"
#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace warpfit::cli {

namespace {

constexpr int all_digits = 12;  // of energies, widths and coefficients of high powers

/// The mean as a signal of its own.
Signal single_spectrum(Signal const& signal, std::vector<double> const& mean)
{
    Signal spectrum({}, signal.signal_axes(), std::span<double const>(mean));
    spectrum.metadata = signal.metadata;
    spectrum.signal_type = signal.signal_type;
    return spectrum;
}

std::string bounds_text(Parameter const& parameter)
{
    std::string text;
    if (parameter.bmin() != -unbounded) text += ", min = " + toml_number(parameter.bmin());
    if (parameter.bmax() != unbounded) text += ", max = " + toml_number(parameter.bmax());
    return text;
}

/// The free parameters of a component, with bounds.
std::string free_parameters(Model const& model, Component const& component)
{
    std::string text;
    for (Parameter const& parameter : component.parameters())
        if (parameter.is_free() && !model.is_twin(component.name() + "." + parameter.name()))
            text += toml_start(parameter.name(), parameter.value(), bounds_text(parameter), all_digits);
    return text;
}

std::string fixed(Component const& component, char const* parameter)
{
    return toml_start(parameter, component[parameter].value(), ", free = false", all_digits);
}

std::string twins(Model const& model)
{
    std::string text;
    for (Twin const& twin : model.twins()) {
        text += fmt::format("\n[[twin]]\nparameter = \"{}\"\nto = \"{}\"\n", twin.parameter, twin.to);
        if (!twin.expression.empty()) text += fmt::format("expression = \"{}\"\n", twin.expression);
    }
    return text;
}

bool knows_microscope(Model const& model)
{
    for (Component const& component : model.components()) {
        if (component.type() != "EELSCLEdge") continue;
        Microscope const& microscope = component.options().edge.microscope;
        return microscope.beam_energy && microscope.convergence_angle && microscope.collection_angle;
    }
    return false;
}

/// What cross-sections depend on, where the data do not say it.
constexpr char const* unknown_microscope =
    "\n# The data do not say all of this, and cross-sections depend on it: fill it in.\n"
    "# [microscope]\n"
    "# beam_energy = 200.0       # [keV]\n"
    "# convergence_angle = 10.0  # half angle of the probe [mrad]\n"
    "# collection_angle = 20.0   # half angle of the spectrometer [mrad]\n";

std::string edge(Model const& model, Component const& component)
{
    EdgeOptions const& options = component.options().edge;
    std::string text = toml_component(component.type(), component.name(), "") +
                       fmt::format("element_subshell = \"{}\"\nGOS = \"{}\"\n", options.element_subshell, options.gos);
    if (!options.gos_file_path.empty()) text += fmt::format("gos_file_path = '{}'\n", options.gos_file_path);
    text += free_parameters(model, component);
    if (!model.is_twin(component.name() + ".onset_energy")) text += fixed(component, "onset_energy");
    return text;
}

ElementStarter eels_starter(Signal const& signal, std::vector<double> const& mean, ElementsOfModel const& what)
{
    Signal const spectrum = single_spectrum(signal, mean);
    Model model;
    eels::add_elements(model, spectrum, what.elements, {what.gos, what.gos_file_path, {}});
    bool const is_known = knows_microscope(model);
    load_component_files(model);
    double onset = HUGE_VAL;
    for (Component const& component : model.components())
        if (component.type() == "EELSCLEdge") onset = std::min(onset, component["onset_energy"].value());
    Axis const& axis = signal.signal_axes().front();
    DataOptions data;
    data.range = {{first_fitted_energy(signal, onset), std::max(axis.value(0), axis.value(axis.size - 1))}};
    if (is_known)
        eels::smart_fit(model, spectrum, {}, {}, data);
    else
        eels::two_area_background_estimation(model, spectrum, {}, data);
    std::string text = is_known ? "" : unknown_microscope;
    text += "\n# Edges in order of their onsets [eV]. Where the energy scale is off, correct onset_energy.start, or\n"
            "# free it. fine_structure_active = true lets splines stand for the first 30 eV of an edge.\n";
    for (Component const& component : model.components())
        text += component.type() == "EELSCLEdge"
                    ? edge(model, component)
                    : toml_component(component.type(), component.name(), "A (x - origin)^-r") +
                          free_parameters(model, component);
    return {text + twins(model), data.range.front().first};
}

std::string line(Model const& model, Component const& component)
{
    return toml_component(component.type(), component.name(), "") + free_parameters(model, component) +
           fixed(component, "centre") + fixed(component, "sigma");
}

std::string eds_components(Signal const& signal, std::vector<double> const& mean, ElementsOfModel const& what)
{
    Signal const spectrum = single_spectrum(signal, mean);
    Model model;
    eds::add_lines(model, spectrum, what.elements);
    store_result(model, multifit(model, spectrum));
    std::string text = fmt::format(
        "\n# X-ray lines: energies of the tables, widths for {:g} eV at Mn Ka. A of a line is its number of counts;\n"
        "# the lines of a family follow its first one by their weights.\n",
        eds::energy_resolution(signal));
    for (Component const& component : model.components())
        text += component.type() == "Gaussian"
                    ? line(model, component)
                    : toml_component(component.type(), component.name(), "") +
                          fmt::format("order = {}\n", component.options().order) + free_parameters(model, component);
    return text + twins(model);
}

}  // namespace

double first_fitted_energy(Signal const& signal, double first_onset)
{
    constexpr double low_loss_ends = 60.0;  // [eV]: plasmons
    Axis const& axis = signal.signal_axes().front();
    double const begins = std::min(axis.value(0), axis.value(axis.size - 1));
    bool const has_low_loss = begins < std::min(low_loss_ends, 0.5 * first_onset);
    return has_low_loss ? 0.75 * first_onset : begins;
}

ElementStarter element_starter(Signal const& signal, std::vector<double> const& mean, ElementsOfModel const& what)
{
    if (signal.signal_type.starts_with("EELS")) return eels_starter(signal, mean, what);
    if (signal.signal_type.starts_with("EDS"))
        return {eds_components(signal, mean, what), signal.signal_axes().front().value(0)};
    throw InvalidArgument(
        fmt::format("--elements does not fit the data (their signal type is '{}', edges and lines are those of EELS "
                    "and EDS) say which with --signal-type",
                    signal.signal_type));
}

}  // namespace warpfit::cli
