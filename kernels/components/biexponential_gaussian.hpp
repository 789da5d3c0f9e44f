#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Gaussian convolved with two decays that begin at 0 (`ExponentialGaussian` has one).
///
///   f(x) = A ((1 - fraction) d(tau1) + fraction d(tau2)),   u = x - centre,   z = (sigma / tau - u / sigma) / sqrt(2)
///   d(tau) = 1 / (2 tau) exp(sigma^2 / (2 tau^2) - u / tau) erfc(z)
struct BiexponentialGaussian
{
    static constexpr char const* name = "BiexponentialGaussian";
    static constexpr char const* expression =
        "A * ((1 - fraction) / (2*tau1) * where(z1 > 0, exp(-u**2 / (2*sigma**2)) * erfcx(Max(z1, 0)),"
        "exp(Min(sigma**2 / (2*tau1**2) - u/tau1, 0)) * erfc(Min(z1, 0))) +"
        "fraction / (2*tau2) * where(z2 > 0, exp(-u**2 / (2*sigma**2)) * erfcx(Max(z2, 0)),"
        "exp(Min(sigma**2 / (2*tau2**2) - u/tau2, 0)) * erfc(Min(z2, 0))));"
        "z1 = (sigma/tau1 - u/sigma) / sqrt(2); z2 = (sigma/tau2 - u/sigma) / sqrt(2); u = x - centre";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, tau1, tau2, fraction, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, no_bound},  {"sigma", "x", 1.0, 0.0, no_bound},
        {"tau1", "x", 1.0, 0.0, no_bound}, {"tau2", "x", 10.0, 0.0, no_bound},
        {"fraction", "", 0.5, 0.0, 1.0},   {"centre", "x", 0.0, -no_bound, no_bound},
    };
};

static_assert(Formula<BiexponentialGaussian>);

}  // namespace warpfit::components
