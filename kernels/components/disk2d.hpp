#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Disk with a soft edge: a diffraction disk of a convergent beam.
///
///   f(x, y) = height erfc((d - radius) / (sqrt(2) sigma)) / 2,   d the distance from the centre
///
/// sigma: of the Gaussian that blurs the edge.
struct Disk2D
{
    static constexpr char const* name = "Disk2D";
    static constexpr char const* expression =
        "height * erfc((sqrt((x - centre_x)**2 + (y - centre_y)**2) - radius) / (sqrt(2) * sigma)) / 2";
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
};

static_assert(Formula<Disk2D>);

}  // namespace warpfit::components
