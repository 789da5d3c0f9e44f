#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Logistic growth (HyperSpy's `Logistic`).
///
///   f(x) = a / (1 + b exp(-c (x - origin)))
///
/// Exponents stop at 40, where f is 4e-18 a / b: nothing overflows. Meant for b above 1e-12 or so.
struct Logistic
{
    static constexpr char const* name = "Logistic";
    static constexpr char const* expression = "a / (1 + b * exp(Min(-c * (x - origin), 40)))";
    static constexpr int dimension = 1;

    enum Slot : int { a, b, c, origin, num_parameters };
    static constexpr int position = origin;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"a", "y", 1.0, -no_bound, no_bound},
        {"b", "", 1.0, -no_bound, no_bound},
        {"c", "x^-1", 1.0, -no_bound, no_bound},
        {"origin", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Logistic>);

}  // namespace warpfit::components
