#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Arctangent step (HyperSpy's `Arctan`).
///
///   f(x) = A atan(k (x - x0))
struct Arctan
{
    static constexpr char const* name = "Arctan";
    static constexpr char const* expression = "A * atan(k * (x - x0))";
    static constexpr int dimension = 1;

    enum Slot : int { A, k, x0, num_parameters };
    static constexpr int position = x0;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, -no_bound, no_bound},
        {"k", "x^-1", 1.0, -no_bound, no_bound},
        {"x0", "x", 1.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real A, k, x0;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[A], p[k], p[x0]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real const d = x - q.x0;
        Real const t = q.k * d;
        Real const shape = math::atan(t);
        Real const slope = q.A / (Real(1) + t * t);

        grad[A] = shape;
        grad[k] = slope * d;
        grad[x0] = -slope * q.k;
        return q.A * shape;
    }
};

static_assert(Component<Arctan>);

}  // namespace warpfit::components
