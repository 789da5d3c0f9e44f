#pragma once

#include <warpfit/kernel.hpp>

namespace trial {

/// The Gaussian of kernels/components/gaussian.hpp as somebody else would write it: gradient by hand, a window.
struct HandPeak
{
    static constexpr char const* name = "HandPeak";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, centre, num_parameters };
    static constexpr int position = centre;
    static constexpr int linear[] = {A};

    static constexpr warpfit::ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, warpfit::no_bound},
        {"sigma", "x", 1.0, 0.0, warpfit::no_bound},
        {"centre", "x", 0.0, -warpfit::no_bound, warpfit::no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real A, inv_sigma, centre, norm;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p)
    {
        Real const inv_sigma = Real(1) / p[sigma];
        return {p[A], inv_sigma, p[centre], Real(warpfit::math::inv_sqrt_2pi) * inv_sigma};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = (x - q.centre) * q.inv_sigma;
        Real const shape = q.norm * warpfit::math::exp(Real(-0.5) * u * u);
        Real const f = q.A * shape;
        grad[A] = shape;
        grad[sigma] = f * q.inv_sigma * (u * u - Real(1));
        grad[centre] = f * q.inv_sigma * u;
        return f;
    }

    WARPFIT_HD static void window(double const* p, double cutoff, double& lo, double& hi)
    {
        double const half = cutoff * warpfit::math::abs(p[sigma]);
        lo = p[centre] - half;
        hi = p[centre] + half;
    }
};

}  // namespace trial
