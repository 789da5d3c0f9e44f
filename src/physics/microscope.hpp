#pragma once

#include <optional>

namespace warpfit::physics {

/// What a spectrum's intensity depends on beside the specimen. Empty: not known.
struct Microscope
{
    std::optional<double> beam_energy;        ///< [keV]
    std::optional<double> convergence_angle;  ///< half angle of the probe, HyperSpy's alpha [mrad]
    std::optional<double> collection_angle;   ///< half angle of the spectrometer, HyperSpy's beta [mrad]
};

/// Throws InvalidArgument naming all that is missing, where it is written, and the ways to give it.
void require_complete(Microscope const& microscope);

/// Effective collection angle [mrad] of an edge at onset_energy [eV]. Throws what require_complete() throws, and
/// InvalidArgument for a figure that cannot be.
double effective_angle(Microscope const& microscope, double onset_energy);

}  // namespace warpfit::physics
