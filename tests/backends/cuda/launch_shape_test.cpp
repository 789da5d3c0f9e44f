#include "kernels/cuda/team_memory.hpp"
#include "src/backends/cuda/launch_shape.hpp"
#include "tests/support/plan_builder.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

constexpr cuda::SharedLimits turing{64 * 1024, 64 * 1024};
constexpr cuda::SharedLimits ada{99 * 1024, 100 * 1024};
constexpr cuda::SharedLimits ampere{163 * 1024, 164 * 1024};
constexpr cuda::SharedLimits hopper{227 * 1024, 228 * 1024};

TEST(TeamSize, GrowsWithTheChannels)
{
    for (cuda::SharedLimits const& limits : {turing, hopper})
        for (int const free : {1, 3, 5, 8}) {
            int before = 1;
            for (int channels = 8; channels <= 16384; channels *= 2) {
                int const size = cuda::team_size(channels, free, limits.multiprocessor);
                EXPECT_GE(size, before) << channels << " channels, " << free << " free";
                before = size;
            }
        }
}

// reference/gpu_fitting.md, section 5: a thread for a few points, 4 to 8 lanes for some hundred, a warp from about 500,
// a block for thousands of channels or many parameters.
TEST(TeamSize, IsThatOfTheReference)
{
    auto const size = [](int channels, int free) { return cuda::team_size(channels, free, hopper.multiprocessor); };
    EXPECT_EQ(size(9, 3), 1);
    EXPECT_EQ(size(25, 3), 1);
    EXPECT_EQ(size(25, 5), 4);
    EXPECT_EQ(size(225, 5), 8);
    EXPECT_EQ(size(1024, 4), 32);
    EXPECT_EQ(size(2048, 11), 32);
    EXPECT_GT(size(16384, 40), 32);
    EXPECT_GT(size(2048, 64), 32);
}

// With 64 KiB a multiprocessor has no room for a thread's share of solver and data a pixel.
TEST(TeamSize, IsLargerWhereMemoryIsShort)
{
    for (int const free : {1, 3, 5, 8, 12, 20, 40})
        for (int const channels : {25, 100, 225, 500, 1024, 4096})
            EXPECT_GE(cuda::team_size(channels, free, turing.multiprocessor),
                      cuda::team_size(channels, free, hopper.multiprocessor))
                << channels << " channels, " << free << " free";
}

TEST(TeamCost, SaysWhatIsLost)
{
    auto const cost = [](int team, int channels, int free) {
        return cuda::team_cost(team, channels, free, hopper.multiprocessor);
    };
    // 25 channels leave 7 of 32 lanes idle and 103 of 128.
    EXPECT_GT(cost(128, 25, 5), 3.0 * cost(32, 25, 5));
    // Both have work for all lanes; the block has four times the shuffles and waits.
    EXPECT_GT(cost(128, 4096, 4), cost(32, 4096, 4));
    // Twice the channels are no more than twice the work.
    EXPECT_LT(cost(32, 2048, 8), 2.0 * cost(32, 1024, 8));
}

PlanBuilder plan_of(int channels, int peaks)
{
    PlanBuilder builder;
    builder.line(channels, 0.0, 1.0);
    for (int i = 0; i < peaks; ++i)
        builder.add<components::Gaussian>({free_slot(1.0), free_slot(1.0), free_slot(3.0 * i)});
    return builder;
}

TEST(LaunchShape, GivesEveryTeamItsShare)
{
    for (int const channels : {9, 25, 225, 1024, 4096})
        for (int const peaks : {1, 2, 4, 10, 22}) {
            PlanBuilder builder = plan_of(channels, peaks);
            program::Plan const plan = builder.view();
            for (int const team : {0, 1, 4, 8, 32, 64, 128, 256})
                for (cuda::LaunchShape const& shape :
                     {cuda::generated_shape(plan, hopper, team), cuda::interpreter_shape(plan, hopper, team)}) {
                    SCOPED_TRACE(::testing::Message() << channels << ", " << peaks << " peaks, team " << team);
                    if (team > 0) {
                        EXPECT_EQ(shape.team, team);
                    }
                    EXPECT_EQ(shape.threads % cuda::warp_size, 0);
                    EXPECT_EQ(shape.threads % shape.team, 0);
                    if (shape.team > cuda::warp_size) {
                        EXPECT_EQ(shape.teams(), 1);
                    }
                    EXPECT_EQ(shape.share_doubles % 2, 1);
                    EXPECT_EQ(shape.shared_bytes,
                              8 * (shape.threads / cuda::warp_size + shape.teams() * shape.share_doubles));
                    EXPECT_EQ(shape.blocks, shape.shared_bytes <= hopper.block ? 1 : 0);
                    EXPECT_TRUE(shape.data_doubles == 0 || shape.data_doubles == 2 * channels);
                    EXPECT_GE(shape.share_doubles, solver::FitMemory::shared_size(plan.num_free, shape.team) +
                                                       shape.program_doubles + shape.data_doubles);
                }
        }
}

