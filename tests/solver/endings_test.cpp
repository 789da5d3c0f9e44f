#include "tests/support/team_fit.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace warpfit::testing {
namespace {

using namespace components;
using program::Status;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// A plan, data made from it at `truth` with a fixed ripple, and starts.
struct Fixture
{
    Fixture(PlanBuilder plan_builder, std::vector<double> const& truth, double ripple = 0.1)
        : builder(std::move(plan_builder))
        , plan(builder.view())
        , team(plan)
        , pixel(team.model(truth))
    {
        for (std::size_t i = 0; i < pixel.data.size(); ++i)
            pixel.data[i] += ripple * std::sin(static_cast<double>(i * i));
        pixel.batch.start = builder.start.data();
    }
    Fixture(Fixture const&) = delete;

    Fitted fit(int members = 1) { return team.fit(pixel.batch, members); }

    PlanBuilder builder;
    program::Plan plan;
    TeamFit team;
    Pixel pixel;
};

PlanBuilder peak_on_offset(SlotSpec a = free_slot(50.0, 0.0), SlotSpec sigma = free_slot(1.5, 0.0),
                           SlotSpec centre = free_slot(0.5))
{
    PlanBuilder builder;
    builder.line(200, -10.0, 0.1);
    builder.add<Gaussian>({a, sigma, centre}).add<Offset>({free_slot(0.0)});
    return builder;
}

std::vector<double> const truth{100.0, 2.0, 1.0, 3.0};

void expect_failure(Fitted const& fitted, Status status)
{
    EXPECT_EQ(fitted.status, status);
    for (double p : fitted.p) EXPECT_TRUE(std::isnan(p));
    for (double e : fitted.errors) EXPECT_TRUE(std::isnan(e));
    EXPECT_TRUE(std::isnan(fitted.chisq));
    EXPECT_EQ(fitted.dof, 0);
}

TEST(Endings, ConvergedWithoutNoiseIsTheTruth)
{
    Fixture f(peak_on_offset(), truth, 0.0);
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::converged);
    for (std::size_t i = 0; i < truth.size(); ++i) EXPECT_NEAR(fitted.p[i], truth[i], 1e-10 * truth[i]);
    EXPECT_EQ(fitted.dof, 196);
    EXPECT_LT(fitted.iterations, 12);
}

TEST(Endings, ConvergedAtBoundHoldsItsGradient)
{
    Fixture f(peak_on_offset(free_slot(50.0, 0.0, 80.0)), truth);
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::converged_at_bound);
    EXPECT_EQ(fitted.p[0], 80.0);
    EXPECT_EQ(fitted.errors[0], 0.0);
    EXPECT_GT(fitted.errors[1], 0.0);
    EXPECT_EQ(fitted.dof, 197);  // 200 channels, one of four parameters held
    // KKT: chi2 would fall beyond the bound, and is flat along the others.
    auto const chi2 = [&](std::vector<double> const& p) {
        double total = 0.0;
        std::vector<double> const model = f.team.model(p);
        for (std::size_t i = 0; i < model.size(); ++i) total += std::pow(f.pixel.data[i] - model[i], 2);
        return total;
    };
    EXPECT_NEAR(chi2(fitted.p), fitted.chisq, 1e-9 * fitted.chisq);
    for (std::size_t i = 0; i < truth.size(); ++i) {
        double const h = 1e-4 * std::abs(fitted.p[i]);
        std::vector<double> low = fitted.p, high = fitted.p;
        low[i] -= h;
        high[i] += h;
        double const slope = (chi2(high) - chi2(low)) / (2 * h);
        double const curvature = (chi2(high) + chi2(low) - 2 * fitted.chisq) / (h * h);
        if (i == 0)
            EXPECT_LT(slope, 0.0);
        else
            EXPECT_NEAR(slope / curvature, 0.0, 1e-6 * std::abs(fitted.p[i])) << i;
    }
}

