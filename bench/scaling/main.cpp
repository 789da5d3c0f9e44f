// Do two threads cost more CPU time than one? Is the cost linear in pixels, and memory flat while a gzipped map is
// read?
//
// Each case runs in a process of its own, so that its peak memory is its own.

#include "bench/support/clock.hpp"
#include "bench/support/machine.hpp"
#include "bench/support/map_file.hpp"
#include "bench/support/statistics.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/io.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <unistd.h>

namespace warpfit::bench {

namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr std::size_t channels = 512;

struct Case
{
    std::size_t pixels;
    int threads;
};

/// "VmHWM" of /proc/self/status [kB].
long peak_memory()
{
    std::ifstream in("/proc/self/status");
    for (std::string word; in >> word;)
        if (word == "VmHWM:") {
            long kilobytes = 0;
            in >> kilobytes;
            return kilobytes;
        }
    throw std::runtime_error("/proc/self/status has no VmHWM");
}

Model peak_on_background()
{
    Model model;
    model.append("Gaussian");
    model.append("Offset");
    model.set_value("Gaussian.A", 12000.0);
    model.set_value("Gaussian.sigma", 22.0);
    model.set_value("Gaussian.centre", 250.0);
    model.set_value("Offset.offset", 50.0);
    return model;
}

/// One fit from the file; prints what it took as one JSON line.
void run_case(std::string const& file, int threads)
{
    Signal const signal = io::load(file);
    DataOptions data;
    data.variance = "poisson";
    FitOptions options;
    options.threads = threads;
    long const before = peak_memory();
    double const cpu = process_seconds();
    double const wall = wall_seconds();
    FitResult const result = multifit(peak_on_background(), signal, options, data);
    json const line = {{"cpu_seconds", process_seconds() - cpu},
                       {"wall_seconds", wall_seconds() - wall},
                       {"fit_seconds", result.seconds},
                       {"peak_kb", peak_memory()},
                       {"peak_before_kb", before},
                       {"threads", result.threads},
                       {"converged", result.count_by_status()[0]},
                       {"pixels", result.num_pixels()}};
    std::cout << line.dump() << std::endl;
}

/// This program again, for one case.
json in_own_process(std::string const& file, int threads)
{
    std::string const self = fs::read_symlink("/proc/self/exe").string();
    std::string const command = "'" + self + "' --case '" + file + "' " + std::to_string(threads);
    FILE* const pipe = popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("cannot start " + command);
    std::string text;
    std::array<char, 4096> part{};
    while (std::fgets(part.data(), part.size(), pipe)) text += part.data();
    if (pclose(pipe) != 0) throw std::runtime_error("failed: " + command);
    return json::parse(text);
}

std::vector<double> values_of(json const& runs, char const* key)
{
    std::vector<double> values;
    for (json const& run : runs) values.push_back(run[key].get<double>() / run["pixels"].get<double>());
    return values;
}

void run(bool tiny, int repeats, std::string const& json_file)
{
    std::vector<std::size_t> const sizes =
        tiny ? std::vector<std::size_t>{256, 1024} : std::vector<std::size_t>{1024, 10240, 102400};
    std::string name = (fs::temp_directory_path() / "warpfit-scaling-XXXXXX").string();
    if (!mkdtemp(name.data())) throw std::runtime_error("cannot make a folder like " + name);
    struct Remove
    {
        fs::path folder;
        ~Remove()
        {
            std::error_code ignored;
            fs::remove_all(folder, ignored);
        }
    } const remove{name};

    json cases = json::object();
    for (std::size_t const pixels : sizes)
        write_map((fs::path(name) / (std::to_string(pixels) + ".h5")).string(), pixels, channels);
    for (int repeat = 0; repeat < repeats; ++repeat)
        for (std::size_t const pixels : sizes)
            for (int const threads : {1, 2}) {
                std::string const key = std::to_string(pixels) + " pixels, " + std::to_string(threads) + " threads";
                std::string const file = (fs::path(name) / (std::to_string(pixels) + ".h5")).string() + "#/data";
                cases[key].push_back(in_own_process(file, threads));
            }

    std::printf("Gaussian + Offset, 4 free, %zu channels of u16, gzipped chunks, Poisson weights; median of %d\n",
                channels, repeats);
    std::printf("| pixels | threads | CPU us / pixel | spread | wall us / pixel | peak memory [MB] | data [MB] |\n");
    std::printf("|---|---|---|---|---|---|---|\n");
    json report = {{"machine", describe_machine()}, {"channels", channels}, {"cases", cases}};
    for (std::size_t const pixels : sizes)
        for (int const threads : {1, 2}) {
            json const& runs = cases[std::to_string(pixels) + " pixels, " + std::to_string(threads) + " threads"];
            double peak = 0.0;
            for (json const& one : runs) peak = std::max(peak, one["peak_kb"].get<double>());
            std::printf("| %zu | %d | %.2f | %.0f %% | %.2f | %.1f | %.1f |\n", pixels, threads,
                        1e6 * median(values_of(runs, "cpu_seconds")), 100.0 * spread(values_of(runs, "cpu_seconds")),
                        1e6 * median(values_of(runs, "wall_seconds")), peak / 1024.0,
                        static_cast<double>(pixels * channels * 2) / 1048576.0);
        }
    auto const of = [&](std::size_t pixels, int threads) -> json const& {
        return cases[std::to_string(pixels) + " pixels, " + std::to_string(threads) + " threads"];
    };
    std::size_t const most = sizes.back();
    std::size_t const middle = sizes[sizes.size() - 2];
    double const two_over_one =
        median_ratio(values_of(of(most, 2), "cpu_seconds"), values_of(of(most, 1), "cpu_seconds"));
    double const linear = median_ratio(values_of(of(most, 1), "cpu_seconds"), values_of(of(middle, 1), "cpu_seconds"));
    double const bytes = 1024.0 *
                         (of(most, 1)[0]["peak_kb"].get<double>() - of(middle, 1)[0]["peak_kb"].get<double>()) /
                         static_cast<double>(most - middle);
    report["two_threads_over_one"] = two_over_one;
    report["cost_per_pixel_most_over_middle"] = linear;
    report["bytes_per_further_pixel"] = bytes;
    std::printf("CPU time of 2 threads over 1 at %zu pixels: %.3f (goal <= 1.05: %s)\n", most, two_over_one,
                two_over_one <= 1.05 ? "met" : "missed");
    std::printf("cost per pixel at %zu over %zu pixels: %.3f (linear: 1)\n", most, middle, linear);
    std::printf("memory per further pixel: %.0f bytes (its data: %zu; the maps returned: %zu)\n", bytes, channels * 2,
                static_cast<std::size_t>(4 * 2 * 8 + 2 * 8 + 4 + 4 + 1));
    if (json_file.empty()) return;
    std::ofstream out(json_file);
    out << report.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + json_file);
}

void main_of(int argc, char** argv)
{
    bool tiny = false;
    int repeats = 5;
    std::string json_file;
    for (int i = 1; i < argc; ++i) {
        std::string const word = argv[i];
        if (word == "--tiny")
            tiny = true;
        else if (word == "--repeats" && i + 1 < argc)
            repeats = std::max(1, std::atoi(argv[++i]));
        else if (word == "--json" && i + 1 < argc)
            json_file = argv[++i];
        else if (word == "--case" && i + 2 < argc)
            return run_case(argv[i + 1], std::atoi(argv[i + 2]));
        else
            throw std::runtime_error("unknown argument " + word + " (known: --tiny --repeats N --json FILE)");
    }
    run(tiny, repeats, json_file);
}

}  // namespace

}  // namespace warpfit::bench

int main(int argc, char** argv)
{
    try {
        warpfit::bench::main_of(argc, argv);
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_scaling: %s\n", error.what());
        return 1;
    }
}
