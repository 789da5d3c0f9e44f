// How many fits per second does one core make, beside which peers?

#include "bench/solvers/solver.hpp"
#include "bench/support/arguments.hpp"
#include "bench/support/machine.hpp"
#include "bench/support/statistics.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace warpfit::bench {

namespace {

using nlohmann::json;

struct Options
{
    bool tiny;
    int repeats;
    std::string json_file;
    std::string cpufit;
    std::string only;  ///< problems whose name contains it
};

Options parse(int argc, char** argv)
{
    Arguments const given(argc, argv, {"--repeats", "--json", "--cpufit", "--only"});
    return {given.tiny(), given.repeats(15), given.text("--json"), given.text("--cpufit"), given.text("--only")};
}

/// What the project promises of a row: at least `ratio` times a peer.
struct Goal
{
    char const* problem;
    char const* precision;
    char const* peer;
    double ratio;
};
constexpr Goal goals[] = {
    {"Gauss1D", "float64", "cminpack lmder", 10.0}, {"Gauss1D", "float32", "cminpack lmder", 25.0},
    {"Gauss2D", "float32", "Cpufit", 25.0},         {"Gauss2D", "float32", "cminpack lmder", 25.0},
    {"power", "float64", "cminpack lmder", 10.0},
};

struct Measured
{
    Solver solver;
    std::vector<double> seconds;
    Fits fits;
};

/// chi2 of each fit where the first peer ends with a far tighter stop rule.
std::vector<double> least_chisq(Problem const& problem)
{
    Problem tight = problem;
    tight.tolerance = 1e-15;
    std::vector<Solver> solvers = peers(tight, "");
    double seconds = 0.0;
    Fits const fits = solvers.front().run(tight, seconds);
    std::vector<double> chisq;
    for (int i = 0; i < problem.num_fits; ++i)
        chisq.push_back(problem.chisq(
            i, &fits.parameters[static_cast<std::size_t>(i) * static_cast<std::size_t>(problem.num_parameters)]));
    return chisq;
}

json row_of(Problem const& problem, Measured const& m, std::vector<Measured> const& all,
            std::vector<double> const& least)
{
    Solver const& s = m.solver;
    json row = {{"solver", s.name},
                {"instructions", s.instructions},
                {"precision", s.precision},
                {"layout", s.layout},
                {"note", s.note}};
    if (m.seconds.empty()) return row;
    std::vector<double> excess;
    for (int i = 0; i < problem.num_fits; ++i) {
        auto const k = static_cast<std::size_t>(i);
        double const* const p = &m.fits.parameters[k * static_cast<std::size_t>(problem.num_parameters)];
        excess.push_back(problem.chisq(i, p) / least[k] - 1.0);
    }
    row["fits_per_second"] = problem.num_fits / median(m.seconds);
    row["spread"] = spread(m.seconds);
    row["seconds"] = m.seconds;
    row["iterations"] = static_cast<double>(m.fits.iterations) / problem.num_fits;
    row["failed"] = m.fits.failed;
    row["chisq_excess_median"] = median(excess);
    row["chisq_excess_p99"] = quantile(excess, 0.99);
    row["worse_minimum"] = std::count_if(excess.begin(), excess.end(), [](double e) { return !(e < 1e-2); });
    for (Measured const& peer : all)
        if (peer.solver.instructions.empty() && !peer.seconds.empty())
            row["times"][peer.solver.name] = median_ratio(peer.seconds, m.seconds);
    return row;
}

void print_row(json const& row, std::string const& base)
{
    std::string const name = row["solver"].get<std::string>() + " " + row["instructions"].get<std::string>() + " " +
                             row["precision"].get<std::string>() + " " + row["layout"].get<std::string>();
    if (!row.contains("seconds")) {
        std::printf("| %-34s | %s |\n", name.c_str(), row["note"].get<std::string>().c_str());
        return;
    }
    std::printf("| %-34s | %10.0f | %6.2f | %5.0f %% | %5.2f | %6d | %9.1e | %9.1e |\n", name.c_str(),
                row["fits_per_second"].get<double>(), row["times"][base].get<double>(),
                100.0 * row["spread"].get<double>(), row["iterations"].get<double>(), row["failed"].get<int>(),
                row["chisq_excess_median"].get<double>(), row["chisq_excess_p99"].get<double>());
}

/// The best layout of each instruction set against each goal that names this problem.
json goals_of(std::string const& problem, json const& rows)
{
    json met = json::array();
    for (Goal const& goal : goals) {
        if (problem.rfind(goal.problem, 0) != 0) continue;
        for (char const* instructions : {"sse2", "avx2", "avx512"}) {
            json const* best = nullptr;
            for (json const& row : rows)
                if (row["solver"] == "warpfit" && row["instructions"] == instructions &&
                    row["precision"] == goal.precision && row.contains("times") && row["times"].contains(goal.peer) &&
                    (!best || row["times"][goal.peer] > (*best)["times"][goal.peer]))
                    best = &row;
            if (!best) continue;
            double const ratio = (*best)["times"][goal.peer];
            met.push_back({{"instructions", instructions},
                           {"precision", goal.precision},
                           {"layout", (*best)["layout"]},
                           {"peer", goal.peer},
                           {"goal", goal.ratio},
                           {"ratio", ratio},
                           {"met", ratio >= goal.ratio}});
            std::printf("%s %s %s (%s): %.1f x %s, wanted %.0f: %s\n", problem.c_str(), instructions, goal.precision,
                        (*best)["layout"].get<std::string>().c_str(), ratio, goal.peer, goal.ratio,
                        ratio >= goal.ratio ? "met" : "missed");
        }
    }
    return met;
}

json measure(Problem const& problem, Options const& options)
{
    std::vector<Measured> all;
    for (Solver& solver : peers(problem, options.cpufit)) all.push_back({std::move(solver), {}, {}});
    for (Solver& solver : own_solvers(problem)) all.push_back({std::move(solver), {}, {}});
    std::vector<double> const least = least_chisq(problem);

    for (int repeat = -1; repeat < options.repeats; ++repeat)  // interleaved; the first round warms up
        for (Measured& m : all) {
            if (!m.solver.run) continue;
            double seconds = 0.0;
            m.fits = m.solver.run(problem, seconds);
            if (repeat >= 0) m.seconds.push_back(seconds);
        }

    std::string const base = all.front().solver.name;
    std::printf("\n%s: %d fits, %d parameters%s%s, tolerance %.0e, median of %d\n", problem.name.c_str(),
                problem.num_fits, problem.num_parameters, problem.weight.empty() ? "" : ", weighted",
                problem.bounded ? ", warpfit bounded" : "", problem.tolerance, options.repeats);
    std::printf("| %-34s | %10s | %6s | %7s | %5s | %6s | %9s | %9s |\n", "solver", "fits/s", "times", "spread",
                "steps", "failed", "dchi2 p50", "dchi2 p99");
    json rows = json::array();
    for (Measured const& m : all) {
        rows.push_back(row_of(problem, m, all, least));
        print_row(rows.back(), base);
    }
    json result = {{"problem", problem.name},
                   {"num_fits", problem.num_fits},
                   {"num_channels", problem.num_channels},
                   {"num_parameters", problem.num_parameters},
                   {"weighted", !problem.weight.empty()},
                   {"bounded", problem.bounded},
                   {"tolerance", problem.tolerance},
                   {"base", base},
                   {"rows", rows}};
    result["goals"] = goals_of(problem.name, rows);
    std::fflush(stdout);
    return result;
}

void run(Options const& options)
{
    int const scale = options.tiny ? 20 : 1;
    json report = {{"machine", describe_machine()}, {"own_flags", BENCH_OWN_FLAGS}, {"peer_flags", BENCH_PEER_FLAGS}};
    for (auto const& [key, value] : describe_machine()) std::printf("%s: %s\n", key.c_str(), value.c_str());
    std::printf("CPU time of one thread. times: speed over the first row. dchi2: chi2 above lmder's with a stop rule "
                "of 1e-15.\nflags of warpfit: %s\nflags of the peers: %s\n",
                BENCH_OWN_FLAGS, BENCH_PEER_FLAGS);
    for (auto const& make : std::vector<std::function<Problem()>>{
             [&] { return make_gauss1d(1600 / scale, 256); }, [&] { return make_gauss1d(600 / scale, 1024); },
             [&] { return make_gauss2d(8000 / scale, 5); }, [&] { return make_gauss2d(1600 / scale, 15); },
             [&] { return make_power_law_three_gaussians(160 / scale, 1024); }}) {
        Problem const problem = make();
        if (problem.name.find(options.only) != std::string::npos)
            report["problems"].push_back(measure(problem, options));
    }
    if (options.json_file.empty()) return;
    std::ofstream out(options.json_file);
    out << report.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + options.json_file);
}

}  // namespace

}  // namespace warpfit::bench

int main(int argc, char** argv)
{
    try {
        warpfit::bench::run(warpfit::bench::parse(argc, argv));
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_solvers: %s\n", error.what());
        return 1;
    }
}
