#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Polynomial of two axes, a background of images.
///
///   f(x, y) = sum of aij x^i y^j over i + j <= order
///
/// Parameters share one declaration; they are listed by rising i + j, then by falling i.
struct Polynomial2D
{
    static constexpr char const* name = "Polynomial2D";
    static constexpr char const* expression =
        "a00 + a10*x + a01*y + a20*x**2 + a11*x*y + a02*y**2";  // as listed, for order 2
    static constexpr int dimension = 2;
    static constexpr bool convolved = false;

    static constexpr int num_parameters = run_time_slots;
    static constexpr int position = -1;
    static constexpr int position_y = -1;

    static constexpr ParameterSpec parameters[1] = {
        {"a", "y x^-(i+j)", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Polynomial2D>);

}  // namespace warpfit::components
