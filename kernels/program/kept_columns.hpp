#pragma once

#include "kernels/program/program.hpp"

/// Columns of convolved terms that a team convolves once a pixel, not in every pass.
namespace warpfit::program {

/// Whether a term is a sum of columns that are the same in every pixel and pass before they are convolved, each times
/// the values of some slots. Those of functions are not taken for it: only compiled code knows them.
WARPFIT_HD inline bool is_kept(Term const& term, TermForm form)
{
    return term.convolved != 0 && (form == TermForm::products || (form == TermForm::constant && term.function < 0));
}
WARPFIT_HD inline bool is_kept(Plan const& plan, int t)
{
    return plan.convolution && is_kept(plan.terms[t], plan.convolution->forms[t]);
}

/// The columns of a plan's kept terms, on the axis of the convolution. A constant term has one for each free parameter,
/// whose slot is the factor of it, and one without factor, if it is not zero where these are.
template<class Real>
struct KeptColumns
{
    int num_columns;
    Real const* values;       ///< [num_columns, num_x]
    Product const* products;  ///< [num_columns]; term -1: always on
    int const* factors;       ///< [num_factors] slots
    int const* targets;       ///< [num_factors] free parameter that each follows; -1: none
    int num_factors;
};

/// Kept columns of one pixel, convolved, and what they are multiplied with in a pass. They lie in the team's scratch
/// behind those that move: [num_columns, num_channels], in a place for doubles, of which floats take half.
template<class Real>
class KeptSum
{
  public:
    /// Doubles of a team: with the most columns that the plan may have.
    WARPFIT_HD static Index scratch_size(Plan const& plan)
    {
        int constant = 0;  // slots of constant terms, and one column without
        for (int t = 0; t < plan.num_terms; ++t)
            if (is_kept(plan, t) && plan.convolution->forms[t] == TermForm::constant)
                constant += plan.terms[t].num_slots + (constant == 0 ? 1 : 0);
        Index const columns = constant + plan.convolution->num_products;
        if (columns == 0) return 0;
        return 2 * plan.num_twins + columns + constant + plan.convolution->num_factors + columns * plan.num_channels;
    }

    WARPFIT_HD KeptSum(Plan const& plan, KeptColumns<Real> const* kept)
        : plan_(plan)
        , kept_(kept)
        , num_columns_(kept ? kept->num_columns : 0)
    {}

    WARPFIT_HD int num_columns() const { return num_columns_; }
    /// [num_x]
    WARPFIT_HD Real const* values(int k) const
    {
        return kept_->values + static_cast<Index>(k) * plan_.convolution->num_x;
    }
    /// [num_channels]: to be filled once a pixel.
    WARPFIT_HD Real* convolved(int k) const { return columns_ + static_cast<Index>(k) * plan_.num_channels; }

    WARPFIT_HD void place(double* scratch)
    {
        if (num_columns_ == 0) return;
        twins_ = scratch;
        multipliers_ = reinterpret_cast<Real*>(twins_ + 2 * plan_.num_twins);
        slopes_ = multipliers_ + num_columns_;
        columns_ = reinterpret_cast<Real*>(twins_ + 2 * plan_.num_twins + num_columns_ + kept_->num_factors);
    }

    /// What each column is multiplied with in a pass. twins(values, chains): of the plan's twins the values and their
    /// derivatives by the free parameter that they follow, [num_twins] each. The team syncs before it reads them.
    template<Team T, class Twins>
    WARPFIT_HD void weigh(T const& team, double const* free, PixelInputs const& inputs, Twins const& twins) const
    {
        if (num_columns_ == 0) return;
        if (plan_.num_twins > 0) {
            if (team.rank() == 0) twins(twins_, twins_ + plan_.num_twins);
            team.sync();
        }
        for (int k = team.rank(); k < num_columns_; k += team.size()) weigh(kept_->products[k], k, free, inputs);
    }

    /// Adds what the terms and their gradient are in a channel; f alone.
    WARPFIT_HD Real add(int channel, Real* grad) const
    {
        Real f = Real(0);
        for (int k = 0; k < num_columns_; ++k) {
            Real const column = convolved(k)[channel];
            Product const& product = kept_->products[k];
            f = f + multipliers_[k] * column;
            for (int i = product.first_factor; i < product.first_factor + product.num_factors; ++i) {
                int const to = kept_->targets[i];
                if (to >= 0) grad[to] = grad[to] + slopes_[i] * column;
            }
        }
        return f;
    }
    WARPFIT_HD Real value(int channel) const
    {
        Real f = Real(0);
        for (int k = 0; k < num_columns_; ++k) f = f + multipliers_[k] * convolved(k)[channel];
        return f;
    }

  private:
    WARPFIT_HD void weigh(Product const& product, int k, double const* free, PixelInputs const& inputs) const
    {
        int const bit = product.term < 0 ? -1 : plan_.terms[product.term].active_bit;
        double const on = bit < 0 || (inputs.active >> bit & 1u) ? 1.0 : 0.0;
        int const end = product.first_factor + product.num_factors;
        double all = on;
        for (int i = product.first_factor; i < end; ++i) {
            all *= value_of(kept_->factors[i], free, inputs);
            double slope = on * chain_of(kept_->factors[i]);
            for (int j = product.first_factor; j < end; ++j)
                if (j != i) slope *= value_of(kept_->factors[j], free, inputs);
            slopes_[i] = static_cast<Real>(slope);
        }
        multipliers_[k] = static_cast<Real>(all);
    }

    WARPFIT_HD double value_of(int s, double const* free, PixelInputs const& inputs) const
    {
        Slot const& slot = plan_.slots[s];
        switch (slot.kind) {
        case SlotKind::free:
            return free[slot.index];
        case SlotKind::pixel:
            return inputs.values[slot.index];
        case SlotKind::twin:
            return twins_[slot.index];
        default:
            return slot.value;
        }
    }
    WARPFIT_HD double chain_of(int s) const
    {
        Slot const& slot = plan_.slots[s];
        return slot.kind == SlotKind::twin ? twins_[plan_.num_twins + slot.index] : 1.0;
    }

    Plan const& plan_;
    KeptColumns<Real> const* kept_;  // null: none
    int num_columns_;
    double* twins_ = nullptr;      // shared by the team, as what follows
    Real* multipliers_ = nullptr;  // [num_columns]
    Real* slopes_ = nullptr;       // [num_factors] d multiplier / d parameter
    Real* columns_ = nullptr;
};

}  // namespace warpfit::program
