#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Bleasdale's yield curve (HyperSpy's `Bleasdale`).
///
///   f(x) = (a + b x)^(-1 / c)   where a + b x > 0, else 0
struct Bleasdale
{
    static constexpr char const* name = "Bleasdale";
    static constexpr char const* expression = "Piecewise(((a + b * x)**(-1 / c), a + b * x > 0), (0, True))";
    static constexpr int dimension = 1;

    enum Slot : int { a, b, c, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"a", "", 1.0, -no_bound, no_bound},
        {"b", "x^-1", 1.0, -no_bound, no_bound},
        {"c", "", 1.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Bleasdale>);

}  // namespace warpfit::components
