#pragma once

#include <cstddef>
#include <vector>

namespace warpfit::io {

/// Chunks that are contiguous runs of a C-ordered array: 1 along the axes before one axis, whole along those after it.
struct Chunking
{
    std::vector<std::size_t> shape;  ///< of one chunk
    std::size_t axis = 0;            ///< the axis that is cut
    std::size_t inner = 1;           ///< elements of one step along it

    /// About 1 MB; one record (the last num_record_axes axes) at least, unless it is larger than 256 MB.
    static Chunking of(std::vector<std::size_t> const& array, std::size_t element_size, std::size_t num_record_axes);
    std::size_t elements() const { return shape[axis] * inner; }
};

/// Compresses elements of 1, 2, 4 or 8 bytes as HDF5's shuffle and deflate filters do; false where they do not get
/// smaller.
bool shuffle_and_deflate(std::vector<std::byte> const& raw, std::size_t element_size, std::vector<std::byte>& out);

}  // namespace warpfit::io
