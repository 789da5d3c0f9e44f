#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Secondary electron emission (Chung and Everhart, J. Appl. Phys. 45 (1974) 707; eXSpy's `SEE`).
///
///   f(x) = A (x - Phi) / (x - Phi + B)^4   for x > Phi, else 0
struct SEE
{
    static constexpr char const* name = "SEE";
    static constexpr char const* expression = "Piecewise((A * (x - Phi) / (x - Phi + B)**4, x > Phi), (0, True))";
    static constexpr int dimension = 1;

    enum Slot : int { A, Phi, B, num_parameters };
    static constexpr int position = Phi;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^3", 1.0, 0.0, no_bound},
        {"Phi", "x", 1.0, -no_bound, no_bound},
        {"B", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<SEE>);

}  // namespace warpfit::components
