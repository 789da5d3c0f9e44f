#pragma once

#include "kernels/program/slots.hpp"
#include "kernels/solver/packed.hpp"
#include "src/backends/cpu/arena.hpp"
#include "src/backends/cpu/expression_strip.hpp"
#include "src/backends/cpu/strip.hpp"
#include "src/backends/cpu/syrk.hpp"

#include <algorithm>
#include <cstring>

/// Passes over the channels: value, gradient columns and their products, strip by strip.
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
    B const* constants;  ///< of all expressions, packed one code after the other
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

/// One thread's passes. B: lane pack; Block: register block of the products.
template<class B, int Block>
class Engine
{
  public:
    using T = typename B::Element;

    Engine(program::Plan const& plan, Channels<B> const& channels, Arena& arena)
        : plan_(plan)
        , channels_(channels)
        , values_(arena.take<B>(plan.num_slots))
        , factors_(arena.take<B>(plan.num_slots))
        , targets_(arena.take<int>(plan.num_slots))
        , tile_(arena.take<B>(static_cast<long long>(plan.num_free + 1) * channels.strip))
        , spare_(arena.take<B>(static_cast<long long>(plan.num_slots) * channels.strip))
        , storage_(arena.take<std::byte*>(plan.num_terms))
        , shown_(arena.take<B const*>(plan.num_free + 1))
        , ids_(arena.take<int>(plan.num_free + 1))
        , written_(arena.take<unsigned char>(plan.num_free))
        , columns_(arena.take<B*>(plan.num_slots))
        , windows_(arena.take<Window<double>>(plan.num_terms))
        , placed_(arena.take<unsigned char>(plan.num_terms))
        , constants_(arena.take<B const*>(plan.num_terms))
        , twin_slots_(arena.take<TwinSlot>(plan.num_slots))
        , moving_(arena.take<Moving>(plan.num_slots))
    {
        int scratch = 0;
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            long long packs = 0;
            if (term.component < 0) {
                packs = plan.codes[term.code].num_pixel_registers;
                scratch = std::max(scratch, plan.codes[term.code].num_local_registers);
            } else {
                packs = static_cast<long long>(code_of(term).storage / sizeof(B) + 1);
            }
            B* const storage = arena.take<B>(packs);
            if (arena.counting()) continue;
            storage_[t] = reinterpret_cast<std::byte*>(storage);
            placed_[t] = is_placed(term);
            for (int k = 0; k < term.num_slots; ++k) {
                int const s = term.first_slot + k;
                program::Slot const& slot = plan.slots[s];
                if (slot.kind == program::SlotKind::twin) twin_slots_[num_twin_slots_++] = {s, t};
                bool const own = slot.kind == program::SlotKind::free;
                columns_[s] = own ? tile_ + static_cast<std::ptrdiff_t>(slot.index) * channels.strip
                                  : spare_ + static_cast<std::ptrdiff_t>(s) * channels.strip;
            }
            constants_[t] = channels.constants;
            for (int c = 0; c < term.code; ++c) constants_[t] += plan.codes[c].num_constants;
        }
        if (!arena.counting()) show_all();
        scratch_ = arena.take<B>(static_cast<long long>(scratch) * channels.strip);
    }

    /// Slot values as packs, minus the origin for those that place a term; and the chain factors of twins.
    B* values() { return values_; }
    B* factors() { return factors_; }
    int* targets() { return targets_; }

    /// Sets all of these from free [num_free] and pixel_values [num_pixel_values], which are the same arrays each time.
    void evaluate_slots(B const* free, B const* pixel_values, B* registers)
    {
        if (num_moving_ >= 0) {
            for (int k = 0; k < num_moving_; ++k) values_[moving_[k].slot] = *moving_[k].from;
            return;
        }
        program::evaluate_slots(plan_, free, pixel_values, values_, factors_, targets_, registers);
        for (int t = 0; t < plan_.num_twins; ++t)
            if (plan_.twins[t].code >= 0) return;
        // From now on a copy is all there is to do.
        num_moving_ = 0;
        for (int s = 0; s < plan_.num_slots; ++s) {
            int root = s;
            for (int t = plan_.num_twins - 1; t >= 0; --t)
                if (plan_.twins[t].slot == root) root = plan_.twins[t].parent;
            program::Slot const& slot = plan_.slots[root];
            if (slot.kind == program::SlotKind::free) moving_[num_moving_++] = {s, free + slot.index};
            if (slot.kind == program::SlotKind::pixel) moving_[num_moving_++] = {s, pixel_values + slot.index};
        }
    }

    /// Call when values, factors and targets are set. active: bit per term with an active map.
    /// slot_values: the same as one number a slot, for windows (only where channels have strips bounds).
    void prepare(unsigned long long active, double const* slot_values)
    {
        active_ = active;
        for (int t = 0; t < plan_.num_terms; ++t) {
            program::Term const& term = plan_.terms[t];
            B const* p = values_ + term.first_slot;
            windows_[t] = {-HUGE_VAL, HUGE_VAL};
            if (term.component < 0) {
                B* registers = reinterpret_cast<B*>(storage_[t]);
                std::copy_n(p, term.num_slots, registers);
                prepare_expression(plan_.codes[term.code], registers);
                continue;
            }
            TermCode<B> const& code = code_of(term);
            code.prepare(p, term.num_slots, storage_[t]);
            if (code.window && channels_.strip_lo && slot_values)
                windows_[t] = code.window(slot_values + term.first_slot, window_cutoff<T>);
        }
    }

    /// sums [sums_size(P)]: products of all columns of [gradient, residual]. After each strip, fold() may move them
    /// elsewhere and clear them. ys [num_packs]: data times weight; weight [num_packs]: of model and columns, null: 1.
    template<class Fold>
    void products(B const* ys, B const* weight, B* sums, Fold&& fold)
    {
        int const P = plan_.num_free;
        int const size = solver::sums_size(P);
        bool const is_written = all_show_ && writes_products(P + 1);
        if (!is_written)
            for (int k = 0; k < size; ++k) sums[k] = B(0);
        for (int n = 0; n < channels_.num_strips; ++n) {
            Strip<B> strip = at(n, ys, weight);
            gradients(n, strip);

            int shown = P + 1;
            if (!all_show_) {
                shown = 0;
                for (int i = 0; i < P; ++i)
                    if (written_[i]) show(i, shown++);
                show(P, shown++);
            }
            if (is_written && n == 0)
                write_products<Block>(shown_, shown, strip.size, sums);
            else
                add_products<Block>(shown_, ids_, shown, strip.size, sums);
            fold();
        }
    }

    /// chi2 alone: calls add(pack of squared residuals summed over the strip) for every strip.
    template<class Add>
    void value(B const* ys, B const* weight, Add&& add)
    {
        for (int n = 0; n < channels_.num_strips; ++n) {
            Strip<B> strip = at(n, ys, weight);
            for (int t = 0; t < plan_.num_terms; ++t) {
                if (!shows(t, n)) continue;
                bind(t, n, strip);
                if (plan_.terms[t].component < 0)
                    expression(t, strip).value();
                else
                    code_of(plan_.terms[t]).value(strip, storage_[t]);
                strip.from = strip.residual;
            }
            B total = B(0);
            for (int s = 0; s < strip.size; ++s) total = math::fma(strip.from[s], strip.from[s], total);
            add(total);
        }
    }

  private:
    struct TwinSlot
    {
        int slot;
        int term;
    };
    struct Moving
    {
        int slot;
        B const* from;
    };
    struct BoundExpression
    {
        ExpressionPass<B> pass;
        Strip<B> const& strip;
        void gradient() const { ExpressionStrip<B>(pass, strip).gradient(); }
        void value() const { ExpressionStrip<B>(pass, strip).value(); }
    };

    static TermCode<B> const& code_of(program::Term const& term)
    {
        auto const i = static_cast<std::size_t>(term.component);
        return term.hoisted ? hoisted_builtin_codes<B>[i] : builtin_codes<B>[i];
    }

    /// Puts column i (P: the residual) at place k of those whose products are wanted.
    void show(int i, int k)
    {
        ids_[k] = i;
        shown_[k] = tile_ + static_cast<std::ptrdiff_t>(i) * channels_.strip;
    }

    /// Where no term can be off or outside its window, what shows is known once and for all.
    void show_all()
    {
        all_show_ = !channels_.strip_lo;
        for (int t = 0; t < plan_.num_terms; ++t)
            if (plan_.terms[t].active_bit >= 0) all_show_ = false;
        for (int i = 0; i < plan_.num_free; ++i) written_[i] = 1;
        for (int i = 0; i <= plan_.num_free; ++i) show(i, i);
    }

    bool shows(int t, int n) const
    {
        if (all_show_) return true;
        program::Term const& term = plan_.terms[t];
        if (term.active_bit >= 0 && !(active_ >> term.active_bit & 1u)) return false;
        if (!channels_.strip_lo) return true;
        return windows_[t].hi >= channels_.strip_lo[n] && windows_[t].lo <= channels_.strip_hi[n];
    }

    Strip<B> at(int n, B const* ys, B const* weight) const
    {
        int const first = n * channels_.strip;
        Strip<B> strip{};
        strip.size = std::min(channels_.strip, channels_.num_packs - first);
        strip.row = channels_.row;
        strip.table_stride = channels_.num_packs;
        strip.weight = weight ? weight + first : nullptr;
        strip.from = ys + first;
        strip.residual = tile_ + static_cast<std::ptrdiff_t>(plan_.num_free) * channels_.strip;
        strip.scratch = scratch_;
        return strip;
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

    BoundExpression expression(int t, Strip<B> const& strip) const
    {
        return {{&plan_.codes[plan_.terms[t].code], reinterpret_cast<B const*>(storage_[t]), constants_[t]}, strip};
    }

    /// Columns of all terms on strip n, and the residual.
    void gradients(int n, Strip<B>& strip)
    {
        if (!all_show_) std::memset(written_, 0, static_cast<std::size_t>(plan_.num_free));
        for (int t = 0; t < plan_.num_terms; ++t) {
            if (!shows(t, n)) continue;
            program::Term const& term = plan_.terms[t];
            if (!all_show_)
                for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
                    if (plan_.slots[s].kind == program::SlotKind::free) written_[plan_.slots[s].index] = 1;
            bind(t, n, strip);
            strip.columns = columns_ + term.first_slot;
            if (term.component < 0)
                expression(t, strip).gradient();
            else
                code_of(term).gradient(strip, storage_[t]);
            strip.from = strip.residual;
        }
        if (strip.from != strip.residual) std::copy_n(strip.from, strip.size, strip.residual);
        if (plan_.num_twins > 0) add_twins(n, strip.size);
    }

    void add_twins(int n, int size)
    {
        for (int k = 0; k < num_twin_slots_; ++k) {
            auto const [s, t] = twin_slots_[k];
            if (targets_[s] < 0 || !shows(t, n)) continue;
            B* const to = tile_ + static_cast<std::ptrdiff_t>(targets_[s]) * channels_.strip;
            B const* const from = spare_ + static_cast<std::ptrdiff_t>(s) * channels_.strip;
            B const factor = factors_[s];
            if (written_[targets_[s]]) {
#pragma GCC unroll 4
                for (int i = 0; i < size; ++i) to[i] = math::fma(from[i], factor, to[i]);
            } else {
                for (int i = 0; i < size; ++i) to[i] = from[i] * factor;
            }
            written_[targets_[s]] = 1;
        }
    }

    program::Plan const& plan_;
    Channels<B> const& channels_;
    B* values_;
    B* factors_;
    int* targets_;
    B* tile_;
    B* spare_;
    std::byte** storage_;
    B const** shown_;
    int* ids_;
    unsigned char* written_;
    B** columns_;
    Window<double>* windows_;
    unsigned char* placed_;
    B const** constants_;
    TwinSlot* twin_slots_;
    int num_twin_slots_ = 0;
    Moving* moving_;       ///< slots that follow a free parameter or a value of the pixel as they are
    int num_moving_ = -1;  ///< -1: not known yet, or there are others
    B* scratch_ = nullptr;
    unsigned long long active_ = ~0ull;
    bool all_show_ = false;
};

}  // namespace warpfit::cpu
