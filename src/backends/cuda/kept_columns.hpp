#pragma once

#include "kernels/program/kept_columns.hpp"

#include <vector>

namespace warpfit::cuda {

/// What program::KeptColumns views, in double.
struct KeptColumnsOfPlan
{
    std::vector<double> values;  ///< [num_columns, num_x]
    std::vector<program::Product> products;
    std::vector<int> factors, targets;
};

/// The columns of the plan's kept terms, evaluated here once for all pixels. Empty: nothing is kept.
KeptColumnsOfPlan keep_columns(program::Plan const& plan);

}  // namespace warpfit::cuda
