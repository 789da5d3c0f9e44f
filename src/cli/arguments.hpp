#pragma once

#include "warpfit/axis.hpp"
#include "warpfit/model_file.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The small languages of the command line.
namespace warpfit::cli {

using IndexRange = std::pair<std::size_t, std::size_t>;  ///< half-open

/// "a:b,c:d": one range per navigation axis, slowest first; ends may be open or negative (from the end), a lone index
/// keeps one pixel, axes that are not named stay whole. Throws InvalidArgument.
std::vector<IndexRange> parse_inav(std::string_view text, std::vector<std::size_t> const& shape);

/// "i,j": an index per navigation axis, slowest first, negative from the end. Throws InvalidArgument.
std::vector<std::size_t> parse_pixel(std::string_view text, std::vector<std::size_t> const& shape);

/// "a:b" in axis units to a half-open index range, each end at the nearest channel, as HyperSpy's isig with floats; an
/// open end, or one beyond the axis, takes all. Throws InvalidArgument.
IndexRange parse_isig(std::string_view text, Axis const& axis);

/// "start:stop:count", both ends included. Throws InvalidArgument.
std::vector<double> parse_steps(std::string_view text);

/// Whether the text has the form of parse_steps rather than that of a path.
bool looks_like_steps(std::string_view text);

/// Flat position of a pixel in navigation order.
std::size_t flat_index(std::vector<std::size_t> const& pixel, std::vector<std::size_t> const& shape);

/// Flat positions that the ranges keep, in navigation order.
std::vector<std::size_t> kept_pixels(std::vector<IndexRange> const& ranges, std::vector<std::size_t> const& shape);

/// "FILE" or "FILE#inside" with FILE made absolute.
std::string absolute_data_path(std::string const& path);

}  // namespace warpfit::cli
