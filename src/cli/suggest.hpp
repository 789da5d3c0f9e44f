#pragma once

#include <span>
#include <string>
#include <string_view>

namespace warpfit::cli {

/// The candidate nearest to `word` by edit distance; empty if none is near enough to be meant.
std::string closest(std::string_view word, std::span<std::string const> candidates);

}  // namespace warpfit::cli
