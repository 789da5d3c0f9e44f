#pragma once

#include "kernels/program/program.hpp"

namespace warpfit::program {

namespace detail {

template<int N>
struct Known;

/// num_free(), known to the compiler where that of P is.
template<class P>
class FreeCount
{
  public:
    static constexpr bool is_known = false;

    WARPFIT_HD explicit FreeCount(int count)
        : count_(count)
    {}
    WARPFIT_HD int num_free() const { return count_; }

  private:
    int count_;
};

template<class P>
requires requires
{
    typename Known<P::num_free()>;
}
class FreeCount<P>
{
  public:
    static constexpr bool is_known = true;

    WARPFIT_HD explicit FreeCount(int) {}
    WARPFIT_HD static constexpr int num_free() { return P::num_free(); }
};

}  // namespace detail

/// A plan whose convolved terms are those of Spread, a program on the axis of the convolution, and the others those of
/// Core, on the channels. Once a pass the team evaluates Spread and keeps the columns of the parameters that it follows
/// and its value; each channel is then the sum over the low loss
///
///   model[c] = core[c] + sum_t low_loss[n - 1 - t] spread[v + t],   v = value_of[c], n = num_low_loss
///
/// of all those columns.
template<class Core, class Spread>
class ConvolvedProgram : public detail::FreeCount<Core>
{
    using Count = detail::FreeCount<Core>;

  public:
    using Real = typename Core::Real;

    WARPFIT_HD static int shared_size(Plan const& plan) { return Core::shared_size(plan) + Spread::shared_size(plan); }
    WARPFIT_HD static int private_size(Plan const& plan)
    {
        return Core::private_size(plan) + Spread::private_size(plan) + (Count::is_known ? 0 : plan.num_free);
    }
    /// Scratch of a team [doubles]: the low loss, then PixelInputs::spread.
    WARPFIT_HD static Index scratch_size(Plan const& plan)
    {
        Convolution const& by = *plan.convolution;
        return by.num_low_loss + static_cast<Index>(by.num_moved + 1) * by.num_x;
    }

    WARPFIT_HD ConvolvedProgram(Plan const& plan, ChannelData<Real> const& channels, double* shared, double* mine)
        : Count(plan.num_free)
        , by_(*plan.convolution)
        , core_(plan, channels, shared, mine)
        , spread_(plan, *channels.extended, shared + Core::shared_size(plan), mine + Core::private_size(plan))
        , gradient_(reinterpret_cast<Real*>(mine + Core::private_size(plan) + Spread::private_size(plan)))
    {}

    ConvolvedProgram(ConvolvedProgram const&) = delete;
    ConvolvedProgram& operator=(ConvolvedProgram const&) = delete;

    template<Team T>
    WARPFIT_HD void prepare(T const& team, double const* free, PixelInputs const& inputs)
    {
        core_.prepare(team, free, inputs);
        spread_.prepare(team, free, inputs);
        low_loss_ = static_cast<Real const*>(inputs.low_loss);
        columns_ = static_cast<Real*>(inputs.spread);
        if constexpr (Count::is_known) {
            Real gradient[Count::num_free()];
            spread_columns(team, gradient);
        } else {
            spread_columns(team, gradient_);
        }
        team.sync();
    }

    WARPFIT_HD Real evaluate(int channel, Real* grad) const
    {
        Real f = core_.evaluate(channel, grad);
        int const value = by_.value_of[channel];
        for (int k = 0; k <= by_.num_moved; k += together) {
            Real sums[together];
            convolve<together>(k, value, sums);
            WARPFIT_UNROLL
            for (int j = 0; j < together; ++j) {
                if (k + j < by_.num_moved) grad[by_.moved[k + j]] = grad[by_.moved[k + j]] + sums[j];
                if (k + j == by_.num_moved) f = f + sums[j];
            }
        }
        return f;
    }

    WARPFIT_HD Real value(int channel) const
    {
        Real sum[1];
        convolve<1>(by_.num_moved, by_.value_of[channel], sum);
        return core_.value(channel) + sum[0];
    }

  private:
    static constexpr int together = 4;      ///< columns, so that one value of the low loss serves several
    static constexpr int longest_sum = 64;  ///< then a float's rounding is kept from the rest

    template<Team T>
    WARPFIT_HD void spread_columns(T const& team, Real* gradient) const
    {
        for (int i = team.rank(); i < by_.num_x; i += team.size()) {
            Real const f = spread_.evaluate(i, gradient);
            for (int k = 0; k < by_.num_moved; ++k) column(k)[i] = gradient[by_.moved[k]];
            column(by_.num_moved)[i] = f;
        }
    }

    WARPFIT_HD Real* column(int k) const { return columns_ + static_cast<Index>(k) * by_.num_x; }

    /// sums [Count]: of columns k, k + 1, ...; behind the last again of that.
    template<int Count>
    WARPFIT_HD void convolve(int k, int value, Real* sums) const
    {
        Real const* from[Count];
        WARPFIT_UNROLL
        for (int j = 0; j < Count; ++j) {
            from[j] = column(k + j < by_.num_moved ? k + j : by_.num_moved) + value;
            sums[j] = Real(0);
        }
        int const n = by_.num_low_loss;
        for (int first = 0; first < n; first += longest_sum) {
            int const last = first + longest_sum < n ? first + longest_sum : n;
            Real part[Count] = {};
            for (int t = first; t < last; ++t) {
                Real const weight = low_loss_[n - 1 - t];
                WARPFIT_UNROLL
                for (int j = 0; j < Count; ++j) part[j] = part[j] + weight * from[j][t];
            }
            WARPFIT_UNROLL
            for (int j = 0; j < Count; ++j) sums[j] = sums[j] + part[j];
        }
    }

    Convolution const& by_;
    Core core_;
    Spread spread_;
    Real* gradient_;  // private; unused where the number of parameters is known
    Real const* low_loss_ = nullptr;
    Real* columns_ = nullptr;  // shared by the team
};

}  // namespace warpfit::program
