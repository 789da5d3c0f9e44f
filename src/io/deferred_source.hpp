#pragma once

#include "warpfit/signal.hpp"

#include <cstddef>
#include <functional>
#include <vector>

namespace warpfit::io {

/// Values that can only be had all at once (stored in another order, or computed): made at the first read, then kept.
class DeferredSource final : public PixelSource
{
  public:
    /// `make` returns [num_pixels * pixel_bytes]; it may throw InputError, and is then called again by the next read.
    DeferredSource(std::function<std::vector<std::byte>()> make, std::size_t pixel_bytes);

    void read(std::size_t first, std::size_t count, std::byte* out) override;
    std::byte const* memory() const noexcept override { return make_ ? nullptr : bytes_.data(); }

  private:
    std::function<std::vector<std::byte>()> make_;  ///< empty once called
    std::vector<std::byte> bytes_;
    std::size_t pixel_bytes_;
};

}  // namespace warpfit::io