TEST(Endings, ALastStepThatEndsOnABoundIsHeldThere)
{
    Fixture reference(peak_on_offset(), truth);
    double const optimum = reference.fit().p[0];
    int at_bound = 0;
    for (double const tolerance : {1e-10, 1e-6})
        for (int digits = 2; digits < 12; ++digits) {
            double const bmax = optimum * (1.0 - std::pow(10.0, -digits));
            PlanBuilder builder = peak_on_offset(free_slot(50.0, 0.0, bmax));
            builder.options.tolerance = tolerance;
            Fixture f(std::move(builder), truth);
            Fitted const fitted = f.fit();
            bool const is_there = fitted.p[0] == bmax;
            at_bound += is_there;
            EXPECT_LE(fitted.p[0], bmax);
            EXPECT_EQ(fitted.status, is_there ? Status::converged_at_bound : Status::converged) << digits;
            EXPECT_EQ(fitted.errors[0] == 0.0, is_there) << digits;
            EXPECT_EQ(fitted.dof, is_there ? 197 : 196) << digits;
        }
    EXPECT_GE(at_bound, 16);
}

/// Karush-Kuhn-Tucker at the end of fits in random boxes, by differences of chi2.
TEST(Endings, RandomBoxesEndWhereNothingCanFall)
{
    std::mt19937 random(3);
    std::uniform_real_distribution<double> unit(0.0, 1.0);
    int at_bound = 0;
    for (int n = 0; n < 100; ++n) {
        PlanBuilder builder;
        builder.line(120, 2.0, 0.15);
        auto const box = [&](double value, double width) {
            double const low = value + width * (1.6 * unit(random) - 1.3);
            double const high = low + width * (0.2 + unit(random));
            return free_slot(low + (high - low) * unit(random), low, high);
        };
        builder.add<Gaussian>({box(100.0, 40.0), box(2.0, 0.8), box(9.0, 2.0)});
        builder.add<PowerLaw>({box(300.0, 100.0), box(1.5, 0.5), fixed_slot(0.0), fixed_slot(0.0)});
        Fixture f(std::move(builder), {100.0, 2.0, 9.0, 300.0, 1.5}, 0.5);
        Fitted const fitted = f.fit();
        if (fitted.status != Status::converged && fitted.status != Status::converged_at_bound) {
            ADD_FAILURE() << "box " << n << " ended with status " << static_cast<int>(fitted.status);
            continue;
        }
        at_bound += fitted.status == Status::converged_at_bound;
        auto const chi2 = [&](std::size_t i, double shift) {
            std::vector<double> p = fitted.p;
            p[i] += shift;
            double total = 0.0;
            std::vector<double> const model = f.team.model(p);
            for (std::size_t c = 0; c < model.size(); ++c) total += std::pow(f.pixel.data[c] - model[c], 2);
            return total;
        };
        for (std::size_t i = 0; i < fitted.p.size(); ++i) {
            double const h = 1e-5 * std::abs(fitted.p[i]);
            double const slope = (chi2(i, h) - chi2(i, -h)) / (2 * h);
            double const curvature = (chi2(i, h) + chi2(i, -h) - 2 * fitted.chisq) / (h * h);
            double const could_fall = slope * slope / (2 * curvature);
            bool const low = fitted.p[i] == f.builder.bmin[i] && slope > 0.0;
            bool const high = fitted.p[i] == f.builder.bmax[i] && slope < 0.0;
            EXPECT_TRUE(low || high || could_fall < 1e-7 * fitted.chisq)
                << "box " << n << ", parameter " << i << ": chi2 could fall by " << could_fall << " of "
                << fitted.chisq;
            EXPECT_GE(fitted.p[i], f.builder.bmin[i]);
            EXPECT_LE(fitted.p[i], f.builder.bmax[i]);
        }
    }
    EXPECT_GT(at_bound, 50);
}

TEST(Endings, ABoundThatTheOptimumTouchesFromInsideIsLeft)
{
    // The start lies on the bound, the optimum inside.
    Fixture f(peak_on_offset(free_slot(0.0, 0.0, 1e6)), truth);
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::converged);
    EXPECT_NEAR(fitted.p[0], 100.0, 1.0);
}

