#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Ring with a Gaussian profile: powder and amorphous diffraction.
///
///   f(x, y) = height exp(-(d - radius)^2 / (2 sigma^2)),   d the distance from the centre
struct GaussianRing2D
{
    static constexpr char const* name = "GaussianRing2D";
    static constexpr char const* expression =
        "height * exp(-(sqrt((x - centre_x)**2 + (y - centre_y)**2) - radius)**2 / (2 * sigma**2))";
    static constexpr int dimension = 2;
    static constexpr bool is_round = true;

    enum Slot : int { height, radius, sigma, centre_x, centre_y, num_parameters };
    static constexpr int position = centre_x;
    static constexpr int position_y = centre_y;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"height", "y", 1.0, 0.0, no_bound},         {"radius", "x", 1.0, 0.0, no_bound},
        {"sigma", "x", 1.0, 0.0, no_bound},          {"centre_x", "x", 0.0, -no_bound, no_bound},
        {"centre_y", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"fwhm", "x", "2*sqrt(2*log(2))*sigma", "sigma", "fwhm/(2*sqrt(2*log(2)))"},
    };
};

static_assert(Formula<GaussianRing2D>);

}  // namespace warpfit::components
