#pragma once

#include "src/io/hdf5.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

struct libdeflate_decompressor;

namespace warpfit::io {

/// Undoes a chunk's filters without HDF5, so outside its lock: deflate, shuffle, LZ4 (32004), bitshuffle (32008), and
/// Fletcher's check sum behind them.
///
/// One thread at a time; cheap to make, so each thread has its own.
class ChunkDecoder
{
  public:
    /// `chunk_bytes`: size of a decoded chunk. Throws InputError for a filter that is_supported() refuses.
    ChunkDecoder(std::vector<hdf5::Filter> const& filters, std::size_t element_bytes, std::size_t chunk_bytes);
    ~ChunkDecoder();

    static bool is_supported(std::vector<hdf5::Filter> const& filters);
    /// What to do about filters that neither this class nor the HDF5 library can undo; empty: nothing is missing.
    static std::string missing(std::vector<hdf5::Filter> const& filters);

    /// Turns stored bytes into [chunk_bytes] in place; bit i of `filter_mask` set: filter i was skipped.
    /// False if they are damaged.
    bool decode(std::vector<std::byte>& bytes, unsigned filter_mask);

  private:
    bool inflate(std::vector<std::byte>& bytes);
    bool unshuffle(std::vector<std::byte>& bytes, std::size_t element_bytes);
    bool undo_lz4(std::vector<std::byte>& bytes);
    bool undo_bitshuffle(std::vector<std::byte>& bytes, std::vector<unsigned> const& parameters);

    std::vector<hdf5::Filter> filters_;
    std::size_t element_bytes_;
    std::size_t chunk_bytes_;
    libdeflate_decompressor* decompressor_ = nullptr;
    std::vector<std::byte> scratch_;
    std::vector<std::byte> block_;
};

}  // namespace warpfit::io
