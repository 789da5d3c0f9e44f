#pragma once

#include "src/expression/expression.hpp"
#include "src/expression/graph.hpp"

#include <memory>
#include <string_view>

namespace warpfit::expression {

/// Formula with its `;` substitutions carried out. Throws InvalidArgument with the text and a caret.
std::shared_ptr<Node const> parse(std::string_view text, Curves const& curves);

}  // namespace warpfit::expression
