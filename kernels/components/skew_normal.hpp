#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Skewed Gaussian (Azzalini, Scand. J. Stat. 12 (1985) 171; HyperSpy's `SkewNormal`). A is not the area: that is A
/// scale.
///
///   f(x) = 2 A phi(t) Phi(shape t),   t = (x - x0) / scale
///   phi(t) = exp(-t^2 / 2) / sqrt(2 pi),   Phi(t) = erfc(-t / sqrt(2)) / 2
struct SkewNormal
{
    static constexpr char const* name = "SkewNormal";
    static constexpr char const* expression =
        "A * exp(-t**2 / 2) / sqrt(2*pi) * erfc(-shape * t / sqrt(2)); t = (x - x0) / scale";
    static constexpr int dimension = 1;

    enum Slot : int { x0, A, scale, shape, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"x0", "x", 0.0, -no_bound, no_bound},
        {"A", "y", 1.0, 0.0, no_bound},
        {"scale", "x", 1.0, 0.0, no_bound},
        {"shape", "", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"mean", "x", "x0 + scale*sqrt(2/pi)*delta; delta = shape/sqrt(1 + shape**2)"},
        {"variance", "x^2", "scale**2*(1 - 2*delta**2/pi); delta = shape/sqrt(1 + shape**2)"},
        {"skewness", "", "(4 - pi)/2*m**3/(1 - m**2)**1.5; m = sqrt(2/pi)*shape/sqrt(1 + shape**2)"},
        {"mode", "x",
         "x0 + scale*(m - (4 - pi)/4*m**3/(1 - m**2) - sign(shape)/2*exp(-2*pi/Max(abs(shape), 1e-3))); m = "
         "sqrt(2/pi)*shape/sqrt(1 + shape**2)"},
    };
};

static_assert(Formula<SkewNormal>);

}  // namespace warpfit::components
