#include "src/fit/kept_source.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit {

KeptSource::KeptSource(std::shared_ptr<PixelSource> source, std::size_t num_pixels, std::size_t pixel_bytes)
    : source_(std::move(source))
    , num_pixels_(num_pixels)
    , pixel_bytes_(pixel_bytes)
    , unit_(std::max<std::size_t>(source_->preferred_count(), 1))
    , bytes_(std::make_unique_for_overwrite<std::byte[]>(num_pixels * pixel_bytes))
    , have_((num_pixels + unit_ - 1) / unit_, false)
{}

void KeptSource::read(std::size_t first, std::size_t count, std::byte* out)
{
    std::size_t const last_unit = (first + count - 1) / unit_;
    for (std::size_t u = first / unit_; u <= last_unit; ++u) {
        if (have_[u]) continue;
        std::size_t end = u;
        while (end <= last_unit && !have_[end]) ++end;
        std::size_t const begin_pixel = u * unit_;
        std::size_t const end_pixel = std::min(end * unit_, num_pixels_);
        source_->read(begin_pixel, end_pixel - begin_pixel, bytes_.get() + begin_pixel * pixel_bytes_);
        std::fill(have_.begin() + static_cast<std::ptrdiff_t>(u), have_.begin() + static_cast<std::ptrdiff_t>(end),
                  true);
    }
    std::memcpy(out, bytes_.get() + first * pixel_bytes_, count * pixel_bytes_);
}

RawArray keep(RawArray const& array, std::size_t num_pixels, std::size_t num_channels)
{
    std::size_t const pixel_bytes = num_channels * size_of(array.type);
    if (!array.source || array.source->memory() || num_pixels * pixel_bytes > KeptSource::most_bytes) return array;
    RawArray kept = array;
    kept.source = std::make_shared<KeptSource>(array.source, num_pixels, pixel_bytes);
    return kept;
}

}  // namespace warpfit
