#pragma once

#include "warpfit/microscope.hpp"

namespace warpfit::physics {

/// Throws InvalidArgument naming all that is missing, where it is written, and the ways to give it.
void require_complete(Microscope const& microscope);

/// Effective collection angle [mrad] of an edge at onset_energy [eV]. Throws what require_complete() throws, and
/// InvalidArgument for a figure that cannot be.
double effective_angle(Microscope const& microscope, double onset_energy);

}  // namespace warpfit::physics
