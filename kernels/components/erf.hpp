#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Error-function step (HyperSpy's `Erf`).
///
///   f(x) = A / 2 erf(u / sqrt(2)),   u = (x - origin) / sigma
///
/// Defined for sigma != 0.
struct Erf
{
    static constexpr char const* name = "Erf";
    static constexpr char const* expression = "A / 2 * erf((x - origin) / (sqrt(2) * sigma))";
    static constexpr int dimension = 1;

    enum Slot : int { A, sigma, origin, num_parameters };
    static constexpr int position = origin;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, 0.0, no_bound},
        {"sigma", "x", 1.0, -no_bound, no_bound},
        {"origin", "x", 0.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real A, inv_sigma, origin;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[A], Real(1) / p[sigma], p[origin]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = (x - q.origin) * q.inv_sigma;
        Real const shape = Real(0.5) * math::erf(u * Real(1.0 / math::sqrt_2));
        Real const slope = q.A * Real(math::inv_sqrt_2pi) * math::exp(Real(-0.5) * u * u) * q.inv_sigma;

        grad[A] = shape;
        grad[sigma] = -slope * u;
        grad[origin] = -slope;
        return q.A * shape;
    }
};

static_assert(Component<Erf>);

}  // namespace warpfit::components
