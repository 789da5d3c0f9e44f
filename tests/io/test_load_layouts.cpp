#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <cstring>
#include <gmock/gmock.h>
#include <random>

namespace warpfit::io {
namespace {

using testing::HasSubstr;

constexpr std::size_t num_values = 5 * 7 * 6 * 11;

std::string layout(std::string const& name)
{
    return std::string(WARPFIT_TEST_DIR) + "/io/data/load_layouts.h5#/" + name;
}

Signal load_with(std::string const& name, int navigation_dimensions)
{
    LoadOptions options;
    options.navigation_dimensions = navigation_dimensions;
    return load(layout(name), options);
}

/// make_load_data.py: element i is i % 251, except where nothing was written.
double expected(std::string const& name, std::size_t i)
{
    if (name == "half_written" && i / (7 * 6 * 11) != 1) return 77.0;
    return static_cast<double>(i % 251);
}

class Layout : public testing::TestWithParam<char const*>
{};

TEST_P(Layout, EveryPixelForEveryNumberOfNavigationAxes)
{
    for (int const navigation : {2, 3}) {
        Signal const s = load_with(GetParam(), navigation);
        ASSERT_EQ(s.num_pixels() * s.num_channels(), num_values);
        for (std::size_t p = 0; p < s.num_pixels(); ++p) {
            std::vector<double> const pixel = s.pixel(p);
            for (std::size_t c = 0; c < pixel.size(); ++c)
                ASSERT_EQ(pixel[c], expected(GetParam(), p * pixel.size() + c)) << p << " " << c;
        }
    }
}

TEST_P(Layout, AnyRunOfPixels)
{
    Signal const s = load_with(GetParam(), 3);
    std::size_t const size = size_of(s.type());
    std::mt19937 random(42);
    std::vector<std::byte> all(num_values * size);
    s.data().source->read(0, s.num_pixels(), all.data());
    for (int i = 0; i < 200; ++i) {
        std::size_t const first = random() % s.num_pixels();
        std::size_t const count = 1 + random() % (s.num_pixels() - first);
        std::vector<std::byte> part(count * s.num_channels() * size);
        s.data().source->read(first, count, part.data());
        ASSERT_EQ(std::memcmp(part.data(), all.data() + first * s.num_channels() * size, part.size()), 0)
            << first << " " << count;
    }
}

INSTANTIATE_TEST_SUITE_P(Load, Layout,
                         testing::Values("contiguous", "compact_free", "gzip", "gzip_shuffle", "pixel_chunks",
                                         "one_chunk", "checksum", "growing", "half_written", "lz4", "bitshuffle_lz4",
                                         "bitshuffle_blocks", "bitshuffle_only"),
                         [](auto const& test) { return std::string(test.param); });

std::string message_of(std::string const& name, int navigation_dimensions)
{
    try {
        Signal const s = load_with(name, navigation_dimensions);
        s.pixel(0);
    } catch (InputError const& error) {
        return error.what();
    }
    return "no error";
}

TEST(LoadLayout, TypesAsStored)
{
    EXPECT_EQ(load_with("gzip", 2).type(), DataType::u16);
    EXPECT_FALSE(load_with("gzip", 2).data().byte_swapped);
    EXPECT_EQ(load_with("bitshuffle_blocks", 2).type(), DataType::u32);
    EXPECT_TRUE(load_with("bitshuffle_blocks", 2).data().byte_swapped);
    EXPECT_EQ(load_with("bitshuffle_only", 2).type(), DataType::f64);
}

TEST(LoadLayout, PlainDatasetsHaveIndexAxes)
{
    Signal const s = load(layout("gzip"));
    EXPECT_EQ(s.navigation_axes().size(), 3u) << "all but the last dimension";
    EXPECT_EQ(s.signal_axes()[0].value(10), 10.0);
    EXPECT_EQ(s.origin, layout("gzip"));
}

TEST(LoadLayout, PreferredCountIsAWholeSlab)
{
    EXPECT_EQ(load_with("gzip", 2).data().source->preferred_count(), 2u * 7u);
    EXPECT_EQ(load_with("gzip_shuffle", 2).data().source->preferred_count(), 3u);
    EXPECT_EQ(load_with("pixel_chunks", 2).data().source->preferred_count(), 1u);
    EXPECT_EQ(load_with("one_chunk", 2).data().source->preferred_count(), 35u);
}

TEST(LoadLayout, MissingFiltersAreNamed)
{
    EXPECT_THAT(message_of("zstd", 2), testing::AllOf(HasSubstr("32015"), HasSubstr("h5repack")));
    EXPECT_THAT(message_of("bitshuffle_zstd", 2), testing::AllOf(HasSubstr("32008"), HasSubstr("zstd")));
}

TEST(LoadLayout, RefusesWhatHoldsNoNumbers)
{
    EXPECT_THAT(message_of("bad_gzip", 2), HasSubstr("cannot be decompressed"));
    EXPECT_THAT(message_of("text", 0), HasSubstr("text"));
    EXPECT_THAT(message_of("empty", 1), HasSubstr("no values"));
    EXPECT_THAT(message_of("gzip", 4), HasSubstr("4 navigation dimensions"));
    EXPECT_THAT(message_of("gzip", 1), HasSubstr("3 signal axes"));
}

}  // namespace
}  // namespace warpfit::io
