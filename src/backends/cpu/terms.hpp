#pragma once

#include "src/backends/cpu/arena.hpp"
#include "src/backends/cpu/cumulative.hpp"
#include "src/backends/cpu/expression_strip.hpp"
#include "src/backends/cpu/function_strip.hpp"
#include "src/backends/cpu/strip.hpp"

#include <algorithm>
#include <cmath>

/// The terms of a model on the strips of an axis.
namespace warpfit::cpu {

/// What all pixels of a plan share, in the element type and layout of B. Points: channels follow each other in lanes,
/// padded with copies of the last. Pixels: each channel is one pack with the same value in all lanes.
template<class B>
struct Channels
{
    int num_packs;
    int strip;  ///< packs a strip
    int row;    ///< packs a row of the grid on which the channels lie; strips hold whole rows. 0: no grid
    int num_strips;
    B const* x;           ///< [num_packs] minus x_origin
    B const* x_absolute;  ///< [num_packs]
    B const* y;           ///< [num_packs] minus y_origin; null in 1D
    B const* y_absolute;
    B const* tables;         ///< [num_tables, num_packs]
    double const* strip_lo;  ///< [num_strips] lowest and highest x of each strip, minus x_origin; null: no windows
    double const* strip_hi;
    double x_origin;  ///< narrow floats keep their digits for x - centre this way; 0 in double
    double y_origin;
    double const* x_exact;  ///< [num_packs lanes] for functions, in points alone; null: the plan has none
    double const* y_exact;
    B const* constants;         ///< of all expressions, packed one code after the other
    ColumnCode const* columns;  ///< [num_codes]
};

/// Slots that place a term on the x (y) axis, or -1: they are shifted with the axis.
inline void position_slots(program::Term const& term, int& x, int& y)
{
    x = y = -1;
    if (term.component < 0 || term.hoisted) return;
    components::visit(components::Builtins{}, term.component, [&](auto tag) {
        using C = typename decltype(tag)::type;
        x = C::position;
        if constexpr (C::dimension == 2) y = C::position_y;
    });
}

/// One thread's terms at one set of parameters, strip by strip. B: lane pack.
template<class B>
class Terms
{
  public:
    using T = typename B::Element;

    Terms(program::Plan const& plan, Channels<B> const& channels, Arena& arena)
        : plan_(plan)
        , channels_(channels)
        , storage_(arena.take<std::byte*>(plan.num_terms))
        , windows_(arena.take<Window<double>>(plan.num_terms))
        , placed_(arena.take<unsigned char>(plan.num_terms))
        , constants_(arena.take<B const*>(plan.num_terms))
        , cumulative_(plan, channels.strip, arena)
    {
        int scratch = 0;
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            long long packs = 0;
            if (term.function >= 0) {
                packs = static_cast<long long>(FunctionStrip<B>::storage(term.num_slots) / sizeof(B) + 1);
                scratch = std::max(scratch, FunctionStrip<B>::scratch(term.num_slots));
            } else if (term.component < 0) {
                packs = plan.codes[term.code].num_pixel_registers;
                scratch = std::max(scratch, plan.codes[term.code].num_local_registers);
            } else {
                packs = static_cast<long long>(code_of(term).storage / sizeof(B) + 1);
            }
            B* const storage = arena.take<B>(packs);
            if (arena.counting()) continue;
            storage_[t] = reinterpret_cast<std::byte*>(storage);
            placed_[t] = is_placed(term);
            constants_[t] = channels.constants;
            for (int c = 0; c < term.code; ++c) constants_[t] += plan.codes[c].num_constants;
        }
        scratch_ = arena.take<B>(static_cast<long long>(scratch) * channels.strip);
    }

    /// Whether terms are left out outside their windows (unless set otherwise); for the next prepare().
    void use_windows(bool uses) { uses_windows_ = uses; }

    /// values [num_slots], minus the origin for those that place a term. slot_values: the same as one number a slot,
    /// for windows (only where channels have strip bounds).
    /// wanted(t): whether term t will be asked for.
    template<class Wanted>
    void prepare(B const* values, double const* slot_values, Wanted const& wanted)
    {
        for (int t = 0; t < plan_.num_terms; ++t) {
            if (!wanted(t)) continue;
            program::Term const& term = plan_.terms[t];
            B const* p = values + term.first_slot;
            windows_[t] = {-HUGE_VAL, HUGE_VAL};
            if (term.function >= 0) {
                prepare_function(t, slot_values + term.first_slot);
                continue;
            }
            if (term.component < 0) {
                B* registers = reinterpret_cast<B*>(storage_[t]);
                std::copy_n(p, term.num_slots, registers);
                prepare_expression(plan_.codes[term.code], registers);
                if (term.onset >= 0 && channels_.strip_lo && slot_values)
                    windows_[t].lo = slot_values[term.first_slot + term.onset] - term.rise - channels_.x_origin;
                continue;
            }
            TermCode<B> const& code = code_of(term);
            code.prepare(p, term.num_slots, storage_[t]);
            if (code.window && channels_.strip_lo && slot_values && uses_windows_)
                windows_[t] = code.window(slot_values + term.first_slot, axis(), window_cutoff<T>);
        }
    }

