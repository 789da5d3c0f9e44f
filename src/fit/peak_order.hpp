#pragma once

#include "src/model/fit_plan.hpp"

#include <vector>

namespace warpfit {

/// Peaks of one type with the same free parameters are interchangeable: a fit from afar may return them with their
/// names exchanged. Keeps them in the order of their start positions along the axis (of the model, where no start
/// position is given), wherever the bounds of both allow it. The sum, chi2 and errors stay what they are.
class PeakOrder
{
  public:
    /// given [num_slots]: 1 where somebody gave the slot's value.
    PeakOrder(FitPlan const& plan, std::vector<unsigned char> const& given);

    /// values, errors [num_free], correlations [num_pairs] of one pixel.
    void apply(double* values, double* errors, double* correlations) const;

  private:
    struct Peak
    {
        int position;              ///< free column that places it
        std::vector<int> columns;  ///< its free columns, in slot order
        std::vector<int> pairs;    ///< plan.pairs of these, in their order
    };
    using Group = std::vector<Peak>;  ///< in the order wanted

    static void exchange(Group const& group, std::vector<std::size_t> const& order, std::vector<int> Peak::*entries,
                         double* row);
    bool fits(Peak const& place, Peak const& from, double const* values) const;

    FitPlan const& plan_;
    std::vector<Group> groups_;
};

}  // namespace warpfit
