// The cooperative path on host threads, to be run under ThreadSanitizer.
//   (no argument)   fits of every kind with 4, 8 and 32 threads, no sync removed
//   --list          names the syncs that a fit passes
//   --drop NAME [SEED]   a fit with that sync removed; SEED: of pauses
#include "tests/support/team_fit.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <string_view>

using namespace warpfit;
using namespace warpfit::testing;
using namespace warpfit::components;

namespace {

/// Bounds that bind, a twin, a component that is off, float then double: a fit that passes every sync.
struct Problem
{
    explicit Problem(int channels)
    {
        builder.line(channels, 2.0, 16.0 / channels);
        builder.add<Gaussian>({free_slot(60.0, 0.0, 90.0), free_slot(1.4, 0.1, 10.0), free_slot(10.6, 5.0, 15.0)});
        builder.add<Lorentzian>({free_slot(10.0, 0.0, 1e9), twin_slot(1, "x / 2"), free_slot(8.0, 1.0, 19.0)});
        builder.add<PowerLaw>({free_slot(10.0, 0.0, 1e9), free_slot(4.0, 0.5, 5.0), fixed_slot(0.0), fixed_slot(0.0)});
        builder.add<Offset>({free_slot(1.0)}, 0);
        builder.linear = {1, 0, 0, 1, 0, 1, 0, 1};
        builder.options.precision = program::Precision::mixed;
        plan = builder.view();
        fit.emplace(plan);
        std::vector<double> values = fit->model({100.0, 2.0, 11.0, 30.0, 7.0, 400.0, 1.5, 0.0});
        for (std::size_t i = 0; i < values.size(); ++i) values[i] += 0.05 * std::sin(static_cast<double>(i * i));
        pixel.emplace(std::move(values));
        pixel->batch.start = builder.start.data();
        pixel->batch.active = &active;
    }

    PlanBuilder builder;
    program::Plan plan{};
    unsigned long long active = 0;
    std::optional<TeamFit> fit;
    std::optional<Pixel> pixel;
};

bool same(Fitted const& a, Fitted const& b)
{
    bool equal = a.status == b.status && a.dof == b.dof && std::abs(a.chisq - b.chisq) <= 1e-9 * a.chisq;
    for (std::size_t i = 0; i < a.p.size(); ++i)
        equal = equal &&
                (std::abs(a.p[i] - b.p[i]) <= 1e-6 * std::abs(a.p[i]) || (std::isnan(a.p[i]) && std::isnan(b.p[i])));
    return equal;
}

/// The syncs of a fit by name: "factorize.1" is the first one in factorize().
std::map<std::string, SyncSite> named_syncs(Problem& problem)
{
    problem.fit->fit(problem.pixel->batch, 4);
    std::map<std::string, SyncSite> names;
    std::map<std::string, int> count;
    for (SyncSite const& site : problem.fit->syncs)
        names[site.first + "." + std::to_string(++count[site.first])] = site;
    return names;
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const mode = argc > 1 ? argv[1] : "";
    if (mode == "--list" || mode == "--drop") {
        Problem problem(300);
        auto const syncs = named_syncs(problem);
        if (mode == "--list")
            for (auto const& [name, site] : syncs) std::printf("%s\n", name.c_str());
        else
            problem.fit->fit(
                problem.pixel->batch, 4,
                {syncs.at(argc >= 3 ? argv[2] : ""), argc == 4 ? static_cast<unsigned>(std::atoi(argv[3])) : 0U}, 2);
        return 0;
    }
    int failures = 0;
    for (int members : {4, 8, 32}) {
        Problem problem(members == 32 ? 64 : 600);
        Fitted const alone = problem.fit->fit(problem.pixel->batch, 1);
        Fitted const team = problem.fit->fit(problem.pixel->batch, members);
        bool const fine = same(alone, team) && alone.status == program::Status::converged_at_bound;
        std::printf("%d members: status %d, %s\n", members, static_cast<int>(team.status), fine ? "fine" : "differs");
        failures += !fine;
    }
    return failures;
}
