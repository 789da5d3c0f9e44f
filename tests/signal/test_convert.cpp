#include "src/signal/convert.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>
#include <vector>

namespace warpfit::signal {
namespace {

TEST(Half, KnownPatterns)
{
    // IEEE 754-2019, binary16
    EXPECT_EQ(half_to_float(0x0000), 0.0f);
    EXPECT_TRUE(std::signbit(half_to_float(0x8000)));
    EXPECT_EQ(half_to_float(0x3c00), 1.0f);
    EXPECT_EQ(half_to_float(0xc000), -2.0f);
    EXPECT_EQ(half_to_float(0x7bff), 65504.0f);
    EXPECT_EQ(half_to_float(0x0400), 0x1p-14f);
    EXPECT_EQ(half_to_float(0x0001), 0x1p-24f);
    EXPECT_EQ(half_to_float(0x83ff), -1023 * 0x1p-24f);
    EXPECT_EQ(half_to_float(0x3555), 0.333251953125f);
    EXPECT_TRUE(std::isinf(half_to_float(0x7c00)));
    EXPECT_EQ(half_to_float(0xfc00), -INFINITY);
    EXPECT_TRUE(std::isnan(half_to_float(0x7e01)));
}

TEST(Half, EveryPatternAgreesWithTheCompiler)
{
    for (std::uint32_t bits = 0; bits < 0x10000; ++bits) {
        auto const half = std::bit_cast<_Float16>(static_cast<std::uint16_t>(bits));
        float const expected = static_cast<float>(half);
        float const got = half_to_float(static_cast<std::uint16_t>(bits));
        if (std::isnan(expected))
            ASSERT_TRUE(std::isnan(got)) << bits;
        else
            ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(expected)) << bits;
    }
}

template<class Raw>
void check(DataType type, std::vector<Raw> const& values)
{
    ASSERT_EQ(size_of(type), sizeof(Raw));
    std::vector<std::byte> bytes(values.size() * sizeof(Raw) + 1);  // one off: no alignment is promised
    for (std::size_t i = 0; i < values.size(); ++i)
        std::memcpy(bytes.data() + 1 + i * sizeof(Raw), &values[i], sizeof(Raw));
    std::vector<double> doubles(values.size());
    std::vector<float> floats(values.size());
    for (bool const swapped : {false, true}) {
        if (swapped)
            for (std::size_t i = 0; i < values.size(); ++i) {
                auto const begin = bytes.begin() + 1 + static_cast<std::ptrdiff_t>(i * sizeof(Raw));
                std::reverse(begin, begin + static_cast<std::ptrdiff_t>(sizeof(Raw)));
            }
        convert(type, swapped, bytes.data() + 1, values.size(), doubles.data());
        convert(type, swapped, bytes.data() + 1, values.size(), floats.data());
        for (std::size_t i = 0; i < values.size(); ++i) {
            EXPECT_EQ(doubles[i], static_cast<double>(values[i])) << name_of(type) << " " << i;
            EXPECT_EQ(floats[i], static_cast<float>(values[i])) << name_of(type) << " " << i;
        }
    }
}

TEST(Convert, EveryTypeInBothByteOrders)
{
    check<std::uint8_t>(DataType::u8, {0, 1, 255});
    check<std::int8_t>(DataType::i8, {-128, -1, 127});
    check<std::uint16_t>(DataType::u16, {0, 258, 65535});
    check<std::int16_t>(DataType::i16, {-32768, 258, 32767});
    check<std::uint32_t>(DataType::u32, {0, 16909060, 4294967295u});
    check<std::int32_t>(DataType::i32, {-2147483647, 16909060});
    check<std::uint64_t>(DataType::u64, {72623859790382856ull, 1ull << 63});
    check<std::int64_t>(DataType::i64, {-72623859790382856ll, 1});
    check<float>(DataType::f32, {1.5f, -3.25e-20f});
    check<double>(DataType::f64, {1.5, -3.25e-30});
    check<_Float16>(DataType::f16, {static_cast<_Float16>(1.5), static_cast<_Float16>(-0.125)});
}

}  // namespace
}  // namespace warpfit::signal
