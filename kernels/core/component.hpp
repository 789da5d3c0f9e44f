#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/portability.hpp"

namespace warpfit {

/// What a component declares of one parameter. Units are written in those of the axis (x) and the signal (y).
struct ParameterSpec
{
    char const* name;
    char const* unit;
    double value;
    double bmin;
    double bmax;
    bool free = true;
};

/// A quantity that follows from a component's parameters.
struct DerivedSpec
{
    char const* name;
    char const* unit;
    char const* expression;         ///< in the parameters
    char const* sets = nullptr;     ///< parameter that moves when somebody sets it; null: it cannot be set
    char const* inverse = nullptr;  ///< value of that parameter, in `name` and the other parameters
};

inline constexpr double no_bound = __builtin_bit_cast(double, 0x7ff0000000000000ull);

/// Slots of a component whose number is chosen at run time (Polynomial); the largest number of them.
inline constexpr int run_time_slots = -1;
inline constexpr int max_run_time_slots = 64;

/// Peaks are dropped beyond this many sigma: exp(-cutoff^2 / 2) is below the rounding of one.
template<class Real>
inline constexpr double window_cutoff = sizeof(Real) == 4 ? 5.5 : 8.6;

/// The ends of an axis, in either order.
struct AxisEnds
{
    double first, last;

    WARPFIT_HD bool hold(double x) const { return ((first <= x) & (x <= last)) | ((last <= x) & (x <= first)); }
};

/// Where a component with a window() is more than rounding, on the axis that its parameters are counted on.
template<class Real>
struct Window
{
    Real lo, hi;

    /// Everywhere where there is no width, for what is not finite must show, and where the middle is beside the axis: a
    /// peak that ran away may be larger there than the data by any number, and its tail not small beside them.
    WARPFIT_HD static Window between(double lo, double hi, AxisEnds axis)
    {
        bool const is_one = (lo < hi) & axis.hold(0.5 * (lo + hi));
        return {static_cast<Real>(is_one ? lo : -no_bound), static_cast<Real>(is_one ? hi : no_bound)};
    }

    template<class C>
    WARPFIT_HD static Window of(double const* p, AxisEnds axis, double cutoff = window_cutoff<Real>)
    {
        double lo, hi;
        C::window(p, cutoff, lo, hi);
        return between(lo, hi, axis);
    }

    WARPFIT_HD bool holds(Real x) const { return lo <= x && x <= hi; }
};

/// A component that has one.
template<class C>
concept Windowed = requires(double const* p, double& end)
{
    C::window(p, 1.0, end, end);
};

/// What a kernel needs: a function of one channel with slot-ordered parameters, in two steps.
///   prepare(p, num_slots)        once per pixel and pass
///   evaluate(q, x[, y], grad)    per channel: f; writes df/dp into grad
/// Generated structs satisfy it, and every component.
template<class F>
concept PixelFunction = requires(double const* p, double* grad, double x)
{
    F::num_parameters + F::dimension;
    requires F::dimension == 1 || F::dimension == 2;
    F::template prepare<double>(p, 1);
}
&&(F::dimension == 1 ? requires(typename F::template Prepared<double> const& q, double x,
                                double* grad) { F::template evaluate<double>(q, x, grad); }
                     : requires(typename F::template Prepared<double> const& q, double x, double* grad) {
                           F::template evaluate<double>(q, x, x, grad);
                       });

namespace components {

/// A PixelFunction that people can name: formula, parameters with units and bounds, the slot that places it on the
/// x axis (or -1). One that a low loss leaves alone, unless told otherwise, says `static constexpr bool convolved =
/// false`; quantities that follow from its parameters stand in `static constexpr DerivedSpec derived[]`.
template<class C>
concept Component = PixelFunction<C> && requires
{
    C::name[0];
    C::expression[0];
    C::parameters[0].name;
    C::position + 0;
};

/// What a component declares at least (`static constexpr int cumulative`: the slot that an option makes a factor of the
/// sum over all channels beyond, Term::cumulative): then the expression compiler makes value and gradient from its
/// formula.
template<class C>
concept Formula = requires
{
    C::name[0];
    C::expression[0];
    C::parameters[0].name;
    C::position + C::dimension + C::num_parameters;
};

}  // namespace components

}  // namespace warpfit
