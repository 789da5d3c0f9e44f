#include "src/io/chunk_decoder.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <libdeflate.h>
#include <lz4.h>
#include <new>

namespace warpfit::io {
namespace {

constexpr int lz4_filter = 32004;
constexpr int bitshuffle_filter = 32008;

std::uint64_t big_endian(std::byte const* in, std::size_t size)
{
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < size; ++i) value = value << 8 | std::to_integer<std::uint64_t>(in[i]);
    return value;
}

template<std::size_t Size>
void unshuffle_as(std::byte const* in, std::size_t count, std::byte* out)
{
    for (std::size_t i = 0; i < count; ++i)
        for (std::size_t b = 0; b < Size; ++b) out[i * Size + b] = in[b * count + i];
}

/// Transposes the 8 x 8 bits of v: byte r, bit c -> byte c, bit r (Hacker's Delight, 7-3).
std::uint64_t transpose_bits(std::uint64_t v)
{
    std::uint64_t t = (v ^ (v >> 7)) & 0x00aa00aa00aa00aaULL;
    v ^= t ^ (t << 7);
    t = (v ^ (v >> 14)) & 0x0000cccc0000ccccULL;
    v ^= t ^ (t << 14);
    t = (v ^ (v >> 28)) & 0x00000000f0f0f0f0ULL;
    return v ^ t ^ (t << 28);
}

/// Row b * 8 + i of `in` [8 * size rows, count / 8 bytes] holds bit i of byte b of every element; count is a multiple
/// of 8.
void unshuffle_bits(std::byte const* in, std::size_t count, std::size_t size, std::byte* out)
{
    std::size_t const row = count / 8;
    for (std::size_t b = 0; b < size; ++b)
        for (std::size_t k = 0; k < row; ++k) {
            std::uint64_t bits = 0;
            for (std::size_t i = 0; i < 8; ++i)
                bits |= std::to_integer<std::uint64_t>(in[(b * 8 + i) * row + k]) << (8 * i);
            bits = transpose_bits(bits);
            for (std::size_t i = 0; i < 8; ++i) out[(k * 8 + i) * size + b] = static_cast<std::byte>(bits >> (8 * i));
        }
}

bool undo_lz4_block(std::byte const* in, std::size_t in_size, std::byte* out, std::size_t out_size)
{
    if (in_size > LZ4_MAX_INPUT_SIZE || out_size > LZ4_MAX_INPUT_SIZE) return false;
    return LZ4_decompress_safe(reinterpret_cast<char const*>(in), reinterpret_cast<char*>(out),
                               static_cast<int>(in_size), static_cast<int>(out_size)) == static_cast<int>(out_size);
}

/// Of 16-bit big-endian words, the last padded with a zero byte; HDF5 folds its sums every 360 words.
std::uint32_t fletcher32(std::byte const* in, std::size_t size)
{
    std::uint32_t sum1 = 0;
    std::uint32_t sum2 = 0;
    auto const fold = [](std::uint32_t sum) { return (sum & 0xffff) + (sum >> 16); };
    std::size_t const num_words = (size + 1) / 2;
    for (std::size_t i = 0; i < num_words; ++i) {
        std::uint32_t const low = 2 * i + 1 < size ? std::to_integer<std::uint32_t>(in[2 * i + 1]) : 0;
        sum1 += std::to_integer<std::uint32_t>(in[2 * i]) << 8 | low;
        sum2 += sum1;
        if ((i + 1) % 360 == 0) {
            sum1 = fold(sum1);
            sum2 = fold(sum2);
        }
    }
    return fold(fold(sum2)) << 16 | fold(fold(sum1));
}

/// Removes the check sum behind the data. Either order of bytes within its halves is good: HDF5 1.6.2 wrote both.
bool check_sum(std::vector<std::byte>& bytes)
{
    if (bytes.size() < 4) return false;
    std::size_t const size = bytes.size() - 4;
    std::uint32_t stored = 0;
    for (std::size_t i = 4; i-- > 0;) stored = stored << 8 | std::to_integer<std::uint32_t>(bytes[size + i]);
    bytes.resize(size);
    std::uint32_t const sum = fletcher32(bytes.data(), size);
    return stored == sum || stored == ((sum & 0x00ff00ff) << 8 | (sum >> 8 & 0x00ff00ff));
}

bool is_known(hdf5::Filter const& filter)
{
    switch (filter.id) {
    case H5Z_FILTER_DEFLATE:
    case H5Z_FILTER_SHUFFLE:
    case lz4_filter:
        return true;
    case bitshuffle_filter:  // parameter 4 is the compression inside: none or LZ4; 3 would be zstd
        return filter.parameters.size() < 5 || filter.parameters[4] == 0 || filter.parameters[4] == 2;
    default:
        return false;
    }
}

}  // namespace