/// The most free parameters of a plan whose solver and sums a block has the shared memory for (README).
TEST(LaunchShape, HoldsSoManyFreeParameters)
{
    auto const most = [](auto const& shape_of, cuda::SharedLimits const& limits) {
        for (int num_free = 1;; ++num_free) {
            PlanBuilder builder;
            builder.line(1024, 0.0, 1.0);
            for (int i = 0; i < num_free; ++i) builder.add<components::Offset>({free_slot(1.0)});
            if (shape_of(builder.view(), limits, 0).blocks == 0) return num_free - 1;
        }
    };
    struct Row
    {
        cuda::SharedLimits limits;
        int generated, interpreted;
    };
    for (Row const& row : {Row{hopper, 109, 105}, Row{ampere, 91, 87}, Row{ada, 68, 64}, Row{turing, 52, 49}}) {
        EXPECT_EQ(most(cuda::generated_shape, row.limits), row.generated) << row.limits.block;
        EXPECT_EQ(most(cuda::interpreter_shape, row.limits), row.interpreted) << row.limits.block;
    }
}

TEST(LaunchShape, OfPlansWithoutEndIsInDeviceMemory)
{
    PlanBuilder builder = plan_of(1024, 50);
    program::Plan const plan = builder.view();
    EXPECT_EQ(cuda::interpreter_shape(plan, hopper).blocks, 0);
    cuda::LaunchShape const shape = cuda::far_shape(plan);
    EXPECT_EQ(shape.blocks, 1);
    EXPECT_EQ(shape.shared_bytes, 0);
    EXPECT_EQ(shape.far_doubles, shape.threads / cuda::warp_size + shape.teams() * shape.share_doubles);
    EXPECT_GT(8 * shape.far_doubles, hopper.block);
}

/// Bytes of shared memory of a team, its data in device memory.
TEST(LaunchShape, ATeamNeedsThisMuchSharedMemory)
{
    struct Row
    {
        int peaks, team, bytes;
    };
    for (auto const& [peaks, team, bytes] :
         {Row{1, 8, 648}, Row{1, 32, 840}, Row{1, 128, 2632}, Row{2, 8, 1528}, Row{2, 32, 1720}, Row{2, 128, 3512},
          Row{4, 8, 5480}, Row{4, 32, 10392}, Row{4, 128, 25128}}) {
        PlanBuilder builder = plan_of(1 << 20, peaks);
        cuda::LaunchShape const shape = cuda::generated_shape(builder.view(), hopper, team);
        EXPECT_EQ(shape.data_doubles, 0);
        EXPECT_EQ(8 * shape.share_doubles, bytes) << 3 * peaks << " free, teams of " << team;
    }
}

TEST(LaunchShape, OfWhatIsConvolvedHasScratchForItsColumns)
{
    for (auto const& [channels, team] : {std::pair{20, 32}, {100, 128}, {2048, 256}}) {
        PlanBuilder builder;
        builder.line(channels, 0.0, 1.0);
        builder.low_loss(50, 10);
        builder.add<components::Offset>({free_slot(1.0)});
        builder.convolved = true;
        builder.add<components::Gaussian>({free_slot(1.0), fixed_slot(1.0), free_slot(3.0)});
        program::Plan const plan = builder.view();
        for (cuda::LaunchShape const& shape :
             {cuda::generated_shape(plan, hopper), cuda::interpreter_shape(plan, hopper), cuda::far_shape(plan)}) {
            EXPECT_TRUE(shape.team == team || shape.far_doubles > 0);
            // Two columns and a value; the low loss is beside the data, and whether its columns are made.
            EXPECT_EQ(shape.data_doubles, 2 * channels + 51);
            EXPECT_EQ(shape.spread_doubles, 3 * (channels + 49));
        }
    }
    EXPECT_EQ(cuda::generated_shape(plan_of(25, 1).view(), hopper).spread_doubles, 0);
}

