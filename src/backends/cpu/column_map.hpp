#pragma once

#include "src/backends/cpu/convolved_model.hpp"

#include <algorithm>

namespace warpfit::cpu {

/// How the free parameters move the columns that a pass multiplies: those of moving and of constant terms as they are,
/// each its own; those of products by the values of the other parameters that they are multiplied with,
///
///   d model / d p_i = sum_k weight_ik column_k
///
/// so that products of columns are summed over channels, and the sums of the parameters follow without any.
template<class B>
class ColumnMap
{
  public:
    using Model = ConvolvedModel<B>;

    ColumnMap(program::Plan const& plan, Model const& model, Arena& arena)
        : plan_(plan)
        , num_columns_(model.num_columns())
        , first_product_(model.num_constant())
        , begin_(arena.take<int>(plan.num_free + 1))
        , parts_(arena.take<Part>(plan.num_free + plan.convolution->num_factors))
        , weights_(arena.take<double>(plan.num_free + plan.convolution->num_factors))
        , values_(arena.take<double>(plan.convolution->num_products))
        , row_(arena.take<double>(num_columns_ + 1))
    {
        if (arena.counting()) return;
        int n = 0;
        for (int i = 0; i < plan.num_free; ++i) {
            begin_[i] = n;
            if (int const k = model.places()[static_cast<std::size_t>(i)]; k >= 0) parts_[n++] = {k, -1};
            for (int j = 0; j < plan.convolution->num_products; ++j)
                for (int const s : factors_of(j))
                    if (model.free_of(s) == i) parts_[n++] = {first_product_ + j, s};
        }
        begin_[plan.num_free] = n;
    }

    /// Call when the slots have values; factors [num_slots]: d value / d free parameter.
    void evaluate(double const* slots, double const* factors, unsigned long long active)
    {
        for (int j = 0; j < plan_.convolution->num_products; ++j) {
            int const bit = plan_.terms[plan_.convolution->products[j].term].active_bit;
            bool const is_on = bit < 0 || (active >> bit & 1u);
            values_[j] = is_on ? product(j, -1, slots) : 0.0;
        }
        for (int n = 0; n < begin_[plan_.num_free]; ++n) {
            auto const [place, slot] = parts_[n];
            int const j = place - first_product_;
            if (slot < 0) {
                weights_[n] = 1.0;
                continue;
            }
            int const bit = plan_.terms[plan_.convolution->products[j].term].active_bit;
            bool const is_on = bit < 0 || (active >> bit & 1u);
            weights_[n] = is_on ? product(j, slot, slots) * factors[slot] : 0.0;
        }
    }

    /// What the column of a product is multiplied with in the model.
    double value(int product) const { return values_[product]; }

    /// sums [sums_size(num_free)]: of the parameters' columns and the residual. totals [sums_size(num_columns)]: of the
    /// columns themselves and the residual.
    void combine(double const* totals, double* sums) const
    {
        int const P = plan_.num_free;
        for (int i = 0; i < P; ++i) {
            std::fill_n(row_, num_columns_ + 1, 0.0);
            for (int n = begin_[i]; n < begin_[i + 1]; ++n)
                for (int k = 0; k <= num_columns_; ++k)
                    row_[k] += weights_[n] * totals[solver::packed_symmetric(parts_[n].place, k)];
            for (int j = 0; j <= i; ++j) {
                double sum = 0.0;
                for (int n = begin_[j]; n < begin_[j + 1]; ++n) sum += weights_[n] * row_[parts_[n].place];
                sums[solver::packed(i, j)] = sum;
            }
            sums[solver::packed(P, i)] = row_[num_columns_];
        }
        sums[solver::packed(P, P)] = totals[solver::packed(num_columns_, num_columns_)];
    }

  private:
    struct Part
    {
        int place;
        int slot;  ///< by whose value the product is derived; -1: the column is the parameter's own
    };
    struct Slots
    {
        int const *first, *last;
        int const* begin() const { return first; }
        int const* end() const { return last; }
    };

    Slots factors_of(int j) const
    {
        program::Product const& p = plan_.convolution->products[j];
        int const* const first = plan_.convolution->factors + p.first_factor;
        return {first, first + p.num_factors};
    }
    /// Of the values of all its slots but one.
    double product(int j, int but, double const* slots) const
    {
        double value = 1.0;
        for (int const s : factors_of(j))
            if (s != but) value *= slots[s];
        return value;
    }

    program::Plan const& plan_;
    int num_columns_;
    int first_product_;
    int* begin_;  ///< [num_free + 1] parts of each parameter
    Part* parts_;
    double* weights_;  ///< of the parts
    double* values_;   ///< [num_products]
    double* row_;      ///< [num_columns + 1]
};

}  // namespace warpfit::cpu
