#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Gaussian line of photoemission (eXSpy's `PESCoreLineShape`).
///
///   f(x) = A exp(-ln 2 ((x - origin + ab) / FWHM)^2)
///
/// FWHM is the half width at half of the maximum, as in HyperSpy. With a Shirley background (option Shirley) shirley
/// times what f sums up to over the channels beyond x is added.
struct PESCoreLineShape
{
    static constexpr char const* name = "PESCoreLineShape";
    static constexpr char const* expression = "A * exp(-log(2) * ((x - origin + ab) / FWHM)**2)";
    static constexpr int dimension = 1;

    enum Slot : int { A, FWHM, origin, ab, shirley, num_parameters };
    static constexpr int position = origin;
    static constexpr int cumulative = shirley;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, 0.0, no_bound},
        {"FWHM", "x", 1.0, -no_bound, no_bound},
        {"origin", "x", 0.0, -no_bound, no_bound},
        {"ab", "x", 0.0, -no_bound, no_bound, false},
        {"shirley", "", 0.0, -no_bound, no_bound, false},
    };
};

static_assert(Formula<PESCoreLineShape>);

}  // namespace warpfit::components
