#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Two power laws, the second one shifted (eXSpy's `DoublePowerLaw`).
///
///   f(x) = A (ratio (x - origin - shift)^-r + (x - origin)^-r)   for x > left_cutoff, else 0
///
/// Not finite where left_cutoff < x <= origin + shift.
struct DoublePowerLaw
{
    static constexpr char const* name = "DoublePowerLaw";
    static constexpr char const* expression =
        "Piecewise((A * (ratio * (x - origin - shift)**(-r) + (x - origin)**(-r)), x > left_cutoff),"
        "(0, True))";
    static constexpr int dimension = 1;

    enum Slot : int { A, r, origin, shift, ratio, left_cutoff, num_parameters };
    static constexpr int position = origin;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^r", 1e-05, 0.0, no_bound},      {"r", "", 3.0, 1.0, 5.0},
        {"origin", "x", 0.0, -no_bound, no_bound}, {"shift", "x", 20.0, -no_bound, no_bound},
        {"ratio", "", 1.0, -no_bound, no_bound},   {"left_cutoff", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<DoublePowerLaw>);

}  // namespace warpfit::components
