#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Lorentzian peak, parameterised by its area; gamma is the half width at half maximum (HyperSpy's `Lorentzian`).
///
///   f(x) = A / pi * gamma / (u^2 + gamma^2),   u = x - centre
///
/// Defined except for gamma = 0 at x = centre.
struct Lorentzian
{
    static constexpr char const* name = "Lorentzian";
    static constexpr char const* expression = "A / pi * gamma / ((x - centre)**2 + gamma**2)";
    static constexpr int dimension = 1;

    enum Slot : int { A, gamma, centre, num_parameters };
    static constexpr int position = centre;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x", 1.0, 0.0, no_bound},
        {"gamma", "x", 1.0, 0.0, no_bound},
        {"centre", "x", 0.0, -no_bound, no_bound},
    };

    static constexpr DerivedSpec derived[] = {
        {"fwhm", "x", "2*gamma", "gamma", "fwhm/2"},
        {"height", "y", "A/(pi*gamma)", "A", "height*pi*gamma"},
    };

    template<class Real>
    struct Prepared
    {
        Real A, gamma, gamma2, centre;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[A] * Real(1.0 / math::pi), p[gamma], p[gamma] * p[gamma], p[centre]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const u = x - q.centre;
        Real const inv = Real(1) / (u * u + q.gamma2);
        Real const shape = q.gamma * inv;
        Real const f = q.A * shape;

        grad[A] = Real(1.0 / math::pi) * shape;
        grad[gamma] = q.A * (inv - Real(2) * shape * shape);
        grad[centre] = Real(2) * f * u * inv;
        return f;
    }
};

static_assert(Component<Lorentzian>);

}  // namespace warpfit::components
