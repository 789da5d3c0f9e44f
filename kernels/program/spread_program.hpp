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

/// Which terms of a plan a program runs.
enum class Part : int {
    channels,   ///< those that are not convolved; of cumulative ones f
    convolved,  ///< those that are
    beyond      ///< of cumulative ones k f
};

WARPFIT_HD inline bool is_of(Term const& term, Part part)
{
    return part == Part::beyond ? term.cumulative >= 0 : (term.convolved != 0) == (part == Part::convolved);
}

/// Whether terms reach beyond their channel.
WARPFIT_HD inline bool has_spread(Plan const& plan)
{
    bool has = plan.convolution != nullptr;
    for (int t = 0; t < plan.num_terms; ++t) has = has || plan.terms[t].cumulative >= 0;
    return has;
}

/// A plan with terms that reach beyond their channel: Core is what each channel adds by itself, Spread what others add
/// to it. Once a pass the team evaluates Spread and keeps its value and the columns of the parameters that it follows.
///
/// With a convolution Spread holds the convolved terms, on the axis of that; of each column a channel takes
///
///   model[c] = core[c] + sum_t low_loss[n - 1 - t] spread[v + t],   v = value_of[c], n = num_low_loss
///
/// Without one it holds k f of every cumulative term, whose f is in Core, and
///
///   model[c] = core[c] + sum_(d > c) spread[d]
template<class Core, class Spread>
class SpreadProgram : public detail::FreeCount<Core>
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
        if (!plan.convolution) return static_cast<Index>(plan.num_free + 1) * (plan.num_channels + num_parts);
        Convolution const& by = *plan.convolution;
        return by.num_low_loss + static_cast<Index>(by.num_moved + 1) * by.num_x;
    }

    WARPFIT_HD SpreadProgram(Plan const& plan, ChannelData<Real> const& channels, double* shared, double* mine)
        : Count(plan.num_free)
        , by_(plan.convolution)
        , num_x_(by_ ? by_->num_x : plan.num_channels)
        , core_(plan, channels, shared, mine)
        , spread_(plan, by_ ? *channels.extended : channels, shared + Core::shared_size(plan),
                  mine + Core::private_size(plan))
        , gradient_(reinterpret_cast<Real*>(mine + Core::private_size(plan) + Spread::private_size(plan)))
    {}

    SpreadProgram(SpreadProgram const&) = delete;
    SpreadProgram& operator=(SpreadProgram const&) = delete;

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
        if (!by_) sum_beyond(team);
    }

    WARPFIT_HD Real evaluate(int channel, Real* grad) const
    {
        Real f = core_.evaluate(channel, grad);
        if (!by_) {
            for (int k = 0; k < Count::num_free(); ++k) grad[k] = grad[k] + column(k)[channel];
            return f + column(Count::num_free())[channel];
        }
        int const value = by_->value_of[channel];
        for (int k = 0; k <= by_->num_moved; k += together) {
            Real sums[together];
            convolve<together>(k, value, sums);
            WARPFIT_UNROLL
            for (int j = 0; j < together; ++j) {
                if (k + j < by_->num_moved) grad[by_->moved[k + j]] = grad[by_->moved[k + j]] + sums[j];
                if (k + j == by_->num_moved) f = f + sums[j];
            }
        }
        return f;
    }

    WARPFIT_HD Real value(int channel) const
    {
        if (!by_) return core_.value(channel) + column(Count::num_free())[channel];
        Real sum[1];
        convolve<1>(by_->num_moved, by_->value_of[channel], sum);
        return core_.value(channel) + sum[0];
    }

  private:
    static constexpr int together = 4;      ///< columns, so that one value of the low loss serves several
    static constexpr int longest_sum = 64;  ///< then a float's rounding is kept from the rest
    static constexpr int num_parts = 32;    ///< of a column that is summed: sums do not depend on the team

    template<Team T>
    WARPFIT_HD void spread_columns(T const& team, Real* gradient) const
    {
        int const count = num_moved();
        for (int i = team.rank(); i < num_x_; i += team.size()) {
            Real const f = spread_.evaluate(i, gradient);
            for (int k = 0; k < count; ++k) column(k)[i] = gradient[by_ ? by_->moved[k] : k];
            column(count)[i] = f;
        }
    }

    WARPFIT_HD int num_moved() const { return by_ ? by_->num_moved : Count::num_free(); }
    WARPFIT_HD Real* column(int k) const { return columns_ + static_cast<Index>(k) * num_x_; }

    /// Makes every value of the columns the sum of those behind it. Ends with a sync.
    template<Team T>
    WARPFIT_HD void sum_beyond(T const& team)
    {
        int const num_columns = Count::num_free() + 1;
        // Columns take at most as many doubles as they have values.
        double* const parts = reinterpret_cast<double*>(columns_) + static_cast<Index>(num_columns) * num_x_;
        int const num_tasks = num_columns * num_parts;
        auto const edge = [&](int part) { return static_cast<int>(static_cast<Index>(num_x_) * part / num_parts); };
        for (int task = team.rank(); task < num_tasks; task += team.size()) {
            Real const* const from = column(task / num_parts);
            int const part = task % num_parts;
            double sum = 0.0;
            for (int i = edge(part + 1); i-- > edge(part);) sum += static_cast<double>(from[i]);
            parts[task] = sum;
        }
        team.sync();
        for (int k = team.rank(); k < num_columns; k += team.size()) {
            double beyond = 0.0;
            for (int task = (k + 1) * num_parts; task-- > k * num_parts;) {
                double const own = parts[task];
                parts[task] = beyond;
                beyond += own;
            }
        }
        team.sync();
        for (int task = team.rank(); task < num_tasks; task += team.size()) {
            Real* const to = column(task / num_parts);
            int const part = task % num_parts;
            double sum = parts[task];
            for (int i = edge(part + 1); i-- > edge(part);) {
                double const own = static_cast<double>(to[i]);
                to[i] = static_cast<Real>(sum);
                sum += own;
            }
        }
        team.sync();
    }

    /// sums [Count]: of columns k, k + 1, ...; behind the last again of that.
    template<int Count>
    WARPFIT_HD void convolve(int k, int value, Real* sums) const
    {
        Real const* from[Count];
        WARPFIT_UNROLL
        for (int j = 0; j < Count; ++j) {
            from[j] = column(k + j < by_->num_moved ? k + j : by_->num_moved) + value;
            sums[j] = Real(0);
        }
        int const n = by_->num_low_loss;
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

    Convolution const* by_;  // null: terms are summed over the channels beyond
    int num_x_;              // of a column
    Core core_;
    Spread spread_;
    Real* gradient_;  // private; unused where the number of parameters is known
    Real const* low_loss_ = nullptr;
    Real* columns_ = nullptr;  // shared by the team
};

}  // namespace warpfit::program
