#include "src/fit/pixel_reader.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit {

namespace {

/// Bytes of the listed pixels, one after the other.
std::vector<std::byte> gather(RawArray const& array, std::size_t pixel_bytes, std::span<std::size_t const> pixels)
{
    std::vector<std::byte> out(pixels.size() * pixel_bytes);
    if (std::byte const* memory = array.source->memory()) {
        for (std::size_t i = 0; i < pixels.size(); ++i)
            std::memcpy(out.data() + i * pixel_bytes, memory + pixels[i] * pixel_bytes, pixel_bytes);
        return out;
    }
    std::size_t const first = pixels.front();
    std::size_t const count = pixels.back() - first + 1;
    if (count == pixels.size()) {
        array.source->read(first, count, out.data());
        return out;
    }
    std::vector<std::byte> all(count * pixel_bytes);
    array.source->read(first, count, all.data());
    for (std::size_t i = 0; i < pixels.size(); ++i)
        std::memcpy(out.data() + i * pixel_bytes, all.data() + (pixels[i] - first) * pixel_bytes, pixel_bytes);
    return out;
}

}  // namespace

PixelReader::PixelReader(RawArray const& data, RawArray const* variance, std::size_t num_channels,
                         std::span<std::size_t const> pixels, std::size_t chunk)
    : data_(data)
    , variance_(variance)
    , num_channels_(num_channels)
    , pixels_(pixels)
    , chunk_(std::max<std::size_t>(chunk, 1))
{
    start();
}

PixelReader::~PixelReader()
{
    if (ahead_.valid()) ahead_.wait();
}

void PixelReader::start()
{
    if (at_ >= pixels_.size()) return;
    // A chunk is one window of the map, so that it spans whole chunks of the file.
    std::size_t const window = pixels_[at_] / chunk_;
    std::size_t last = at_;
    while (last < pixels_.size() && pixels_[last] / chunk_ == window) ++last;
    auto const policy = data_.source->memory() ? std::launch::deferred : std::launch::async;
    ahead_ = std::async(policy, [this, first = at_, last] { return read(first, last); });
    at_ = last;
}

PixelChunk PixelReader::read(std::size_t first, std::size_t last) const
{
    PixelChunk chunk;
    chunk.pixels.assign(pixels_.begin() + static_cast<std::ptrdiff_t>(first),
                        pixels_.begin() + static_cast<std::ptrdiff_t>(last));
    chunk.signal = gather(data_, num_channels_ * size_of(data_.type), chunk.pixels);
    if (variance_) chunk.variance = gather(*variance_, num_channels_ * size_of(variance_->type), chunk.pixels);
    return chunk;
}

bool PixelReader::next(PixelChunk& chunk)
{
    if (!ahead_.valid()) return false;
    chunk = ahead_.get();
    start();
    return true;
}

}  // namespace warpfit
