#pragma once

#include "kernels/core/functor.hpp"
#include "kernels/core/number.hpp"
#include "warpfit/own_component.hpp"

#include <algorithm>
#include <utility>

/// A functor's header as code for the CPU: what warpfit_add_component() generates includes this.
namespace warpfit::own {

namespace detail {

/// Channels that a loop of vector instructions takes at a time.
inline constexpr int block = 16;

/// f, and its gradient into grad [num_parameters, block].
template<class C, bool Gradient, class Prepared>
inline void evaluate_block(Prepared const& q, double const* x, [[maybe_unused]] double const* y, double* f,
                           [[maybe_unused]] double (*grad)[block])
{
    using F = Functor<C>;
    for (int i = 0; i < block; ++i) {
        Number g[F::num_parameters];
        if constexpr (F::dimension == 2)
            f[i] = F::template evaluate<Number>(q, Number(x[i]), Number(y[i]), g).v;
        else
            f[i] = F::template evaluate<Number>(q, Number(x[i]), g).v;
        if constexpr (Gradient)
            for (int k = 0; k < F::num_parameters; ++k) grad[k][i] = g[k].v;
    }
}

/// Copies n of a block, whose last one repeats.
inline void pad(double const* from, int n, double* to)
{
    for (int i = 0; i < block; ++i) to[i] = from[std::min(i, n - 1)];
}

/// All of a block, which needs no call, or its beginning.
inline void give(double const* from, int n, double* to)
{
    if (n == block)
        for (int i = 0; i < block; ++i) to[i] = from[i];
    else
        std::copy_n(from, n, to);
}

template<class C, bool Gradient>
inline void evaluate_blocks(double const* x, double const* y, int count, double const* p, double* value,
                            double* const* gradient)
{
    using F = Functor<C>;
    constexpr int N = F::num_parameters;
    Number numbers[N];
    for (int k = 0; k < N; ++k) numbers[k] = Number(p[k]);
    auto const q = F::template prepare<Number>(numbers, N);
    double f[block], g[Gradient ? N : 1][block], last_x[block], last_y[block];
    for (int first = 0; first < count; first += block) {
        int const n = std::min(block, count - first);
        double const* at_x = x + first;
        double const* at_y = F::dimension == 2 ? y + first : nullptr;
        if (n < block) {
            pad(at_x, n, last_x);
            at_x = last_x;
            if (F::dimension == 2) {
                pad(at_y, n, last_y);
                at_y = last_y;
            }
        }
        evaluate_block<C, Gradient>(q, at_x, at_y, f, g);
        give(f, n, value + first);
        if constexpr (Gradient)
            for (int k = 0; k < N; ++k)
                if (gradient[k]) give(g[k], n, gradient[k] + first);
    }
}

// One function for each instruction set, with all that it calls inlined: what is not takes and returns doubles, in
// every instruction set alike.
template<class C>
[[gnu::flatten]] void evaluate(void const*, double const* x, double const* y, int count, double const* p, double* value,
                               double* const* gradient)
{
    gradient ? evaluate_blocks<C, true>(x, y, count, p, value, gradient)
             : evaluate_blocks<C, false>(x, y, count, p, value, gradient);
}

#if defined(__x86_64__)
template<class C>
[[gnu::flatten, gnu::target("avx2,fma")]] void evaluate_avx2(void const*, double const* x, double const* y, int count,
                                                             double const* p, double* value, double* const* gradient)
{
    gradient ? evaluate_blocks<C, true>(x, y, count, p, value, gradient)
             : evaluate_blocks<C, false>(x, y, count, p, value, gradient);
}

template<class C>
[[gnu::flatten, gnu::target("avx512f,avx512dq,avx512vl,avx512bw,avx2,fma,prefer-vector-width=512")]] void
evaluate_avx512(void const*, double const* x, double const* y, int count, double const* p, double* value,
                double* const* gradient)
{
    gradient ? evaluate_blocks<C, true>(x, y, count, p, value, gradient)
             : evaluate_blocks<C, false>(x, y, count, p, value, gradient);
}
#endif

/// The best of this machine.
template<class C>
auto choose()
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    bool const has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (has_avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
        return &evaluate_avx512<C>;
    if (has_avx2) return &evaluate_avx2<C>;
#endif
    return &evaluate<C>;
}

template<class C>
bool is_linear([[maybe_unused]] int slot)
{
    if constexpr (requires { C::linear[0]; })
        return std::find(std::begin(C::linear), std::end(C::linear), slot) != std::end(C::linear);
    else
        return false;
}

}  // namespace detail

template<class C>
CompiledFunctor compile_functor(FunctorText text)
{
    using F = Functor<C>;
    static_assert(PixelFunction<F>, "kernels/core/functor.hpp says what a functor must have");
    CompiledFunctor compiled{C::name, std::move(text), {}, F::dimension, true, detail::choose<C>(), nullptr};
    for (int k = 0; k < F::num_parameters; ++k) {
        ParameterSpec const& p = C::parameters[k];
        compiled.parameters.push_back({.name = p.name,
                                       .units = p.unit,
                                       .value = p.value,
                                       .bounds = {p.bmin, p.bmax},
                                       .free = p.free,
                                       .linear = detail::is_linear<C>(k),
                                       .has_gradient = true});
    }
    if constexpr (requires { C::convolved; }) compiled.convolved = C::convolved;
    if constexpr (Windowed<C>) compiled.window = &C::window;
    return compiled;
}

}  // namespace warpfit::own
