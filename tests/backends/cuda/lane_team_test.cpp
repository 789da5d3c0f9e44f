#include "kernels/cuda/fit_queue.hpp"
#include "tests/support/emulated_block.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using Lanes = cuda::LaneTeam<EmulatedWarp>;

static_assert(Team<Lanes>);

TEST(LaneTeams, ShareAWarpInRowsOfLanes)
{
    EXPECT_EQ(cuda::lanes_of_team(1, 5), 1u << 5);
    EXPECT_EQ(cuda::lanes_of_team(4, 6), 0xf0u);
    EXPECT_EQ(cuda::lanes_of_team(8, 31), 0xff000000u);
    EXPECT_EQ(cuda::lanes_of_team(32, 17), cuda::all_lanes);
    EXPECT_EQ(cuda::lanes_of_team(128, 0), cuda::all_lanes);
    EmulatedBlock block(64);
    for (int const size : {1, 4, 8, 32, 64}) {
        Lanes const team(EmulatedWarp(block, 45), size, nullptr);
        EXPECT_EQ(team.size(), size);
        EXPECT_EQ(team.rank(), 45 % size);
    }
}

/// Every team sums n numbers of its own twice.
template<class Real>
void expect_totals(int size, int n)
{
    constexpr int threads = 64;
    auto const count = [](int k) { return static_cast<std::size_t>(k); };
    int const teams = threads / size;
    std::vector<double> totals(count(teams * n), -1.0);
    std::vector<double> partials(count(teams * Lanes::partials_size(size, n)));
    EmulatedBlock block(threads);
    run_block(block, [&](EmulatedWarp const& warp) {
        int const index = warp.thread() / size;
        Lanes const team(warp, size, partials.data() + index * Lanes::partials_size(size, n));
        std::vector<Real> mine;
        for (int k = 0; k < n; ++k) mine.push_back(static_cast<Real>((warp.thread() * 37 + k * 11) % 101));
        double* const out = totals.data() + index * n;
        team.sum(mine.data(), n, out);
        double const first = out[n - 1];
        team.sum(mine.data(), n, out);
        EXPECT_EQ(out[n - 1], first);
    });
    for (int index = 0; index < teams; ++index)
        for (int k = 0; k < n; ++k) {
            int expected = 0;
            for (int t = index * size; t < (index + 1) * size; ++t) expected += (t * 37 + k * 11) % 101;
            EXPECT_EQ(totals[count(index * n + k)], expected) << "team " << index << ", sum " << k;
        }
    // Of a thread none; of 4 lanes 3 for 4 sums, of 8 lanes 7 for 8, of a warp two more.
    int const width = std::min(size, cuda::widest);
    int const exchanges = size > cuda::widest ? 9 : width - 1;
    EXPECT_EQ(block.num_exchanges, 1LL * 2 * threads * ((n + width - 1) / width) * exchanges);
}

TEST(LaneTeams, SumOverTheirOwnLanes)
{
    for (int const size : {1, 4, 8, 32, 64})
        for (int const n : {1, 21, 33}) {
            SCOPED_TRACE(::testing::Message() << "teams of " << size << ", " << n << " sums");
            expect_totals<double>(size, n);
            expect_totals<float>(size, n);
        }
}

/// Teams of one warp that sum at different times and a different number of times.
TEST(LaneTeams, DoNotWaitForEachOther)
{
    EmulatedBlock block(32);
    run_block(block, [&](EmulatedWarp const& warp) {
        Lanes const team(warp, 4, nullptr);
        static double totals[8];
        int const index = warp.thread() / 4;
        for (int round = 0; round < 3 * index; ++round) {
            double const mine = round + warp.thread();
            team.sum(&mine, 1, totals + index);
            EXPECT_EQ(totals[index], 4.0 * round + 16.0 * index + 6.0);
            team.sync();
        }
    });
}

TEST(Queue, GivesEveryPixelToOneTeam)
{
    for (int const size : {1, 4, 8, 32, 64}) {
        constexpr int threads = 64, pixels = 100;
        std::vector<std::atomic<int>> visits(pixels);
        std::vector<unsigned long long> at(static_cast<std::size_t>(threads / size));
        unsigned long long next = 0;
        EmulatedBlock block(threads);
        run_block(block, [&](EmulatedWarp const& warp) {
            Lanes const team(warp, size, nullptr);
            cuda::drain_queue(
                team, &at[static_cast<std::size_t>(warp.thread() / size)], pixels,
                [&] { return warp.take_next(&next); }, [&](Index pixel) { ++visits[static_cast<std::size_t>(pixel)]; });
        });
        for (auto const& count : visits) EXPECT_EQ(count, size);
        EXPECT_EQ(next, static_cast<unsigned long long>(pixels + threads / size));
    }
}

}  // namespace
}  // namespace warpfit::testing
