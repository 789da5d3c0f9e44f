#include "src/physics/subshell.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace warpfit::physics {
namespace {

TEST(Subshell, TakesTheTableOfTheFullerSubshell)
{
    auto const of = [](char const* subshell) {
        TableOfSubshell const found = table_of_subshell(subshell);
        return std::pair(found.table, found.occupancy_factor);
    };
    EXPECT_EQ(of("K"), std::pair(std::string("K"), 1.0));
    EXPECT_EQ(of("L1"), std::pair(std::string("L1"), 1.0));
    EXPECT_EQ(of("L2"), std::pair(std::string("L3"), 0.5));
    EXPECT_EQ(of("L2,3"), std::pair(std::string("L3"), 1.5));
    EXPECT_EQ(of("M4"), std::pair(std::string("M5"), 2.0 / 3.0));
    EXPECT_EQ(of("M4,5"), std::pair(std::string("M5"), 1.0 + 2.0 / 3.0));
    EXPECT_EQ(of("O5"), std::pair(std::string("O5"), 1.0));
    EXPECT_EQ(of("N6,7"), std::pair(std::string("N7"), 1.75));
}

}  // namespace
}  // namespace warpfit::physics
