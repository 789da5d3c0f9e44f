#pragma once

#include "src/model/fit_plan.hpp"

namespace warpfit {

/// Whether components of the model are convolved on these data: the signal has a low loss, and an active component is
/// convolved.
bool is_convolved(Model const& model, Signal const& signal);

/// Where components are evaluated before they are convolved to the channels [first, first + count) of the signal.
std::vector<double> convolution_axis(Signal const& signal, std::size_t first, std::size_t count);

/// numpy.convolve(low_loss, values, "valid").
std::vector<double> convolve(std::vector<double> const& low_loss, std::vector<double> const& values);

/// The axis of the convolution, for plan.runs: FitPlan::convolved but its tables, forms and linear.
void lower_convolution_axis(Signal const& signal, FitPlan& plan);

/// FitPlan::Convolved::forms, linear and products, proved from the formulas that the plan's terms were made of:
/// components, formulas [num_terms].
void find_term_forms(Model const& model, std::vector<Component const*> const& components,
                     std::vector<expression::Expression> const& formulas, FitPlan& plan);

}  // namespace warpfit