    /// Whether term t is more than rounding somewhere on strip n.
    bool reaches(int t, int n) const
    {
        if (!channels_.strip_lo) return true;
        return windows_[t].hi >= channels_.strip_lo[n] && windows_[t].lo <= channels_.strip_hi[n];
    }

    /// Strip n: its size and what does not depend on the term. The caller sets weight, from, residual and columns.
    Strip<B> strip(int n) const
    {
        Strip<B> strip{};
        strip.size = std::min(channels_.strip, channels_.num_packs - n * channels_.strip);
        strip.row = channels_.row;
        strip.table_stride = channels_.num_packs;
        strip.scratch = scratch_;
        return strip;
    }

    /// Where the plan has cumulative terms, strips come last first.
    void gradient(int t, int n, Strip<B>& strip)
    {
        bind(t, n, strip);
        if (plan_.terms[t].cumulative < 0) return plain_gradient(t, n, strip);
        cumulative_.gradient(plan_.terms[t], t, n * channels_.strip * B::size, n == channels_.num_strips - 1,
                             factor_beyond(t), strip, [&](Strip<B>& raw) { plain_gradient(t, n, raw); });
    }

    void value(int t, int n, Strip<B>& strip)
    {
        bind(t, n, strip);
        if (plan_.terms[t].cumulative < 0) return plain_value(t, n, strip);
        cumulative_.value(plan_.terms[t], t, n * channels_.strip * B::size, n == channels_.num_strips - 1,
                          factor_beyond(t), strip, [&](Strip<B>& raw) { plain_value(t, n, raw); });
    }

  private:
    void plain_gradient(int t, int n, Strip<B>& strip) const
    {
        if (plan_.terms[t].function >= 0)
            function_strip(t, n, strip).gradient();
        else if (plan_.terms[t].component < 0)
            ExpressionStrip<B>(pass_of(t), strip).gradient();
        else
            code_of(plan_.terms[t]).gradient(strip, storage_[t]);
    }

    void plain_value(int t, int n, Strip<B>& strip) const
    {
        if (plan_.terms[t].function >= 0)
            function_strip(t, n, strip).value();
        else if (plan_.terms[t].component < 0)
            ExpressionStrip<B>(pass_of(t), strip).value();
        else
            code_of(plan_.terms[t]).value(strip, storage_[t]);
    }

    /// An expression's first registers are its parameters.
    B const& factor_beyond(int t) const { return reinterpret_cast<B const*>(storage_[t])[plan_.terms[t].cumulative]; }

    static TermCode<B> const& code_of(program::Term const& term)
    {
        auto const i = static_cast<std::size_t>(term.component);
        return term.hoisted ? hoisted_builtin_codes<B>[i] : builtin_codes<B>[i];
    }

    void prepare_function(int t, double const* p)
    {
        program::Term const& term = plan_.terms[t];
        FunctionStrip<B>::prepare(plan_, term, p, storage_[t]);
        auto const window = plan_.functions[term.function].window;
        if (!window || !channels_.strip_lo || !uses_windows_) return;
        double lo, hi;
        window(p, window_cutoff<T>, lo, hi);
        windows_[t] = Window<double>::between(lo - channels_.x_origin, hi - channels_.x_origin, axis());
    }

    /// Where channels have strip bounds.
    AxisEnds axis() const
    {
        int const last = channels_.num_strips - 1;
        return {std::fmin(channels_.strip_lo[0], channels_.strip_lo[last]),
                std::fmax(channels_.strip_hi[0], channels_.strip_hi[last])};
    }

    FunctionStrip<B> function_strip(int t, int n, Strip<B> const& strip) const
    {
        program::Term const& term = plan_.terms[t];
        std::ptrdiff_t const first = static_cast<std::ptrdiff_t>(n) * channels_.strip * B::size;
        return {plan_.functions[term.function],
                term.num_slots,
                storage_[t],
                strip,
                channels_.x_exact + first,
                channels_.y_exact ? channels_.y_exact + first : nullptr};
    }

    void bind(int t, int n, Strip<B>& strip) const
    {
        program::Term const& term = plan_.terms[t];
        int const first = n * channels_.strip;
        bool const placed = placed_[t];
        strip.x = (placed ? channels_.x : channels_.x_absolute) + first;
        strip.y = channels_.y ? (placed ? channels_.y : channels_.y_absolute) + first : nullptr;
        strip.tables = term.tables < 0
                           ? nullptr
                           : channels_.tables + static_cast<std::ptrdiff_t>(term.tables) * channels_.num_packs + first;
    }

    static bool is_placed(program::Term const& term)
    {
        int x = -1;
        int y = -1;
        position_slots(term, x, y);
        return x >= 0;
    }

    ExpressionPass<B> pass_of(int t) const
    {
        int const code = plan_.terms[t].code;
        return {&plan_.codes[code], channels_.columns + code, reinterpret_cast<B const*>(storage_[t]), constants_[t]};
    }

    program::Plan const& plan_;
    Channels<B> const& channels_;
    std::byte** storage_;
    Window<double>* windows_;
    bool uses_windows_ = true;
    unsigned char* placed_;
    B const** constants_;
    Cumulative<B> cumulative_;
    B* scratch_;
};

}  // namespace warpfit::cpu
