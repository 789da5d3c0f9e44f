#pragma once

#include "src/backends/cpu/column_map.hpp"
#include "src/backends/cpu/convolved_model.hpp"
#include "src/backends/cpu/load.hpp"
#include "src/backends/cpu/pixel_state.hpp"
#include "src/backends/cpu/syrk.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

/// Pixels whose components are convolved with a low loss of their own, one at a time, channels in lanes, in double.
namespace warpfit::cpu {

/// Passes of one pixel. Once a pixel: the low loss' spectrum, kept columns convolved, their products. Once a pass: the
/// other columns and the residual, and their products with all. B: lanes of double; Block: of the products.
template<class B, int Block>
class ConvolvedPasses
{
  public:
    using T = typename B::Element;
    using Model = ConvolvedModel<B>;
    static constexpr int W = B::size;

    ConvolvedPasses(program::Plan const& plan, Model const& model, Arena& arena)
        : plan_(plan)
        , model_(model)
        , num_packs_(model.core().num_packs)
        , num_places_(model.num_columns())
        , num_values_((plan.convolution->num_values + W - 1) / W)
        , extended_(plan, model.extended(), arena)
        , core_(plan, model.core(), arena)
        , convolver_(model.convolution(), arena)
        , map_(plan, model, arena)
        , slot_values_(arena.take<double>(plan.num_slots))
        , column_values_(arena.take<double>(plan.num_slots))
        , factors_(arena.take<double>(plan.num_slots))
        , targets_(arena.take<int>(plan.num_slots))
        , registers_(arena.take<double>(program::max_scalar_registers))
        , values_(arena.take<B>(plan.num_slots))
        , weight_(arena.take<B>(num_packs_))
        , data_(arena.take<B>(num_packs_))
        , base_(arena.take<B>(num_packs_))
        , columns_(arena.take<B>(static_cast<long long>(num_packs_) * (num_places_ + 1)))
        , spread_(arena.take<B>(static_cast<long long>(model.extended().num_packs) * (num_buffers() + 1)))
        , spread_at_(arena.take<B*>(num_moving() + 1))
        , image_(arena.take<B>(num_values_))
        , gathered_(arena.take<B>(plan.num_runs > 1 ? num_packs_ : 0))
        , spare_(arena.take<B>(static_cast<long long>(plan.num_slots) * strip()))
        , unused_(arena.take<B>(strip()))
        , zeros_(arena.take<B>(std::max(strip(), longest_part)))
        , sums_(arena.take<B>(solver::sums_size(num_places_)))
        , totals_(arena.take<double>(solver::sums_size(num_places_)))
        , reach_(arena.take<Reach>(model.num_kept()))
        , shown_(arena.take<B const*>(num_places_ + 1))
        , ids_(arena.take<int>(num_places_ + 1))
        , pointers_(arena.take<B*>(plan.num_slots))
        , written_(arena.take<unsigned char>(num_places_))
        , is_spread_(arena.take<unsigned char>(num_places_))
        , is_summed_(arena.take<unsigned char>(num_places_))
    {
        if (arena.counting()) return;
        std::fill_n(zeros_, std::max(strip(), longest_part), B(0.0));
        spread_at_[num_moving()] = buffer(num_buffers());
        for (int k = 0; k < num_places_; ++k) {
            is_spread_[k] = 0;
            is_summed_[k] =
                k < model.num_kept() || plan.convolution->linear[model.order()[static_cast<std::size_t>(k)]] != 0;
        }
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            if (!term.convolved || !model.is_moving(t)) continue;
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
                if (int const k = place_of(s); k >= 0) is_spread_[k] = 1;
        }
    }

