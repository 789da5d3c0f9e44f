#pragma once

#include "src/physics/gos_table.hpp"
#include "warpfit/elements.hpp"

#include <string>
#include <string_view>

namespace warpfit::physics {

/// A Hartree-Slater table as DigitalMicrograph 1 and 2 bring it, the text of the file "Fe.L3". `origin` is the file
/// that errors name. Numbers, parted by white space, counted from 0:
///
///   2, 3: k1 [1/Angstrom], k2 of q(j) = k1 (exp(j k2) - 1)          5: number of q
///   6, 7: e1 [eV], e2 [eV] of E(i) = e1 (exp(i e2 / e1) - 1)        8: number of energies above the onset
///   from 9: GOS [num_energies, num_q, 1/Rydberg]
///
/// Throws InputError naming the file, the number and what was expected; InvalidArgument if the element has no such
/// edge.
GosTable parse_hartree_slater(std::string_view text, std::string const& origin, Element const& element,
                              std::string_view subshell);

}  // namespace warpfit::physics
