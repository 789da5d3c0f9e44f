#pragma once

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

}  // namespace warpfit::physics