    /// y, w [num_channels]: data times weight, and weight.
    void load(double const* y, double const* w, bool weighted)
    {
        auto* const ys = reinterpret_cast<T*>(data_);
        auto* const ws = reinterpret_cast<T*>(weight_);
        int const n = plan_.num_channels;
        std::fill_n(ys, num_packs_ * W, T(0));
        std::fill_n(ws, num_packs_ * W, T(0));
        std::copy_n(y, n, ys);
        if (weighted)
            std::copy_n(w, n, ws);
        else
            std::fill_n(ws, n, T(1));
    }

    /// low_loss [num_low_loss]; null: the one of the call before.
    void set_pixel(double const* pixel_values, unsigned long long active, double const* low_loss)
    {
        pixel_values_ = pixel_values;
        active_ = active;
        has_columns_ = false;
        if (low_loss) convolver_.set_low_loss(low_loss);
        place_constants();
    }

    /// sums [sums_size(P)] at the free parameters p [P].
    void products(double const* p, double* sums)
    {
        evaluate_slots(p);
        B* const residual = column(num_places_);
        std::copy_n(base_, num_packs_, residual);
        convolve_columns();
        core_columns(true);
        int const kept = model_.num_kept();
        std::fill(sums_ + solver::packed(kept, 0), sums_ + solver::sums_size(num_places_), B(0.0));
        each_part([&](int first, int size) {
            subtract_summed(p, num_places_, first, size);
            int const before = show_kept(first, size);
            int shown = before;
            for (int k = kept; k <= num_places_; ++k) show(k, first, shown++);
            add_rows<Block>(shown_, ids_, before, shown, size, sums_);
        });
        for (int k = solver::packed(kept, 0); k < solver::sums_size(num_places_); ++k) totals_[k] = sum(sums_[k]);
        map_.combine(totals_, sums);
    }

    /// chi2 at p.
    double value(double const* p)
    {
        evaluate_slots(p);
        B* const residual = column(num_places_);
        std::copy_n(base_, num_packs_, residual);
        convolve_value();
        core_columns(false);
        B total(0.0);
        each_part([&](int first, int size) {
            subtract_summed(p, model_.num_kept(), first, size);
            for (int m = first; m < first + size; ++m) total = math::fma(residual[m], residual[m], total);
        });
        return sum(total);
    }

  private:
    static constexpr int longest_part = 64;  ///< packs

    int num_moving() const { return num_places_ - model_.num_kept(); }
    int strip() const { return std::max(model_.extended().strip, model_.core().strip); }
    B* column(int place) const { return columns_ + static_cast<std::ptrdiff_t>(place) * num_packs_; }
    /// Columns of convolved terms that are kept at a time, on their axis: those of a group, and one that waits for a
    /// second to be convolved with.
    int num_buffers() const
    {
        std::size_t most = 0;
        for (auto const& group : model_.groups()) most = std::max(most, group.places.size());
        return static_cast<int>(most) + 1;
    }
    B* buffer(int i) const { return spread_ + static_cast<std::ptrdiff_t>(i) * model_.extended().num_packs; }
    /// The convolved part of a moving place's column on its axis, while its group is at work; at the place of the
    /// residual: less the value.
    B* spread(int place) const { return spread_at_[place - model_.num_kept()]; }
    B* spare(int slot) const { return spare_ + static_cast<std::ptrdiff_t>(slot) * strip(); }
    int place_of(int slot) const
    {
        int const i = model_.free_of(slot);
        return i < 0 ? Model::no_place : model_.places()[static_cast<std::size_t>(i)];
    }
    bool is_on(int t) const
    {
        int const bit = plan_.terms[t].active_bit;
        return model_.is_moving(t) && (bit < 0 || (active_ >> bit & 1u));
    }

    /// Puts the part of a column from pack `first` on at place n of those whose products are wanted.
    void show(int place, int first, int n)
    {
        shown_[n] = column(place) + first;
        ids_[n] = place;
    }
    /// The kept columns that are not zero in a part; how many.
    int show_kept(int first, int size)
    {
        int shown = 0;
        for (int k = 0; k < model_.num_kept(); ++k)
            if (reach_[k].meets(first, first + size)) show(k, first, shown++);
        return shown;
    }

