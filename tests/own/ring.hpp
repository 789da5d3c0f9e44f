#pragma once

#include <warpfit/kernel.hpp>

namespace trial {

/// A Gaussian ring about a point, by dual numbers through prepare().
///
///   f(x, y) = A exp(-(r - radius)^2 / (2 width^2)),   r = distance to (x0, y0)
struct Ring
{
    static constexpr char const* name = "Ring";
    static constexpr int dimension = 2;

    enum Slot : int { A, radius, width, x0, y0, num_parameters };
    static constexpr int position = x0;
    static constexpr int position_y = y0;

    static constexpr warpfit::ParameterSpec parameters[num_parameters] = {
        {"A", "y", 1.0, -warpfit::no_bound, warpfit::no_bound},
        {"radius", "x", 1.0, 0.0, warpfit::no_bound},
        {"width", "x", 1.0, 0.0, warpfit::no_bound},
        {"x0", "x", 0.0, -warpfit::no_bound, warpfit::no_bound},
        {"y0", "x", 0.0, -warpfit::no_bound, warpfit::no_bound}};

    template<class Real>
    struct Prepared
    {
        Real A, radius, factor, x0, y0;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p)
    {
        return {p[A], p[radius], Real(-0.5) / (p[width] * p[width]), p[x0], p[y0]};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real y)
    {
        Real const dx = x - q.x0;
        Real const dy = y - q.y0;
        Real const d = warpfit::math::sqrt(dx * dx + dy * dy) - q.radius;
        return q.A * warpfit::math::exp(q.factor * d * d);
    }
};

}  // namespace trial
