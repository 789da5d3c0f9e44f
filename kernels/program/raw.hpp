#pragma once

#include "kernels/program/plan.hpp"

/// One stored element as a double, wherever a pixel's raw values lie in memory.
namespace warpfit::program {

namespace detail {

/// The `size` bytes at p as an unsigned number, lowest byte first, or last where swapped. Host and devices are
/// little-endian, so `swapped` says big-endian data.
WARPFIT_HD inline unsigned long long raw_bits(unsigned char const* p, int size, bool swapped)
{
    unsigned long long bits = 0;
    for (int i = 0; i < size; ++i) bits |= static_cast<unsigned long long>(p[swapped ? size - 1 - i : i]) << (8 * i);
    return bits;
}

/// IEEE 754 binary16.
WARPFIT_HD inline double half_value(unsigned bits)
{
    unsigned long long const sign = static_cast<unsigned long long>(bits & 0x8000u) << 48;
    unsigned const exponent = bits >> 10 & 0x1fu;
    unsigned const mantissa = bits & 0x3ffu;
    if (exponent == 0) {
        double const v = static_cast<double>(mantissa) * 5.9604644775390625e-08;  // 2^-24
        return sign ? -v : v;
    }
    unsigned long long const wide = exponent == 0x1fu ? 0x7ffu : exponent + 1008u;
    return __builtin_bit_cast(double, sign | wide << 52 | static_cast<unsigned long long>(mantissa) << 42);
}

}  // namespace detail

/// Element `index` of the values at `data`.
WARPFIT_HD inline double raw_value(void const* data, Type type, bool swapped, Index index)
{
    int const size = size_of(type);
    unsigned long long const bits =
        detail::raw_bits(static_cast<unsigned char const*>(data) + index * size, size, swapped);
    switch (type) {
    case Type::u8:
    case Type::u16:
    case Type::u32:
    case Type::u64:
        return static_cast<double>(bits);
    case Type::i8:
        return static_cast<double>(static_cast<signed char>(bits));
    case Type::i16:
        return static_cast<double>(static_cast<short>(bits));
    case Type::i32:
        return static_cast<double>(static_cast<int>(bits));
    case Type::i64:
        return static_cast<double>(static_cast<long long>(bits));
    case Type::f16:
        return detail::half_value(static_cast<unsigned>(bits));
    case Type::f32:
        return static_cast<double>(__builtin_bit_cast(float, static_cast<unsigned>(bits)));
    default:
        return __builtin_bit_cast(double, bits);
    }
}

}  // namespace warpfit::program
