#pragma once

#include "warpfit/fit.hpp"

#include <array>

namespace warpfit::cli::plot {

/// Red, green, blue, opacity: 0 to 1.
struct Colour
{
    double r;
    double g;
    double b;
    double a = 1.0;
};

inline constexpr Colour black{0.0, 0.0, 0.0};
inline constexpr Colour white{1.0, 1.0, 1.0};
inline constexpr Colour dark_grey{0.25, 0.25, 0.25};
inline constexpr Colour grid_grey{0.88, 0.88, 0.88};
/// Pixels without a value; in none of the colour maps.
inline constexpr Colour failed_colour{0.85, 0.85, 0.85};

enum class ColourMap { viridis, diverging };

/// Colour at t, clamped to [0, 1].
Colour map_colour(ColourMap map, double t);

/// Distinguishable line colours (Okabe and Ito's set, safe for the colour-blind), repeating.
Colour line_colour(std::size_t index);

Colour status_colour(FitStatus status);

}  // namespace warpfit::cli::plot
