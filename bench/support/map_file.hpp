#pragma once

#include <cstddef>
#include <string>

namespace warpfit::bench {

/// Writes /data [num_pixels / 32, 32, num_channels] of u16 in gzipped chunks (8 x 32 pixels), chunk by chunk: a peak on
/// a constant with Poisson counts. num_pixels: a multiple of 256. Throws std::runtime_error.
void write_map(std::string const& path, std::size_t num_pixels, std::size_t num_channels);

}  // namespace warpfit::bench
