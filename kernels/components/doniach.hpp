#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Doniach and Sunjic's asymmetric line of photoemission (J. Phys. C 3 (1970) 285; HyperSpy's `Doniach`).
///
///   f(x) = A cos(pi alpha / 2 + (1 - alpha) atan(u / sigma)) / (sigma^2 + u^2)^((1 - alpha) / 2)
///   u = x - centre + 2.354820 sigma / (2 tan(pi / (2 - alpha))), which puts the maximum near `centre`
struct Doniach
{
    static constexpr char const* name = "Doniach";
    static constexpr char const* expression =
        "A * cos(pi*alpha/2 + (1 - alpha) * atan(u / sigma)) / (sigma**2 + u**2)**((1 - alpha)/2);"
        "u = x - centre + 2.354820*sigma / (2 * tan(pi / (2 - alpha)))";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, alpha, centre, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^(1-alpha)", 1.0, -no_bound, no_bound},
        {"sigma", "x", 1.0, 1e-08, no_bound},
        {"alpha", "", 0.5, 1e-08, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Doniach>);

}  // namespace warpfit::components
