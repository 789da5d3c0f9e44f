#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Sum of a Gaussian and a Lorentzian of two widths, one on each side (HyperSpy's `SplitVoigt`).
///
///   f(x) = A ((1 - fraction) exp(-u^2 / 2) / sqrt(2 pi) + fraction / (pi (1 + u^2))) / ((sigma1 + sigma2) / 2)
///   u = (x - centre) / sigma1 for x <= centre, else (x - centre) / sigma2
///
/// Its height is HyperSpy's: that of a Gaussian of the same area, hence the peak's where fraction is 0.
struct SplitVoigt
{
    static constexpr char const* name = "SplitVoigt";
    static constexpr char const* expression =
        "A * ((1 - fraction) * exp(-u**2 / 2) / sqrt(2*pi) + fraction / (pi * (1 + u**2))) * 2 / (sigma1 + sigma2);"
        "u = (x - centre) / where(x <= centre, sigma1, sigma2)";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma1, sigma2, fraction, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 1e-08, 100000000.0},     {"sigma1", "x", 1.0, 1e-08, 50.0},
        {"sigma2", "x", 1.0, 1e-08, 50.0},         {"fraction", "", 0.0, 0.0, 1.0},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"height", "y", "2*A/(sqrt(2*pi)*(sigma1 + sigma2))", "A", "height*sqrt(2*pi)*(sigma1 + sigma2)/2"},
    };
};

static_assert(Formula<SplitVoigt>);

}  // namespace warpfit::components
