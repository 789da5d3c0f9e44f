#pragma once

#include "src/model/fit_plan.hpp"
#include "warpfit/fit.hpp"

#include <string>

namespace warpfit {

/// The variance that the options ask for; one a channel is cut down to the plan's channels. note: the choice, as a
/// sentence. Throws InvalidArgument for words that are none.
Variance choose_variance(Signal const& signal, DataOptions const& data, FitPlan const& plan, std::string& note);

}  // namespace warpfit
