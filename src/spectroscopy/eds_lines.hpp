#pragma once

#include "warpfit/eds.hpp"
#include "warpfit/elements.hpp"

#include <string>
#include <vector>

namespace warpfit::eds {

/// Axis units of one keV: 1 or 1000. Throws InvalidArgument unless the axis is in keV or eV.
double units_of_kev(Signal const& signal);

/// A component that is a line, and which.
struct PlacedLine
{
    std::string name;
    ElementLine line;
};
std::vector<PlacedLine> placed_lines(Model const& model);

/// Whether a fitted channel lies within 4 sigma of a line's centre.
bool has_channel(Model const& model, std::string const& line, Signal const& signal, DataOptions const& data);

/// Switches the lines without channels off, and those that follow them.
void switch_off_without_channels(Model& model, Signal const& signal, DataOptions const& data);

/// A number of metadata.Acquisition_instrument.TEM or, where that has none, SEM.
std::optional<double> instrument_figure(Signal const& signal, std::string const& key);

/// Width of a line [axis unit] at a resolution of Mn Ka [eV]. Throws InvalidArgument where the resolution gives none.
double line_sigma(XrayLine const& line, double resolution, double units_of_kev);

}  // namespace warpfit::eds