    /// Parts of the channels whose columns stay in the second cache while they are multiplied.
    template<class Do>
    void each_part(Do const& act) const
    {
        int const most = std::clamp(131072 / (static_cast<int>(sizeof(B)) * (num_places_ + 1)), 16, longest_part);
        for (int first = 0; first < num_packs_; first += most) act(first, std::min(most, num_packs_ - first));
    }

    /// What a summed column is multiplied with in the model.
    double factor_of(double const* p, int place) const
    {
        int const i = model_.order()[static_cast<std::size_t>(place)];
        return i < 0 ? map_.value(place - model_.num_constant()) : p[i];
    }

    /// residual -= weighted column times its factor, of the places below `end` whose terms are the sums of those.
    void subtract_summed(double const* p, int end, int first, int size)
    {
        B* const residual = column(num_places_) + first;
        constexpr int together = 4;
        B const* from[together];
        B factor[together];
        int count = 0;
        auto const subtract = [&] {
            for (; count < together; ++count) from[count] = zeros_, factor[count] = B(0.0);
            for (int m = 0; m < size; ++m)
                residual[m] = math::fma(from[0][m], factor[0], residual[m]) +
                              math::fma(from[1][m], factor[1], from[2][m] * factor[2]) + from[3][m] * factor[3];
            count = 0;
        };
        for (int k = 0; k < end; ++k) {
            if (!is_summed_[k] || (k < model_.num_kept() && !reach_[k].meets(first, first + size))) continue;
            from[count] = column(k) + first;
            factor[count] = B(-factor_of(p, k));
            if (++count == together) subtract();
        }
        if (count > 0) subtract();
    }

    /// to (+)= weight times a convolution at the used channels. values: every `step`-th pack from the plan's first.
    template<bool Add>
    void put(B const* values, int step, double factor, B* to)
    {
        if (plan_.num_runs > 1) {
            auto const* const from = reinterpret_cast<T const*>(values);
            auto* const out = reinterpret_cast<T*>(gathered_);
            int at = 0;
            for (int r = 0; r < plan_.num_runs; ++r) {
                int const first = static_cast<int>(plan_.runs[r].first) - plan_.convolution->first;
                for (int i = first; i < first + static_cast<int>(plan_.runs[r].count); ++i)
                    out[at++] = from[i / W * W * step + i % W];
            }
            for (; at < num_packs_ * W; ++at) out[at] = T(0);
            values = gathered_;
            step = 1;
        }
        B const scale(factor);
        for (int m = 0; m < num_packs_; ++m) {
            B const v = values[m * step] * scale * weight_[m];
            to[m] = Add ? to[m] + v : v;
        }
    }

    /// Kept columns of this pixel, the data less what is left of constant terms, and the products.
    void place_constants()
    {
        int const C = model_.num_kept();
        for (int k = 0; k < C; ++k) std::fill_n(column(k), num_packs_, B(0.0));
        std::copy_n(data_, num_packs_, base_);
        auto const to = [&](int place) { return place == C ? base_ : column(place); };
        for (auto const& part : model_.plain())
            for (int m = 0; m < num_packs_; ++m)
                to(part.place)[m] = math::fma(part.values[static_cast<std::size_t>(m)], weight_[m], to(part.place)[m]);
        for (auto const& part : model_.compact()) {
            convolver_.sum(part.values.data(), part.first, part.last, image_);
            put<true>(image_, 1, 1.0, to(part.place));
        }
        for (auto const& pair : model_.pairs()) {
            convolver_.convolve_spectrum(pair.spectrum.data());
            for (int i = 0; i < 2; ++i) convolver_.clear_outside(pair.reach[i], i);
            put<true>(convolver_.work(), 2, 1.0, to(pair.place[0]));
            if (pair.place[1] >= 0) put<true>(convolver_.work() + 1, 2, 1.0 / pair.ratio, to(pair.place[1]));
        }
        for (int k = 0; k < C; ++k) reach_[k] = reach_of(column(k));
        std::fill(sums_, sums_ + solver::packed_size(C), B(0.0));
        each_part([&](int first, int size) {
            if (int const shown = show_kept(first, size); shown > 0)
                add_rows<Block>(shown_, ids_, 0, shown, size, sums_);
        });
        for (int k = 0; k < solver::packed_size(C); ++k) totals_[k] = sum(sums_[k]);
    }

