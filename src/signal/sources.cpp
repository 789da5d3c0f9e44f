#include "src/signal/sources.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit::signal {

void MemorySource::read(std::size_t first, std::size_t count, std::byte* out)
{
    std::memcpy(out, bytes_.data() + first * pixel_bytes_, count * pixel_bytes_);
}

SlicedSource::SlicedSource(std::shared_ptr<PixelSource> source, std::vector<std::size_t> shape,
                           std::vector<Range> ranges, std::size_t num_channels, Range channels,
                           std::size_t element_bytes)
    : source_(std::move(source))
    , shape_(std::move(shape))
    , ranges_(std::move(ranges))
    , pixel_bytes_(num_channels * element_bytes)
    , first_byte_(channels.first * element_bytes)
    , out_pixel_bytes_((channels.second - channels.first) * element_bytes)
{
    std::size_t source_pixels = 1;
    bool is_run = true;
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
        std::size_t const length = ranges_[axis].second - ranges_[axis].first;
        if (is_run) run_ *= length;
        if (length != shape_[axis]) is_run = false;
        num_pixels_ *= length;
        source_pixels *= shape_[axis];
    }
    std::size_t const preferred = source_->preferred_count();
    bool const is_leading_cut = num_pixels_ == run_;
    preferred_count_ = is_leading_cut ? preferred : std::max<std::size_t>(1, preferred * num_pixels_ / source_pixels);
}

std::size_t SlicedSource::source_pixel(std::size_t pixel) const
{
    std::size_t index = 0;
    std::size_t stride = 1;
    for (std::size_t axis = shape_.size(); axis-- > 0;) {
        std::size_t const length = ranges_[axis].second - ranges_[axis].first;
        index += (ranges_[axis].first + pixel % length) * stride;
        pixel /= length;
        stride *= shape_[axis];
    }
    return index;
}

void SlicedSource::read(std::size_t first, std::size_t count, std::byte* out)
{
    std::size_t const end = first + count;
    while (first < end) {
        std::size_t const length = std::min(end - first, run_ - first % run_);
        read_run(source_pixel(first), length, out);
        first += length;
        out += length * out_pixel_bytes_;
    }
}

void SlicedSource::read_run(std::size_t first, std::size_t count, std::byte* out)
{
    if (out_pixel_bytes_ == pixel_bytes_) return source_->read(first, count, out);
    std::byte const* const memory = source_->memory();
    std::size_t const batch = std::max<std::size_t>(1, (std::size_t{1} << 22) / pixel_bytes_);
    while (count > 0) {
        std::size_t const length = memory != nullptr ? count : std::min(count, batch);
        std::byte const* in = memory + first * pixel_bytes_;
        if (memory == nullptr) {
            buffer_.resize(length * pixel_bytes_);
            source_->read(first, length, buffer_.data());
            in = buffer_.data();
        }
        for (std::size_t i = 0; i < length; ++i, out += out_pixel_bytes_)
            std::memcpy(out, in + i * pixel_bytes_ + first_byte_, out_pixel_bytes_);
        first += length;
        count -= length;
    }
}

std::byte const* SlicedSource::memory() const noexcept
{
    std::byte const* const memory = source_->memory();
    if (memory == nullptr || out_pixel_bytes_ != pixel_bytes_ || run_ != num_pixels_) return nullptr;
    return memory + source_pixel(0) * pixel_bytes_;
}

}  // namespace warpfit::signal
