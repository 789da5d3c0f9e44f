#pragma once

#include "tests/expression/table.hpp"

#include <vector>

namespace warpfit::expression::tests {

/// Formulas at points where the rule for the derivative of a power or root reads 0 * inf, and near them. Values and
/// gradients are closed forms; at the points themselves they are limits.
std::vector<Row> limits();

}  // namespace warpfit::expression::tests
