#pragma once

#include "src/backends/cpu/column_map.hpp"
#include "src/backends/cpu/convolved_columns.hpp"
#include "src/backends/cpu/spread_terms.hpp"
#include "src/backends/cpu/syrk.hpp"
#include "src/backends/cpu/term_columns.hpp"

#include <algorithm>
#include <cmath>

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
        , columns_(plan, model, arena)
        , own_(plan, model, arena)
        , spread_(plan, model, columns_, own_, arena)
        , num_packs_(columns_.num_packs())
        , num_places_(columns_.num_places())
        , core_(plan, model.core(), arena)
        , map_(plan, model, arena)
        , slot_values_(arena.take<double>(plan.num_slots))
        , factors_(arena.take<double>(plan.num_slots))
        , targets_(arena.take<int>(plan.num_slots))
        , registers_(arena.take<double>(program::max_scalar_registers))
        , values_(arena.take<B>(plan.num_slots))
        , data_(arena.take<B>(num_packs_))
        , base_(arena.take<B>(num_packs_))
        , sums_(arena.take<B>(solver::sums_size(num_places_)))
        , totals_(arena.take<double>(solver::sums_size(num_places_)))
        , reach_(arena.take<Reach>(model.num_kept()))
        , shown_(arena.take<B const*>(num_places_ + 1))
        , ids_(arena.take<int>(num_places_ + 1))
        , is_spread_(arena.take<unsigned char>(num_places_))
        , is_summed_(arena.take<unsigned char>(num_places_))
    {
        if (arena.counting()) return;
        for (int k = 0; k < num_places_; ++k) {
            is_spread_[k] = 0;
            is_summed_[k] =
                k < model.num_kept() || plan.convolution->linear[model.order()[static_cast<std::size_t>(k)]] != 0;
        }
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            if (!term.convolved || !model.is_moving(t)) continue;
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
                if (int const k = own_.place_of(s); k >= 0) is_spread_[k] = 1;
        }
    }

    /// y, w [num_channels]: data times weight, and weight.
    void load(double const* y, double const* w, bool weighted)
    {
        auto* const ys = reinterpret_cast<T*>(data_);
        auto* const ws = reinterpret_cast<T*>(columns_.weight());
        int const n = plan_.num_channels;
        std::fill_n(ys, num_packs_ * W, T(0));
        std::fill_n(ws, num_packs_ * W, T(0));
        std::copy_n(y, n, ys);
        if (weighted)
            std::copy_n(w, n, ws);
        else
            std::fill_n(ws, n, T(1));
        energy_ = squares(data_);
        weights_ = std::sqrt(squares(columns_.weight()));
    }

    /// low_loss [num_low_loss]; null: the one of the call before.
    void set_pixel(double const* pixel_values, unsigned long long active, double const* low_loss)
    {
        pixel_values_ = pixel_values;
        active_ = active;
        spread_.set_pixel();
        if (low_loss) {
            columns_.convolver().set_low_loss(low_loss);
            int const n = plan_.convolution->num_low_loss;
            intensity_ = 0.0;
            for (int u = 0; u < n; ++u) intensity_ += std::fabs(low_loss[u]);
        }
        place_constants();
    }

    /// sums [sums_size(P)] at the free parameters p [P].
    void products(double const* p, double* sums)
    {
        double const& chisq = sums[solver::packed(plan_.num_free, plan_.num_free)];
        double const largest = sum_products(p, sums);
        if (loses_digits(largest, chisq)) sum_products(p, sums);
    }

    /// chi2 at p.
    double value(double const* p)
    {
        double chisq = 0.0;
        double const largest = sum_value(p, chisq);
        if (loses_digits(largest, chisq)) sum_value(p, chisq);
        return chisq;
    }

  private:
    bool is_on(int t) const
    {
        int const bit = plan_.terms[t].active_bit;
        return model_.is_moving(t) && (bit < 0 || (active_ >> bit & 1u));
    }

    double squares(B const* values) const
    {
        B total(0.0);
        for (int m = 0; m < num_packs_; ++m) total = math::fma(values[m], values[m], total);
        return sum(total);
    }

    /// Whether chi2 may be wrong in its tenth digit by what transforms leave of the largest convolved value and what
    /// windows leave out: a peak far beside the data may be larger than those by any number. Then passes of this pixel
    /// are exact from now on.
    ///
    ///   |d chi2| <= 2 sqrt(chi2) |w d|,   d some 1e-16 of the largest value times the sum of the low loss
    ///
    /// Data with less noise than a thousandth are taken to have that much.
    bool loses_digits(double largest, double chisq)
    {
        if (spread_.is_exact()) return false;
        double const error = 1e-16 * largest * intensity_ * weights_;
        if (!(error > 1e-10 * std::sqrt(std::fmax(chisq, 1e-6 * energy_)))) return false;
        spread_.set_exact(true);
        if (!model_.pairs().empty()) place_constants();
        return true;
    }

    /// The largest value of the kept columns that are convolved by transforms, as the model has them.
    double largest_kept(double const* p) const
    {
        double largest = 0.0;
        for (auto const& pair : model_.pairs())
            for (int i = 0; i < 2; ++i) {
                int const place = pair.place[i];
                if (place == Model::no_place) continue;
                double const factor = place == model_.num_kept() ? 1.0 : is_summed_[place] ? factor_of(p, place) : 0.0;
                largest = std::fmax(largest, pair.top[i] * std::fabs(factor));
            }
        return largest;
    }

    /// Returns the largest convolved value.
    double sum_products(double const* p, double* sums)
    {
        evaluate_slots(p);
        std::copy_n(base_, num_packs_, columns_.residual());
        double const largest = std::fmax(largest_kept(p), spread_.convolve_columns([&](int place) {
            return is_summed_[place] ? factor_of(p, place) : 0.0;
        }));
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
        return largest;
    }

    /// Returns the largest convolved value.
    double sum_value(double const* p, double& chisq)
    {
        evaluate_slots(p);
        B* const residual = columns_.residual();
        std::copy_n(base_, num_packs_, residual);
        double const largest = std::fmax(largest_kept(p), spread_.convolve_value());
        core_columns(false);
        B total(0.0);
        each_part([&](int first, int size) {
            subtract_summed(p, model_.num_kept(), first, size);
            for (int m = first; m < first + size; ++m) total = math::fma(residual[m], residual[m], total);
        });
        chisq = sum(total);
        return largest;
    }

    /// Puts the part of a column from pack `first` on at place n of those whose products are wanted.
    void show(int place, int first, int n)
    {
        shown_[n] = columns_.column(place) + first;
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
        int const most = std::clamp(131072 / (static_cast<int>(sizeof(B)) * (num_places_ + 1)), 16,
                                    ConvolvedColumns<B>::longest_part);
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
        B* const residual = columns_.residual() + first;
        constexpr int together = 4;
        B const* from[together];
        B factor[together];
        int count = 0;
        auto const subtract = [&] {
            for (; count < together; ++count) from[count] = columns_.zeros(), factor[count] = B(0.0);
            for (int m = 0; m < size; ++m)
                residual[m] = math::fma(from[0][m], factor[0], residual[m]) +
                              math::fma(from[1][m], factor[1], from[2][m] * factor[2]) + from[3][m] * factor[3];
            count = 0;
        };
        for (int k = 0; k < end; ++k) {
            if (!is_summed_[k] || (k < model_.num_kept() && !reach_[k].meets(first, first + size))) continue;
            from[count] = columns_.column(k) + first;
            factor[count] = B(-factor_of(p, k));
            if (++count == together) subtract();
        }
        if (count > 0) subtract();
    }

    /// Kept columns of this pixel, the data less what is left of constant terms, and the products.
    void place_constants()
    {
        int const C = model_.num_kept();
        for (int k = 0; k < C; ++k) std::fill_n(columns_.column(k), num_packs_, B(0.0));
        std::copy_n(data_, num_packs_, base_);
        auto const to = [&](int place) { return place == C ? base_ : columns_.column(place); };
        for (auto const& part : model_.plain())
            for (int m = 0; m < num_packs_; ++m)
                to(part.place)[m] =
                    math::fma(part.values[static_cast<std::size_t>(m)], columns_.weight()[m], to(part.place)[m]);
        for (auto const& part : model_.compact())
            columns_.add_sum(part.values.data(), part.first, part.last, to(part.place));
        Convolver<B>& convolver = columns_.convolver();
        for (auto const& pair : model_.pairs()) {
            if (spread_.is_exact()) {
                for (int i = 0; i < 2; ++i)
                    if (pair.place[i] != Model::no_place)
                        columns_.add_sum(pair.values[i].data(), 0, static_cast<int>(pair.values[i].size()),
                                         to(pair.place[i]));
                continue;
            }
            convolver.convolve_spectrum(pair.spectrum.data());
            for (int i = 0; i < 2; ++i) convolver.clear_outside(pair.reach[i], i);
            columns_.template put<true>(convolver.work(), 2, 1.0, to(pair.place[0]));
            if (pair.place[1] >= 0)
                columns_.template put<true>(convolver.work() + 1, 2, 1.0 / pair.ratio, to(pair.place[1]));
        }
        for (int k = 0; k < C; ++k) reach_[k] = reach_of(columns_.column(k));
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
        spread_.prepare(values_, {slot_values_, factors_, active_});
        core_.prepare(values_, slot_values_, [&](int t) { return is_on(t) && !plan_.terms[t].convolved; });
    }

    /// Columns of the moving terms that are not convolved, and their value off the residual.
    void core_columns(bool gradients)
    {
        Channels<B> const& channels = model_.core();
        int const C = model_.num_kept();
        auto const is_own = [&](int s) {
            return plan_.slots[s].kind == program::SlotKind::free && !is_spread_[own_.place_of(s)];
        };
        for (int n = 0; n < channels.num_strips; ++n) {
            int const first = n * channels.strip;
            Strip<B> strip = core_.strip(n);
            strip.weight = columns_.weight() + first;
            strip.residual = columns_.residual() + first;
            strip.from = strip.residual;
            auto const at = [&](int k) { return columns_.column(k) + first; };
            own_.begin(is_spread_);
            for (int t = 0; t < plan_.num_terms; ++t) {
                program::Term const& term = plan_.terms[t];
                if (term.convolved || !is_on(t) || !core_.reaches(t, n)) continue;
                if (!gradients) {
                    core_.value(t, n, strip);
                    continue;
                }
                strip.columns = own_.of(term, is_own, at);
                core_.gradient(t, n, strip);
            }
            if (!gradients) continue;
            for (int t = 0; t < plan_.num_terms; ++t)
                if (!plan_.terms[t].convolved && is_on(t) && core_.reaches(t, n))
                    own_.add_spares(plan_.terms[t], strip.size, factors_, is_own, at);
            for (int k = C; k < num_places_; ++k)
                if (!own_.is_written(k)) std::fill_n(at(k), strip.size, B(0.0));
        }
    }

    program::Plan const& plan_;
    Model const& model_;
    ConvolvedColumns<B> columns_;
    TermColumns<B> own_;
    SpreadTerms<B> spread_;
    int num_packs_;   ///< of the used channels
    int num_places_;  ///< columns; the residual's place is behind them
    Terms<B> core_;
    ColumnMap<B> map_;
    double* slot_values_;
    double* factors_;
    int* targets_;
    double* registers_;
    B* values_;
    B* data_;
    B* base_;         ///< data less what is left of constant terms where all free parameters are 0
    B* sums_;         ///< by place
    double* totals_;  ///< [sums_size(num_places)] the same; of the kept columns since the pixel was set
    Reach* reach_;    ///< [num_kept] used channels where a column is not zero
    B const** shown_;
    int* ids_;
    unsigned char* is_spread_;  ///< by place: a convolved moving term has it
    unsigned char* is_summed_;  ///< by place: the value of its terms is the column times the parameter
    double const* pixel_values_ = nullptr;
    unsigned long long active_ = ~0ull;
    double energy_ = 0.0;     ///< sum of the squares of weighted data
    double weights_ = 0.0;    ///< root of the sum of the squares of weights
    double intensity_ = 0.0;  ///< sum of the absolute values of the low loss
};

}  // namespace warpfit::cpu
