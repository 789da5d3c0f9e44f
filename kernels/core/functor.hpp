#pragma once

#include "kernels/core/component.hpp"
#include "kernels/core/dual.hpp"

/// Components that somebody else writes, each in a header of its own that includes <warpfit/kernel.hpp> alone.
///
/// Such a functor is a struct with
///   name, num_parameters, parameters[]      as a component has them (kernels/components/fano.hpp)
///   evaluate<Real>(...)                     static, in one of the forms
///     evaluate(p, x)           of Real const* p, slot-ordered: derivatives by dual numbers
///     evaluate(p, x, grad)     writes df/dp into grad[num_parameters] itself
///     evaluate(q, x)           of what its prepare<Real>(p) returned, made once per pixel and pass; dual numbers
///     evaluate(q, x, grad)
///   and as it likes: dimension = 2, then evaluate has y behind x; position (position_y), the slot that places it;
///   linear[], slots that it is linear in together; convolved = false; window() as in kernels/components/gaussian.hpp.
/// Real is float, double, Number or a Dual of them: constants are written Real(0.5), functions are warpfit::math's, and
/// a choice that depends on data is math::select().
namespace warpfit::own {

template<class C>
constexpr int dimension_of()
{
    if constexpr (requires { C::dimension; })
        return C::dimension;
    else
        return 1;
}

template<class C>
constexpr int position_of()
{
    if constexpr (requires { C::position; })
        return C::position;
    else
        return -1;
}

template<class C>
constexpr int position_y_of()
{
    if constexpr (requires { C::position_y; })
        return C::position_y;
    else
        return -1;
}

template<class C>
inline constexpr bool has_sized_prepare = requires(double const* p)
{
    C::template prepare<double>(p, 1);
};

template<class C>
inline constexpr bool has_prepare = has_sized_prepare<C> || requires(double const* p)
{
    C::template prepare<double>(p);
};

namespace detail {

template<bool First, class A, class B>
struct Choice
{
    using type = A;
};
template<class A, class B>
struct Choice<false, A, B>
{
    using type = B;
};

/// What evaluate() takes: what prepare() made, or the parameters.
template<class C, class Real>
WARPFIT_HD auto argument(Real const* p)
{
    if constexpr (has_sized_prepare<C>)
        return C::template prepare<Real>(p, C::num_parameters);
    else if constexpr (has_prepare<C>)
        return C::template prepare<Real>(p);
    else
        return p;
}

template<class C, class Real>
using Argument = decltype(argument<C>(static_cast<Real const*>(nullptr)));

template<class C>
constexpr bool writes_gradient()
{
    if constexpr (dimension_of<C>() == 2) return requires(Argument<C, double> q, double x, double* grad)
        {
            C::template evaluate<double>(q, x, x, grad);
        };
    else
        return requires(Argument<C, double> q, double x, double* grad)
        {
            C::template evaluate<double>(q, x, grad);
        };
}

}  // namespace detail

/// It writes its gradient; else dual numbers do.
template<class C>
inline constexpr bool has_gradient = detail::writes_gradient<C>();

/// The functor as a PixelFunction.
template<class C>
struct Functor
{
    static constexpr int num_parameters = C::num_parameters;
    static constexpr int dimension = dimension_of<C>();
    static constexpr int position = position_of<C>();
    static constexpr int position_y = position_y_of<C>();

    /// What it computes in.
    template<class Real>
    using Arithmetic = typename detail::Choice<has_gradient<C>, Real, Dual<Real, num_parameters>>::type;

    template<class Real>
    struct Parameters
    {
        Real p[num_parameters];
    };
    template<class Real>
    struct Prepared
    {
        typename detail::Choice<has_prepare<C>, detail::Argument<C, Arithmetic<Real>>, Parameters<Real>>::type q;
    };

    template<class Real>
    WARPFIT_HD static Prepared<Real> prepare(Real const* p, int)
    {
        if constexpr (has_prepare<C>) {
            return {detail::argument<C>(arithmetic(p).p)};
        } else {
            Prepared<Real> prepared;
            for (int k = 0; k < num_parameters; ++k) prepared.q.p[k] = p[k];
            return prepared;
        }
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& prepared, Real x, Real* grad)
    {
        return with_argument(prepared, [&](auto const& q) {
            if constexpr (has_gradient<C>)
                return C::template evaluate<Real>(q, x, grad);
            else
                return spread(C::template evaluate<Arithmetic<Real>>(q, Arithmetic<Real>(x)), grad);
        });
    }

    template<class Real>
    WARPFIT_HD static Real evaluate(Prepared<Real> const& prepared, Real x, Real y, Real* grad)
    {
        return with_argument(prepared, [&](auto const& q) {
            if constexpr (has_gradient<C>)
                return C::template evaluate<Real>(q, x, y, grad);
            else
                return spread(C::template evaluate<Arithmetic<Real>>(q, Arithmetic<Real>(x), Arithmetic<Real>(y)),
                              grad);
        });
    }

    /// As a component's, where it has one.
    WARPFIT_HD static void window(double const* p, double cutoff, double& lo, double& hi) requires Windowed<C>
    {
        C::window(p, cutoff, lo, hi);
    }

  private:
    template<class Real>
    WARPFIT_HD static Parameters<Arithmetic<Real>> arithmetic(Real const* p)
    {
        Parameters<Arithmetic<Real>> numbers;
        WARPFIT_UNROLL
        for (int k = 0; k < num_parameters; ++k) {
            if constexpr (has_gradient<C>)
                numbers.p[k] = p[k];
            else
                numbers.p[k] = Arithmetic<Real>::parameter(p[k], k);
        }
        return numbers;
    }

    template<class Real, class F>
    WARPFIT_HD static Real with_argument(Prepared<Real> const& prepared, F const& f)
    {
        if constexpr (has_prepare<C>) {
            return f(prepared.q);
        } else {
            Parameters<Arithmetic<Real>> const numbers = arithmetic(prepared.q.p);
            return f(static_cast<Arithmetic<Real> const*>(numbers.p));
        }
    }

    template<class Real>
    WARPFIT_HD static Real spread(Dual<Real, num_parameters> const& f, Real* grad)
    {
        WARPFIT_UNROLL
        for (int k = 0; k < num_parameters; ++k) grad[k] = f.d[k];
        return f.v;
    }
};

/// What slot k is counted from.
template<class F>
WARPFIT_HD constexpr double origin(int k, double x, double y)
{
    return k == F::position ? x : k == F::position_y ? y : 0.0;
}

/// Whether it declares parameters of these names, in order: "A,sigma,centre".
template<class C>
constexpr bool declares(char const* names)
{
    for (int k = 0; k < C::num_parameters; ++k) {
        for (char const* a = C::parameters[k].name; *a != 0; ++a, ++names)
            if (*a != *names) return false;
        if (*names != (k + 1 < C::num_parameters ? ',' : 0)) return false;
        ++names;
    }
    return true;
}

}  // namespace warpfit::own
