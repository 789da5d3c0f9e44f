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

/// The components of a starter model: edges on a power law (signal type EELS) or X-ray lines on a polynomial (EDS),
/// started where a fit of the mean spectrum ends. Throws InvalidArgument for another signal type, and what add_elements
/// and add_lines throw.
std::string element_components(Signal const& signal, std::vector<double> const& mean, ElementsOfModel const& what);

}  // namespace warpfit::cli
