#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Volume plasmon of the Drude model (Egerton, Electron Energy-Loss Spectroscopy, eq. 3.43; eXSpy's
/// `VolumePlasmonDrude`).
///
///   f(x) = intensity x fwhm E^2 / ((x^2 - E^2)^2 + (x fwhm)^2),   E = plasmon_energy, for x > 0, else 0
struct VolumePlasmonDrude
{
    static constexpr char const* name = "VolumePlasmonDrude";
    static constexpr char const* expression =
        "Piecewise((intensity * x * fwhm * plasmon_energy**2 / ((x**2 - plasmon_energy**2)**2 + (x * fwhm)**2), x > 0),"
        "(0, True))";
    static constexpr int dimension = 1;

    enum Slot : int { intensity, plasmon_energy, fwhm, num_parameters };
    static constexpr int position = plasmon_energy;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"intensity", "y x", 1.0, -no_bound, no_bound},
        {"plasmon_energy", "x", 15.0, -no_bound, no_bound},
        {"fwhm", "x", 1.5, -no_bound, no_bound},
    };
};

static_assert(Formula<VolumePlasmonDrude>);

}  // namespace warpfit::components
