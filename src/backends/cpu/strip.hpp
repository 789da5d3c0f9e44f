#pragma once

#include "kernels/components/builtins.hpp"
#include "kernels/core/lanes.hpp"
#include "kernels/program/interpreter.hpp"
#include "kernels/program/plan.hpp"

#include <array>
#include <cstddef>
#include <utility>

/// A term of the model over a strip of lane packs: one indirect call writes its value and its gradient columns, times
/// the weight, into a tile that stays in L1.
namespace warpfit::cpu {

/// Rows of a grid beyond this are not treated as such.
inline constexpr int longest_row = 64;

/// One strip of `size` packs. Arrays start at the strip's first pack.
template<class B>
struct Strip
{
    int size;
    int row;  ///< channels lie on a grid in rows of so many packs; 0: they do not
    B const* x;
    B const* y;       ///< null in 1D
    B const* tables;  ///< first table of the term; table k at tables + k * table_stride
    std::ptrdiff_t table_stride;
    B const* weight;  ///< factor of each column; null: 1
    B const* from;    ///< residual so far: data times weight for the first term, then `residual`
    B* residual;      ///< from minus this term's value * weight; null, in an expression's gradient alone: not asked for
    B* const* columns;  ///< [num_slots] where df/dslot * weight goes
    B* scratch;         ///< local registers of expressions [num_local_registers * size]
};

/// How to run one kind of term.
template<class B>
struct TermCode
{
    std::size_t storage;  ///< bytes that prepare() fills, for expressions see expression_storage
    void (*prepare)(B const* p, int num_slots, void* storage);
    void (*gradient)(Strip<B> const& strip, void const* storage);
    void (*value)(Strip<B> const& strip, void const* storage);
    Window<double> (*window)(double const* p, AxisEnds axis, double cutoff);  ///< null: everywhere
};

namespace detail {

template<class C, class B, bool Tables>
B evaluate(typename C::template Prepared<B> const& q, [[maybe_unused]] Strip<B> const& strip, int s, B* grad)
{
    if constexpr (Tables) {
        B t[C::num_tables];
        for (int k = 0; k < C::num_tables; ++k) t[k] = strip.tables[k * strip.table_stride + s];
        return C::evaluate_tables(q, t, grad);
    } else if constexpr (C::dimension == 2) {
        return C::evaluate(q, strip.x[s], strip.y[s], grad);
    } else {
        return C::evaluate(q, strip.x[s], grad);
    }
}

template<bool Weighted, class B, int... K>
void store_columns(B* const* columns, B const* grad, Strip<B> const& strip, int s, std::integer_sequence<int, K...>)
{
    ((columns[K][s] = Weighted ? grad[K] * strip.weight[s] : grad[K]), ...);
}

template<bool Weighted, class B>
void subtract(Strip<B> const& strip, int s, B const& f)
{
    strip.residual[s] = Weighted ? strip.from[s] - f * strip.weight[s] : strip.from[s] - f;
}

/// One column, so little work a pack that the loop itself would cost as much.
template<class C, class B, bool Tables, bool Weighted>
void gradient_column(Strip<B> const& strip, typename C::template Prepared<B> const& prepared)
{
    typename C::template Prepared<B> const q = prepared;
    B* const column = strip.columns[0];
#pragma GCC unroll 4
    for (int s = 0; s < strip.size; ++s) {
        B grad[1];
        B const f = evaluate<C, B, Tables>(q, strip, s, grad);
        subtract<Weighted>(strip, s, f);
        store_columns<Weighted>(&column, grad, strip, s, std::make_integer_sequence<int, 1>{});
    }
}

template<class C, class B, bool Tables, bool Weighted>
void gradient_strip(Strip<B> const& strip, typename C::template Prepared<B> const& prepared)
{
    if constexpr (C::num_parameters == 1) return gradient_column<C, B, Tables, Weighted>(strip, prepared);
    constexpr bool run_time = C::num_parameters < 0;
    constexpr int n = run_time ? max_run_time_slots : C::num_parameters;
    typename C::template Prepared<B> const q = prepared;  // columns may not alias what is in registers
    B* columns[n];
    if constexpr (run_time) {
        for (int k = 0; k < q.num_slots; ++k) columns[k] = strip.columns[k];
    } else {
        for (int k = 0; k < n; ++k) columns[k] = strip.columns[k];
    }
    for (int s = 0; s < strip.size; ++s) {
        B grad[n];
        B const f = evaluate<C, B, Tables>(q, strip, s, grad);
        subtract<Weighted>(strip, s, f);
        if constexpr (run_time) {
            for (int k = 0; k < q.num_slots; ++k) columns[k][s] = Weighted ? grad[k] * strip.weight[s] : grad[k];
        } else {
            store_columns<Weighted>(columns, grad, strip, s, std::make_integer_sequence<int, n>{});
        }
    }
}

/// A product of a function of x and one of y: evaluated along both axes of a grid alone.
template<class C>
concept Separable = requires
{
    typename C::template Along<double>;
};

template<class C, class B, bool Weighted>
void gradient_grid(Strip<B> const& strip, typename C::template Prepared<B> const& prepared)
{
    constexpr int n = C::num_parameters;
    typename C::template Prepared<B> const q = prepared;
    B* columns[n];
    for (int k = 0; k < n; ++k) columns[k] = strip.columns[k];
    typename C::template Along<B> along[longest_row];
    for (int i = 0; i < strip.row; ++i) along[i] = C::along_x(q, strip.x[i]);
    for (int first = 0; first < strip.size; first += strip.row) {
        auto const row = C::along_y(q, strip.y[first]);
        for (int i = 0; i < strip.row; ++i) {
            B grad[n];
            B const f = C::evaluate_crossing(q, along[i], row, grad);
            subtract<Weighted>(strip, first + i, f);
            store_columns<Weighted>(columns, grad, strip, first + i, std::make_integer_sequence<int, n>{});
        }
    }
}

template<class C, class B, bool Tables>
void gradient(Strip<B> const& strip, void const* storage)
{
    auto const& q = *static_cast<typename C::template Prepared<B> const*>(storage);
    if constexpr (Separable<C>) {
        if (strip.row > 0)
            return strip.weight ? gradient_grid<C, B, true>(strip, q) : gradient_grid<C, B, false>(strip, q);
    }
    if (strip.weight)
        gradient_strip<C, B, Tables, true>(strip, q);
    else
        gradient_strip<C, B, Tables, false>(strip, q);
}

template<class C, class B, bool Tables>
void value(Strip<B> const& strip, void const* storage)
{
    constexpr int n = C::num_parameters < 0 ? max_run_time_slots : C::num_parameters;
    auto const& q = *static_cast<typename C::template Prepared<B> const*>(storage);
    for (int s = 0; s < strip.size; ++s) {
        B grad[n];
        B const f = evaluate<C, B, Tables>(q, strip, s, grad);
        if (strip.weight)
            subtract<true>(strip, s, f);
        else
            subtract<false>(strip, s, f);
    }
}

template<class C, class B>
void prepare(B const* p, int num_slots, void* storage)
{
    *static_cast<typename C::template Prepared<B>*>(storage) = C::template prepare<B>(p, num_slots);
}

template<class C, class B, bool Tables>
constexpr TermCode<B> term_code()
{
    TermCode<B> code{sizeof(typename C::template Prepared<B>), &prepare<C, B>, &gradient<C, B, Tables>,
                     &value<C, B, Tables>, nullptr};
    if constexpr (requires { &C::window; }) code.window = &Window<double>::of<C>;
    return code;
}

template<class C, class B>
constexpr TermCode<B> hoisted_code()
{
    if constexpr (requires { typename C::Hoisted; })
        return term_code<typename C::Hoisted, B, true>();
    else
        return {};
}

template<class B, class... C>
constexpr std::array<TermCode<B>, sizeof...(C)> plain_codes(components::TypeList<C...>)
{
    return {term_code<C, B, false>()...};
}
template<class B, class... C>
constexpr std::array<TermCode<B>, sizeof...(C)> hoisted_codes(components::TypeList<C...>)
{
    return {hoisted_code<C, B>()...};
}

}  // namespace detail

template<class B>
inline constexpr auto builtin_codes = detail::plain_codes<B>(components::Builtins{});
template<class B>
inline constexpr auto hoisted_builtin_codes = detail::hoisted_codes<B>(components::Builtins{});

}  // namespace warpfit::cpu