    Reach reach_of(B const* column) const
    {
        Reach reach{0, num_packs_};
        while (reach.first < reach.last && lane_all(column[reach.first] == B(0.0))) ++reach.first;
        while (reach.first < reach.last && lane_all(column[reach.last - 1] == B(0.0))) --reach.last;
        return reach;
    }

    void evaluate_slots(double const* p)
    {
        program::evaluate_slots(plan_, p, pixel_values_, slot_values_, factors_, targets_, registers_);
        for (int s = 0; s < plan_.num_slots; ++s) values_[s] = B(slot_values_[s]);
        map_.evaluate(slot_values_, factors_, active_);
        extended_.prepare(values_, slot_values_, [&](int t) { return is_on(t) && plan_.terms[t].convolved; });
        core_.prepare(values_, slot_values_, [&](int t) { return is_on(t) && !plan_.terms[t].convolved; });
    }

    /// Adds columns of a term that lie in spare() to those of the places that its slots follow. is_own(slot): it was
    /// written where it belongs.
    template<class IsOwn, class At>
    void add_spares(program::Term const& term, int size, IsOwn const& is_own, At const& at)
    {
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
            int const k = place_of(s);
            if (k < 0 || is_own(s)) continue;
            B const* const from = spare(s);
            B const factor(factors_[s]);
            B* const to = at(k);
            for (int m = 0; m < size; ++m) to[m] = written_[k] ? math::fma(from[m], factor, to[m]) : from[m] * factor;
            written_[k] = 1;
        }
    }

    struct Waiting
    {
        int place;
        double top;
    };

    /// The columns of the convolved moving terms, and their value off the residual where it does not follow from those.
    void convolve_columns()
    {
        bool const evaluates = begin_value([&](int t) { return is_evaluated(t); });
        Waiting waiting{Model::no_place, 0.0};
        for (typename Model::Group const& group : model_.groups()) {
            if (has_columns_ && rescale(group)) continue;
            place_buffers(group, waiting.place);
            spread_columns(group);
            for (int const k : group.places) convolve(k, waiting);
        }
        if (evaluates) convolve(num_places_, waiting);
        if (waiting.place != Model::no_place) convolve_pair(waiting, {Model::no_place, 1.0});
        std::copy_n(slot_values_, plan_.num_slots, column_values_);
        has_columns_ = true;
    }

    /// Makes the columns of a group from those of the pass before, where only its factor has changed since: a step that
    /// is corrected in the linear parameters, or another parameter at a bound. Returns whether.
    bool rescale(typename Model::Group const& group)
    {
        if (group.factor < 0) return false;
        program::Term const& term = plan_.terms[group.terms.front()];
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
            if (s != group.factor && slot_values_[s] != column_values_[s]) return false;
        double const ratio = slot_values_[group.factor] / column_values_[group.factor];
        // Columns of a factor near 0 have lost their digits, or all of themselves.
        if (!(std::fabs(ratio) > 1e-9 && std::fabs(ratio) < 1e9)) return false;
        for (int const k : group.places) {
            if (k == place_of(group.factor) || ratio == 1.0) continue;
            for (int m = 0; m < num_packs_; ++m) column(k)[m] = column(k)[m] * B(ratio);
        }
        return true;
    }

    /// Their value alone.
    void convolve_value()
    {
        if (!begin_value([](int) { return true; })) return;
        Channels<B> const& channels = model_.extended();
        for (int n = 0; n < channels.num_strips; ++n) {
            Strip<B> strip = extended_.strip(n);
            strip.residual = spread(num_places_) + n * channels.strip;
            strip.from = strip.residual;
            for (int t = 0; t < plan_.num_terms; ++t)
                if (plan_.terms[t].convolved && is_on(t) && extended_.reaches(t, n)) extended_.value(t, n, strip);
        }
        Waiting waiting{Model::no_place, 0.0};
        convolve(num_places_, waiting);
        if (waiting.place != Model::no_place) convolve_pair(waiting, {Model::no_place, 1.0});
    }

    bool is_evaluated(int t) const { return plan_.convolution->forms[t] == program::TermForm::evaluated; }

    /// Sets less the value of the convolved terms to 0 where one that is on is `wanted`; returns whether.
    template<class Wanted>
    bool begin_value(Wanted const& wanted)
    {
        for (int t = 0; t < plan_.num_terms; ++t) {
            if (!plan_.terms[t].convolved || !is_on(t) || !wanted(t)) continue;
            std::fill_n(spread(num_places_), model_.extended().num_packs, B(0.0));
            return true;
        }
        return false;
    }

    /// Gives the columns of a group memory in which none waits.
    void place_buffers(typename Model::Group const& group, int waiting)
    {
        B const* const taken = waiting == Model::no_place ? nullptr : spread(waiting);
        int next = 0;
        for (int const k : group.places) {
            if (buffer(next) == taken) ++next;
            spread_at_[k - model_.num_kept()] = buffer(next++);
        }
    }

    /// Columns of a group of terms on their axis, and less their value where it does not follow from columns.
    void spread_columns(typename Model::Group const& group)
    {
        Channels<B> const& channels = model_.extended();
        auto const is_own = [&](int s) { return plan_.slots[s].kind == program::SlotKind::free; };
        for (int n = 0; n < channels.num_strips; ++n) {
            int const first = n * channels.strip;
            Strip<B> strip = extended_.strip(n);
            auto const reaches = [&](int t) { return is_on(t) && extended_.reaches(t, n); };
            for (int const k : group.places) written_[k] = 0;
            for (int const t : group.terms) {
                if (!reaches(t)) continue;
                program::Term const& term = plan_.terms[t];
                strip.from = is_evaluated(t) ? spread(num_places_) + first : zeros_;
                strip.residual = is_evaluated(t) ? spread(num_places_) + first : term.component < 0 ? nullptr : unused_;
                for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
                    pointers_[s] = is_own(s) ? spread(place_of(s)) + first : spare(s);
                    if (is_own(s)) written_[place_of(s)] = 1;
                }
                strip.columns = pointers_ + term.first_slot;
                extended_.gradient(t, n, strip);
            }
            for (int const t : group.terms)
                if (reaches(t))
                    add_spares(plan_.terms[t], strip.size, is_own, [&](int k) { return spread(k) + first; });
            for (int const k : group.places)
                if (!written_[k]) std::fill_n(spread(k) + first, strip.size, B(0.0));
        }
    }

    /// The convolution of what is spread for a place: into its column, or added to the residual. By transform, it waits
    /// for a second.
    void convolve(int k, Waiting& waiting)
    {
        int const packs = model_.extended().num_packs;
        Support const support = ConvolutionPlan<B>::support_of(spread(k), packs);
        if (support.is_empty()) {
            if (k < num_places_) std::fill_n(column(k), num_packs_, B(0.0));
        } else if (model_.convolution().is_direct(support.last - support.first, false)) {
            convolver_.sum(spread(k) + support.first, support.first, support.last, image_);
            put_place(image_, 1, 1.0, k);
        } else if (waiting.place == Model::no_place) {
            waiting = {k, support.top};
        } else {
            convolve_pair(waiting, {k, support.top});
            waiting.place = Model::no_place;
        }
    }

    void convolve_pair(Waiting const& a, Waiting const& b)
    {
        bool const both = b.place >= 0;
        double const ratio = both ? scale_near(a.top) / scale_near(b.top) : 0.0;
        B const* const second = spread(both ? b.place : a.place);
        auto const convolve = [&](auto const& store) {
            convolver_.convolve(spread(a.place), second, ratio, model_.extended().num_packs, store);
        };
        if (plan_.num_runs > 1) {
            B* const work = convolver_.work();
            convolve([work](int m, B const& re, B const& im) { work[2 * m] = re, work[2 * m + 1] = im; });
            put_place(work, 2, 1.0, a.place);
            if (both) put_place(work + 1, 2, 1.0 / ratio, b.place);
            return;
        }
        Put const first = put_at(a.place, 1.0);
        Put const other = put_at(b.place, both ? 1.0 / ratio : 0.0);
        convolve([this, first, other](int m, B const& re, B const& im) {
            if (m >= num_packs_) return;
            first.to[m] = first.from[m * first.step] + re * first.factor * weight_[m];
            other.to[m] = other.from[m * other.step] + im * other.factor * weight_[m];
        });
    }

    /// Where a convolution goes: to = from (step 0: 0) + factor weight times it.
    struct Put
    {
        B* to;
        B const* from;
        int step;
        B factor;
    };
    Put put_at(int place, double factor) const
    {
        if (place == num_places_) return {column(place), column(place), 1, B(factor)};
        return {place < 0 ? image_ : column(place), zeros_, 0, B(factor)};
    }

    void put_place(B const* values, int step, double factor, int place)
    {
        if (place == num_places_)
            put<true>(values, step, factor, column(place));
        else
            put<false>(values, step, factor, column(place));
    }

    /// Columns of the moving terms that are not convolved, and their value off the residual.
    void core_columns(bool gradients)
    {
        Channels<B> const& channels = model_.core();
        int const C = model_.num_kept();
        auto const is_own = [&](int s) {
            return plan_.slots[s].kind == program::SlotKind::free && !is_spread_[place_of(s)];
        };
        for (int n = 0; n < channels.num_strips; ++n) {
            int const first = n * channels.strip;
            Strip<B> strip = core_.strip(n);
            strip.weight = weight_ + first;
            strip.residual = column(num_places_) + first;
            strip.from = strip.residual;
            std::memcpy(written_, is_spread_, static_cast<std::size_t>(num_places_));
            for (int t = 0; t < plan_.num_terms; ++t) {
                program::Term const& term = plan_.terms[t];
                if (term.convolved || !is_on(t) || !core_.reaches(t, n)) continue;
                if (!gradients) {
                    core_.value(t, n, strip);
                    continue;
                }
                for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
                    pointers_[s] = is_own(s) ? column(place_of(s)) + first : spare(s);
                    if (is_own(s)) written_[place_of(s)] = 1;
                }
                strip.columns = pointers_ + term.first_slot;
                core_.gradient(t, n, strip);
            }
            if (!gradients) continue;
            for (int t = 0; t < plan_.num_terms; ++t)
                if (!plan_.terms[t].convolved && is_on(t) && core_.reaches(t, n))
                    add_spares(plan_.terms[t], strip.size, is_own, [&](int k) { return column(k) + first; });
            for (int k = C; k < num_places_; ++k)
                if (!written_[k]) std::fill_n(column(k) + first, strip.size, B(0.0));
        }
    }

    program::Plan const& plan_;
    Model const& model_;
    int num_packs_;   ///< of the used channels
    int num_places_;  ///< columns; the residual's place is behind them
    int num_values_;  ///< packs of the convolution's values
    Terms<B> extended_;
    Terms<B> core_;
    Convolver<B> convolver_;
    ColumnMap<B> map_;
    double* slot_values_;
    double* column_values_;  ///< the slots' in the pass whose columns there are
    double* factors_;
    int* targets_;
    double* registers_;
    B* values_;
    B* weight_;
    B* data_;
    B* base_;     ///< data less what is left of constant terms where all free parameters are 0
    B* columns_;  ///< [num_places + 1, num_packs] weighted, by place; last the residual
    B* spread_;   ///< [num_buffers + 1, extended packs]; last: less the value
    B** spread_at_;
    B* image_;
    B* gathered_;
    B* spare_;
    B* unused_;
    B* zeros_;
    B* sums_;         ///< by place
    double* totals_;  ///< [sums_size(num_places)] the same; of the kept columns since the pixel was set
    Reach* reach_;    ///< [num_kept] used channels where a column is not zero
    B const** shown_;
    int* ids_;
    B** pointers_;
    unsigned char* written_;    ///< by place: this strip's column has values
    unsigned char* is_spread_;  ///< by place: a convolved moving term has it
    unsigned char* is_summed_;  ///< by place: the value of its terms is the column times the parameter
    double const* pixel_values_ = nullptr;
    unsigned long long active_ = ~0ull;
    bool has_columns_ = false;  ///< of this pixel
};

