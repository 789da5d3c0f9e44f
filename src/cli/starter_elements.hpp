#pragma once

#include "warpfit/signal.hpp"

#include <string>
#include <vector>

namespace warpfit::cli {

/// What `warpfit init --elements` is told.
struct ElementsOfModel
{
    std::vector<std::string> elements;  ///< "Fe", "Fe_L3" (EELS), "Fe_Ka" (EDS)
    std::string gos = "hydrogenic";     ///< EELS: cross-sections
    std::string gos_file_path;
};

/// Where a power law begins that edges stand on [eV]: before the first of them, where the axis begins with the low
/// loss, which is none; else where the axis does.
double first_fitted_energy(Signal const& signal, double first_onset);

/// What is special about a starter model for elements.
struct ElementStarter
{
    std::string components;
    double first;  ///< where the fitted channels begin, on the axis
};

/// Edges on a power law (signal type EELS) or X-ray lines on a polynomial (EDS), started where a fit of the mean
/// spectrum ends. Throws InvalidArgument for another signal type, and what add_elements and add_lines throw.
ElementStarter element_starter(Signal const& signal, std::vector<double> const& mean, ElementsOfModel const& what);

}  // namespace warpfit::cli
