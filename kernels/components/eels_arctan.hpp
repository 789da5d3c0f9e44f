#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Arctangent step from 0 (eXSpy's `EELSArctan`; `Arctan` with minimum_at_zero in older files).
///
///   f(x) = A (pi / 2 + atan(k (x - x0)))
struct EELSArctan
{
    static constexpr char const* name = "EELSArctan";
    static constexpr char const* expression = "A * (pi/2 + atan(k * (x - x0)))";
    static constexpr int dimension = 1;

    enum Slot : int { A, k, x0, num_parameters };
    static constexpr int position = x0;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, -no_bound, no_bound},
        {"k", "x^-1", 1.0, -no_bound, no_bound},
        {"x0", "x", 1.0, -no_bound, no_bound},
    };
};

static_assert(Formula<EELSArctan>);

}  // namespace warpfit::components
