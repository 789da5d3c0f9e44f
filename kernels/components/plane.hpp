#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Plane, a background of images.
///
///   f(x, y) = offset + slope_x x + slope_y y
struct Plane
{
    static constexpr char const* name = "Plane";
    static constexpr char const* expression = "offset + slope_x * x + slope_y * y";
    static constexpr int dimension = 2;
    static constexpr bool convolved = false;

    enum Slot : int { offset, slope_x, slope_y, num_parameters };
    static constexpr int position = -1;
    static constexpr int position_y = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"offset", "y", 0.0, -no_bound, no_bound},
        {"slope_x", "y x^-1", 0.0, -no_bound, no_bound},
        {"slope_y", "y x^-1", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Plane>);

}  // namespace warpfit::components
