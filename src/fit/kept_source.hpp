#pragma once

#include "warpfit/signal.hpp"

#include <memory>
#include <vector>

namespace warpfit {

/// Reads another source at most once and keeps what it has read: a seeded fit visits the map several times, and
/// decompressing costs as much as fitting. For maps that fit the memory it is given.
class KeptSource final : public PixelSource
{
  public:
    /// Largest map that is kept [bytes]; larger ones are read again in each phase, so that memory stays flat.
    static constexpr std::size_t most_bytes = std::size_t{256} << 20;

    KeptSource(std::shared_ptr<PixelSource> source, std::size_t num_pixels, std::size_t pixel_bytes);

    void read(std::size_t first, std::size_t count, std::byte* out) override;
    std::size_t preferred_count() const noexcept override { return unit_; }

  private:
    std::shared_ptr<PixelSource> source_;
    std::size_t num_pixels_;
    std::size_t pixel_bytes_;
    std::size_t unit_;
    std::unique_ptr<std::byte[]> bytes_;
    std::vector<bool> have_;  ///< by unit
};

/// The array read once, where it lies in a file and is small enough; otherwise the array itself.
RawArray keep(RawArray const& array, std::size_t num_pixels, std::size_t num_channels);

}  // namespace warpfit
