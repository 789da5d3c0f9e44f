// How many fits per second does a GPU make, on data in its memory and from the host's, beside Gpufit, the CPU and the
// rate at which the card can issue the arithmetic?

#include "bench/gpu/device_memory.hpp"
#include "bench/gpu/gpufit.hpp"
#include "bench/gpu/own.hpp"
#include "bench/support/arguments.hpp"
#include "bench/support/machine.hpp"
#include "bench/support/statistics.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <exception>
#include <fstream>
#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

namespace warpfit::bench {

namespace {

using nlohmann::json;

struct Options
{
    bool tiny;
    int repeats;
    double max_fits;
    std::string json_file;
    std::string gpufit;
    std::string only;  ///< problems whose name contains it
};

Options parse(int argc, char** argv)
{
    Arguments const given(argc, argv, {"--repeats", "--max-fits", "--json", "--gpufit", "--only"});
    return {given.tiny(),         given.repeats(5),       given.number("--max-fits", 1e7),
            given.text("--json"), given.text("--gpufit"), given.text("--only")};
}

/// Of a workload; the host holds it twice.
constexpr double most_bytes = 45e9;

struct Card
{
    std::string name;
    double lanes = 0.0;  ///< float32 lanes in all
    double hertz = 0.0;  ///< the most that it runs at
    std::size_t free_memory = 0;
};

/// Nothing where there is no card.
std::optional<Card> find_card()
{
    int count = 0;
    if (cudaGetDeviceCount(&count) != cudaSuccess || count == 0) return {};
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, 0), "cudaGetDeviceProperties");
    int kilohertz = 0;
    check(cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, 0), "cudaDeviceGetAttribute");
    Card card;
    card.name = properties.name;
    // 64 lanes a multiprocessor before sm_86 (7.5, 8.0), 128 since.
    bool const narrow = properties.major < 8 || (properties.major == 8 && properties.minor == 0);
    card.lanes = properties.multiProcessorCount * (narrow ? 64.0 : 128.0);
    card.hertz = 1e3 * kilohertz;
    std::size_t total = 0;
    check(cudaMemGetInfo(&card.free_memory, &total), "cudaMemGetInfo");
    return card;
}

struct Case
{
    std::function<Problem()> make;
    OwnModel (*own)(Problem const&);
    double instructions;  ///< float32 instructions a point and pass, counted by hand: value, gradient, products
};

/// Fits a second that the card could issue, at the iterations seen: each has a pass and a solve, and one pass begins.
double issue_bound(Card const& card, Case const& c, Problem const& problem, double iterations)
{
    double const P = problem.num_parameters;
    double const solve = P * P * P / 6.0 + 1.5 * P * P;
    double const pass = c.instructions * problem.num_channels + solve;
    return card.lanes * card.hertz / (pass * (iterations + 1.0));
}

struct Row
{
    std::string name;
    std::function<Outcome(Workload const&)> run;
    bool is_resident;  ///< no copies between host and GPU in its time
};

std::vector<Row> rows_of(Problem const& problem, Gpufit const* gpufit)
{
    std::vector<Row> rows;
    for (auto const& [precision, word] :
         {std::pair{Precision::float32, "float32"}, std::pair{Precision::mixed, "mixed"},
          std::pair{Precision::float64, "float64"}}) {
        Precision const p = precision;
        rows.push_back({std::string("warpfit ") + word + ", resident",
                        [p](Workload const& w) { return fit_resident(w, p); }, true});
        rows.push_back({std::string("warpfit ") + word + ", end to end",
                        [p](Workload const& w) { return fit_end_to_end(w, p, "cuda"); }, false});
    }
    if (gpufit && Gpufit::has(problem)) {
        rows.push_back({"Gpufit, resident", [gpufit](Workload const& w) { return gpufit->fit_resident(w); }, true});
        rows.push_back(
            {"Gpufit, end to end", [gpufit](Workload const& w) { return gpufit->fit_end_to_end(w); }, false});
    }
    return rows;
}