template<class B, int Block>
class ConvolvedFit
{
  public:
    ConvolvedFit(program::Plan const& plan, ConvolvedModel<B> const& model, Arena& arena)
        : plan_(plan)
        , passes_(plan, model, arena)
        , y_(arena.take<double>(padded_channels<B>(plan.num_channels)))
        , w_(arena.take<double>(padded_channels<B>(plan.num_channels)))
        , low_loss_(arena.take<double>(plan.convolution->num_low_loss))
        , state_(plan, arena)
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        if (batch.masked && batch.masked[pixel]) return solver::write_failure(plan_, out, pixel, Status::masked);
        LoadedPixel const loaded = load_pixel<double, B>(plan_, batch, pixel, y_, w_);
        if (loaded.status != Status::converged) return solver::write_failure(plan_, out, pixel, loaded.status);
        bool const is_common = batch.low_loss.pixel_stride == 0;
        if (!(is_common && has_low_loss_) && !load_low_loss(batch, pixel))
            return solver::write_failure(plan_, out, pixel, Status::bad_input);

        unsigned long long const active = batch.active ? batch.active[pixel] : ~0ull;
        unsigned char const* const excluded = state_.exclude(active);
        if (!state_.start(batch, pixel)) return solver::write_failure(plan_, out, pixel, Status::bad_start);
        solver::LmArrays<double> const& arrays = state_.arrays();
        passes_.load(y_, w_, loaded.weighted);
        passes_.set_pixel(batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr, active,
                          is_common && has_low_loss_ ? nullptr : low_loss_);
        has_low_loss_ = true;
        solver::Lm<double, SerialTeam> lm({}, P, arrays, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                          solver::lm_options<double>(plan_.options));
        Status const status = iterate(passes_, lm, arrays, loaded.energy, [](double const*) { return true; });
        if (status == Status::bad_start) return solver::write_failure(plan_, out, pixel, status);
        state_.finish(lm, passes_, status, loaded, static_cast<int>(lm.iterations()), out, pixel);
    }

  private:
    /// false: it holds no signal, or what is not a number.
    bool load_low_loss(program::PixelBatch const& batch, Index pixel)
    {
        int const n = plan_.convolution->num_low_loss;
        program::ChannelRun const all{0, n};
        load_runs(batch.low_loss, pixel, &all, 1, low_loss_);
        bool const finite = std::all_of(low_loss_, low_loss_ + n, [](double v) { return std::isfinite(v); });
        return finite && std::any_of(low_loss_, low_loss_ + n, [](double v) { return v != 0.0; });
    }

    program::Plan const& plan_;
    ConvolvedPasses<B, Block> passes_;
    double* y_;
    double* w_;
    double* low_loss_;
    PixelState state_;
    bool has_low_loss_ = false;  ///< the passes have one
};

}  // namespace warpfit::cpu
