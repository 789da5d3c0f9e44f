#pragma once

#include "src/physics/gos_table.hpp"

#include <string>
#include <string_view>

namespace warpfit::io {

/// GOS of a subshell from a .gosh file, the HDF5 layout of published tables:
///
///   /metadata/edges_info/L2                  attributes table ("L3": which table holds it), occupancy_ratio
///   /Fe/L3/data, q, free_energies            GOS [.., num_q, num_energies, 1/eV], [1/m], [eV]
///
/// L2,3 is both L2 and L3 where the file does not list it. The energies begin at the onset of the table of elements.
/// Throws InputError naming the file, what is missing and what is there; InvalidArgument if the element has no such
/// edge.
physics::GosTable load_gosh(std::string const& path, Element const& element, std::string_view subshell);

}  // namespace warpfit::io
