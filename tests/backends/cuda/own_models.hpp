#pragma once

#include "tests/backends/cuda/models.hpp"

namespace warpfit::testing {

/// The text of a file below the project's directory.
std::string source_text(std::string const& path);

/// A functor in examples/ or tests/ for a plan; its window is that of its struct.
program::Function own_function(std::string const& type);

/// A plan with functors of somebody else, and the same with their formulas in their place.
struct OwnModel
{
    std::string name;
    PlanBuilder builder;
    PlanBuilder reference;
};

/// Each header stands in one model alone.
std::vector<OwnModel> own_models();

}  // namespace warpfit::testing
