#include "kernels/solver/load_pixel.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <gtest/gtest.h>
#include <limits>
#include <vector>

namespace warpfit::solver {
namespace {

using program::Type;

template<class T>
double read_back(T value, Type type, bool swapped)
{
    std::array<unsigned char, 3 * sizeof(T)> bytes{};
    std::memcpy(bytes.data() + 2 * sizeof(T), &value, sizeof(T));
    if (swapped) std::reverse(bytes.begin() + 2 * sizeof(T), bytes.end());
    return program::raw_value(bytes.data(), type, swapped, 2);
}

TEST(RawValue, EveryTypeInBothByteOrders)
{
    for (bool const swapped : {false, true}) {
        EXPECT_EQ(read_back<std::uint8_t>(200, Type::u8, swapped), 200.0);
        EXPECT_EQ(read_back<std::int8_t>(-100, Type::i8, swapped), -100.0);
        EXPECT_EQ(read_back<std::uint16_t>(54321, Type::u16, swapped), 54321.0);
        EXPECT_EQ(read_back<std::int16_t>(-12345, Type::i16, swapped), -12345.0);
        EXPECT_EQ(read_back<std::uint32_t>(4000000001U, Type::u32, swapped), 4000000001.0);
        EXPECT_EQ(read_back<std::int32_t>(-2000000001, Type::i32, swapped), -2000000001.0);
        EXPECT_EQ(read_back<std::uint64_t>(1ULL << 63, Type::u64, swapped), 9223372036854775808.0);
        EXPECT_EQ(read_back<std::int64_t>(-(1LL << 52) - 1, Type::i64, swapped), -4503599627370497.0);
        EXPECT_EQ(read_back<float>(-1.5e-40F, Type::f32, swapped), static_cast<double>(-1.5e-40F));
        EXPECT_EQ(read_back<double>(0.1, Type::f64, swapped), 0.1);
    }
}

// IEEE 754 binary16, from the standard's examples.
TEST(RawValue, Halves)
{
    EXPECT_EQ(read_back<std::uint16_t>(0x3c00, Type::f16, false), 1.0);
    EXPECT_EQ(read_back<std::uint16_t>(0xc000, Type::f16, true), -2.0);
    EXPECT_EQ(read_back<std::uint16_t>(0x7bff, Type::f16, false), 65504.0);
    EXPECT_EQ(read_back<std::uint16_t>(0x0400, Type::f16, false), std::ldexp(1.0, -14));
    EXPECT_EQ(read_back<std::uint16_t>(0x0001, Type::f16, false), std::ldexp(1.0, -24));
    EXPECT_EQ(read_back<std::uint16_t>(0x3555, Type::f16, false), 0.333251953125);
    EXPECT_TRUE(std::signbit(read_back<std::uint16_t>(0x8000, Type::f16, false)));
    EXPECT_EQ(read_back<std::uint16_t>(0xfc00, Type::f16, false), -std::numeric_limits<double>::infinity());
    EXPECT_TRUE(std::isnan(read_back<std::uint16_t>(0x7e00, Type::f16, false)));
}

struct Loader
{
    explicit Loader(std::vector<double> values)
        : data(std::move(values))
    {
        plan.num_free = 1;
        runs = {{0, static_cast<Index>(data.size())}};
        batch.signal = {data.data(), Type::f64, 0, 0};
    }

    template<class Real>
    LoadedPixel load()
    {
        plan.runs = runs.data();
        plan.num_runs = static_cast<int>(runs.size());
        plan.num_channels = 0;
        for (auto const& run : runs) plan.num_channels += static_cast<int>(run.count);
        std::vector<Real> y_real(static_cast<std::size_t>(plan.num_channels)), w_real(y_real.size());
        std::array<double, 2> part{};
        double largest = 0.0;
        LoadedPixel const loaded =
            load_pixel(SerialTeam{}, plan, batch, 0, y_real.data(), w_real.data(), part.data(), &largest);
        y.assign(y_real.begin(), y_real.end());
        w.assign(w_real.begin(), w_real.end());
        return loaded;
    }

