#pragma once

#include "kernels/program/kept_columns.hpp"

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
    convolved,  ///< those that are in every pass
    beyond,     ///< of cumulative ones k f
    constant    ///< kept ones of form constant: evaluated once a plan
};

WARPFIT_HD inline bool is_of(Plan const& plan, int t, Part part)
{
    Term const& term = plan.terms[t];
    switch (part) {
    case Part::channels:
        return term.convolved == 0;
    case Part::convolved:
        return term.convolved != 0 && !is_kept(plan, t);
    case Part::beyond:
        return term.cumulative >= 0;
    default:
        return is_kept(plan, t) && plan.convolution->forms[t] == TermForm::constant;
    }
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
/// With a convolution Spread holds the convolved terms whose columns change from pass to pass, on the axis of that; of
/// each column a channel takes
///
///   model[c] = core[c] + kept[c] + sum_t low_loss[n - 1 - t] spread[v + t],   v = value_of[c], n = num_low_loss
///
/// Columns that stay (kept_columns.hpp) are convolved in a pixel's first pass; each pass multiplies and adds them. For
/// C channels, L channels of a low loss, M parameters that move terms and K kept columns a pixel of N passes takes C L
/// K + N C (L (M + 1) + 2 K or more) multiplications and additions, where all in every pass were N C L (M + K + 1). If
/// the moving terms are sums of columns, their value follows from those: L M instead of L (M + 1).
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
    /// PixelInputs::spread [doubles]. With a convolution some num_x (M + 1) + C K: of 2048 channels, a low loss of 1024
    /// and 75 kept columns 1.2 MB a team, where these and a value on the axis of the convolution would be 1.9 MB; two
    /// teams a multiprocessor (src/backends/cuda/kernel.cpp) of 132 have 325 MB. Floats take half of it.
    /// There is no other place for what does not fit: a plan has at most twice as many products as parameters, and one
    /// more a term.
    WARPFIT_HD static Index scratch_size(Plan const& plan)
    {
        if (!plan.convolution) return static_cast<Index>(plan.num_free + 1) * (plan.num_channels + num_parts);
        return moving_size(plan) + KeptSum<Real>::scratch_size(plan);
    }

    WARPFIT_HD SpreadProgram(Plan const& plan, ChannelData<Real> const& channels, double* shared, double* mine)
        : Count(plan.num_free)
        , by_(plan.convolution)
        , num_x_(by_ ? by_->num_x : plan.num_channels)
        , num_channels_(plan.num_channels)
        , kept_at_(by_ ? moving_size(plan) : 0)
        , moves_(!by_ || has_moving(plan))
        , is_sum_(by_ && is_sum_of_columns(plan))
        , core_(plan, channels, shared, mine)
        , spread_(plan, by_ ? *channels.extended : channels, shared + Core::shared_size(plan),
                  mine + Core::private_size(plan))
        , kept_(plan, channels.kept)
        , gradient_(reinterpret_cast<Real*>(mine + Core::private_size(plan) + Spread::private_size(plan)))
    {}

    SpreadProgram(SpreadProgram const&) = delete;
    SpreadProgram& operator=(SpreadProgram const&) = delete;

    template<Team T>
    WARPFIT_HD void prepare(T const& team, double const* free, PixelInputs const& inputs)
    {
        core_.prepare(team, free, inputs);
        spread_.prepare(team, free, inputs);
        free_ = free;
        low_loss_ = static_cast<Real*>(inputs.low_loss);
        columns_ = static_cast<Real*>(inputs.spread);
        if (by_) {
            kept_.place(static_cast<double*>(inputs.spread) + kept_at_);
            prepare_kept(team, inputs);
        }
        if (moves_) spread_columns(team);
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
        f = f + kept_.add(channel, grad);
        if (!moves_) return f;
        int const num_sums = by_->num_moved + (is_sum_ ? 0 : 1);
        for (int k = 0; k < num_sums; k += together) {
            Real sums[together];
            convolve_moving<together>(k, by_->value_of[channel], sums);
            WARPFIT_UNROLL
            for (int j = 0; j < together; ++j) {
                if (k + j < by_->num_moved) {
                    int const i = by_->moved[k + j];
                    grad[i] = grad[i] + sums[j];
                    if (is_sum_ && by_->linear[i]) f = f + static_cast<Real>(free_[i]) * sums[j];
                } else if (k + j == by_->num_moved && !is_sum_) {
                    f = f + sums[j];
                }
            }
        }
        return f;
    }

    WARPFIT_HD Real value(int channel) const
    {
        if (!by_) return core_.value(channel) + column(Count::num_free())[channel];
        Real const f = core_.value(channel) + kept_.value(channel);
        if (!moves_) return f;
        Real sum[1];
        convolve_moving<1>(by_->num_moved, by_->value_of[channel], sum);
        return f + sum[0];
    }

  private:
    static constexpr int together = 4;      ///< columns, so that one value of the low loss serves several
    static constexpr int longest_sum = 64;  ///< then a float's rounding is kept from the rest
    static constexpr int num_parts = 32;    ///< of a column that is summed: sums do not depend on the team

    WARPFIT_HD static bool has_moving(Plan const& plan)
    {
        bool has = false;
        for (int t = 0; t < plan.num_terms; ++t) has = has || is_of(plan, t, Part::convolved);
        return has;
    }
    /// Whether the value of the moving terms is that of their columns times their linear parameters.
    WARPFIT_HD static bool is_sum_of_columns(Plan const& plan)
    {
        bool is = true;
        for (int t = 0; t < plan.num_terms; ++t)
            if (is_of(plan, t, Part::convolved)) is = is && plan.convolution->forms[t] == TermForm::columns;
        return is;
    }
    /// Doubles of the moving columns and their value.
    WARPFIT_HD static Index moving_size(Plan const& plan)
    {
        return has_moving(plan) ? static_cast<Index>(plan.convolution->num_moved + 1) * plan.convolution->num_x : 0;
    }

    /// Kept columns, convolved where they are not yet, and their factors.
    template<Team T>
    WARPFIT_HD void prepare_kept(T const& team, PixelInputs const& inputs) const
    {
        kept_.weigh(team, free_, inputs,
                    [&](double* values, double* chains) { core_.write_twins(free_, inputs, values, chains); });
        Real& is_done = low_loss_[by_->num_low_loss];
        if (kept_.num_columns() == 0 || is_done != Real(0)) return;
        for (int c = team.rank(); c < num_channels_; c += team.size())
            for (int k = 0; k < kept_.num_columns(); k += together) {
                Real sums[together];
                int const last = kept_.num_columns() - 1;
                convolve<together>([&](int j) { return kept_.values(k + j < last ? k + j : last); }, by_->value_of[c],
                                   sums);
                WARPFIT_UNROLL
                for (int j = 0; j < together; ++j)
                    if (k + j <= last) kept_.convolved(k + j)[c] = sums[j];
            }
        team.sync();
        if (team.rank() == 0) is_done = Real(1);
    }

    template<Team T>
    WARPFIT_HD void spread_columns(T const& team) const
    {
        if constexpr (Count::is_known) {
            Real gradient[Count::num_free()];
            spread_columns(team, gradient);
        } else {
            spread_columns(team, gradient_);
        }
    }

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

    /// sums [Count]: of moving columns k, k + 1, ...; behind the last again of that.
    template<int Count>
    WARPFIT_HD void convolve_moving(int k, int value, Real* sums) const
    {
        convolve<Count>([&](int j) { return column(k + j < by_->num_moved ? k + j : by_->num_moved); }, value, sums);
    }

    /// sums [Count]: of a value of the convolution, of the columns column_of(0), column_of(1), ...
    template<int Count, class ColumnOf>
    WARPFIT_HD void convolve(ColumnOf const& column_of, int value, Real* sums) const
    {
        Real const* from[Count];
        WARPFIT_UNROLL
        for (int j = 0; j < Count; ++j) {
            from[j] = column_of(j) + value;
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
    int num_channels_;
    Index kept_at_;
    bool moves_;   // terms have columns to be spread in every pass
    bool is_sum_;  // of columns: their value need not be convolved
    Core core_;
    Spread spread_;
    KeptSum<Real> kept_;
    Real* gradient_;  // private; unused where the number of parameters is known
    double const* free_ = nullptr;
    Real* low_loss_ = nullptr;
    Real* columns_ = nullptr;  // shared by the team
};

}  // namespace warpfit::program