ChunkDecoder::ChunkDecoder(std::vector<hdf5::Filter> const& filters, std::size_t element_bytes, std::size_t chunk_bytes)
    : filters_(filters)
    , element_bytes_(element_bytes)
    , chunk_bytes_(chunk_bytes)
{
    if (!is_supported(filters)) throw InputError(missing(filters));
    decompressor_ = libdeflate_alloc_decompressor();
    if (decompressor_ == nullptr) throw std::bad_alloc();
}

ChunkDecoder::~ChunkDecoder()
{
    libdeflate_free_decompressor(decompressor_);
}

bool ChunkDecoder::is_supported(std::vector<hdf5::Filter> const& filters)
{
    bool const has_check_sum = !filters.empty() && filters.back().id == H5Z_FILTER_FLETCHER32;
    return filters.size() <= 32 && std::all_of(filters.begin(), filters.end() - (has_check_sum ? 1 : 0), is_known);
}

std::string ChunkDecoder::missing(std::vector<hdf5::Filter> const& filters)
{
    for (hdf5::Filter const& filter : filters) {
        if (is_known(filter) || filter.is_available) continue;
        std::string name = filter.name.empty() ? "without a name" : "\"" + filter.name + "\"";
        std::string package = "the plugin of this filter";
        switch (filter.id) {
        case H5Z_FILTER_SZIP:
            package = "an HDF5 library with szip";
            break;
        case 307:
            package = "hdf5-filter-plugin (bzip2)";
            break;
        case 32001:
            package = "hdf5-filter-plugin-blosc-serial (Blosc)";
            break;
        case bitshuffle_filter:
            package = "hdf5plugin from PyPI (bitshuffle with zstd)";
            break;
        case 32015:
            package = "hdf5plugin from PyPI (zstd)";
            break;
        case 32026:
            package = "hdf5plugin from PyPI (Blosc2)";
            break;
        default:
            break;
        }
        return "compressed by filter " + std::to_string(filter.id) + " " + name +
               ", which cannot be undone (this HDF5 library does not have it) install " + package +
               " and point HDF5_PLUGIN_PATH at it, or rewrite the file where it can be read: "
               "h5repack -f SHUF -f GZIP=4 OLD NEW";
    }
    return {};
}

bool ChunkDecoder::decode(std::vector<std::byte>& bytes, unsigned filter_mask)
{
    for (std::size_t i = filters_.size(); i-- > 0;) {
        if ((filter_mask >> i & 1u) != 0) continue;
        bool ok = false;
        switch (filters_[i].id) {
        case H5Z_FILTER_DEFLATE:
            ok = inflate(bytes);
            break;
        case H5Z_FILTER_SHUFFLE:
            ok = unshuffle(bytes, filters_[i].parameters.empty() ? element_bytes_ : filters_[i].parameters[0]);
            break;
        case H5Z_FILTER_FLETCHER32:
            ok = check_sum(bytes);
            break;
        case lz4_filter:
            ok = undo_lz4(bytes);
            break;
        default:
            ok = undo_bitshuffle(bytes, filters_[i].parameters);
        }
        if (!ok) return false;
    }
    return bytes.size() == chunk_bytes_;
}

bool ChunkDecoder::inflate(std::vector<std::byte>& bytes)
{
    if (chunk_bytes_ / 1040 > bytes.size()) return false;  // deflate shrinks by 1032 at most
    scratch_.resize(chunk_bytes_);
    if (libdeflate_zlib_decompress(decompressor_, bytes.data(), bytes.size(), scratch_.data(), scratch_.size(),
                                   nullptr) != LIBDEFLATE_SUCCESS)
        return false;
    bytes.swap(scratch_);
    return true;
}

