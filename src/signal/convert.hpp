#pragma once

#include "warpfit/signal.hpp"

#include <cstddef>
#include <cstdint>

/// Raw elements to numbers on the host.
namespace warpfit::signal {

/// IEEE 754 binary16, exact; subnormals, infinities and NaN included.
float half_to_float(std::uint16_t bits) noexcept;

/// Converts in [count * size_of(type)] to out [count]. `in` needs no alignment; it must not overlap `out`.
void convert(DataType type, bool byte_swapped, std::byte const* in, std::size_t count, double* out);
void convert(DataType type, bool byte_swapped, std::byte const* in, std::size_t count, float* out);

}  // namespace warpfit::signal
