#pragma once

#include "src/backends/cpu/convolved_model.hpp"

#include <algorithm>

namespace warpfit::cpu {

/// The weighted columns of a pixel by place, behind them the residual, and how a convolution with the pixel's low loss
/// gets there.
template<class B>
class ConvolvedColumns
{
  public:
    using T = typename B::Element;
    using Model = ConvolvedModel<B>;
    static constexpr int W = B::size;
    static constexpr int longest_part = 64;  ///< packs of channels that are multiplied at a time

    ConvolvedColumns(program::Plan const& plan, Model const& model, Arena& arena)
        : plan_(plan)
        , num_packs_(model.core().num_packs)
        , num_places_(model.num_columns())
        , convolver_(model.convolution(), arena)
        , weight_(arena.take<B>(num_packs_))
        , columns_(arena.take<B>(static_cast<long long>(num_packs_) * (num_places_ + 1)))
        , image_(arena.take<B>((plan.convolution->num_values + W - 1) / W))
        , gathered_(arena.take<B>(plan.num_runs > 1 ? num_packs_ : 0))
        , zeros_(arena.take<B>(std::max({model.extended().strip, model.core().strip, longest_part})))
    {
        if (!arena.counting())
            std::fill_n(zeros_, std::max({model.extended().strip, model.core().strip, longest_part}), B(0.0));
    }

    int num_packs() const { return num_packs_; }    ///< of the used channels
    int num_places() const { return num_places_; }  ///< columns; the residual's place is behind them
    B* column(int place) const { return columns_ + static_cast<std::ptrdiff_t>(place) * num_packs_; }
    B* residual() const { return column(num_places_); }
    B* weight() const { return weight_; }
    B const* zeros() const { return zeros_; }  ///< [longest strip or part]
    Convolver<B>& convolver() { return convolver_; }

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

    /// The convolution of a column that is zero outside packs [first, last) by sums, added to `to`; column [last -
    /// first].
    void add_sum(B const* column, int first, int last, B* to)
    {
        convolver_.sum(column, first, last, image_);
        put<true>(image_, 1, 1.0, to);
    }
    /// The same in place of a column, or added to the residual.
    void place_sum(B const* column, int first, int last, int place)
    {
        convolver_.sum(column, first, last, image_);
        put_place(image_, 1, 1.0, place);
    }

    /// The convolution of two columns on the axis of that, of one size after the second is multiplied by `ratio`, in
    /// place of those at the places; the second place may be no_place.
    void place_pair(B const* first, B const* second, double ratio, int packs, int const (&places)[2])
    {
        bool const both = places[1] != Model::no_place;
        auto const convolve = [&](auto const& store) {
            convolver_.convolve(first, both ? second : first, both ? ratio : 0.0, packs, store);
        };
        if (plan_.num_runs > 1) {
            B* const work = convolver_.work();
            convolve([work](int m, B const& re, B const& im) { work[2 * m] = re, work[2 * m + 1] = im; });
            return place_work(ratio, places);
        }
        Put const one = put_at(places[0], 1.0);
        Put const other = put_at(places[1], both ? 1.0 / ratio : 0.0);
        convolve([this, one, other](int m, B const& re, B const& im) {
            if (m >= num_packs_) return;
            one.to[m] = one.from[m * one.step] + re * one.factor * weight_[m];
            other.to[m] = other.from[m * other.step] + im * other.factor * weight_[m];
        });
    }

  private:
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

    void place_work(double ratio, int const (&places)[2])
    {
        put_place(convolver_.work(), 2, 1.0, places[0]);
        if (places[1] != Model::no_place) put_place(convolver_.work() + 1, 2, 1.0 / ratio, places[1]);
    }

    program::Plan const& plan_;
    int num_packs_;
    int num_places_;
    Convolver<B> convolver_;
    B* weight_;
    B* columns_;  ///< [num_places + 1, num_packs]
    B* image_;
    B* gathered_;
    B* zeros_;
};

}  // namespace warpfit::cpu
