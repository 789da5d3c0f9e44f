#include "warpfit/axis.hpp"
#include "warpfit/error.hpp"

#include <gtest/gtest.h>
#include <limits>

namespace warpfit {
namespace {

Axis uniform(std::size_t size, double offset, double scale)
{
    Axis axis;
    axis.size = size;
    axis.offset = offset;
    axis.scale = scale;
    return axis;
}

Axis non_uniform(std::vector<double> values)
{
    Axis axis;
    axis.size = values.size();
    axis.values = std::move(values);
    return axis;
}

TEST(Axis, UniformValuesAndWidth)
{
    Axis const axis = uniform(5, 10.0, -0.5);
    EXPECT_EQ(axis.value(0), 10.0);
    EXPECT_EQ(axis.value(4), 8.0);
    EXPECT_EQ(axis.width(2), 0.5);
}

TEST(Axis, NonUniformWidthIsNumpysGradient)
{
    // numpy.gradient([1, 2, 4, 8, 16])
    double const expected[] = {1.0, 1.5, 3.0, 6.0, 8.0};
    Axis const axis = non_uniform({1, 2, 4, 8, 16});
    Axis const falling = non_uniform({16, 8, 4, 2, 1});
    for (std::size_t i = 0; i < 5; ++i) {
        EXPECT_EQ(axis.width(i), expected[i]);
        EXPECT_EQ(falling.width(4 - i), expected[i]);
    }
}

TEST(Axis, NearestIndexIsClamped)
{
    Axis const axis = uniform(11, 5.0, 0.5);
    EXPECT_EQ(axis.nearest_index(6.2), 2u);
    EXPECT_EQ(axis.nearest_index(6.3), 3u);
    EXPECT_EQ(axis.nearest_index(-1e300), 0u);
    EXPECT_EQ(axis.nearest_index(1e300), 10u);
    EXPECT_EQ(axis.nearest_index(std::numeric_limits<double>::infinity()), 10u);
    Axis const falling = uniform(3, 2.0, -1.0);
    EXPECT_EQ(falling.nearest_index(-5.0), 2u);
    EXPECT_EQ(falling.nearest_index(5.0), 0u);
}

TEST(Axis, NearestIndexOfUnsortedValuesIsTheFirstOfEquals)
{
    Axis const axis = non_uniform({3.0, 1.0, 2.0, 1.0});
    EXPECT_EQ(axis.nearest_index(1.1), 1u);
    EXPECT_EQ(axis.nearest_index(99.0), 0u);
    EXPECT_EQ(axis.nearest_index(2.2), 2u);
}

TEST(Axis, ValidateAcceptsRepeatedAndUnsortedValues)
{
    EXPECT_NO_THROW(non_uniform({3.0, 1.0, 1.0}).validate());
    EXPECT_NO_THROW(uniform(1, 0.0, -1.0).validate());
}

TEST(Axis, ValidateRejects)
{
    double const nan = std::numeric_limits<double>::quiet_NaN();
    EXPECT_THROW(uniform(0, 0.0, 1.0).validate(), InvalidArgument);
    EXPECT_THROW(uniform(3, 0.0, 0.0).validate(), InvalidArgument);
    EXPECT_THROW(uniform(3, nan, 1.0).validate(), InvalidArgument);
    EXPECT_THROW(uniform(3, 0.0, nan).validate(), InvalidArgument);
    EXPECT_THROW(non_uniform({1.0, nan}).validate(), InvalidArgument);
    Axis wrong = non_uniform({1.0, 2.0});
    wrong.size = 3;
    EXPECT_THROW(wrong.validate(), InvalidArgument);
}

}  // namespace
}  // namespace warpfit
