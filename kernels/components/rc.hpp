#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Charging of a capacitor (HyperSpy's `RC`).
///
///   f(x) = V0 + Vmax (1 - exp(-x / tau))
struct RC
{
    static constexpr char const* name = "RC";
    static constexpr char const* expression = "V0 + Vmax * (1 - exp(-x / tau))";
    static constexpr int dimension = 1;

    enum Slot : int { Vmax, V0, tau, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"Vmax", "y", 1.0, -no_bound, no_bound},
        {"V0", "y", 0.0, -no_bound, no_bound},
        {"tau", "x", 1.0, -no_bound, no_bound},
    };
};

static_assert(Formula<RC>);

}  // namespace warpfit::components