    std::vector<double> data, y, w;
    std::vector<program::ChannelRun> runs;
    program::Plan plan{};
    program::PixelBatch batch{};
};

TEST(LoadPixel, TakesTheChannelsOfTheRuns)
{
    Loader loader({0, 1, 2, 3, 4, 5, 6, 7});
    loader.runs = {{1, 2}, {5, 3}};
    EXPECT_EQ(loader.load<double>().num_weighted, 5);
    EXPECT_EQ(loader.y, (std::vector<double>{1, 2, 5, 6, 7}));
    EXPECT_EQ(loader.w, (std::vector<double>{1, 1, 1, 1, 1}));
}

TEST(LoadPixel, WeightsByEachKindOfVariance)
{
    Loader loader({9, 16, 0.25});
    loader.batch.variance_kind = program::VarianceKind::number;
    loader.batch.variance_number = 4;
    EXPECT_EQ(loader.load<double>().energy, (81 + 256 + 0.0625) / 4);
    EXPECT_EQ(loader.y, (std::vector<double>{4.5, 8, 0.125}));

    loader.batch.variance_kind = program::VarianceKind::poisson;  // 2 max(y, 1) + 1
    loader.batch.variance_number = 2;
    loader.batch.variance_offset = 7;
    loader.load<double>();
    EXPECT_DOUBLE_EQ(loader.w[0], 1 / std::sqrt(25.0));
    EXPECT_DOUBLE_EQ(loader.w[2], 1 / std::sqrt(9.0));

    std::array<double, 3> const channel{4, 0, 16};
    loader.batch.variance_kind = program::VarianceKind::channel;
    loader.batch.variance_channel = channel.data();
    EXPECT_EQ(loader.load<double>().num_weighted, 2);
    EXPECT_EQ(loader.w, (std::vector<double>{0.5, 0, 0.25}));

    std::array<float, 3> const stored{4, 16, std::numeric_limits<float>::infinity()};
    loader.batch.variance_kind = program::VarianceKind::stored;
    loader.batch.variance = {stored.data(), Type::f32, 0, 0};
    EXPECT_EQ(loader.load<double>().num_weighted, 2);
    EXPECT_EQ(loader.w, (std::vector<double>{0.5, 0.25, 0}));
}

TEST(LoadPixel, WidthsBelongToTheModelAlone)
{
    Loader loader({3, 5});
    std::array<double, 2> const width{0.5, 2};
    loader.plan.width = width.data();
    loader.load<double>();
    EXPECT_EQ(loader.y, (std::vector<double>{3, 5}));
    EXPECT_EQ(loader.w, (std::vector<double>{0.5, 2}));
}

TEST(LoadPixel, DataThatAFloatCannotSquareAreScaledByAPowerOfTwo)
{
    Loader loader({3e30, 1e30});
    LoadedPixel const loaded = loader.load<float>();
    EXPECT_EQ(loaded.scale, std::ldexp(1.0, -101));  // 2^101 <= 3e30 < 2^102
    EXPECT_NEAR(loader.y[0], 3e30 * loaded.scale, 1e-6);
    EXPECT_EQ(loader.load<double>().scale, 1.0);
    Loader small({3e-30, 1e-30});
    EXPECT_EQ(small.load<float>().scale, std::ldexp(1.0, 99));
}

TEST(LoadPixel, Failures)
{
    double const nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_EQ(Loader({1, nan, 2}).load<double>().status, program::Status::bad_input);
    EXPECT_EQ(Loader({1, -HUGE_VAL}).load<double>().status, program::Status::bad_input);
    Loader loader({1, 2});
    loader.plan.num_free = 3;
    EXPECT_EQ(loader.load<double>().status, program::Status::too_few_channels);
    loader.batch.variance_kind = program::VarianceKind::number;
    loader.batch.variance_number = -1;
    EXPECT_EQ(loader.load<double>().status, program::Status::bad_input);
}

}  // namespace
}  // namespace warpfit::solver
