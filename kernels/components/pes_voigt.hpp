#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Voigt profile of photoemission (eXSpy's `PESVoigt`; HyperSpy's `Voigt` before 2.0).
///
///   f(x) = area transmission_function / (sqrt(2 pi) s) Re w(z),   z = (x - centre + non_isochromaticity + i gamma) /
///   (sqrt(2) s),   s = sqrt(FWHM^2 + resolution^2) / (2 sqrt(2 ln 2)), w the Faddeeva function
///
/// With spin_orbit_splitting a second line of spin_orbit_branching_ratio times its height lies
/// spin_orbit_splitting_energy below. With a Shirley background (option Shirley) shirley_background times what both sum
/// up to over the channels beyond x is added.
struct PESVoigt
{
    static constexpr char const* name = "PESVoigt";
    static constexpr char const* expression =
        "area * transmission_function * re(wofz((x - centre + non_isochromaticity + I*gamma) / (sqrt(2)*s)))"
        "/ (sqrt(2*pi) * s); s = sqrt(FWHM**2 + resolution**2) / (2*sqrt(2*log(2)))";
    static constexpr int dimension = 1;

    enum Slot : int {
        area,
        centre,
        FWHM,
        gamma,
        resolution,
        shirley_background,
        non_isochromaticity,
        transmission_function,
        num_parameters
    };
    static constexpr int position = centre;
    static constexpr int cumulative = shirley_background;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"area", "y x", 1.0, -no_bound, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
        {"FWHM", "x", 1.0, 0.0, no_bound},
        {"gamma", "x", 0.0, 0.0, no_bound},
        {"resolution", "x", 0.0, -no_bound, no_bound, false},
        {"shirley_background", "", 0.0, -no_bound, no_bound, false},
        {"non_isochromaticity", "x", 0.0, -no_bound, no_bound, false},
        {"transmission_function", "", 1.0, -no_bound, no_bound, false},
    };
};

static_assert(Formula<PESVoigt>);

}  // namespace warpfit::components
