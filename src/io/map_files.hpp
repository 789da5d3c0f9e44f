#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace warpfit::io {

/// One map to be written: what it is and its values in C order.
struct MapView
{
    std::string title;               ///< "peak.A", with units if any
    std::vector<std::size_t> shape;  ///< navigation shape, slowest first; empty: a single value
    std::variant<std::span<double const>, std::span<int const>, std::span<std::uint8_t const>> values;
};

/// NumPy's format 1.0, C order, little-endian. Throws WriteError, as do the other two.
void write_npy(std::string const& path, MapView const& map);

/// Comment lines (#), then a line for each row of the last axis, values separated by commas, in full precision. One
/// axis: a line a value. More than two: a comment before each plane.
void write_csv(std::string const& path, MapView const& map);

/// Uncompressed greyscale TIFF: float32 (float64 where a value needs it) for doubles, int32 and uint8 otherwise. One
/// page for each index of the axes before the last two; fewer axes: one row.
void write_tiff(std::string const& path, MapView const& map);

}  // namespace warpfit::io
