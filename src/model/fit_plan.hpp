#pragma once

#include "kernels/program/plan.hpp"
#include "src/expression/expression.hpp"
#include "src/model/own_component.hpp"
#include "warpfit/fit.hpp"

#include <memory>
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
    std::vector<std::unique_ptr<OwnCall>> own_calls;  ///< of each function
    std::vector<double> bmin, bmax;
    std::vector<unsigned char> linear;  ///< [num_free]
    int num_pixel_values = 0;
    program::Options options{};

    /// program::Convolution; num_low_loss 0: nothing is convolved.
    struct Convolved
    {
        int num_low_loss = 0;
        int first = 0;
        int num_values = 0;
        std::vector<double> x, tables;
        int num_tables = 0;
        std::vector<program::TermForm> forms;  ///< [num_terms]
        std::vector<unsigned char> linear;     ///< [num_free]
        std::vector<program::Product> products;
        std::vector<int> factors;
        std::vector<double> product_columns;  ///< [num_products, num_x]
        std::vector<int> value_of;            ///< [num_channels]
        std::vector<int> moved;
    };
    Convolved convolved;

    std::vector<program::Pair> pairs;

    /// A quantity that follows from a component's parameters.
    struct Derived
    {
        std::string component, name;
        int first_slot;
        int active_bit;                       ///< program::Term's
        expression::CompiledExpression code;  ///< of the slots from first_slot on; without x
    };
    std::vector<Derived> derived;

    /// A derived quantity that was given, and the free parameter that follows from it where estimates move others.
    struct Given
    {
        int first_slot;  ///< of the component
        int slot;
        double value;                         ///< of the quantity
        expression::CompiledExpression code;  ///< value of the slot, of the slots from first_slot on; without x
    };
    std::vector<Given> given;

    // For the front end: what each column means.
    std::vector<std::string> term_types;  ///< [num_terms] HyperSpy's class name
    std::vector<std::string>
        term_variants;                    ///< [num_terms] what options make of it: same type and variant, same function
    std::vector<std::string> slot_paths;  ///< [num_slots] "component.parameter"
    std::vector<int> free_slots;          ///< [num_free] slot of each free column
    std::vector<int> pixel_slots;         ///< [num_pixel_values] slot of each per-pixel column
    std::vector<double> start;            ///< [num_free] the model's values
    bool is_linear = false;               ///< proved: in all free parameters jointly

  private:
    program::Convolution const* view_convolution() const;

    mutable std::vector<program::ExpressionCode> codes_;
    mutable std::vector<program::Function> functions_;
    mutable std::unique_ptr<program::Convolution> convolution_;
};

/// Turns a model, the axes it is fitted on and options into a plan. Inactive components are left out; components with
/// an active map get a bit; where the signal has a low loss, the convolved ones are evaluated on an axis of their own.
/// Throws InvalidArgument: no component, no free parameter, a dimension that does not fit, more than 64 components with
/// active maps, a low loss that nobody loaded, an optimizer or a loss that does not exist (named, with what does).
FitPlan lower(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data);

/// The channels that [data] keeps, ascending. Throws InvalidArgument if none.
std::vector<std::size_t> used_channels(Signal const& signal, DataOptions const& data);

}  // namespace warpfit
