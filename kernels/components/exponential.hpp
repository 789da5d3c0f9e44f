#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Exponential decay (HyperSpy's `Exponential`).
///
///   f(x) = A exp(-x / tau)
///
/// Defined for tau != 0.
struct Exponential
{
    static constexpr char const* name = "Exponential";
    static constexpr char const* expression = "A * exp(-x / tau)";
    static constexpr int dimension = 1;

    enum Slot : int { A, tau, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, -no_bound, no_bound},
        {"tau", "x", 1.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real A, inv_tau;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[A], Real(1) / p[tau]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = x * q.inv_tau;
        Real const shape = math::exp(-u);
        Real const f = q.A * shape;

        grad[A] = shape;
        grad[tau] = f * u * q.inv_tau;
        return f;
    }
};

static_assert(Component<Exponential>);

}  // namespace warpfit::components