/// Fits a second of all cores: the median of some runs, each of some tenths of a second.
double cpu_rate_of(Problem const& problem, Case const& c, int repeats)
{
    std::size_t count = static_cast<std::size_t>(problem.num_fits);
    std::vector<double> seconds;
    for (int repeat = -1; repeat < repeats; ++repeat) {
        Workload const workload(problem, c.own(problem), count);
        double const took = fit_end_to_end(workload, Precision::float32, "cpu").seconds;
        if (repeat >= 0) seconds.push_back(took);
        // The first run says how many the others take.
        if (repeat < 0)
            count = static_cast<std::size_t>(static_cast<double>(count) * std::clamp(0.3 / took, 1.0, 50.0));
    }
    return static_cast<double>(count) / median(seconds);
}

json measure(Card const& card, Case const& c, Problem const& problem, std::size_t count, double cpu_rate,
             Gpufit const* gpufit, int repeats)
{
    Workload const workload(problem, c.own(problem), count);
    Workload const once(problem, c.own(problem), static_cast<std::size_t>(problem.num_fits));
    Outcome const exact = fit_end_to_end(once, Precision::float64, "cpu");

    std::vector<Row> const rows = rows_of(problem, gpufit);
    std::vector<std::vector<double>> seconds(rows.size());
    std::vector<Outcome> last(rows.size());
    std::vector<std::string> failure(rows.size());
    for (int repeat = -1; repeat < repeats; ++repeat)  // interleaved; the first round warms up
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!failure[i].empty()) continue;
            try {
                last[i] = rows[i].run(workload);
                if (repeat >= 0) seconds[i].push_back(last[i].seconds);
            } catch (std::exception const& error) {
                failure[i] = error.what();
            }
        }

    auto const find = [&](std::string const& name) -> std::vector<double> const* {
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (rows[i].name == name && !seconds[i].empty()) return &seconds[i];
        return nullptr;
    };
    std::printf("\n%s, %zu fits, %d parameters, CPU float32 %.3g fits/s\n", problem.name.c_str(), count,
                problem.num_parameters, cpu_rate);
    std::printf("| %-28s | %10s | %6s | %8s | %8s | %7s | %5s | %6s | %9s |\n", "row", "fits/s", "spread", "x CPU",
                "x Gpufit", "of bound", "steps", "failed", "dchi2 p99");
    json out = {{"problem", problem.name},
                {"num_fits", count},
                {"num_channels", problem.num_channels},
                {"cpu_rate", cpu_rate},
                {"rows", json::array()}};
    for (std::size_t i = 0; i < rows.size(); ++i) {
        json row = {{"row", rows[i].name}};
        if (!failure[i].empty()) {
            row["failure"] = failure[i];
            std::printf("| %-28s | %s |\n", rows[i].name.c_str(), failure[i].c_str());
            out["rows"].push_back(row);
            continue;
        }
        double const rate = static_cast<double>(count) / median(seconds[i]);
        std::vector<double> excess;
        for (std::size_t k = 0; k < std::min(last[i].chisq.size(), exact.chisq.size()); ++k)
            excess.push_back(last[i].chisq[k] / exact.chisq[k] - 1.0);
        auto const* peer = find(rows[i].is_resident ? "Gpufit, resident" : "Gpufit, end to end");
        double const bound = issue_bound(card, c, problem, last[i].iterations);
        row["fits_per_second"] = rate;
        row["spread"] = spread(seconds[i]);
        row["times_cpu"] = rate / cpu_rate;
        if (peer) row["times_gpufit"] = median_ratio(*peer, seconds[i]);
        row["of_issue_bound"] = rate / bound;
        row["iterations"] = last[i].iterations;
        row["failed"] = last[i].failed;
        row["chisq_excess_p99"] = quantile(excess, 0.99);
        std::printf("| %-28s | %10.4g | %4.0f %% | %8.1f | %8s | %6.1f %% | %5.2f | %6zu | %9.1e |\n",
                    rows[i].name.c_str(), rate, 100.0 * spread(seconds[i]), rate / cpu_rate,
                    peer ? std::to_string(row["times_gpufit"].get<double>()).substr(0, 6).c_str() : "-",
                    100.0 * rate / bound, last[i].iterations, last[i].failed, quantile(excess, 0.99));
        out["rows"].push_back(row);
    }
    std::fflush(stdout);
    return out;
}

