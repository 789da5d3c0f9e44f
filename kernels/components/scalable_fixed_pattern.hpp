#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// A measured signal as a component, scaled and shifted (HyperSpy's `ScalableFixedPattern`).
///
///   f(x) = yscale S(xscale x - shift)
///
/// S: the signal by cubic interpolation (or linear), 0 outside of it, divided by its channel width if it is binned.
struct ScalableFixedPattern
{
    static constexpr char const* name = "ScalableFixedPattern";
    static constexpr char const* expression = "yscale * S(xscale * x - shift)";
    static constexpr char const* curve = "S";
    static constexpr int dimension = 1;
    static constexpr bool convolved = false;

    enum Slot : int { yscale, xscale, shift, num_parameters };
    static constexpr int position = shift;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"yscale", "y", 1.0, -no_bound, no_bound},
        {"xscale", "", 1.0, -no_bound, no_bound},
        {"shift", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<ScalableFixedPattern>);

}  // namespace warpfit::components
