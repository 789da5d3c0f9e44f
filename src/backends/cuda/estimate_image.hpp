#pragma once

#include "kernels/estimate/plan.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace warpfit::cuda {

/// What estimates go by, with all that it points to, in one block of bytes made for the address where it will lie.
struct EstimateImage
{
    std::vector<std::byte> bytes;  ///< their number does not depend on the address
    estimate::Plan plan;           ///< pointers into the block at its address
};

/// address: a multiple of 16; of the device, or of any place for a look at the size.
EstimateImage make_estimate_image(estimate::Plan const& plan, std::uintptr_t address);

}  // namespace warpfit::cuda
