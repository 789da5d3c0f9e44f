#pragma once

#include "warpfit/signal.hpp"

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace warpfit::signal {

/// Half-open index range.
using Range = std::pair<std::size_t, std::size_t>;

/// Pixels that lie in memory, [num_pixels * pixel_bytes].
class MemorySource final : public PixelSource
{
  public:
    MemorySource(std::vector<std::byte> bytes, std::size_t pixel_bytes)
        : bytes_(std::move(bytes))
        , pixel_bytes_(pixel_bytes)
    {}

    void read(std::size_t first, std::size_t count, std::byte* out) override;
    std::byte const* memory() const noexcept override { return bytes_.data(); }

  private:
    std::vector<std::byte> bytes_;
    std::size_t pixel_bytes_;
};

/// Part of another source: a box of its navigation space, a range of its channels.
class SlicedSource final : public PixelSource
{
  public:
    /// shape [ranges.size()]: navigation shape of `source`; ranges lie within it. num_channels and element_bytes
    /// describe a pixel of `source`.
    SlicedSource(std::shared_ptr<PixelSource> source, std::vector<std::size_t> shape, std::vector<Range> ranges,
                 std::size_t num_channels, Range channels, std::size_t element_bytes);

    void read(std::size_t first, std::size_t count, std::byte* out) override;
    std::byte const* memory() const noexcept override;
    std::size_t preferred_count() const noexcept override { return preferred_count_; }

  private:
    std::size_t source_pixel(std::size_t pixel) const;
    void read_run(std::size_t first, std::size_t count, std::byte* out);

    std::shared_ptr<PixelSource> source_;
    std::vector<std::size_t> shape_;
    std::vector<Range> ranges_;
    std::size_t pixel_bytes_;      ///< of a pixel of source_
    std::size_t first_byte_;       ///< of a pixel here, within one of source_
    std::size_t out_pixel_bytes_;  ///< of a pixel here
    std::size_t run_ = 1;          ///< pixels from a multiple of run_ to the next are neighbours in source_ too
    std::size_t num_pixels_ = 1;
    std::size_t preferred_count_ = 1;
    std::vector<std::byte> buffer_;
};

}  // namespace warpfit::signal
