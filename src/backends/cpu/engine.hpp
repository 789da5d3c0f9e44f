#pragma once

#include "kernels/program/slots.hpp"
#include "kernels/solver/packed.hpp"
#include "src/backends/cpu/syrk.hpp"
#include "src/backends/cpu/terms.hpp"

#include <algorithm>
#include <cstring>

/// Passes over the channels: value, gradient columns and their products, strip by strip.
namespace warpfit::cpu {

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
        , shown_(arena.take<B const*>(plan.num_free + 1))
        , ids_(arena.take<int>(plan.num_free + 1))
        , written_(arena.take<unsigned char>(plan.num_free))
        , columns_(arena.take<B*>(plan.num_slots))
        , twin_slots_(arena.take<TwinSlot>(plan.num_slots))
        , moving_(arena.take<Moving>(plan.num_slots))
        , terms_(plan, channels, arena)
    {
        if (arena.counting()) return;
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            from_last_ = from_last_ || term.cumulative >= 0;
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
                program::Slot const& slot = plan.slots[s];
                if (slot.kind == program::SlotKind::twin) twin_slots_[num_twin_slots_++] = {s, t};
                bool const own = slot.kind == program::SlotKind::free;
                columns_[s] = own ? tile_ + static_cast<std::ptrdiff_t>(slot.index) * channels.strip
                                  : spare_ + static_cast<std::ptrdiff_t>(s) * channels.strip;
            }
        }
        show_all();
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
        terms_.prepare(values_, slot_values, [](int) { return true; });
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
        for (int step = 0; step < channels_.num_strips; ++step) {
            int const n = strip_at(step);
            Strip<B> strip = at(n, ys, weight);
            gradients(n, strip);

            int shown = P + 1;
            if (!all_show_) {
                shown = 0;
                for (int i = 0; i < P; ++i)
                    if (written_[i]) show(i, shown++);
                show(P, shown++);
            }
            if (is_written && step == 0)
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
        for (int step = 0; step < channels_.num_strips; ++step) {
            int const n = strip_at(step);
            Strip<B> strip = at(n, ys, weight);
            for (int t = 0; t < plan_.num_terms; ++t) {
                if (!shows(t, n)) continue;
                terms_.value(t, n, strip);
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

    int strip_at(int step) const { return from_last_ ? channels_.num_strips - 1 - step : step; }

    bool shows(int t, int n) const
    {
        if (all_show_) return true;
        program::Term const& term = plan_.terms[t];
        if (term.active_bit >= 0 && !(active_ >> term.active_bit & 1u)) return false;
        return terms_.reaches(t, n);
    }

    Strip<B> at(int n, B const* ys, B const* weight) const
    {
        int const first = n * channels_.strip;
        Strip<B> strip = terms_.strip(n);
        strip.weight = weight ? weight + first : nullptr;
        strip.from = ys + first;
        strip.residual = tile_ + static_cast<std::ptrdiff_t>(plan_.num_free) * channels_.strip;
        return strip;
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
            strip.columns = columns_ + term.first_slot;
            terms_.gradient(t, n, strip);
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
    B const** shown_;
    int* ids_;
    unsigned char* written_;
    B** columns_;
    TwinSlot* twin_slots_;
    int num_twin_slots_ = 0;
    Moving* moving_;       ///< slots that follow a free parameter or a value of the pixel as they are
    int num_moving_ = -1;  ///< -1: not known yet, or there are others
    Terms<B> terms_;
    unsigned long long active_ = ~0ull;
    bool all_show_ = false;
    bool from_last_ = false;  ///< strips are taken from the last on
};

}  // namespace warpfit::cpu