TEST(Endings, UnboundedFitsIgnoreBounds)
{
    PlanBuilder builder = peak_on_offset(free_slot(50.0, 0.0, 80.0));
    builder.options.bounded = 0;
    Fixture f(std::move(builder), truth);
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::converged);
    EXPECT_NEAR(fitted.p[0], 100.0, 1.0);
}

TEST(Endings, MaxIterationsKeepsTheBestSoFar)
{
    PlanBuilder builder = peak_on_offset();
    builder.options.max_iterations = 2;
    Fixture f(std::move(builder), truth);
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::max_iterations);
    EXPECT_EQ(fitted.iterations, 2);
    EXPECT_TRUE(std::isfinite(fitted.p[0]));
    double const start = [&] {
        double total = 0.0;
        std::vector<double> const model = f.team.model(f.builder.start);
        for (std::size_t i = 0; i < model.size(); ++i) total += std::pow(f.pixel.data[i] - model[i], 2);
        return total;
    }();
    EXPECT_LT(fitted.chisq, start);
}

TEST(Endings, TwoEqualComponentsAreSingular)
{
    PlanBuilder builder;
    builder.line(100, 0.0, 0.1);
    builder.add<Offset>({free_slot(1.0)}).add<Offset>({free_slot(0.0)});
    builder.add<Exponential>({free_slot(4.0), free_slot(3.0)});
    Fixture f(std::move(builder), {1.5, 1.5, 5.0, 2.0});
    for (int members : {1, 4}) {
        Fitted const fitted = f.fit(members);
        EXPECT_EQ(fitted.status, Status::singular);
        EXPECT_NEAR(fitted.p[0] + fitted.p[1], 3.0, 0.1);
        EXPECT_TRUE(std::isinf(fitted.errors[0]) || std::isinf(fitted.errors[1]));
        EXPECT_NEAR(fitted.p[3], 2.0, 0.1);
        EXPECT_TRUE(std::isfinite(fitted.errors[3]));
    }
}

TEST(Endings, AParameterWithoutAnyEffectIsSingular)
{
    PlanBuilder builder = peak_on_offset();
    builder.add_expression("a*heaviside(x - 1000, 0)", {"a"}, {free_slot(7.0)});
    Fixture f(std::move(builder), {100.0, 2.0, 1.0, 3.0, 5.0});
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::singular);
    EXPECT_EQ(fitted.p[4], 7.0);
    EXPECT_TRUE(std::isinf(fitted.errors[4]));
    EXPECT_TRUE(std::isfinite(fitted.errors[0]));
}

TEST(Endings, BadStart)
{
    Fixture f(peak_on_offset(), truth);
    f.builder.start[2] = nan;
    expect_failure(f.fit(), Status::bad_start);
    f.builder.start[2] = 0.0;
    f.builder.start[1] = 0.0;  // sigma: 1 / 0
    expect_failure(f.fit(), Status::bad_start);
    expect_failure(f.fit(4), Status::bad_start);
}

TEST(Endings, BadInput)
{
    Fixture f(peak_on_offset(), truth);
    f.pixel.data[17] = nan;
    expect_failure(f.fit(), Status::bad_input);
    expect_failure(f.fit(4), Status::bad_input);
    f.pixel.data[17] = 0.0;
    f.pixel.batch.variance_kind = program::VarianceKind::number;
    f.pixel.batch.variance_number = 0.0;
    expect_failure(f.fit(), Status::bad_input);
}

TEST(Endings, TooFewChannels)
{
    Fixture f(peak_on_offset(), truth);
    std::vector<double> variance(200, -1.0);
    f.pixel.batch.variance_kind = program::VarianceKind::channel;
    f.pixel.batch.variance_channel = variance.data();
    for (std::size_t i = 0; i < 3; ++i) variance[i] = 1.0;
    expect_failure(f.fit(), Status::too_few_channels);
    expect_failure(f.fit(4), Status::too_few_channels);
}

TEST(Endings, Masked)
{
    Fixture f(peak_on_offset(), truth);
    unsigned char const masked = 1;
    f.pixel.batch.masked = &masked;
    expect_failure(f.fit(), Status::masked);
}

