#pragma once

#include "src/backends/cpu/arena.hpp"
#include "src/backends/cpu/strip.hpp"

#include <algorithm>

/// Terms that add a multiple of their sum over the used channels behind each: Shirley backgrounds.
namespace warpfit::cpu {

/// What one thread needs for them. Strips come last first, all of a pass. B: channels of one pixel in lanes.
template<class B>
class Cumulative
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;

    Cumulative(program::Plan const& plan, int strip, Arena& arena)
        : num_channels_(plan.num_channels)
    {
        int most = 0;
        int first = 0;
        sums_of_ = arena.take<int>(plan.num_terms);
        for (int t = 0; t < plan.num_terms; ++t) {
            program::Term const& term = plan.terms[t];
            if (!arena.counting()) sums_of_[t] = first;
            if (term.cumulative < 0) continue;
            most = std::max(most, term.num_slots + 1);
            first += term.num_slots + 1;
        }
        sums_ = arena.take<double>(first);
        raw_ = arena.take<B>(static_cast<long long>(most) * strip);
        columns_ = arena.take<B*>(most);
        zeros_ = arena.take<B>(most > 0 ? strip : 0);
        if (arena.counting() || most == 0) return;
        std::fill_n(zeros_, strip, B(T(0)));
        for (int k = 0; k < most; ++k) columns_[k] = raw_ + static_cast<std::ptrdiff_t>(k) * strip;
    }

    /// evaluate(strip): what the term is without its sum. k: the factor of that. first: channel that the
    /// strip begins with; begins: it is the last one of the axis.
    template<class Evaluate>
    void gradient(program::Term const& term, int t, int first, bool begins, B const& k, Strip<B>& strip,
                  Evaluate const& evaluate)
    {
        B* const less_f = run(term, t, begins, strip, evaluate);
        for (int s = 0; s < term.num_slots; ++s) {
            B* const sum = columns_[s];
            add_beyond(sum, first, strip.size, sums_[sums_of_[t] + s], [&](int m, B const& own, B const& beyond) {
                B const column = math::fma(k, beyond, own);
                strip.columns[s][m] = strip.weight ? column * strip.weight[m] : column;
            });
        }
        finish(term, t, first, k, strip, less_f, strip.columns[term.cumulative]);
    }

    template<class Evaluate>
    void value(program::Term const& term, int t, int first, bool begins, B const& k, Strip<B>& strip,
               Evaluate const& evaluate)
    {
        B* const less_f = run(term, t, begins, strip, evaluate);
        finish(term, t, first, k, strip, less_f, nullptr);
    }

  private:
    /// f's columns into columns_ and -f behind them, which it returns.
    template<class Evaluate>
    B* run(program::Term const& term, int t, bool begins, Strip<B> const& strip, Evaluate const& evaluate)
    {
        if (begins) std::fill_n(sums_ + sums_of_[t], term.num_slots + 1, 0.0);
        Strip<B> raw = strip;
        raw.weight = nullptr;
        raw.from = zeros_;
        raw.residual = columns_[term.num_slots];
        raw.columns = columns_;
        evaluate(raw);
        return raw.residual;
    }

    void finish(program::Term const& term, int t, int first, B const& k, Strip<B> const& strip, B* less_f, B* k_column)
    {
        add_beyond(less_f, first, strip.size, sums_[sums_of_[t] + term.num_slots],
                   [&](int m, B const& own, B const& beyond) {
                       B const weight = strip.weight ? strip.weight[m] : B(T(1));
                       strip.residual[m] = math::fma(math::fma(k, beyond, own), weight, strip.from[m]);
                       if (k_column) k_column[m] = -beyond * weight;
                   });
    }

    /// act(m, value, sum of the values behind it), packs from the last on. Padding counts nothing.
    template<class Act>
    void add_beyond(B const* values, int first, int size, double& sum, Act const& act) const
    {
        for (int m = size; m-- > 0;) {
            alignas(64) T own[W];
            alignas(64) T beyond[W];
            values[m].store(own);
            for (int l = W; l-- > 0;) {
                beyond[l] = static_cast<T>(sum);
                if (first + m * W + l < num_channels_) sum += static_cast<double>(own[l]);
            }
            act(m, values[m], B::load(beyond));
        }
    }

    int num_channels_;
    int* sums_of_;  ///< [num_terms] a term's first among the sums: of its columns, then of -f
    double* sums_;
    B* raw_;
    B** columns_;
    B* zeros_;
};

}  // namespace warpfit::cpu
