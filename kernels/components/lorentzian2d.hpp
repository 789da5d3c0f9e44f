#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Two-dimensional Lorentzian, the bivariate Cauchy distribution.
///
///   f(x, y) = A / (2 pi gamma_x gamma_y) (1 + ((x - centre_x) / gamma_x)^2 + ((y - centre_y) / gamma_y)^2)^(-3/2)
///
/// A is the volume. With add_rotation the axes turn by rotation_angle about the centre.
struct Lorentzian2D
{
    static constexpr char const* name = "Lorentzian2D";
    static constexpr char const* expression =
        "A / (2*pi*gamma_x*gamma_y)"
        "* (1 + ((x - centre_x) / gamma_x)**2 + ((y - centre_y) / gamma_y)**2)**(-1.5)";
    static constexpr int dimension = 2;

    enum Slot : int { A, gamma_x, gamma_y, centre_x, centre_y, num_parameters };
    static constexpr int position = centre_x;
    static constexpr int position_y = centre_y;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^2", 1.0, 0.0, no_bound},          {"gamma_x", "x", 1.0, 0.0, no_bound},
        {"gamma_y", "x", 1.0, 0.0, no_bound},        {"centre_x", "x", 0.0, -no_bound, no_bound},
        {"centre_y", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"fwhm_x", "x", "2*gamma_x*sqrt(2**(2/3) - 1)", "gamma_x", "fwhm_x/(2*sqrt(2**(2/3) - 1))"},
        {"fwhm_y", "x", "2*gamma_y*sqrt(2**(2/3) - 1)", "gamma_y", "fwhm_y/(2*sqrt(2**(2/3) - 1))"},
        {"height", "y", "A/(2*pi*gamma_x*gamma_y)", "A", "height*2*pi*gamma_x*gamma_y"},
    };
};

static_assert(Formula<Lorentzian2D>);

}  // namespace warpfit::components
