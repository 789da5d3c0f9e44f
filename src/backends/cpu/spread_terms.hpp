#pragma once

#include "src/backends/cpu/convolved_columns.hpp"
#include "src/backends/cpu/term_columns.hpp"

#include <cmath>

namespace warpfit::cpu {

/// The convolved terms that move: evaluated on the axis of the convolution in every pass, and convolved, each column
/// by sums or, two at a time, by transforms.
template<class B>
class SpreadTerms
{
  public:
    using Model = ConvolvedModel<B>;

    /// What a pass knows of its parameters.
    struct Slots
    {
        double const* values;       ///< [num_slots]
        double const* factors;      ///< [num_slots] d value / d free parameter
        unsigned long long active;  ///< bit per term with an active map
    };

    SpreadTerms(program::Plan const& plan, Model const& model, ConvolvedColumns<B>& columns, TermColumns<B>& own,
                Arena& arena)
        : plan_(plan)
        , model_(model)
        , columns_(columns)
        , own_(own)
        , num_places_(model.num_columns())
        , num_packs_(model.extended().num_packs)
        , terms_(plan, model.extended(), arena)
        , spread_(arena.take<B>(static_cast<long long>(num_packs_) * (num_buffers() + 1)))
        , spread_at_(arena.take<B*>(num_moving() + 1))
        , unused_(arena.take<B>(model.extended().strip))
        , column_values_(arena.take<double>(plan.num_slots))
        , tops_(arena.take<double>(num_moving() + 1))
    {
        if (arena.counting()) return;
        spread_at_[num_moving()] = buffer(num_buffers());
    }

    /// Another pixel, or low loss.
    void set_pixel()
    {
        has_columns_ = false;
        set_exact(false);
    }
    /// Every column by sums, and nothing left out: for those that are large where the data are not. A transform leaves
    /// the rounding of a column's largest value in all of it, and so does a window outside.
    void set_exact(bool is_exact)
    {
        if (is_exact != is_exact_) has_columns_ = false;
        is_exact_ = is_exact;
        terms_.use_windows(!is_exact);
    }
    bool is_exact() const { return is_exact_; }

    /// values [num_slots] in every lane.
    void prepare(B const* values, Slots const& slots)
    {
        slots_ = slots;
        terms_.prepare(values, slots.values, [&](int t) { return is_on(t); });
    }

    /// The columns of the terms, and their value off the residual where it does not follow from those.
    /// factor_of(place): what a column is multiplied with in the model; 0: nothing. Returns the largest value on the
    /// axis.
    template<class FactorOf>
    double convolve_columns(FactorOf const& factor_of)
    {
        largest_ = 0.0;
        bool const evaluates = begin_value([&](int t) { return is_evaluated(t); });
        Waiting waiting{Model::no_place, 0.0};
        for (typename Model::Group const& group : model_.groups()) {
            if (has_columns_ && rescale(group)) {
                for (int const k : group.places)
                    largest_ = std::fmax(largest_, tops_[k - model_.num_kept()] * std::fabs(factor_of(k)));
                continue;
            }
            place_buffers(group, waiting.place);
            spread_columns(group);
            for (int const k : group.places) convolve(k, factor_of(k), waiting);
        }
        if (evaluates) convolve(num_places_, 1.0, waiting);
        if (waiting.place != Model::no_place) convolve_pair(waiting, {Model::no_place, 1.0});
        std::copy_n(slots_.values, plan_.num_slots, column_values_);
        has_columns_ = true;
        return largest_;
    }

    /// Their value alone, off the residual. Returns the largest on the axis.
    double convolve_value()
    {
        largest_ = 0.0;
        if (!begin_value([](int) { return true; })) return 0.0;
        Channels<B> const& channels = model_.extended();
        for (int n = 0; n < channels.num_strips; ++n) {
            Strip<B> strip = terms_.strip(n);
            strip.residual = spread(num_places_) + n * channels.strip;
            strip.from = strip.residual;
            for (int t = 0; t < plan_.num_terms; ++t)
                if (plan_.terms[t].convolved && is_on(t) && terms_.reaches(t, n)) terms_.value(t, n, strip);
        }
        Waiting waiting{Model::no_place, 0.0};
        convolve(num_places_, 1.0, waiting);
        if (waiting.place != Model::no_place) convolve_pair(waiting, {Model::no_place, 1.0});
        return largest_;
    }

  private:
    int num_moving() const { return num_places_ - model_.num_kept(); }
    /// Columns that are kept at a time: those of a group, and one that waits for a second to be convolved with.
    int num_buffers() const
    {
        std::size_t most = 0;
        for (auto const& group : model_.groups()) most = std::max(most, group.places.size());
        return static_cast<int>(most) + 1;
    }
    B* buffer(int i) const { return spread_ + static_cast<std::ptrdiff_t>(i) * num_packs_; }
    /// A place's column on the axis, while its group is at work; at the place of the residual: less the value.
    B* spread(int place) const { return spread_at_[place - model_.num_kept()]; }
    bool is_on(int t) const
    {
        int const bit = plan_.terms[t].active_bit;
        return plan_.terms[t].convolved && model_.is_moving(t) && (bit < 0 || (slots_.active >> bit & 1u));
    }
    bool is_evaluated(int t) const { return plan_.convolution->forms[t] == program::TermForm::evaluated; }

