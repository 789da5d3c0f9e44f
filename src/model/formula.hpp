#pragma once

#include "src/expression/expression.hpp"
#include "warpfit/component.hpp"

#include <string>
#include <utility>
#include <vector>

namespace warpfit {

inline constexpr char rotation_parameter[] = "rotation_angle";
/// Of a ScalableFixedPattern with interpolate = false.
inline constexpr char pattern_as_it_is[] = "yscale * S(x)";

/// Replaces several symbols at once, so that names may be exchanged.
expression::Expression substitute_all(expression::Expression const& f,
                                      std::vector<std::pair<std::string, expression::Expression>> const& by);

/// The same formula in axes turned by rotation_angle about options.rotation_center, where there is none about the
/// parameters `position` (x's, y's; empty: the origin). With hyperspy_compat the new x is made of the new y, so that
/// areas change by cos^2.
expression::Expression rotated(expression::Expression const& f, std::vector<std::string> const& position,
                               ComponentOptions const& options);
/// Throws InvalidArgument where rotation_center is no pair of numbers, or nothing turns.
void check_rotation_center(ComponentOptions const& options);

/// What the options of an Expression component come to.
struct ExpressionFormula
{
    expression::Expression formula;       ///< in public names, rotated if asked for
    std::vector<std::string> parameters;  ///< public names, in the order of the names inside the formula
    int dimension;
};
/// Throws InvalidArgument: a formula without x, a position or a new name that does not fit.
ExpressionFormula read_expression(ComponentOptions const& options);

/// A component's formula in x, y and its parameters, but for what sums over channels add.
expression::Expression formula_of(Component const& component);
/// The parameter that is multiplied with the formula's sum over the channels beyond; empty: nothing is.
std::string const& cumulative_of(Component const& component);

/// One that depends on the parameters alike: the formula itself, or what a component of one's own declares.
expression::Expression dependence_of(Component const& component);

/// Formula of a twin in the one symbol `twin_symbol`. Empty text: the identity.
/// Throws InvalidArgument unless it has exactly one free symbol.
expression::Expression twin_formula(std::string const& text);
inline constexpr char twin_symbol[] = "value";

}  // namespace warpfit