TEST(LaunchShape, KeepsALowLossBesideTheData)
{
    auto const data_of = [](int num_low_loss, cuda::SharedLimits const& limits) {
        PlanBuilder builder;
        builder.line(2048, 0.0, 1.0);
        builder.low_loss(num_low_loss, 10);
        builder.convolved = true;
        builder.add<components::Gaussian>({free_slot(1.0), free_slot(1.0), free_slot(3.0)});
        return cuda::generated_shape(builder.view(), limits).data_doubles;
    };
    EXPECT_EQ(data_of(2048, hopper), 3 * 2048 + 1);
    // A block of eight warps has 64 KiB to itself: 48 KiB of those and what the solver needs, not 64.
    EXPECT_EQ(data_of(2048, turing), 3 * 2048 + 1);
    EXPECT_EQ(data_of(4096, turing), 0);
}

/// 75 columns that are convolved once: 1.2 MB, in place of 1.9 MB for what every pass convolved.
TEST(LaunchShape, OfKeptColumnsHasScratchForThem)
{
    PlanBuilder builder;
    builder.line(2048, 0.0, 1.0);
    builder.low_loss(1024, 100);
    builder.convolved = true;
    for (int i = 0; i < 75; ++i)
        builder.add_expression("a*exp(-x)", {"a"}, {free_slot(1.0)}).add_product("exp(-x)", {0});
    builder.forms.assign(75, program::TermForm::products);
    Index const doubles = cuda::interpreter_shape(builder.view(), hopper).spread_doubles;
    EXPECT_EQ(doubles, 75 * 2048 + 75 + 75);
    builder.forms.clear();
    EXPECT_EQ(cuda::interpreter_shape(builder.view(), hopper).spread_doubles, 76 * (2048 + 1023));
}

TEST(LaunchShape, OfWhatIsSummedHasScratchForItsColumns)
{
    PlanBuilder builder;
    builder.line(300, 0.0, 1.0);
    builder.cumulative = 1;
    builder.add_expression("a*exp(-x)", {"a", "k"}, {free_slot(1.0), free_slot(0.1)});
    program::Plan const plan = builder.view();
    for (cuda::LaunchShape const& shape :
         {cuda::generated_shape(plan, hopper), cuda::interpreter_shape(plan, hopper), cuda::far_shape(plan)})
        EXPECT_EQ(shape.spread_doubles, 3 * (300 + 32));  // two columns and a value, and the sums of their parts
}

TEST(LaunchShape, KeepsDataOnChipWhereTheyFit)
{
    PlanBuilder few = plan_of(25, 1), many = plan_of(16384, 1);
    EXPECT_EQ(cuda::generated_shape(few.view(), turing).data_doubles, 50);
    EXPECT_EQ(cuda::generated_shape(many.view(), turing).data_doubles, 0);
    EXPECT_EQ(cuda::generated_shape(plan_of(1024, 1).view(), hopper).data_doubles, 2048);
}

TEST(LaunchShape, TakesWhatABlockHasMemoryFor)
{
    // Two warps of such teams would need 92 KiB.
    PlanBuilder builder = plan_of(64, 13);
    cuda::LaunchShape const shape = cuda::generated_shape(builder.view(), {48 * 1024, 64 * 1024});
    EXPECT_EQ(shape.blocks, 1);
    EXPECT_LE(shape.shared_bytes, 48 * 1024);
    EXPECT_EQ(shape.threads, 32);

    PlanBuilder large = plan_of(64, 40);
    cuda::LaunchShape const none = cuda::generated_shape(large.view(), turing);
    EXPECT_EQ(none.blocks, 0);
    EXPECT_GT(none.shared_bytes, turing.block);
}

}  // namespace
}  // namespace warpfit::testing
