#pragma once

#include <string>
#include <string_view>

namespace warpfit::cli::plot {

/// Units as a label shows them. Files hold some in TeX: "$\mu m$", "$\AA^{-1}$", "$nm$" become "µm", "Å⁻¹", "nm"; a
/// power in plain text ("cm^-1") gets superscripts, too.
std::string readable_units(std::string_view units);

/// The name of an axis: in TeX where it has a '$', else as it is.
std::string readable_name(std::string_view name);

}  // namespace warpfit::cli::plot
