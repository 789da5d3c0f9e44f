#pragma once

#include "src/physics/gos_table.hpp"

#include <string>
#include <string_view>

namespace warpfit::io {

/// Hartree-Slater GOS of a subshell from the folder of DigitalMicrograph's tables (src/physics/hartree_slater.hpp), of
/// Fe_L2 the file "Fe.L3". Throws InputError naming the file; InvalidArgument if the element has no such edge.
physics::GosTable load_hartree_slater(std::string const& directory, Element const& element, std::string_view subshell);

}  // namespace warpfit::io
