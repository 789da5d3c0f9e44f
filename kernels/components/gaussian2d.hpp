#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/math.hpp"

namespace warpfit::components {

/// Two-dimensional Gaussian, axes along x and y, parameterised by its volume (HyperSpy's `Gaussian2D`).
///
///   f(x, y) = A / (2 pi sigma_x sigma_y) exp(-(u^2 + v^2) / 2),
///   u = (x - centre_x) / sigma_x,   v = (y - centre_y) / sigma_y
///
/// Defined for sigma_x, sigma_y > 0.
struct Gaussian2D
{
    static constexpr char const* name = "Gaussian2D";
    static constexpr char const* expression = "A / (2*pi*sigma_x*sigma_y)"
                                              " * exp(-((x - centre_x)/sigma_x)**2/2 - ((y - centre_y)/sigma_y)**2/2)";
    static constexpr int dimension = 2;

    enum Slot : int { A, sigma_x, sigma_y, centre_x, centre_y, num_parameters };
    static constexpr int position = centre_x;
    static constexpr int position_y = centre_y;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"A", "y x^2", 1.0, 0.0, no_bound},          {"sigma_x", "x", 1.0, 0.0, no_bound},
        {"sigma_y", "x", 1.0, 0.0, no_bound},        {"centre_x", "x", 0.0, -no_bound, no_bound},
        {"centre_y", "x", 0.0, -no_bound, no_bound},
    };

    template<class Real>
    struct Prepared
    {
        Real A, inv_x, inv_y, centre_x, centre_y, norm;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        Real const inv_x = Real(1) / p[sigma_x];
        Real const inv_y = Real(1) / p[sigma_y];
        return {p[A], inv_x, inv_y, p[centre_x], p[centre_y], Real(0.5 / math::pi) * inv_x * inv_y};
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& q, Real x, Real y, Real* grad)
    {
        Real const u = (x - q.centre_x) * q.inv_x;
        Real const v = (y - q.centre_y) * q.inv_y;
        Real const shape = q.norm * math::exp(Real(-0.5) * (u * u + v * v));
        Real const f = q.A * shape;
        Real const fx = f * q.inv_x;
        Real const fy = f * q.inv_y;

        grad[A] = shape;
        grad[sigma_x] = fx * (u * u - Real(1));
        grad[sigma_y] = fy * (v * v - Real(1));
        grad[centre_x] = fx * u;
        grad[centre_y] = fy * v;
        return f;
    }
};

static_assert(Component<Gaussian2D>);

}  // namespace warpfit::components
