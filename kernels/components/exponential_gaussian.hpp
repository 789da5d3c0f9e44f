#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Gaussian convolved with a decay that begins at 0: chromatography's exponentially modified Gaussian, a decay seen
/// through an instrument (Grushka, Anal. Chem. 44 (1972) 1733; computed after Kalambet et al., J. Chemometrics 25
/// (2011) 352).
///
///   f(x) = A / (2 tau) exp(sigma^2 / (2 tau^2) - u / tau) erfc(z),   u = x - centre,  z = (sigma / tau - u / sigma) /
///   sqrt(2)
///
/// A is the area, centre the Gaussian's mean; tau > 0. Where z > 0: A / (2 tau) exp(-u^2 / (2 sigma^2)) erfcx(z).
struct ExponentialGaussian
{
    static constexpr char const* name = "ExponentialGaussian";
    static constexpr char const* expression = "A / (2*tau) * where(z > 0, exp(-u**2 / (2*sigma**2)) * erfcx(Max(z, 0)),"
                                              "exp(Min(sigma**2 / (2*tau**2) - u/tau, 0)) * erfc(Min(z, 0)));"
                                              "z = (sigma/tau - u/sigma) / sqrt(2); u = x - centre";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, tau, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, no_bound},
        {"sigma", "x", 1.0, 0.0, no_bound},
        {"tau", "x", 1.0, 0.0, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"mean", "x", "centre + tau"},
        {"variance", "x^2", "sigma**2 + tau**2"},
        {"skewness", "", "2*tau**3/(sigma**2 + tau**2)**1.5"},
    };
};

static_assert(Formula<ExponentialGaussian>);

}  // namespace warpfit::components
