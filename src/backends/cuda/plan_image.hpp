#pragma once

#include "kernels/program/program.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace warpfit::cuda {

/// A plan with all that it points to in one block of bytes, made for the address where it will lie: what a device gets
/// in one copy.
struct PlanImage
{
    std::vector<std::byte> bytes;  ///< their number does not depend on the address
    program::Plan plan;            ///< pointers into the block at its address
    program::ChannelData<float> narrow;
    program::ChannelData<double> wide;
};

/// address: a multiple of 16; of the device, or of any place for a look at the size.
PlanImage make_plan_image(program::Plan const& plan, std::uintptr_t address);

}  // namespace warpfit::cuda