bool ChunkDecoder::unshuffle(std::vector<std::byte>& bytes, std::size_t element_bytes)
{
    if (element_bytes == 0) return false;
    if (element_bytes == 1) return true;
    std::size_t const count = bytes.size() / element_bytes;
    scratch_.resize(bytes.size());
    switch (element_bytes) {
    case 2:
        unshuffle_as<2>(bytes.data(), count, scratch_.data());
        break;
    case 4:
        unshuffle_as<4>(bytes.data(), count, scratch_.data());
        break;
    case 8:
        unshuffle_as<8>(bytes.data(), count, scratch_.data());
        break;
    default:
        for (std::size_t i = 0; i < count; ++i)
            for (std::size_t b = 0; b < element_bytes; ++b) scratch_[i * element_bytes + b] = bytes[b * count + i];
    }
    std::copy(bytes.begin() + static_cast<std::ptrdiff_t>(count * element_bytes), bytes.end(),
              scratch_.begin() + static_cast<std::ptrdiff_t>(count * element_bytes));
    bytes.swap(scratch_);
    return true;
}

// 8 bytes total size, 4 bytes block size, then a 4-byte size before each block, all big-endian. A block that did not
// shrink is stored as it is.
bool ChunkDecoder::undo_lz4(std::vector<std::byte>& bytes)
{
    if (bytes.size() < 12 || big_endian(bytes.data(), 8) != chunk_bytes_ || chunk_bytes_ / 260 > bytes.size())
        return false;
    std::size_t const block = std::min<std::size_t>(big_endian(bytes.data() + 8, 4), chunk_bytes_);
    if (block == 0) return false;
    scratch_.resize(chunk_bytes_);
    std::size_t at = 12;
    for (std::size_t done = 0; done < chunk_bytes_; done += block) {
        std::size_t const out_size = std::min(block, chunk_bytes_ - done);
        if (bytes.size() - at < 4) return false;
        std::size_t const in_size = big_endian(bytes.data() + at, 4);
        at += 4;
        if (in_size > bytes.size() - at) return false;
        if (in_size == out_size)
            std::memcpy(scratch_.data() + done, bytes.data() + at, out_size);
        else if (!undo_lz4_block(bytes.data() + at, in_size, scratch_.data() + done, out_size))
            return false;
        at += in_size;
    }
    bytes.swap(scratch_);
    return true;
}

// Parameters: major, minor version, element size, block size [elements] (0: the default), compression. With LZ4: the
// header and block framing of undo_lz4. Elements beyond the last multiple of 8 are plain.
bool ChunkDecoder::undo_bitshuffle(std::vector<std::byte>& bytes, std::vector<unsigned> const& parameters)
{
    bool const has_lz4 = parameters.size() >= 5 && parameters[4] == 2;
    std::size_t const size = parameters.size() >= 3 && parameters[2] != 0 ? parameters[2] : element_bytes_;
    std::size_t block = parameters.size() >= 4 ? parameters[3] : 0;
    if (size > chunk_bytes_ || chunk_bytes_ % size != 0) return false;
    std::size_t at = 0;
    if (has_lz4) {
        if (bytes.size() < 12 || big_endian(bytes.data(), 8) != chunk_bytes_ || chunk_bytes_ / 260 > bytes.size())
            return false;
        block = big_endian(bytes.data() + 8, 4) / size;
        at = 12;
    } else if (bytes.size() != chunk_bytes_) {
        return false;
    }
    if (block == 0) block = std::max<std::size_t>(128, 8192 / size / 8 * 8);
    if (block % 8 != 0) return false;

    std::size_t const count = chunk_bytes_ / size;
    scratch_.resize(chunk_bytes_);
    std::size_t done = 0;
    while (done < count / 8 * 8) {
        std::size_t const length = std::min(block, count / 8 * 8 - done);
        std::size_t const out_size = length * size;
        std::size_t in_size = out_size;
        std::byte const* in = bytes.data() + at;
        if (has_lz4) {
            if (bytes.size() - at < 4) return false;
            in_size = big_endian(bytes.data() + at, 4);
            at += 4;
            if (in_size > bytes.size() - at) return false;
            block_.resize(out_size);
            if (!undo_lz4_block(bytes.data() + at, in_size, block_.data(), out_size)) return false;
            in = block_.data();
        }
        unshuffle_bits(in, length, size, scratch_.data() + done * size);
        at += in_size;
        done += length;
    }
    std::size_t const rest = (count - done) * size;
    if (bytes.size() - at < rest) return false;
    std::memcpy(scratch_.data() + done * size, bytes.data() + at, rest);
    bytes.swap(scratch_);
    return true;
}

}  // namespace warpfit::io
