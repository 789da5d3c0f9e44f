#pragma once

#include <warpfit/kernel.hpp>

namespace trial {

/// The same, evaluated everywhere.
struct OpenPeak
{
    static constexpr char const* name = "OpenPeak";

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
};

}  // namespace trial
