#pragma once

#include "warpfit/elements.hpp"

#include <span>

namespace warpfit::physics {

/// Every element that has data, by atomic number.
std::span<Element const> element_data() noexcept;

}  // namespace warpfit::physics
