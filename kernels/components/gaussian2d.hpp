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

    static constexpr DerivedSpec derived[] = {
        {"fwhm_x", "x", "2*sqrt(2*log(2))*sigma_x", "sigma_x", "fwhm_x/(2*sqrt(2*log(2)))"},
        {"fwhm_y", "x", "2*sqrt(2*log(2))*sigma_y", "sigma_y", "fwhm_y/(2*sqrt(2*log(2)))"},
        {"height", "y", "A/(2*pi*sigma_x*sigma_y)", "A", "height*2*pi*sigma_x*sigma_y"},
        {"sigma_major", "x", "Max(sigma_x, sigma_y)"},
        {"sigma_minor", "x", "Min(sigma_x, sigma_y)"},
        {"ellipticity", "", "Max(sigma_x, sigma_y)/Min(sigma_x, sigma_y)"},
        {"rotation_angle_wrapped", "rad",
         "rotation_angle - 2*pi*sign(rotation_angle)*floor(abs(rotation_angle)/(2*pi))"},
        {"rotation_major_axis", "rad",
         "rotation_angle - 2*pi*sign(rotation_angle)*floor(abs(rotation_angle)/(2*pi)) - where(sigma_x > sigma_y, 0, "
         "pi/2)"},
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
        return write(q, {u, u * u - Real(1), shape}, {v, v * v - Real(1), Real(1)}, shape, grad);
    }

    /// What channels in one column (row) of a grid share.
    template<class Real>
    struct Along
    {
        Real u;
        Real bend;   ///< u^2 - 1
        Real shape;  ///< exp(-u^2 / 2), for columns times the norm
    };

    template<class Real>
    WARPFIT_HD static Along<Real> along_x(Prepared<Real> const& q, Real x)
    {
        Along<Real> along = unit((x - q.centre_x) * q.inv_x);
        along.shape = along.shape * q.norm;
        return along;
    }
    template<class Real>
    WARPFIT_HD static Along<Real> along_y(Prepared<Real> const& q, Real y)
    {
        return unit((y - q.centre_y) * q.inv_y);
    }

    /// evaluate() of the channel where a column and a row cross.
    template<class Real>
    WARPFIT_HD static Real evaluate_crossing(Prepared<Real> const& q, Along<Real> const& column, Along<Real> const& row,
                                             Real* grad)
    {
        return write(q, column, row, column.shape * row.shape, grad);
    }

  private:
    template<class Real>
    WARPFIT_HD static Along<Real> unit(Real u)
    {
        return {u, u * u - Real(1), math::exp(Real(-0.5) * u * u)};
    }

    template<class Real>
    WARPFIT_HD static Real write(Prepared<Real> const& q, Along<Real> const& x, Along<Real> const& y, Real shape,
                                 Real* grad)
    {
        Real const f = q.A * shape;
        Real const fx = f * q.inv_x;
        Real const fy = f * q.inv_y;

        grad[A] = shape;
        grad[sigma_x] = fx * x.bend;
        grad[sigma_y] = fy * y.bend;
        grad[centre_x] = fx * x.u;
        grad[centre_y] = fy * y.u;
        return f;
    }
};

static_assert(Component<Gaussian2D>);

}  // namespace warpfit::components
