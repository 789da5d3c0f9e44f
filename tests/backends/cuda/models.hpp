#pragma once

#include "tests/support/plan_builder.hpp"

#include <string>
#include <vector>

namespace warpfit::testing {

/// A plan with a name that is a C++ identifier.
struct NamedModel
{
    std::string name;
    PlanBuilder builder;
};

/// Every built-in component alone, all parameters free.
std::vector<NamedModel> component_models();

/// Every component that is a formula alone, all parameters free.
std::vector<NamedModel> formula_models();

/// Composites: twins, expressions, hoisted, fixed and per-pixel parameters, switched terms, 2D, binned.
std::vector<NamedModel> composite_models();

}  // namespace warpfit::testing
