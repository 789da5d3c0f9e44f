#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Vignetting of a spectrometer's mirror, with straight losses towards both sides (eXSpy's `Vignetting`).
///
///   f(x) = height cos((x - optical_center) / (2 pi period))^4 (1 - left_slope r(left - x)) (1 - right_slope r(x -
///   right)) r(t) = t Phi(t / sigma) + sigma phi(t / sigma), a ramp from 0 on blurred by a Gaussian; phi, Phi: the
///   normal density and its integral
///
/// The slopes are 0 and fixed unless freed: then the sides do not count. HyperSpy's `side_vignetting` blurs the product
/// of all factors on an extended axis instead.
struct Vignetting
{
    static constexpr char const* name = "Vignetting";
    static constexpr char const* expression =
        "height * cos((x - optical_center) / (2*pi*period))**4"
        "* (1 - left_slope * (l * erfc(-l / (sqrt(2)*sigma)) / 2 + sigma * exp(-l**2 / (2*sigma**2)) / sqrt(2*pi)))"
        "* (1 - right_slope * (r * erfc(-r / (sqrt(2)*sigma)) / 2 + sigma * exp(-r**2 / (2*sigma**2)) / sqrt(2*pi)));"
        "l = left - x; r = x - right";
    static constexpr int dimension = 1;

    enum Slot : int { optical_center, height, period, left_slope, right_slope, left, right, sigma, num_parameters };
    static constexpr int position = optical_center;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"optical_center", "x", 0.0, -no_bound, no_bound},
        {"height", "y", 0.0, -no_bound, no_bound},
        {"period", "x", 1.0, -no_bound, no_bound},
        {"left_slope", "x^-1", 0.0, -no_bound, no_bound, false},
        {"right_slope", "x^-1", 0.0, -no_bound, no_bound, false},
        {"left", "x", 0.0, -no_bound, no_bound, false},
        {"right", "x", 0.0, -no_bound, no_bound, false},
        {"sigma", "x", 1.0, -no_bound, no_bound, false},
    };
};

static_assert(Formula<Vignetting>);

}  // namespace warpfit::components
