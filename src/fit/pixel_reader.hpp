#pragma once

#include "src/model/fit_plan.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <future>
#include <memory>
#include <span>
#include <vector>

namespace warpfit {

/// Bytes that are written before they are read: a vector would clear them first.
class RawBytes
{
  public:
    std::byte* data() const noexcept { return bytes_.get(); }
    /// Room for `size` bytes; what was there may be lost.
    void make_room(std::size_t size)
    {
        if (size <= capacity_) return;
        bytes_.reset();
        bytes_ = std::make_unique_for_overwrite<std::byte[]>(size);
        capacity_ = size;
    }

  private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t capacity_ = 0;
};

/// Raw data of some pixels, gathered into one array a kind.
struct PixelChunk
{
    std::vector<std::size_t> pixels;  ///< which, ascending
    RawBytes signal;
    RawBytes variance;
    RawBytes low_loss;
};

/// Raw values of every pixel.
struct PixelArray
{
    RawArray const* array = nullptr;  ///< null: none
    std::size_t num_channels = 0;     ///< of a pixel
};

/// Reads the pixels of a list in chunks, the next one while the caller works on the last.
class PixelReader
{
  public:
    /// pixels: ascending. chunk: pixels of the map that a chunk spans at most.
    PixelReader(PixelArray data, PixelArray variance, PixelArray low_loss, std::span<std::size_t const> pixels,
                std::size_t chunk);
    ~PixelReader();
    PixelReader(PixelReader const&) = delete;
    PixelReader& operator=(PixelReader const&) = delete;

    /// False at the end. Throws InputError. The memory of `chunk` serves for the one after the next.
    bool next(PixelChunk& chunk);

  private:
    PixelChunk read(std::size_t first, std::size_t last, PixelChunk chunk) const;
    void start(PixelChunk spare);

    PixelArray data_;
    PixelArray variance_;
    PixelArray low_loss_;
    std::span<std::size_t const> pixels_;
    std::size_t chunk_;
    std::size_t at_ = 0;
    std::future<PixelChunk> ahead_;
};

}  // namespace warpfit
