#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Sum of a Gaussian and a Lorentzian of one width (Wertheim et al., Rev. Sci. Instrum. 45 (1974) 1369).
///
///   f(x) = A ((1 - fraction) G(x) + fraction L(x)),   both of area 1 and full width fwhm at half of their maximum
struct PseudoVoigt
{
    static constexpr char const* name = "PseudoVoigt";
    static constexpr char const* expression =
        "A * ((1 - fraction) * 2 * sqrt(log(2)/pi) * exp(-4*log(2)*u**2) + fraction * 2 / (pi * (1 + 4*u**2))) / fwhm;"
        "u = (x - centre) / fwhm";
    static constexpr int dimension = 1;

    enum Slot : int { A, fwhm, fraction, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, no_bound},
        {"fwhm", "x", 1.0, 0.0, no_bound},
        {"fraction", "", 0.5, 0.0, 1.0},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"height", "y", "A*2*((1 - fraction)*sqrt(log(2)/pi) + fraction/pi)/fwhm", "A",
         "height*fwhm/(2*((1 - fraction)*sqrt(log(2)/pi) + fraction/pi))"},
    };
};

static_assert(Formula<PseudoVoigt>);

}  // namespace warpfit::components
