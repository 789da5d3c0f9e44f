#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Step (HyperSpy's `HeavisideStep`).
///
///   f(x) = 0 (x < n), A / 2 (x = n), A (x > n)
///
/// Nothing moves n in a fit: its derivative is 0.
struct HeavisideStep
{
    static constexpr char const* name = "HeavisideStep";
    static constexpr char const* expression = "A * Heaviside(x - n, 0.5)";
    static constexpr int dimension = 1;
    static constexpr bool convolved = false;

    enum Slot : int { A, n, num_parameters };
    static constexpr int position = n;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, -no_bound, no_bound},
        {"n", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<HeavisideStep>);

}  // namespace warpfit::components
