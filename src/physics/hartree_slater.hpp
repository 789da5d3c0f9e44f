#pragma once

#include "src/physics/gos_table.hpp"
#include "warpfit/elements.hpp"

#include <string>
#include <string_view>

namespace warpfit::physics {

/// Which table of an atom holds a subshell, and how many of its electrons.
struct TableOfSubshell
{
    std::string table;        ///< "L3" for L2, L3 and L2,3
    double occupancy_factor;  ///< 1/2, 1 and 3/2
};

/// Of two subshells split by spin and orbit the tables hold the one with more electrons (2j + 1 = 2l + 2 against 2l).
TableOfSubshell table_of_subshell(std::string_view subshell);

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
