#pragma once

#include "kernels/components/arctan.hpp"
#include "kernels/components/erf.hpp"
#include "kernels/components/exponential.hpp"
#include "kernels/components/gaussian.hpp"
#include "kernels/components/gaussian2d.hpp"
#include "kernels/components/gaussian_hf.hpp"
#include "kernels/components/lorentzian.hpp"
#include "kernels/components/offset.hpp"
#include "kernels/components/polynomial.hpp"
#include "kernels/components/power_law.hpp"
#include "kernels/components/voigt.hpp"

namespace warpfit::components {

template<class... C>
struct TypeList
{
    static constexpr int size = sizeof...(C);
};

/// Components with a functor of their own (formulas.hpp lists the others). A component's place here is Term::component;
/// nothing stored depends on it.
using Builtins = TypeList<Arctan, Erf, Exponential, Gaussian, Gaussian2D, GaussianHF, Lorentzian, Offset, Polynomial,
                          PowerLaw, Voigt>;

/// Carries a component as a value: visit(i, [](auto tag) { using C = typename decltype(tag)::type; … }).
template<class C>
struct Tag
{
    using type = C;
};

/// Calls f(Tag<C>{}, i) for every component of the list, in order.
template<class F, class... C>
constexpr void for_each(TypeList<C...>, F&& f)
{
    int i = 0;
    (f(Tag<C>{}, i++), ...);
}

/// Calls f(Tag<C>{}) for the component at position `index`.
template<class F, class... C>
constexpr void visit(TypeList<C...>, int index, F&& f)
{
    int i = 0;
    (void)((i++ == index ? (f(Tag<C>{}), true) : false) || ...);
}

template<class A, class B>
inline constexpr bool is_same = false;
template<class A>
inline constexpr bool is_same<A, A> = true;

/// Position of Wanted in the list.
template<class Wanted, class... C>
constexpr int position_of(TypeList<C...>)
{
    int i = 0;
    int found = -1;
    ((is_same<Wanted, C> ? (found = i++) : i++), ...);
    return found;
}

}  // namespace warpfit::components