std::vector<Case> cases(bool tiny)
{
    int const scale = tiny ? 100 : 1;
    auto const two_d = [](Problem const&) { return gauss2d_expression(); };
    return {{[=] { return make_gauss1d(4000 / scale, 1024); }, [](Problem const&) { return gauss1d(); }, 24.0},
            {[=] { return make_gauss2d(50000 / scale, 5); }, two_d, 32.0},
            {[=] { return make_gauss2d(10000 / scale, 15); }, two_d, 32.0},
            {[=] { return make_gauss2d(4000 / scale, 30); }, two_d, 32.0},
            {[=] { return make_power_law_three_gaussians(2000 / scale, 1024); }, &power_law_three_gaussians, 120.0}};
}

int run(Options const& options)
{
    std::optional<Card> const card = find_card();
    if (!card) {
        std::printf("bench_gpu: no CUDA device; nothing was measured\n");
        return 77;
    }
    std::unique_ptr<Gpufit> const gpufit = options.gpufit.empty() ? nullptr : std::make_unique<Gpufit>(options.gpufit);
    json report = {{"machine", describe_machine()}, {"card", card->name}, {"clock", card->hertz}};
    for (auto const& [key, value] : describe_machine()) std::printf("%s: %s\n", key.c_str(), value.c_str());
    std::printf(
        "card: %s, at most %.0f MHz\nWall time, median of %d. of bound: of the rate at which the card could issue "
        "the float32 arithmetic of the passes made.\ndchi2: above that of the CPU in float64 with the same stop "
        "rule. x CPU: all cores.\nThe model is compiled and scratch is there before a resident fit of warpfit is "
        "timed; Gpufit allocates in every call. warpfit stops on the decrease that the next step foretells, Gpufit on "
        "the change of chi2.\n",
        card->name.c_str(), card->hertz / 1e6, options.repeats);
    for (Case const& c : cases(options.tiny)) {
        Problem const problem = c.make();
        if (problem.name.find(options.only) == std::string::npos) continue;
        double const cpu_rate = cpu_rate_of(problem, c, options.repeats);
        for (double count = options.tiny ? 1e2 : 1e4; count <= (options.tiny ? 1e2 : options.max_fits); count *= 10.0) {
            // Data, variance, starts and results; twice that on the host, which copies.
            double const data = (problem.variance.empty() ? 4.0 : 8.0) * problem.num_channels;
            double const bytes = count * (data + 40.0 * problem.num_parameters);
            if (bytes > 0.8 * static_cast<double>(card->free_memory) || bytes > most_bytes) {
                std::printf("\n%s, %.0g fits: left out, %.0f GB\n", problem.name.c_str(), count, bytes / 1e9);
                break;
            }
            report["measured"].push_back(
                measure(*card, c, problem, static_cast<std::size_t>(count), cpu_rate, gpufit.get(), options.repeats));
        }
    }
    if (options.json_file.empty()) return 0;
    std::ofstream out(options.json_file);
    out << report.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + options.json_file);
    return 0;
}

}  // namespace

}  // namespace warpfit::bench

int main(int argc, char** argv)
{
    try {
        return warpfit::bench::run(warpfit::bench::parse(argc, argv));
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_gpu: %s\n", error.what());
        return 1;
    }
}
