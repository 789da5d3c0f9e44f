#pragma once

#include "kernels/program/plan.hpp"
#include "src/expression/expression.hpp"
#include "warpfit/fit.hpp"

#include <string>
#include <vector>

namespace warpfit {

/// Owns what a program::Plan views. Movable, not copyable; the view stays valid when moved.
class FitPlan
{
  public:
    FitPlan() = default;
    FitPlan(FitPlan&&) = default;
    FitPlan& operator=(FitPlan&&) = default;

    program::Plan view() const;

    int dimension = 1;
    long long stored_channels = 0;
    std::vector<program::ChannelRun> runs;
    std::vector<double> x, y, width, tables;
    int num_tables = 0;
    std::vector<program::Term> terms;
    std::vector<program::Slot> slots;
    std::vector<program::Twin> twins;
    std::vector<expression::CompiledExpression> expressions;
    std::vector<double> bmin, bmax;
    std::vector<unsigned char> linear;  ///< [num_free]
    int num_pixel_values = 0;
    program::Options options{};

    // For the front end: what each column means.
    std::vector<std::string> term_types;  ///< [num_terms] HyperSpy's class name
    std::vector<std::string> slot_paths;  ///< [num_slots] "component.parameter"
    std::vector<int> free_slots;          ///< [num_free] slot of each free column
    std::vector<int> pixel_slots;         ///< [num_pixel_values] slot of each per-pixel column
    std::vector<double> start;            ///< [num_free] the model's values
    bool is_linear = false;               ///< proved: in all free parameters jointly

  private:
    mutable std::vector<program::ExpressionCode> codes_;
};

/// Turns a model, the axes it is fitted on and options into a plan. Inactive components are left out; components with
/// an active map get a bit. Throws InvalidArgument: no component, no free parameter, a dimension that does not fit,
/// more than 64 components with active maps, an optimizer or a loss that does not exist (named, with what does).
FitPlan lower(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data);

/// The channels that [data] keeps, ascending. Throws InvalidArgument if none.
std::vector<std::size_t> used_channels(Signal const& signal, DataOptions const& data);

}  // namespace warpfit
