// The whole kernel of a batch on host threads, to be run under ThreadSanitizer: the interpreter's passes, the queue,
// teams of a thread, of 4, 8 and 32 lanes and of a block of two warps.
//   (no argument)       all as it is: the results of a serial fit, bit for bit the same a second time
//   --fault TEAM NAME   with a fault planted; 0: nothing came of it. NAME: lane, other_team, mask, all_lanes, or
//                       FUNCTION.N: without that function's Nth sync
//   --syncs TEAM        names the syncs of a fit that can be removed
#include "kernels/cuda/fit_queue.hpp"
#include "src/backends/cuda/launch_shape.hpp"
#include "tests/support/emulated_block.hpp"
#include "tests/support/team_fit.hpp"

#include <cmath>
#include <cstring>
#include <map>
#include <string_view>

using namespace warpfit;
using namespace warpfit::testing;
using namespace warpfit::components;

namespace {

constexpr int channels = 20;
constexpr int num_low_loss = 7;

std::size_t size(long long n)
{
    return static_cast<std::size_t>(n);
}

/// What the peak adds to other channels than where it is.
enum class Reach { none, convolved, kept, summed };

/// Pixels that take different numbers of steps; one is masked, one holds no number.
struct Problem
{
    explicit Problem(int pixels, Reach reach = Reach::none)
        : count(pixels)
    {
        bool const convolved = is_convolved(reach);
        PlanBuilder truth;
        add_terms(truth, Reach::none);
        add_terms(builder, reach);
        builder.options.precision = program::Precision::mixed;
        plan = builder.view();
        program::Plan const true_plan = truth.view();
        TeamFit model(true_plan);
        for (int i = 0; i < count; ++i) {
            std::vector<double> values = model.model({90.0 + 7.0 * i, 1.5 + 0.1 * (i % 9), 9.0 + 0.3 * (i % 7), 3.0});
            for (std::size_t c = 0; c < values.size(); ++c) values[c] += 0.4 * std::sin(static_cast<double>(c * c) + i);
            if (i == 3) values[5] = std::nan("");
            data.insert(data.end(), values.begin(), values.end());
            start.insert(start.end(), builder.start.begin(), builder.start.end());
            masked.push_back(i == 1);
            for (int u = 0; u < num_low_loss; ++u)
                low_loss.push_back(i == 4 ? 0.0 : std::exp(-0.8 * (u - 2) * (u - 2)) + 0.01 * (i % 3));
        }
        batch.count = count;
        batch.signal = {data.data(), program::Type::f64, 0, channels * sizeof(double)};
        batch.start = start.data();
        batch.masked = masked.data();
        if (convolved) batch.low_loss = {low_loss.data(), program::Type::f64, 0, num_low_loss * sizeof(double)};
    }

    static bool is_convolved(Reach reach) { return reach == Reach::convolved || reach == Reach::kept; }

    static void add_terms(PlanBuilder& to, Reach reach)
    {
        to.line(channels, 0.0, 1.0);
        if (is_convolved(reach)) to.low_loss(num_low_loss, 2);
        to.convolved = is_convolved(reach);
        if (reach == Reach::summed) {
            to.cumulative = 3;
            to.add_expression(
                "A*exp(-(x - centre)**2 / (2*sigma**2))", {"A", "sigma", "centre", "k"},
                {free_slot(10.0, 0.0, 1e3), free_slot(2.5, 0.1, 10.0), free_slot(10.0, 0.0, 20.0), free_slot(0.05)});
            to.cumulative = -1;
        } else {
            to.add<Gaussian>({free_slot(60.0, 0.0, 1e3), free_slot(2.5, 0.1, 10.0), free_slot(10.0, 0.0, 20.0)});
        }
        if (reach == Reach::kept) {
            to.add_expression("h*exp(-(x - 16)**2/2)", {"h"}, {free_slot(1.0)}).add_product("exp(-(x - 16)**2/2)", {0});
            to.forms = {program::TermForm::evaluated, program::TermForm::products};
        }
        to.convolved = false;
        to.add<Offset>({free_slot(1.0)});
    }

    int count;
    PlanBuilder builder;
    program::Plan plan{};
    std::vector<double> data, start, low_loss;
    std::vector<unsigned char> masked;
    program::PixelBatch batch{};
};

struct Results
{
    explicit Results(Problem const& problem)
        : p(size(problem.count * problem.plan.num_free), -1.0)
        , errors(p)
        , chisq(size(problem.count), -1.0)
        , dof(size(problem.count), -1)
        , iterations(dof)
        , status(size(problem.count), program::Status::not_run)
    {}

    program::BatchResults view()
    {
        return {p.data(), errors.data(), chisq.data(), dof.data(), iterations.data(), status.data()};
    }

    bool operator==(Results const& other) const
    {
        auto const same = [](auto const& a, auto const& b) {
            return std::memcmp(a.data(), b.data(), a.size() * sizeof(a[0])) == 0;
        };
        return same(p, other.p) && same(errors, other.errors) && same(chisq, other.chisq) && same(dof, other.dof) &&
               same(iterations, other.iterations) && same(status, other.status);
    }

