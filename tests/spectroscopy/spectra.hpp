#pragma once

#include "warpfit/model.hpp"
#include "warpfit/signal.hpp"

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

/// Spectra and HyperSpy's models of them: tests/spectroscopy/data, written by make_data.py there.
namespace warpfit::testing {

inline nlohmann::json spectra_file(std::string const& name)
{
    return nlohmann::json::parse(std::ifstream(std::string(WARPFIT_TEST_DIR) + "/spectroscopy/data/" + name));
}

/// A line scan, or a single spectrum where `counts` holds one, on a binned axis.
inline Signal spectra(std::vector<std::vector<double>> const& counts, double offset, double scale,
                      std::string const& units)
{
    std::vector<double> values;
    for (std::vector<double> const& pixel : counts) values.insert(values.end(), pixel.begin(), pixel.end());
    Axis const axis{.name = "Energy",
                    .units = units,
                    .size = counts.front().size(),
                    .offset = offset,
                    .scale = scale,
                    .is_binned = true};
    std::vector<Axis> navigation;
    if (counts.size() > 1) navigation.push_back({.name = "x", .size = counts.size()});
    return Signal(navigation, {axis}, std::span<double const>(values));
}

/// Of what make_data.py calls eels_signal().
inline Signal eels_spectra(std::vector<std::vector<double>> const& counts, double offset, double scale)
{
    Signal signal = spectra(counts, offset, scale, "eV");
    signal.signal_type = "EELS";
    signal.metadata = {{"Acquisition_instrument.TEM.beam_energy", "200"},
                       {"Acquisition_instrument.TEM.convergence_angle", "10"},
                       {"Acquisition_instrument.TEM.Detector.EELS.collection_angle", "20"}};
    return signal;
}

inline Signal eels_axis(double offset, double scale, std::size_t num_channels)
{
    return eels_spectra({std::vector<double>(num_channels, 1.0)}, offset, scale);
}

/// Of eds_spectra.json, on the axis that the detector believes in.
inline Signal eds_spectrum(std::string const& name)
{
    auto const file = spectra_file("eds_spectra.json");
    nlohmann::json const& entry = file.at(name);
    Signal signal =
        spectra({entry.is_array() ? entry : entry.at("counts")}, file.at("offset"), file.at("scale"), "keV");
    signal.signal_type = "EDS_TEM";
    signal.metadata = {{"Acquisition_instrument.TEM.beam_energy", "200"}};
    return signal;
}

inline std::vector<std::string> names_of(Model const& model)
{
    std::vector<std::string> names;
    for (Component const& component : model.components()) names.push_back(component.name());
    return names;
}

}  // namespace warpfit::testing
