#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Polynomial of any order up to max_run_time_slots - 1 (HyperSpy's `Polynomial`).
///
///   f(x) = a0 + a1 x + ... + aN x^N
///
/// The number of slots is the order plus one; parameters a0..aN share one declaration.
struct Polynomial
{
    static constexpr char const* name = "Polynomial";
    static constexpr char const* expression = "a0 + a1*x + a2*x**2";  // as listed, for order 2
    static constexpr int dimension = 1;

    static constexpr int num_parameters = run_time_slots;
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[1] = {
        {"a", "y x^-j", 0.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real const* a;
        int num_slots;
    };

    /// p must outlive the pass.
    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int num_slots)
    {
        return {p, num_slots};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real* grad)
    {
        Real power = Real(1);
        Real f = Real(0);
        for (int j = 0; j < q.num_slots; ++j) {
            grad[j] = power;
            f = f + q.a[j] * power;
            power = power * x;
        }
        return f;
    }
};

static_assert(Component<Polynomial>);

}  // namespace warpfit::components
