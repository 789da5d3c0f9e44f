#pragma once

#include <warpfit/kernel.hpp>

namespace lab {

namespace math = warpfit::math;

/// Moffat's profile of a star (Astron. Astrophys. 3 (1969) 455): a Gaussian's core with wings of any steepness.
///
///   f(x) = height (1 + u^2)^-power,   u = (x - centre) / width
struct Moffat
{
    static constexpr char const* name = "Moffat";

    enum Slot : int { height, centre, width, power, num_parameters };
    static constexpr int position = centre;
    static constexpr Slot linear[] = {height};

    static constexpr warpfit::ParameterSpec parameters[num_parameters] = {
        // name, unit, value, bmin, bmax
        {"height", "y", 1.0, 0.0, warpfit::no_bound},
        {"centre", "x", 0.0, -warpfit::no_bound, warpfit::no_bound},
        {"width", "x", 1.0, 0.0, warpfit::no_bound},
        {"power", "", 2.0, 0.5, 20.0},
    };

    template<class Real>
    WARPFIT_HD static Real evaluate(Real const* p, Real x)
    {
        Real const u = (x - p[centre]) / p[width];
        return p[height] * math::exp(-p[power] * math::log(Real(1) + u * u));
    }
};

}  // namespace lab
