#include "src/cli/suggest.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace warpfit::cli {
namespace {

TEST(Closest, FindsTheMisspeltWord)
{
    std::vector<std::string> const names{"init", "fit", "show", "eval", "components", "inspect", "plot", "doctor"};
    EXPECT_EQ(closest("ft", names), "fit");
    EXPECT_EQ(closest("instpect", names), "inspect");
    EXPECT_EQ(closest("comp", names), "components");
    EXPECT_EQ(closest("docter", names), "doctor");
    EXPECT_EQ(closest("zzzzzzzzzzzzzzzz", names), "");
}

}  // namespace
}  // namespace warpfit::cli
