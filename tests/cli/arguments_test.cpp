#include "src/cli/arguments.hpp"

#include "warpfit/error.hpp"

#include <gtest/gtest.h>

namespace warpfit::cli {
namespace {

using Ranges = std::vector<IndexRange>;
using Indices = std::vector<std::size_t>;

Axis uniform_axis(double offset, double scale, std::size_t size)
{
    Axis axis;
    axis.offset = offset;
    axis.scale = scale;
    axis.size = size;
    return axis;
}

TEST(ParseInav, SlicesAsPythonDoes)
{
    Indices const shape{16, 10};
    EXPECT_EQ(parse_inav("0:4,2:5", shape), (Ranges{{0, 4}, {2, 5}}));
    EXPECT_EQ(parse_inav(":,-3:", shape), (Ranges{{0, 16}, {7, 10}}));
    EXPECT_EQ(parse_inav("5:-1", shape), (Ranges{{5, 15}, {0, 10}}));
    EXPECT_EQ(parse_inav("3,-1", shape), (Ranges{{3, 4}, {9, 10}}));
    EXPECT_EQ(parse_inav(" 0 : 16 , : ", shape), (Ranges{{0, 16}, {0, 10}}));
}

TEST(ParseInav, RefusesWhatKeepsNothingOrLiesOutside)
{
    Indices const shape{16, 10};
    for (char const* text : {"4:4", "5:2", "0:17", "-17:", "1:2,3:4,5:6", "0:4:2", "a:b", "1.5:3", "16", ""})
        EXPECT_THROW(parse_inav(text, shape), InvalidArgument) << text;
    EXPECT_THROW(parse_inav("0:1", {}), InvalidArgument);
}

TEST(ParsePixel, TakesOneIndexAnAxis)
{
    EXPECT_EQ(parse_pixel("3,4", {16, 10}), (Indices{3, 4}));
    EXPECT_EQ(parse_pixel("-1,-10", {16, 10}), (Indices{15, 0}));
    EXPECT_EQ(parse_pixel("0", {}), Indices{});
    for (char const* text : {"3", "3,4,5", "16,0", "0,-11", "x,1", "1,"})
        EXPECT_THROW(parse_pixel(text, {16, 10}), InvalidArgument) << text;
}

TEST(ParseIsig, IsHalfOpenAtTheNearestChannel)
{
    // HyperSpy 1.7.3: Signal1D(arange(100)), offset 500, scale 2: isig[510.:520.] holds indices 5 to 9.
    Axis const axis = uniform_axis(500.0, 2.0, 100);
    EXPECT_EQ(parse_isig("510:520", axis), (IndexRange{5, 10}));
    EXPECT_EQ(parse_isig("510.9:520.9", axis), (IndexRange{5, 10}));
    EXPECT_EQ(parse_isig(":520", axis), (IndexRange{0, 10}));
    EXPECT_EQ(parse_isig("690:", axis), (IndexRange{95, 100}));
    EXPECT_EQ(parse_isig("-1e3:1e6", axis), (IndexRange{0, 100}));
}

TEST(ParseIsig, FollowsDescendingAndNonUniformAxes)
{
    Axis const descending = uniform_axis(10.0, -1.0, 11);
    EXPECT_EQ(parse_isig("8:4", descending), (IndexRange{2, 6}));
    EXPECT_EQ(parse_isig("4:8", descending), (IndexRange{2, 6}));
    Axis steps;
    steps.values = {1.0, 2.0, 4.0, 8.0, 16.0};
    steps.size = 5;
    EXPECT_EQ(parse_isig("2:8", steps), (IndexRange{1, 3}));
    EXPECT_EQ(parse_isig("2.1:20", steps), (IndexRange{1, 5}));
}

TEST(ParseIsig, RefusesNonsense)
{
    Axis const axis = uniform_axis(500.0, 2.0, 100);
    for (char const* text : {"510", "520:510", "a:b", "1:2:3", "nan:600", "900:1000", "510:510"})
        EXPECT_THROW(parse_isig(text, axis), InvalidArgument) << text;
}

TEST(ParseSteps, IncludesBothEnds)
{
    EXPECT_EQ(parse_steps("0:1:5"), (std::vector<double>{0.0, 0.25, 0.5, 0.75, 1.0}));
    EXPECT_EQ(parse_steps("2:-2:3"), (std::vector<double>{2.0, 0.0, -2.0}));
    EXPECT_EQ(parse_steps("7:9:1"), (std::vector<double>{7.0}));
    EXPECT_EQ(parse_steps("0:0.3:4").back(), 0.3);
    EXPECT_THROW(parse_steps("0:1:0"), InvalidArgument);
    EXPECT_THROW(parse_steps("0:1"), InvalidArgument);
    EXPECT_TRUE(looks_like_steps("-1e3:5:10"));
    EXPECT_FALSE(looks_like_steps("x.txt"));
}

TEST(KeptPixels, AreInNavigationOrder)
{
    EXPECT_EQ(kept_pixels({{1, 3}, {0, 2}}, {4, 5}), (Indices{5, 6, 10, 11}));
    EXPECT_EQ(kept_pixels({}, {}), (Indices{0}));
    EXPECT_EQ(flat_index({2, 3}, {4, 5}), 13u);
}

TEST(AbsoluteDataPath, KeepsWhatLiesInside)
{
    EXPECT_EQ(absolute_data_path("/a/b/../c.hspy#name"), "/a/c.hspy#name");
    EXPECT_TRUE(absolute_data_path("c.h5#/x/y").ends_with("/c.h5#/x/y"));
    EXPECT_TRUE(absolute_data_path("c.h5").starts_with("/"));
}

}  // namespace
}  // namespace warpfit::cli
