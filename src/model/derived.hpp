#pragma once

#include "src/model/fit_plan.hpp"

namespace warpfit {

/// Fills plan.derived and, with the pairs of free parameters whose correlation their errors need, plan.pairs.
/// Terms, slots and twins must be there.
void find_derived(Model const& model, FitPlan& plan);

/// Fills plan.given. Terms and slots must be there.
void find_given(Model const& model, FitPlan& plan);

}  // namespace warpfit
