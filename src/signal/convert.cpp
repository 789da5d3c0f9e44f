#include "src/signal/convert.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace warpfit::signal {
namespace {

template<class Raw>
Raw load_element(std::byte const* in, bool byte_swapped)
{
    std::array<std::byte, sizeof(Raw)> bytes;
    std::memcpy(bytes.data(), in, sizeof(Raw));
    if (byte_swapped) std::reverse(bytes.begin(), bytes.end());
    return std::bit_cast<Raw>(bytes);
}

template<class Raw, class Real>
void convert_as(bool byte_swapped, std::byte const* in, std::size_t count, Real* out)
{
    if (byte_swapped) {
        for (std::size_t i = 0; i < count; ++i)
            out[i] = static_cast<Real>(load_element<Raw>(in + i * sizeof(Raw), true));
        return;
    }
    for (std::size_t i = 0; i < count; ++i) {
        Raw value;
        std::memcpy(&value, in + i * sizeof(Raw), sizeof(Raw));
        out[i] = static_cast<Real>(value);
    }
}

template<class Real>
void convert_any(DataType type, bool byte_swapped, std::byte const* in, std::size_t count, Real* out)
{
    switch (type) {
    case DataType::u8:
        return convert_as<std::uint8_t>(false, in, count, out);
    case DataType::i8:
        return convert_as<std::int8_t>(false, in, count, out);
    case DataType::u16:
        return convert_as<std::uint16_t>(byte_swapped, in, count, out);
    case DataType::i16:
        return convert_as<std::int16_t>(byte_swapped, in, count, out);
    case DataType::u32:
        return convert_as<std::uint32_t>(byte_swapped, in, count, out);
    case DataType::i32:
        return convert_as<std::int32_t>(byte_swapped, in, count, out);
    case DataType::u64:
        return convert_as<std::uint64_t>(byte_swapped, in, count, out);
    case DataType::i64:
        return convert_as<std::int64_t>(byte_swapped, in, count, out);
    case DataType::f32:
        return convert_as<float>(byte_swapped, in, count, out);
    case DataType::f64:
        return convert_as<double>(byte_swapped, in, count, out);
    case DataType::f16:
        for (std::size_t i = 0; i < count; ++i)
            out[i] = half_to_float(load_element<std::uint16_t>(in + 2 * i, byte_swapped));
    }
}

}  // namespace

float half_to_float(std::uint16_t bits) noexcept
{
    std::uint32_t const sign = (bits & 0x8000u) << 16;
    std::uint32_t const magnitude = bits & 0x7fffu;
    if (magnitude >= 0x7c00u) return std::bit_cast<float>(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
    if (magnitude < 0x0400u) {  // zero and subnormals: a multiple of 2^-24
        float const value = static_cast<float>(magnitude) * 0x1p-24f;
        return sign != 0 ? -value : value;
    }
    return std::bit_cast<float>(sign | ((magnitude << 13) + (112u << 23)));  // exponent bias 15 -> 127
}

void convert(DataType type, bool byte_swapped, std::byte const* in, std::size_t count, double* out)
{
    convert_any(type, byte_swapped, in, count, out);
}

void convert(DataType type, bool byte_swapped, std::byte const* in, std::size_t count, float* out)
{
    convert_any(type, byte_swapped, in, count, out);
}

}  // namespace warpfit::signal
