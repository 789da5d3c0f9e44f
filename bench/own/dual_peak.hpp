#pragma once

#include <warpfit/kernel.hpp>

namespace trial {

/// A Gaussian whose gradient is left to dual numbers; dropped where it is nothing.
struct DualPeak
{
    static constexpr char const* name = "DualPeak";

    enum Slot : int { A, sigma, centre, num_parameters };
    static constexpr int position = centre;
    static constexpr Slot linear[] = {A};

    static constexpr warpfit::ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, warpfit::no_bound},
        {"sigma", "x", 1.0, 0.0, warpfit::no_bound},
        {"centre", "x", 0.0, -warpfit::no_bound, warpfit::no_bound},
    };

    template<class Real>
    WARPFIT_HD static Real evaluate(Real const* p, Real x)
    {
        Real const u = (x - p[centre]) / p[sigma];
        return p[A] * Real(warpfit::math::inv_sqrt_2pi) / p[sigma] * warpfit::math::exp(Real(-0.5) * u * u);
    }

    WARPFIT_HD static void window(double const* p, double cutoff, double& lo, double& hi)
    {
        double const half = cutoff * warpfit::math::abs(p[sigma]);
        lo = p[centre] - half;
        hi = p[centre] + half;
    }
};

}  // namespace trial
