#include "tests/model/expect_error.hpp"
#include "warpfit/parameter.hpp"

#include <limits>

namespace warpfit {
namespace {

using ::testing::HasSubstr;
using warpfit::testing::error_of;

TEST(Parameter, StartsAsDeclared)
{
    Parameter const p("sigma", "x", 1.5, {0.0, unbounded}, false);
    EXPECT_EQ(p.name(), "sigma");
    EXPECT_EQ(p.units(), "x");
    EXPECT_EQ(p.value(), 1.5);
    EXPECT_EQ(p.bmin(), 0.0);
    EXPECT_EQ(p.bmax(), unbounded);
    EXPECT_FALSE(p.is_free());
    EXPECT_FALSE(p.is_value_set());
}

TEST(Parameter, RefusesAStartOutsideItsBounds)
{
    EXPECT_THAT(error_of([] {
                    Parameter("r", "", 7.0, {1.0, 5.0});
                }),
                HasSubstr("value 7 of parameter 'r' is out of bounds (bmin 1, bmax 5)"));
    EXPECT_THROW(Parameter("r", "", std::numeric_limits<double>::quiet_NaN()), InvalidArgument);
    EXPECT_THROW(Parameter("r", "", 0.0, {1.0, -1.0}), InvalidArgument);
    EXPECT_THROW(Parameter("r", "", 0.0, {std::numeric_limits<double>::quiet_NaN(), 1.0}), InvalidArgument);
}

TEST(Parameter, SetValueIsAllOrNothing)
{
    Parameter p("r", "", 3.0, {1.0, 5.0});
    EXPECT_THROW(p.set_value(5.5), InvalidArgument);
    EXPECT_THROW(p.set_value(unbounded), InvalidArgument);
    EXPECT_EQ(p.value(), 3.0);
    EXPECT_FALSE(p.is_value_set());
    p.set_value(5.0);
    EXPECT_EQ(p.value(), 5.0);
    EXPECT_TRUE(p.is_value_set());
}

TEST(Parameter, SetBoundsMovesTheValueToTheNearerEnd)
{
    Parameter p("r", "", 3.0, {1.0, 5.0});
    p.set_bounds({4.0, 9.0});
    EXPECT_EQ(p.value(), 4.0);
    p.set_bounds({-unbounded, 2.0});
    EXPECT_EQ(p.value(), 2.0);
    EXPECT_FALSE(p.is_value_set());
    EXPECT_THROW(p.set_bounds({2.0, 1.0}), InvalidArgument);
    EXPECT_THROW(p.set_bounds({unbounded, unbounded}), InvalidArgument);
    EXPECT_EQ(p.bmax(), 2.0);
    p.set_bounds({1.5, 1.5});
    EXPECT_EQ(p.value(), 1.5);
}

}  // namespace
}  // namespace warpfit
