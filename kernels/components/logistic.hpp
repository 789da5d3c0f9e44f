#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Logistic growth (HyperSpy's `Logistic`).
///
///   f(x) = a / (1 + b exp(-c (x - origin)))
///
/// As 1 + s exp(L - c (x - origin)) with L = log|b| and s the sign of b, so that a small b shifts the curve as far as
/// it should. The sum of the exponents stops at 40, where f is 4e-18 a: nothing overflows. Below 1e-30 L stays and s =
/// b / 1e-30 goes on, through b = 0.
struct Logistic
{
    static constexpr char const* name = "Logistic";
    static constexpr char const* expression =
        "a / (1 + s * exp(Min(L - c * (x - origin), 40))); L = log(Max(abs(b), 1e-30)); "
        "s = Min(Max(b / 1e-30, -1), 1)";
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
