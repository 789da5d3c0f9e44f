#include "src/text/text.hpp"

#include <array>
#include <gtest/gtest.h>

namespace warpfit {
namespace {

TEST(Closest, FindsTyposAndNothingFarAway)
{
    std::array<std::string, 3> const names{"sigma", "centre", "A"};
    EXPECT_EQ(closest("simga", names), "sigma");
    EXPECT_EQ(closest("Center", names), "centre");
    EXPECT_EQ(closest("fwhm", names), "");
}

}  // namespace
}  // namespace warpfit
