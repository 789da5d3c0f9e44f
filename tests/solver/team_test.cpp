#include "tests/support/team_fit.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using namespace components;
using program::Status;

// Every count of threads must give what one gives: up to rounding, for only the order of the additions differs.

struct Case
{
    PlanBuilder builder;
    std::vector<double> truth;
    Status status = Status::converged;
};

void expect_teams_agree(Case given)
{
    program::Plan const plan = given.builder.view();
    TeamFit team(plan);
    Pixel pixel(team.model(given.truth));
    double largest = 0.0;
    for (double y : pixel.data) largest = std::max(largest, std::abs(y));
    for (std::size_t i = 0; i < pixel.data.size(); ++i)
        pixel.data[i] += 0.01 * largest * std::sin(static_cast<double>(i * i));
    pixel.batch.start = given.builder.start.data();
    Fitted const alone = team.fit(pixel.batch, 1);
    EXPECT_EQ(alone.status, given.status);
    for (int members : {4, 8, 32}) {
        Fitted const fitted = team.fit(pixel.batch, members);
        EXPECT_EQ(fitted.status, alone.status) << members;
        EXPECT_EQ(fitted.iterations, alone.iterations) << members;
        EXPECT_EQ(fitted.dof, alone.dof) << members;
        EXPECT_NEAR(fitted.chisq, alone.chisq, 1e-12 * alone.chisq) << members;
        for (std::size_t i = 0; i < alone.p.size(); ++i) {
            // Whether a last step that chi2 cannot feel is taken is up to the order of its sum.
            double const allowed = std::max(1e-9 * std::abs(alone.p[i]), 1e-6 * alone.errors[i]);
            EXPECT_NEAR(fitted.p[i], alone.p[i], allowed) << members << " members, " << i;
            EXPECT_NEAR(fitted.errors[i], alone.errors[i], 1e-8 * alone.errors[i]) << members << " members, " << i;
        }
    }
}

PlanBuilder on_line(int count)
{
    PlanBuilder builder;
    builder.line(count, 100.0, 0.5);
    return builder;
}

TEST(Teams, PeakOnOffset)
{
    Case given{on_line(300), {500.0, 6.0, 170.0, 12.0}};
    given.builder.add<Gaussian>({free_slot(300.0), free_slot(9.0), free_slot(165.0)}).add<Offset>({free_slot(0.0)});
    expect_teams_agree(std::move(given));
}

TEST(Teams, PowerLawAndTwoPeaks)
{
    Case given{on_line(400), {1e6, 2.0, 900.0, 6.0, 150.0, 700.0, 9.0, 220.0}};
    given.builder.add<PowerLaw>({free_slot(5e5, 0.0), free_slot(1.9, 1.0, 5.0), fixed_slot(0.0), fixed_slot(0.0)});
    given.builder.add<Gaussian>({free_slot(500.0), free_slot(5.0), free_slot(152.0)});
    given.builder.add<Gaussian>({free_slot(900.0), free_slot(7.0), free_slot(217.0)});
    given.builder.linear = {1, 0, 1, 0, 0, 1, 0, 0};
    expect_teams_agree(std::move(given));
}

TEST(Teams, BoundsThatBind)
{
    Case given{on_line(300), {500.0, 6.0, 170.0, 12.0}, Status::converged_at_bound};
    given.builder.add<Gaussian>({free_slot(300.0, 0.0, 450.0), free_slot(9.0, 6.5, 20.0), free_slot(165.0)});
    given.builder.add<Offset>({free_slot(0.0, -1.0, 5.0)});
    expect_teams_agree(std::move(given));
}

TEST(Teams, TwinsAndExpressions)
{
    Case given{on_line(300), {500.0, 6.0, 150.0, 2.0, 0.02}};
    given.builder.add<Gaussian>({free_slot(300.0), free_slot(9.0), free_slot(152.0)});
    given.builder.add<Gaussian>({twin_slot(0, "x/2"), twin_slot(1), twin_slot(2, "x + 40")});
    given.builder.add_expression("a*exp(-b*(x - 100))", {"a", "b"}, {free_slot(1.0), free_slot(0.01)});
    expect_teams_agree(std::move(given));
}

TEST(Teams, FewerChannelsThanThreads)
{
    Case given{on_line(12), {3.0, -0.02}};
    given.builder.add<Polynomial>({free_slot(0.0), free_slot(0.0)});
    expect_teams_agree(std::move(given));
}

TEST(Teams, SumsAreFoldedInOrder)
{
    for (int members : {1, 4, 32}) {
        std::vector<double> total(3);
        run_team(members, 3, [&](ThreadTeam const& team) {
            float const mine[] = {1.0F, static_cast<float>(team.rank()), 1e8F};
            team.sum(mine, 3, total.data());
        });
        EXPECT_EQ(total[0], members);
        EXPECT_EQ(total[1], members * (members - 1) / 2);
        EXPECT_EQ(total[2], 1e8 * members);
    }
}

TEST(Teams, AMemberFoldsItsFloatSumsIntoDouble)
{
    // The sum of 20000 squares of 1.1: one float sum over all channels is off by 1e-4, sums of 64 by 1e-6 at most.
    PlanBuilder builder;
    builder.line(20000, 0.0, 1.0);
    builder.width.assign(20000, 1.1);
    builder.add<Offset>({free_slot(0.0)});
    builder.options.precision = program::Precision::float32;
    builder.options.scale_errors = 0;
    program::Plan const plan = builder.view();
    TeamFit team(plan);
    Pixel pixel(std::vector<double>(20000, 4096.0));
    pixel.batch.start = builder.start.data();
    double const expected = 1.0 / (1.1 * std::sqrt(20000.0));
    EXPECT_NEAR(team.fit(pixel.batch, 1).errors[0], expected, 2e-6 * expected);
}

}  // namespace
}  // namespace warpfit::testing
