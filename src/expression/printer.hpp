#pragma once

#include "src/expression/graph.hpp"

#include <string>

namespace warpfit::expression {

/// The formula as text that parse() reads back.
std::string printed(Graph const& graph, Id root);

/// Shortest decimal text that reads back as v.
std::string printed(double v);

}  // namespace warpfit::expression
