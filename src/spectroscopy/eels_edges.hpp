#pragma once

#include "warpfit/eels.hpp"

#include <string>
#include <vector>

namespace warpfit::eels {

/// An EELSCLEdge of a model.
struct PlacedEdge
{
    std::string name;
    double onset;  ///< [eV]

    bool operator==(PlacedEdge const&) const = default;
};

bool is_edge(Component const& component) noexcept;
std::string element_of(Component const& edge);  ///< "Fe" of "Fe_L3"

/// Active edges by onset, those of one onset in the model's order.
std::vector<PlacedEdge> edges_by_onset(Model const& model);

/// Of those, the ones that begin at or above the first fitted channel.
std::vector<PlacedEdge> edges_above(Model const& model, double first_energy);

/// Switches the components that describe an edge's fine structure on or off as it is. Throws InvalidArgument where one
/// is missing.
void switch_fine_structure_components(Model& model, Component const& edge);

}  // namespace warpfit::eels
