#include "src/spectroscopy/eds_lines.hpp"

#include "src/spectroscopy/stage.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace warpfit::eds {

namespace {

constexpr double fwhm_per_sigma = 2.3548200450309493;  // 2 sqrt(2 log(2))
constexpr double usual_resolution = 130.0;             // [eV] HyperSpy's default

/// Energies of the lines that can be seen [keV].
struct Window
{
    double low, high;

    bool holds(XrayLine const& line) const { return line.energy > low && line.energy < high; }
    std::string text() const { return number_text(low) + " to " + number_text(high) + " keV"; }
};

Window window_of(Signal const& signal, std::optional<double> beam_energy)
{
    Axis const& axis = spectroscopy::spectrum_axis(signal);
    double const unit = units_of_kev(signal);
    Window window{axis.value(0) / unit, axis.value(0) / unit};
    for (std::size_t i = 1; i < axis.size; ++i) {
        window.low = std::min(window.low, axis.value(i) / unit);
        window.high = std::max(window.high, axis.value(i) / unit);
    }
    if (beam_energy) window.high = std::min(window.high, *beam_energy);
    return window;
}

/// A family: its master and what of it can be seen.
struct Family
{
    Element const* element;
    std::vector<XrayLine> lines;
};

void take_family(Element const& element, char letter, Window window, std::vector<Family>& families)
{
    Family family{&element, line_family(element, letter)};
    std::erase_if(family.lines, [&](XrayLine const& line) { return !window.holds(line); });
    // Without its master nothing says how strong the others are.
    if (family.lines.empty() || !family.lines.front().is_master()) return;
    for (Family const& other : families)
        if (other.element == &element && other.lines.front().family() == letter)
            throw InvalidArgument("lines of " + quote(ElementLine{&element, &family.lines.front()}.name()) +
                                  " are asked for twice (by their name or their element's): ask for them once");
    families.push_back(std::move(family));
}

void take_element(std::string const& symbol, Window window, std::vector<Family>& families)
{
    Element const& element = warpfit::element(symbol);
    std::size_t const before = families.size();
    for (char const letter : {'K', 'L', 'M'}) take_family(element, letter, window, families);
    if (families.size() == before)
        throw InvalidArgument("no line of " + quote(symbol) + " can be seen (Ka, La or Ma in " + window.text() +
                              ", the axis as far as the beam excites): leave it out");
}

void take_line(std::string const& name, Window window, std::vector<Family>& families)
{
    ElementLine const line = xray_line(name);
    if (!line.line->is_master())
        throw InvalidArgument("line " + quote(name) + " is no family's master (those are Ka, La and Ma): give " +
                              quote(std::string(line.element->symbol) + "_" + line.line->family() + "a") +
                              ", which brings it");
    if (!window.holds(*line.line))
        throw InvalidArgument("line " + quote(name) + " cannot be seen (it lies at " + number_text(line.line->energy) +
                              " keV, the axis as far as the beam excites is " + window.text() + "): leave it out");
    take_family(*line.element, line.line->family(), window, families);
}

void add_line(Model& model, std::string const& name, XrayLine const& line, double sigma, double unit)
{
    Component gaussian("Gaussian", name);
    gaussian["A"].set_bounds({0.0, unbounded});
    gaussian["centre"].set_value(line.energy * unit);
    gaussian["centre"].set_free(false);
    gaussian["sigma"].set_value(sigma);
    gaussian["sigma"].set_free(false);
    model.append(std::move(gaussian));
}

/// The line whose A says, directly or through others, how strong this one is: itself where it follows none.
std::string leader_of(Model const& model, std::string const& line)
{
    std::string path = line + ".A";
    while (true) {
        auto const twin = std::find_if(model.twins().begin(), model.twins().end(),
                                       [&](Twin const& t) { return t.parameter == path; });
        if (twin == model.twins().end()) return path.substr(0, path.rfind('.'));
        path = twin->to;
    }
}

}  // namespace

bool has_channel(Model const& model, std::string const& line, Signal const& signal, DataOptions const& data)
{
    Axis const& axis = spectroscopy::spectrum_axis(signal);
    double const centre = model.value(line + ".centre");
    double const width = axis.width(axis.nearest_index(centre));
    double const reach = std::max(4.0 * std::abs(model.value(line + ".sigma")), std::abs(width));
    return spectroscopy::count(spectroscopy::channels_within(signal, data, centre - reach, centre + reach)) > 0;
}

