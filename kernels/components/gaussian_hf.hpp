#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Gaussian peak, parameterised by height and full width at half maximum (HyperSpy's `GaussianHF`).
///
///   f(x) = height exp(-4 ln(2) u^2),   u = (x - centre) / fwhm
///
/// Defined for fwhm > 0.
struct GaussianHF
{
    static constexpr char const* name = "GaussianHF";
    static constexpr char const* expression = "height * exp(-4*log(2) * ((x - centre) / fwhm)**2)";
    static constexpr int dimension = 1;

    enum Slot : int { height, fwhm, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"height", "y", 1.0, 0.0, no_bound},
        {"fwhm", "x", 1.0, 0.0, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"sigma", "x", "fwhm/(2*sqrt(2*log(2)))", "fwhm", "2*sqrt(2*log(2))*sigma"},
        {"A", "y x", "height*fwhm*sqrt(pi/log(2))/2", "height", "2*A/(fwhm*sqrt(pi/log(2)))"},
    };

    template<class Real>
    struct Prepared
    {
        Real height, inv_fwhm, centre;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[height], Real(1) / p[fwhm], p[centre]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = (x - q.centre) * q.inv_fwhm;
        Real const shape = math::exp(Real(-4.0 * math::log_2) * u * u);
        Real const f = q.height * shape;
        Real const slope = Real(8.0 * math::log_2) * f * u * q.inv_fwhm;

        grad[height] = shape;
        grad[fwhm] = slope * u;
        grad[centre] = slope;
        return f;
    }

    WARPFIT_HD static void window(double const* p, double cutoff, double& lo, double& hi)
    {
        double const half = cutoff * math::abs(p[fwhm]) * 0.42466090014400953;  // sigma / fwhm
        lo = p[centre] - half;
        hi = p[centre] + half;
    }
};

static_assert(Component<GaussianHF>);

}  // namespace warpfit::components