    struct Waiting
    {
        int place;
        double top;
    };

    /// Makes the columns of a group from those of the pass before, where only its factor has changed since: a step that
    /// is corrected in the linear parameters, or another parameter at a bound. Returns whether.
    bool rescale(typename Model::Group const& group)
    {
        if (group.factor < 0) return false;
        program::Term const& term = plan_.terms[group.terms.front()];
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
            if (s != group.factor && slots_.values[s] != column_values_[s]) return false;
        double const ratio = slots_.values[group.factor] / column_values_[group.factor];
        // Columns of a factor near 0 have lost their digits, or all of themselves.
        if (!(std::fabs(ratio) > 1e-9 && std::fabs(ratio) < 1e9)) return false;
        for (int const k : group.places) {
            if (k == own_.place_of(group.factor) || ratio == 1.0) continue;
            B* const column = columns_.column(k);
            for (int m = 0; m < columns_.num_packs(); ++m) column[m] = column[m] * B(ratio);
            tops_[k - model_.num_kept()] *= std::fabs(ratio);
        }
        return true;
    }

    /// Sets less the value of the terms to 0 where one that is on is `wanted`; returns whether.
    template<class Wanted>
    bool begin_value(Wanted const& wanted)
    {
        for (int t = 0; t < plan_.num_terms; ++t) {
            if (!is_on(t) || !wanted(t)) continue;
            std::fill_n(spread(num_places_), num_packs_, B(0.0));
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
            Strip<B> strip = terms_.strip(n);
            auto const reaches = [&](int t) { return is_on(t) && terms_.reaches(t, n); };
            auto const at = [&](int k) { return spread(k) + first; };
            own_.begin(group.places);
            for (int const t : group.terms) {
                if (!reaches(t)) continue;
                program::Term const& term = plan_.terms[t];
                strip.from = is_evaluated(t) ? at(num_places_) : columns_.zeros();
                strip.residual = is_evaluated(t) ? at(num_places_) : term.component < 0 ? nullptr : unused_;
                strip.columns = own_.of(term, is_own, at);
                terms_.gradient(t, n, strip);
            }
            for (int const t : group.terms)
                if (reaches(t)) own_.add_spares(plan_.terms[t], strip.size, slots_.factors, is_own, at);
            for (int const k : group.places)
                if (!own_.is_written(k)) std::fill_n(at(k), strip.size, B(0.0));
        }
    }

    /// The convolution of what is spread for a place: into its column, or added to the residual. By transform, it waits
    /// for a second.
    void convolve(int k, double factor, Waiting& waiting)
    {
        Support const support = ConvolutionPlan<B>::support_of(spread(k), num_packs_);
        largest_ = std::fmax(largest_, support.top * std::fabs(factor));
        tops_[k - model_.num_kept()] = support.top;
        if (support.is_empty()) {
            if (k < num_places_) std::fill_n(columns_.column(k), columns_.num_packs(), B(0.0));
        } else if (is_exact_) {
            columns_.place_sum(spread(k), 0, num_packs_, k);
        } else if (model_.convolution().is_direct(support.last - support.first, false)) {
            columns_.place_sum(spread(k) + support.first, support.first, support.last, k);
        } else if (waiting.place == Model::no_place) {
            waiting = {k, support.top};
        } else {
            convolve_pair(waiting, {k, support.top});
            waiting.place = Model::no_place;
        }
    }

    void convolve_pair(Waiting const& a, Waiting const& b)
    {
        bool const both = b.place != Model::no_place;
        double const ratio = both ? scale_near(a.top) / scale_near(b.top) : 1.0;
        columns_.place_pair(spread(a.place), both ? spread(b.place) : nullptr, ratio, num_packs_, {a.place, b.place});
    }

    program::Plan const& plan_;
    Model const& model_;
    ConvolvedColumns<B>& columns_;
    TermColumns<B>& own_;
    int num_places_;
    int num_packs_;  ///< of the axis
    Terms<B> terms_;
    B* spread_;  ///< [num_buffers + 1, num_packs]; last: less the value
    B** spread_at_;
    B* unused_;
    double* column_values_;  ///< the slots' in the pass whose columns there are
    double* tops_;           ///< [num_moving + 1] largest value of each column on the axis
    Slots slots_{};
    double largest_ = 0.0;
    bool has_columns_ = false;  ///< of this pixel
    bool is_exact_ = false;
};

}  // namespace warpfit::cpu
