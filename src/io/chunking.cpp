#include "src/io/chunking.hpp"

#include <algorithm>
#include <libdeflate.h>
#include <memory>

namespace warpfit::io {

Chunking Chunking::of(std::vector<std::size_t> const& array, std::size_t element_size, std::size_t num_record_axes)
{
    constexpr std::size_t target = std::size_t{1} << 20;
    constexpr std::size_t largest = std::size_t{256} << 20;
    Chunking chunking;
    chunking.shape.assign(array.size(), 1);
    std::size_t bytes = element_size;
    std::size_t axis = array.size();
    while (axis > 0) {
        std::size_t const n = array[axis - 1];
        bool const in_record = array.size() - axis < num_record_axes;
        if (bytes * n > (in_record ? largest : target)) break;
        bytes *= n;
        chunking.shape[--axis] = n;
    }
    if (axis == 0) {
        chunking.axis = 0;
        chunking.inner = 1;
        for (std::size_t i = 1; i < array.size(); ++i) chunking.inner *= array[i];
        return chunking;
    }
    chunking.axis = axis - 1;
    chunking.inner = bytes / element_size;
    chunking.shape[axis - 1] = std::clamp<std::size_t>(target / bytes, 1, array[axis - 1]);
    return chunking;
}

namespace {

template<std::size_t size>
void shuffle(std::byte const* in, std::size_t count, std::byte* out)
{
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t byte = 0; byte < size; ++byte) out[byte * count + i] = in[i * size + byte];
}

}  // namespace

bool shuffle_and_deflate(std::vector<std::byte> const& raw, std::size_t element_size, std::vector<std::byte>& out)
{
    std::vector<std::byte> shuffled;
    std::byte const* input = raw.data();
    if (element_size > 1) {
        shuffled.resize(raw.size());
        auto const apply = element_size == 2 ? shuffle<2> : element_size == 4 ? shuffle<4> : shuffle<8>;
        apply(raw.data(), raw.size() / element_size, shuffled.data());
        input = shuffled.data();
    }
    constexpr int level = 1;  // noisy counts: within 1 % of level 4's size, faster
    std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> const compressor(
        libdeflate_alloc_compressor(level), &libdeflate_free_compressor);
    if (!compressor) return false;
    out.resize(raw.size());
    std::size_t const size = libdeflate_zlib_compress(compressor.get(), input, raw.size(), out.data(), out.size());
    out.resize(size);
    return size > 0;
}

}  // namespace warpfit::io
