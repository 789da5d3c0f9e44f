#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Gaussian peak, parameterised by its area (HyperSpy's `Gaussian`).
///
///   f(x) = A / (sigma sqrt(2 pi)) exp(-u^2 / 2),   u = (x - centre) / sigma
///
/// Defined for sigma > 0. A trial step to sigma = 0 is not finite, so it is rejected;
/// only a start at sigma = 0 ends a pixel, as Status::bad_start.
struct Gaussian
{
    static constexpr char const* name = "Gaussian";
    static constexpr char const* expression = "A / (sigma * sqrt(2*pi)) * exp(-((x - centre) / sigma)**2 / 2)";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        // name, unit, value, bmin, bmax
        {"A", "y x", 1.0, 0.0, no_bound},
        {"sigma", "x", 1.0, 0.0, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"fwhm", "x", "2*sqrt(2*log(2))*sigma", "sigma", "fwhm/(2*sqrt(2*log(2)))"},
        {"height", "y", "A/(sqrt(2*pi)*sigma)", "A", "height*sqrt(2*pi)*sigma"},
    };

    template<class Real>
    struct Prepared
    {
        Real A, inv_sigma, centre, norm;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        Real const inv_sigma = Real(1) / p[sigma];
        return {p[A], inv_sigma, p[centre], Real(math::inv_sqrt_2pi) * inv_sigma};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = (x - q.centre) * q.inv_sigma;
        Real const shape = q.norm * math::exp(Real(-0.5) * u * u);
        Real const f = q.A * shape;
        Real const slope = f * q.inv_sigma;

        grad[A] = shape;
        grad[sigma] = slope * (u * u - Real(1));
        grad[centre] = slope * u;
        return f;
    }

    /// f and all its derivatives vanish outside [lo, hi] to the precision that cutoff [sigma] stands for.
    WARPFIT_HD static void window(double const* p, double cutoff, double& lo, double& hi)
    {
        double const half = cutoff * math::abs(p[sigma]);
        lo = p[centre] - half;
        hi = p[centre] + half;
    }
};

static_assert(Component<Gaussian>);

}  // namespace warpfit::components
