#include "src/fit/pixel_reader.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit {

namespace {

/// Writes the bytes of the listed pixels to `out`, one after the other.
void gather(PixelArray const& what, std::span<std::size_t const> pixels, RawBytes& out)
{
    if (!what.array) return;
    RawArray const& array = *what.array;
    std::size_t const pixel_bytes = what.num_channels * size_of(array.type);
    out.make_room(pixels.size() * pixel_bytes);
    if (std::byte const* memory = array.source->memory()) {
        for (std::size_t i = 0; i < pixels.size(); ++i)
            std::memcpy(out.data() + i * pixel_bytes, memory + pixels[i] * pixel_bytes, pixel_bytes);
        return;
    }
    std::size_t const first = pixels.front();
    std::size_t const count = pixels.back() - first + 1;
    if (count == pixels.size()) {
        array.source->read(first, count, out.data());
        return;
    }
    RawBytes all;
    all.make_room(count * pixel_bytes);
    array.source->read(first, count, all.data());
    for (std::size_t i = 0; i < pixels.size(); ++i)
        std::memcpy(out.data() + i * pixel_bytes, all.data() + (pixels[i] - first) * pixel_bytes, pixel_bytes);
}

}  // namespace

PixelReader::PixelReader(PixelArray data, PixelArray variance, PixelArray low_loss, std::span<std::size_t const> pixels,
                         std::size_t chunk)
    : data_(data)
    , variance_(variance)
    , low_loss_(low_loss)
    , pixels_(pixels)
    , chunk_(std::max<std::size_t>(chunk, 1))
{
    start({});
}

PixelReader::~PixelReader()
{
    if (ahead_.valid()) ahead_.wait();
}

void PixelReader::start(PixelChunk spare)
{
    if (at_ >= pixels_.size()) return;
    // A chunk is one window of the map, so that it spans whole chunks of the file.
    std::size_t const window = pixels_[at_] / chunk_;
    std::size_t last = at_;
    while (last < pixels_.size() && pixels_[last] / chunk_ == window) ++last;
    auto const policy = data_.array->source->memory() ? std::launch::deferred : std::launch::async;
    ahead_ = std::async(policy, [this, first = at_, last, chunk = std::move(spare)]() mutable {
        return read(first, last, std::move(chunk));
    });
    at_ = last;
}

PixelChunk PixelReader::read(std::size_t first, std::size_t last, PixelChunk chunk) const
{
    chunk.pixels.assign(pixels_.begin() + static_cast<std::ptrdiff_t>(first),
                        pixels_.begin() + static_cast<std::ptrdiff_t>(last));
    gather(data_, chunk.pixels, chunk.signal);
    gather(variance_, chunk.pixels, chunk.variance);
    gather(low_loss_, chunk.pixels, chunk.low_loss);
    return chunk;
}

bool PixelReader::next(PixelChunk& chunk)
{
    if (!ahead_.valid()) return false;
    PixelChunk spare = std::move(chunk);
    chunk = ahead_.get();
    start(std::move(spare));
    return true;
}

}  // namespace warpfit