    std::vector<double> p, errors, chisq;
    std::vector<int> dof, iterations;
    std::vector<program::Status> status;
};

template<template<class> class Program>
void run_as(EmulatedBlock& block, cuda::BatchArguments const& arguments, double* shared)
{
    run_block(block, [&](EmulatedWarp const& warp) {
        cuda::fit_queue<Program<float>, Program<double>>(warp, arguments, shared);
    });
}

/// One block fits all pixels.
Results fit(Problem const& problem, int team, bool on_chip, Fault const& fault = {},
            std::set<SyncSite>* syncs = nullptr)
{
    cuda::SharedLimits const limits{1 << 20, 1 << 20};
    cuda::LaunchShape shape = cuda::interpreter_shape(problem.plan, limits, team);
    shape.threads = std::max(team, cuda::warp_size);
    if (!on_chip) {
        shape.share_doubles -= shape.data_doubles;
        shape.data_doubles = 0;
    }
    ChannelCopy<float> const narrow(problem.plan);
    ChannelCopy<double> const wide(problem.plan);
    Results results(problem);
    std::vector<double> shared(size(cuda::block_doubles(shape.threads) + shape.teams() * shape.share_doubles));
    std::vector<double> weighted(size(solver::FitMemory::data_size(problem.plan) * shape.teams()));
    std::vector<double> mine(size(shape.threads * shape.private_doubles));
    std::vector<double> spread(size(shape.spread_doubles * shape.teams()));
    unsigned long long next = 0;
    cuda::BatchArguments arguments{};
    arguments.plan = problem.plan;
    arguments.narrow = narrow.data;
    arguments.wide = wide.data;
    arguments.batch = problem.batch;
    arguments.results = results.view();
    arguments.next_pixel = &next;
    arguments.data = weighted.data();
    arguments.private_memory = mine.data();
    arguments.private_doubles = shape.private_doubles;
    arguments.team = shape.team;
    arguments.share_doubles = shape.share_doubles;
    arguments.program_doubles = shape.program_doubles;
    arguments.data_doubles = shape.data_doubles;
    arguments.spread_doubles = shape.spread_doubles;
    if (shape.spread_doubles > 0) arguments.spread = spread.data();
    EmulatedBlock block(shape.threads, fault);
    if (program::has_spread(problem.plan))
        run_as<program::SpreadInterpreter>(block, arguments, shared.data());
    else
        run_as<program::InterpreterProgram>(block, arguments, shared.data());
    if (syncs) *syncs = std::move(block.syncs);
    return results;
}

bool agrees(Problem const& problem, Results const& results)
{
    int const P = problem.plan.num_free;
    bool fine = true;
    TeamFit serial(problem.plan);
    for (int i = 0; i < problem.count; ++i) {
        program::PixelBatch one = problem.batch;
        one.signal.data = problem.data.data() + i * channels;
        one.masked = problem.masked.data() + i;
        if (problem.plan.convolution) one.low_loss.data = problem.low_loss.data() + i * num_low_loss;
        Fitted const alone = serial.fit(one, 1);
        fine = fine && results.status[size(i)] == alone.status && results.dof[size(i)] == alone.dof;
        for (int k = 0; k < P; ++k) {
            double const is = results.p[size(i * P + k)], wanted = alone.p[size(k)];
            double const allowed = 1e-6 * std::max(std::abs(wanted), alone.errors[size(k)]);
            fine = fine && (std::abs(is - wanted) <= allowed || (std::isnan(is) && std::isnan(wanted)));
        }
    }
    return fine;
}

bool is_fine(int team, bool on_chip, Reach reach)
{
    Problem const problem(team > cuda::warp_size ? 5 : 16, reach);
    Results const results = fit(problem, team, on_chip);
    bool const same = agrees(problem, results);
    bool const again = team > cuda::warp_size || fit(problem, team, on_chip) == results;
    std::printf("teams of %d, data %s%s: %s%s\n", team, on_chip ? "on chip" : "in device memory",
                reach == Reach::convolved ? ", convolved"
                : reach == Reach::kept    ? ", convolved once a pixel"
                : reach == Reach::summed  ? ", summed"
                                          : "",
                same ? "fine" : "not the serial fit", again ? "" : ", other bits the second time");
    return same && again;
}

/// The syncs of teams of this size by name: "sum_over_team.1" is the first one in sum_over_team().
std::map<std::string, SyncSite> named_syncs(int team)
{
    std::set<SyncSite> syncs;
    fit(Problem(16), team, true, {}, &syncs);
    std::map<std::string, SyncSite> names;
    std::map<std::string, int> count;
    for (SyncSite const& site : syncs) names[site.first + "." + std::to_string(++count[site.first])] = site;
    return names;
}

int with_fault(int team, std::string const& name)
{
    std::map<std::string, Fault::Kind> const kinds{{"lane", Fault::Kind::lane},
                                                   {"other_team", Fault::Kind::other_team},
                                                   {"mask", Fault::Kind::mask},
                                                   {"all_lanes", Fault::Kind::all_lanes}};
    Fault fault;
    if (auto const kind = kinds.find(name); kind != kinds.end())
        fault.kind = kind->second;
    else
        fault.dropped = named_syncs(team).at(name);
    Problem const problem(team > cuda::warp_size ? 4 : 16);
    return agrees(problem, fit(problem, team, true, fault)) ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv)
{
    std::string_view const mode = argc > 2 ? argv[1] : "";
    if (mode == "--fault" && argc == 4) return with_fault(std::atoi(argv[2]), argv[3]);
    if (mode == "--syncs") {
        for (auto const& [name, site] : named_syncs(std::atoi(argv[2]))) std::printf("%s\n", name.c_str());
        return 0;
    }
    int failures = 0;
    for (int const team : {1, 4, 8, 32, 64})
        for (Reach const reach : {Reach::none, Reach::convolved, Reach::kept, Reach::summed})
            for (bool const on_chip : {true, false}) failures += !is_fine(team, on_chip, reach);
    return failures;
}