std::vector<std::string> lines_without_channels(Model const& model, Signal const& signal, DataOptions const& data)
{
    std::vector<std::string> active, seen;
    for (std::string const& line : xray_lines(model))
        if (model[line].is_active()) active.push_back(line);
    for (std::string const& line : active)
        if (has_channel(model, line, signal, data)) seen.push_back(leader_of(model, line));
    std::erase_if(active, [&](std::string const& line) {
        return std::find(seen.begin(), seen.end(), leader_of(model, line)) != seen.end();
    });
    return active;
}

void switch_off_without_channels(Model& model, Signal const& signal, DataOptions const& data)
{
    for (std::string const& line : lines_without_channels(model, signal, data)) model[line].set_active(false);
}

double units_of_kev(Signal const& signal)
{
    std::string const& units = spectroscopy::spectrum_axis(signal).units;
    if (units == "keV") return 1.0;
    if (units == "eV") return 1000.0;
    throw InvalidArgument("the signal axis is in " + quote(units) + " (X-ray lines need keV or eV): set its units");
}

std::optional<double> instrument_figure(Signal const& signal, std::string const& key)
{
    for (char const* instrument : {"TEM.", "SEM."}) {
        auto const found = signal.metadata.find(std::string("Acquisition_instrument.") + instrument + key);
        if (found == signal.metadata.end()) continue;
        double const v = std::strtod(found->second.c_str(), nullptr);
        if (v > 0.0) return v;
    }
    return {};
}

double energy_resolution(Signal const& signal)
{
    return instrument_figure(signal, "Detector.EDS.energy_resolution_MnKa").value_or(usual_resolution);
}

double line_sigma(XrayLine const& line, double resolution, double units_of_kev)
{
    double const fwhm = eds_fwhm(line.energy, resolution);
    if (std::isfinite(fwhm) && fwhm > 0.0) return units_of_kev * fwhm / fwhm_per_sigma;
    throw InvalidArgument("a resolution of " + number_text(resolution) + " eV at Mn Ka gives the line " +
                          quote(line.name) + " at " + number_text(line.energy) +
                          " keV no width (no detector of silicon reaches it): give the detector's own");
}

std::vector<std::string> add_lines(Model& model, Signal const& signal, std::span<std::string const> elements,
                                   LineOptions const& options)
{
    std::optional<double> const beam_energy =
        options.beam_energy ? options.beam_energy : instrument_figure(signal, "beam_energy");
    double const resolution = options.energy_resolution_mn_ka.value_or(energy_resolution(signal));
    double const unit = units_of_kev(signal);
    Window const window = window_of(signal, beam_energy);
    std::vector<Family> families;
    for (std::string const& word : elements)
        word.find('_') == std::string::npos ? take_element(word, window, families) : take_line(word, window, families);

    Model extended = model;
    if (options.background && extended.size() == 0) {
        ComponentOptions polynomial;
        polynomial.order = options.background_order;
        extended.append(
            Component("Polynomial", "background_order_" + std::to_string(options.background_order), polynomial));
    }
    std::vector<std::string> names;
    for (Family const& family : families) {
        std::string const master = ElementLine{family.element, &family.lines.front()}.name();
        for (XrayLine const& line : family.lines) {
            names.push_back(ElementLine{family.element, &line}.name());
            add_line(extended, names.back(), line, line_sigma(line, resolution, unit), unit);
            if (!line.is_master())
                extended.set_twin({names.back() + ".A", master + ".A", "x * " + number_text(line.weight), ""});
        }
    }
    model = std::move(extended);
    return names;
}

std::vector<PlacedLine> placed_lines(Model const& model)
{
    std::vector<PlacedLine> lines;
    for (Component const& component : model.components()) {
        std::optional<ElementLine> const line = find_xray_line(component.name());
        if (component.type() == "Gaussian" && line) lines.push_back({component.name(), *line});
    }
    return lines;
}

std::vector<std::string> xray_lines(Model const& model)
{
    std::vector<std::string> names;
    for (PlacedLine const& line : placed_lines(model)) names.push_back(line.name);
    return names;
}

std::vector<LineIntensity> lines_intensity(FitResult const& result, Model const& model, bool only_masters)
{
    std::vector<LineIntensity> found;
    for (PlacedLine const& line : placed_lines(model)) {
        if ((only_masters && !line.line.line->is_master()) || !model[line.name].is_active()) continue;
        ParameterMap const& area = result.parameter(line.name + ".A");
        found.push_back({line.name, line.line.line->energy, area.values, area.standard_errors});
    }
    return found;
}

}  // namespace warpfit::eds
