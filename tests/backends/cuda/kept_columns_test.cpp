#include "src/backends/cuda/kept_columns.hpp"

#include "kernels/program/interpreter_program.hpp"
#include "tests/backends/cuda/models.hpp"
#include "tests/support/thread_team.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// Value and gradient of every channel [num_channels, num_free + 2], for a pixel and for another after it.
std::vector<double> evaluated(PlanBuilder builder, int members, unsigned long long active)
{
    program::Plan const plan = builder.view();
    using Program = program::SpreadInterpreter<double>;
    auto const size = [](Index n) { return static_cast<std::size_t>(n); };
    ChannelCopy<double> const channels(plan);
    std::vector<double> shared(size(Program::shared_size(plan))), spread(size(Program::scratch_size(plan)));
    std::vector<double> const values{0.9, 1.7};
    std::vector<double> low_loss(size(plan.convolution->num_low_loss + 1));
    std::vector<double> out(size(2 * plan.num_channels * (plan.num_free + 2)));
    std::vector<double> free = builder.start;
    auto const member = [&](auto const& team) {
        std::vector<double> mine(size(Program::private_size(plan))), gradient(free.size());
        Program program(plan, channels.data, shared.data(), mine.data());
        for (int pixel = 0; pixel < 2; ++pixel) {
            if (team.rank() == 0) {
                for (std::size_t u = 0; u + 1 < low_loss.size(); ++u)
                    low_loss[u] = 1.0 / (1.0 + 0.3 * (pixel + 1) * static_cast<double>(u * u));
                low_loss.back() = 0.0;
            }
            team.sync();
            for (int pass = 0; pass < 2; ++pass) {
                program.prepare(team, free.data(), {values.data(), active, low_loss.data(), spread.data()});
                for (int c = team.rank(); c < plan.num_channels; c += team.size()) {
                    double* const to = out.data() + size(pixel * plan.num_channels + c) * (gradient.size() + 2);
                    to[0] = program.evaluate(c, gradient.data());
                    to[1] = program.value(c);
                    std::copy(gradient.begin(), gradient.end(), to + 2);
                }
                team.sync();
            }
        }
    };
    if (members == 1)
        member(SerialTeam{});
    else
        run_team(members, 1, member);
    return out;
}

/// A column that is convolved once, then multiplied, and the product that is convolved in each pass differ by rounding.
TEST(KeptColumns, AreWhatEveryPassWouldConvolve)
{
    for (NamedModel const& model : composite_models()) {
        if (model.builder.forms.empty()) continue;
        PlanBuilder plain = model.builder;
        plain.forms.clear();
        plain.columns_linear.clear();
        for (unsigned long long active : {~0ull, 0ull, 1ull, 2ull})
            for (int const members : {1, 4}) {
                SCOPED_TRACE(model.name + ", active " + std::to_string(active));
                std::vector<double> const kept = evaluated(model.builder, members, active);
                std::vector<double> const wanted = evaluated(plain, 1, active);
                ASSERT_EQ(kept.size(), wanted.size());
                for (std::size_t i = 0; i < kept.size(); ++i)
                    ASSERT_NEAR(kept[i], wanted[i], 1e-13 * (1.0 + std::abs(wanted[i]))) << i;
            }
    }
}

TEST(KeptColumns, AreThoseOfParametersOfARestAndOfProducts)
{
    for (NamedModel& model : composite_models()) {
        if (model.name != "KeptColumns") continue;
        program::Plan const plan = model.builder.view();
        cuda::KeptColumnsOfPlan const kept = cuda::keep_columns(plan);
        // A, of both Lorentzians; what the twin adds where that is 0; three products.
        ASSERT_EQ(kept.products.size(), 5U);
        EXPECT_EQ(kept.factors, (std::vector<int>{0, 6, 7, 8, 6, 6}));
        EXPECT_EQ(kept.targets, (std::vector<int>{0, 1, -1, 0, 1, 1}));
        EXPECT_EQ(kept.products[0].term, -1);
        EXPECT_EQ(kept.products[1].num_factors, 0);
        EXPECT_EQ(kept.products[2].term, 2);
        auto const lorentzian = [](double x, double gamma, double centre) {
            return gamma / (M_PI * ((x - centre) * (x - centre) + gamma * gamma));
        };
        for (int i = 0; i < plan.convolution->num_x; ++i) {
            double const x = plan.convolution->x[i];
            auto const at = static_cast<std::size_t>(i), next = static_cast<std::size_t>(plan.convolution->num_x);
            double const first = lorentzian(x, 1.5, 15.0), second = lorentzian(x, 0.8, 9.0);
            EXPECT_NEAR(kept.values[at], first + second / 3.0, 1e-15);
            EXPECT_NEAR(kept.values[next + at], 0.5 * second, 1e-15);
            EXPECT_NEAR(kept.values[2 * next + at], std::exp(-(x - 9.0) * (x - 9.0) / 4.0), 1e-15);
        }
        // The law's parameters are not convolved, and nothing else moves.
        EXPECT_EQ(plan.convolution->num_moved, 0);
    }
}

TEST(KeptColumns, AreNoneWhereEveryTermIsEvaluated)
{
    for (NamedModel& model : composite_models())
        if (model.name == "Convolved" || model.name == "Twins") {
            program::Plan const plan = model.builder.view();
            EXPECT_TRUE(cuda::keep_columns(plan).products.empty());
        }
}

}  // namespace
}  // namespace warpfit::testing