TEST(Endings, AComponentThatIsOffHasNoValues)
{
    PlanBuilder builder = peak_on_offset();
    builder.add<Lorentzian>({free_slot(5.0), free_slot(1.0), free_slot(-4.0)}, 3);
    Fixture f(std::move(builder), {100.0, 2.0, 1.0, 3.0, 0.0, 1.0, -4.0});
    unsigned long long const active = ~(1ull << 3);
    f.pixel.batch.active = &active;
    for (int members : {1, 4}) {
        Fitted const fitted = f.fit(members);
        EXPECT_EQ(fitted.status, Status::converged);
        EXPECT_NEAR(fitted.p[0], 100.0, 1.0);
        EXPECT_TRUE(std::isnan(fitted.p[4]));
        EXPECT_TRUE(std::isnan(fitted.errors[6]));
    }
}

TEST(Endings, AParameterOfAnOffComponentStillMovesItsTwins)
{
    PlanBuilder builder;
    builder.line(200, -10.0, 0.1);
    builder.add<Gaussian>({free_slot(50.0), free_slot(1.5), free_slot(0.5)}, 0);
    builder.add<Gaussian>({free_slot(40.0), twin_slot(1), free_slot(0.7)});
    Fixture f(std::move(builder), {0.0, 2.0, 0.0, 100.0, 1.0});
    unsigned long long const active = 0;
    f.pixel.batch.active = &active;
    Fitted const fitted = f.fit();
    EXPECT_EQ(fitted.status, Status::converged);
    EXPECT_TRUE(std::isnan(fitted.p[0]));
    EXPECT_NEAR(fitted.p[1], 2.0, 0.05);
    EXPECT_NEAR(fitted.p[3], 100.0, 1.0);
}

TEST(Endings, ErrorsAreThoseOfALineByHand)
{
    // y = a + b x on x = 0..4 with variance 4: cov = 4 [1/5 + 2^2/10, .; ., 1/10]
    PlanBuilder builder;
    builder.line(5, 0.0, 1.0);
    builder.add<Polynomial>({free_slot(0.0), free_slot(0.0)});
    builder.options.scale_errors = 0;
    Fixture f(std::move(builder), {1.0, 2.0}, 0.5);
    f.pixel.batch.variance_kind = program::VarianceKind::number;
    f.pixel.batch.variance_number = 4.0;
    Fitted const fitted = f.fit();
    EXPECT_NEAR(fitted.errors[0], std::sqrt(4.0 * 0.6), 1e-12);
    EXPECT_NEAR(fitted.errors[1], std::sqrt(4.0 * 0.1), 1e-12);
    EXPECT_EQ(fitted.dof, 3);
}

TEST(Endings, FloatAndMixedReachTheSameOptimum)
{
    Fixture wide(peak_on_offset(), truth);
    Fitted const reference = wide.fit();
    for (auto const precision : {program::Precision::float32, program::Precision::mixed}) {
        PlanBuilder builder = peak_on_offset();
        builder.options.precision = precision;
        Fixture f(std::move(builder), truth);
        double const tolerance = precision == program::Precision::mixed ? 1e-6 : 1e-4;
        for (int members : {1, 4}) {
            Fitted const fitted = f.fit(members);
            EXPECT_EQ(fitted.status, Status::converged);
            for (std::size_t i = 0; i < truth.size(); ++i)
                EXPECT_NEAR(fitted.p[i], reference.p[i], tolerance * std::abs(reference.p[i]));
        }
    }
}

TEST(Endings, DataOfAnyScaleFitAlike)
{
    Fixture reference(peak_on_offset(), truth);
    double const expected = reference.fit().p[0];
    for (double const scale : {1e-30, 1e-12, 1e15, 1e30}) {
        PlanBuilder builder = peak_on_offset(free_slot(50.0 * scale, 0.0));
        builder.options.precision = program::Precision::mixed;
        Fixture f(std::move(builder), {100.0 * scale, 2.0, 1.0, 3.0 * scale}, 0.1 * scale);
        Fitted const fitted = f.fit();
        EXPECT_EQ(fitted.status, Status::converged) << scale;
        EXPECT_NEAR(fitted.p[0] / scale, expected, 1e-6 * expected) << scale;
    }
}

}  // namespace
}  // namespace warpfit::testing
