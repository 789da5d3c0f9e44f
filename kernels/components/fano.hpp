#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Fano resonance (Phys. Rev. 124 (1961) 1866), an asymmetric line on its own continuum.
///
///   f(x) = A (q + e)^2 / (1 + e^2),   e = 2 (x - centre) / fwhm
///
/// A is the level far away, A (1 + q^2) the maximum; q = 0 is a dip.
struct Fano
{
    static constexpr char const* name = "Fano";
    static constexpr char const* expression = "A * (q + e)**2 / (1 + e**2); e = 2 * (x - centre) / fwhm";
    static constexpr int dimension = 1;

    enum Slot : int { A, q, fwhm, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, 0.0, no_bound},
        {"q", "", 1.0, -no_bound, no_bound},
        {"fwhm", "x", 1.0, 0.0, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<Fano>);

}  // namespace warpfit::components
