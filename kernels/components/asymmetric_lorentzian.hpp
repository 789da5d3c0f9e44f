#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Lorentzian whose width changes over the line (Stancik and Brauns, Vib. Spectrosc. 47 (2008) 66).
///
///   f(x) = 2 A / pi  g / (g^2 + 4 (x - centre)^2),   g = 2 fwhm / (1 + exp(asymmetry (x - centre)))
///
/// asymmetry = 0: a Lorentzian of area A. Exponents stop at +-40, where g is 4e-18 of its largest or nothing less than
/// that.
struct AsymmetricLorentzian
{
    static constexpr char const* name = "AsymmetricLorentzian";
    static constexpr char const* expression = "2 * A * g / (pi * (g**2 + 4 * (x - centre)**2)); g = 2 * fwhm / (1 + "
                                              "exp(Max(Min(asymmetry * (x - centre), 40), -40)))";
    static constexpr int dimension = 1;

    enum Slot : int { A, fwhm, asymmetry, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, no_bound},
        {"fwhm", "x", 1.0, 0.0, no_bound},
        {"asymmetry", "x^-1", 0.0, -no_bound, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<AsymmetricLorentzian>);

}  // namespace warpfit::components
