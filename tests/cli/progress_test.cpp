#include "src/cli/progress.hpp"

#include <gtest/gtest.h>

namespace warpfit::cli {
namespace {

TEST(DurationText, PicksTheUnit)
{
    EXPECT_EQ(duration_text(0.012), "12 ms");
    EXPECT_EQ(duration_text(4.25), "4.2 s");
    EXPECT_EQ(duration_text(42.4), "42 s");
    EXPECT_EQ(duration_text(200.0), "3 min 20 s");
    EXPECT_EQ(duration_text(2.0 * 3600.0 + 5.0 * 60.0), "2 h 05 min");
}

TEST(ProgressLine, ShowsShareRateAndTimeLeft)
{
    std::string const line =
        progress_line({.phase = 1, .num_phases = 3, .done = 250, .total = 1000, .pixels_per_second = 50.0});
    EXPECT_EQ(line, "phase 2/3 [######..................]  25 %  250/1000  50 pixels/s  15 s left");
}

TEST(ProgressLine, HasNoTimeLeftBeforeAnyRate)
{
    EXPECT_EQ(progress_line({.phase = 0, .num_phases = 1, .done = 0, .total = 10, .pixels_per_second = 0.0}),
              "[........................]   0 %  0/10");
}

TEST(ProgressBar, IsSilentWhereThereIsNoTerminal)
{
    std::FILE* const file = std::tmpfile();
    ASSERT_NE(file, nullptr);
    {
        ProgressBar bar(file);
        EXPECT_FALSE(bar.callback());
    }
    EXPECT_EQ(std::ftell(file), 0);
    std::fclose(file);
}

}  // namespace
}  // namespace warpfit::cli
