#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// A constant (HyperSpy's `Offset`).
///
///   f(x) = offset
struct Offset
{
    static constexpr char const* name = "Offset";
    static constexpr char const* expression = "offset";
    static constexpr int dimension = 1;
    static constexpr bool convolved = false;

    enum Slot : int { offset, num_parameters };
    static constexpr int position = -1;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"offset", "y", 0.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real offset;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        return {p[offset]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real, Real* grad)
    {
        grad[offset] = Real(1);
        return q.offset;
    }
};

static_assert(Component<Offset>);

}  // namespace warpfit::components
