#include "src/backends/cpu/table.hpp"
#include "tests/support/team_fit.hpp"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>
#include <limits>

namespace warpfit::testing {
namespace {

using namespace components;
using program::Status;

/// The same pixel through the CPU backend: points, one thread.
Fitted cpu_fit(program::Plan const& plan, program::PixelBatch const& batch)
{
    cpu::Table const& table = *warpfit_cpu_sse2();
    std::unique_ptr<void, void (*)(void*)> const prepared(table.create(&plan, cpu::Layout::points), table.destroy);
    auto const bytes = static_cast<std::size_t>(table.workspace_size(prepared.get()) + 127) / 64 * 64;
    std::unique_ptr<void, void (*)(void*)> const workspace(std::aligned_alloc(64, bytes), std::free);
    Fitted out;
    out.p.resize(static_cast<std::size_t>(plan.num_free));
    out.errors.resize(out.p.size());
    out.correlations.resize(static_cast<std::size_t>(plan.num_pairs));
    program::BatchResults const results{out.p.data(), out.errors.data(),      &out.chisq, &out.dof, &out.iterations,
                                        &out.status,  out.correlations.data()};
    EXPECT_EQ(table.run(prepared.get(), &batch, &results, 0, 1, workspace.get(), nullptr), 1);
    return out;
}

void expect_same(double a, double b, double tolerance, char const* what)
{
    if (std::isfinite(a) || std::isfinite(b))
        EXPECT_NEAR(a, b, tolerance * std::abs(b)) << what;
    else
        EXPECT_EQ(std::isnan(a), std::isnan(b)) << what;
}

void expect_agreement(program::Plan const& plan, program::PixelBatch const& batch, Status status)
{
    Fitted const reference = cpu_fit(plan, batch);
    EXPECT_EQ(reference.status, status);
    TeamFit team(plan);
    for (int members : {1, 4}) {
        Fitted const fitted = team.fit(batch, members);
        EXPECT_EQ(fitted.status, reference.status);
        EXPECT_EQ(fitted.dof, reference.dof);
        EXPECT_EQ(fitted.iterations, reference.iterations);
        expect_same(fitted.chisq, reference.chisq, 1e-9, "chisq");
        for (std::size_t i = 0; i < reference.p.size(); ++i) {
            expect_same(fitted.p[i], reference.p[i], 1e-8, "parameter");
            expect_same(fitted.errors[i], reference.errors[i], 1e-6, "standard error");
        }
        for (std::size_t k = 0; k < reference.correlations.size(); ++k)
            EXPECT_NEAR(fitted.correlations[k], reference.correlations[k], 1e-6) << k;
    }
}

/// A background and a twinned pair of peaks, one of which may be off; binned and weighted by a Poisson variance.
struct Problem
{
    Problem()
    {
        builder.line(150, 100.0, 1.0);
        builder.add<PowerLaw>({free_slot(5e5, 0.0), free_slot(1.8, 1.0, 5.0), fixed_slot(0.0), fixed_slot(0.0)});
        builder.add<Gaussian>({free_slot(900.0, 0.0), free_slot(4.0, 0.5, 30.0), free_slot(150.0)});
        builder.add<Gaussian>({free_slot(500.0, 0.0), twin_slot(5), twin_slot(6, "x + 50")}, 0);
        builder.width.assign(150, 1.0);
        batch.count = 1;
        batch.variance_kind = program::VarianceKind::poisson;
        batch.variance_number = 1.0;
        batch.start = builder.start.data();
        batch.active = &active;
    }
    Problem(Problem const&) = delete;

    void expect(Status status)
    {
        program::Plan plan = builder.view();
        plan.pairs = pairs.data();
        plan.num_pairs = static_cast<int>(pairs.size());
        if (data.empty()) {
            data = TeamFit(plan).model({1e6, 2.0, 1500.0, 5.0, 152.0, 700.0});
            for (std::size_t i = 0; i < data.size(); ++i) data[i] += 3.0 * std::sin(static_cast<double>(i * i));
        }
        batch.signal = {data.data(), program::Type::f64, 0, 0};
        expect_agreement(plan, batch, status);
    }

    PlanBuilder builder;
    std::vector<program::Pair> pairs{{0, 1}, {2, 3}, {2, 4}, {3, 5}, {4, 5}};
    std::vector<double> data;
    unsigned long long active = ~0ull;
    program::PixelBatch batch{};
};

TEST(CpuAgreement, Converged)
{
    Problem{}.expect(Status::converged);
}

TEST(CpuAgreement, ConvergedAtBound)
{
    Problem problem;
    problem.builder.bmax[2] = 1000.0;
    problem.expect(Status::converged_at_bound);
}

TEST(CpuAgreement, AComponentOff)
{
    Problem problem;
    problem.active = 0;
    problem.expect(Status::converged);
}

TEST(CpuAgreement, MaxIterations)
{
    Problem problem;
    problem.builder.options.max_iterations = 2;
    problem.expect(Status::max_iterations);
}

TEST(CpuAgreement, Failures)
{
    double const nan = std::numeric_limits<double>::quiet_NaN();
    Problem start;
    start.builder.start[3] = nan;
    start.expect(Status::bad_start);

    Problem input;
    input.data.assign(150, nan);
    input.expect(Status::bad_input);

    Problem variance;
    variance.batch.variance_kind = program::VarianceKind::number;
    variance.batch.variance_number = 0.0;
    variance.expect(Status::bad_input);

    Problem channels;
    std::vector<double> one(150, -1.0);
    one[0] = 1.0;
    channels.batch.variance_kind = program::VarianceKind::channel;
    channels.batch.variance_channel = one.data();
    channels.expect(Status::too_few_channels);

    Problem masked;
    unsigned char const mask = 1;
    masked.batch.masked = &mask;
    masked.expect(Status::masked);
}

TEST(CpuAgreement, Singular)
{
    Problem problem;
    problem.builder.add<Offset>({free_slot(1.0)}).add<Offset>({free_slot(2.0)});
    program::Plan const plan = problem.builder.view();
    problem.data = TeamFit(plan).model({1e6, 2.0, 1500.0, 5.0, 152.0, 700.0, 5.0, 5.0});
    problem.batch.start = problem.builder.start.data();
    Fitted const reference = cpu_fit(plan, [&] {
        problem.batch.signal = {problem.data.data(), program::Type::f64, 0, 0};
        return problem.batch;
    }());
    Fitted const fitted = TeamFit(plan).fit(problem.batch, 4);
    EXPECT_EQ(reference.status, Status::singular);
    EXPECT_EQ(fitted.status, Status::singular);
}

}  // namespace
}  // namespace warpfit::testing
