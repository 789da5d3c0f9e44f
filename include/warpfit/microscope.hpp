#pragma once

#include <optional>

namespace warpfit {

/// What a spectrum's intensity depends on beside the specimen. Empty: not known.
struct Microscope
{
    std::optional<double> beam_energy;        ///< [keV]
    std::optional<double> convergence_angle;  ///< half angle of the probe, HyperSpy's alpha [mrad]
    std::optional<double> collection_angle;   ///< half angle of the spectrometer, HyperSpy's beta [mrad]
};

}  // namespace warpfit
