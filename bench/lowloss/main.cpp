// How many core-loss spectra per second, each convolved with a low loss of its own, does one core fit?

#include "bench/support/arguments.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/machine.hpp"
#include "bench/support/statistics.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

namespace warpfit::bench {

namespace {

using nlohmann::json;

constexpr std::size_t num_channels = 2048;
constexpr double energy_step = 0.25;  // [eV]

/// What the edges, EELSCLEdge, have beside their intensities.
enum class Edges {
    fixed,    ///< nothing: their columns are the same in every pixel
    splines,  ///< splines for the first 50 eV, times the intensity
    free,     ///< free onsets
};

struct Case
{
    std::string name;
    std::size_t num_low_loss;  ///< 0: not convolved
    Edges edges;
    std::size_t num_pixels;
    int columns;  ///< that are convolved
    double goal;  ///< [pixels/s]
};

Axis make_axis(double offset, double scale, std::size_t size)
{
    Axis axis;
    axis.offset = offset;
    axis.scale = scale;
    axis.size = size;
    return axis;
}

constexpr double onsets[] = {400.1, 532.1, 640.1};

/// With splines 24 each: 75 convolved columns, of as many parameters.
void add_edges(Model& model, Edges edges)
{
    char const* const names[] = {"N_K", "O_K", "Mn_L3"};
    for (int i = 0; i < 3; ++i) {
        ComponentOptions options;
        options.edge.element_subshell = names[i];
        options.edge.microscope = {200.0, 10.0, 20.0};
        options.edge.energy_scale = energy_step;
        options.edge.fine_structure_active = edges == Edges::splines;
        options.edge.fine_structure_width = 50.0;
        options.edge.fine_structure_smoothing = 0.1;
        Component& edge = model.append(Component("EELSCLEdge", "edge" + std::to_string(i), options));
        edge["onset_energy"].set_value(onsets[i] + (edges == Edges::free ? 0.6 : 0.0));
        edge["onset_energy"].set_free(edges == Edges::free);
        edge["intensity"].set_value(30.0);
    }
}

/// A power law that is not convolved and three edges that are.
Model make_model(Case const& what)
{
    Model model;
    Component& background = model.append("PowerLaw");
    background["A"].set_value(2e12);
    background["r"].set_value(3.0);
    add_edges(model, what.edges);
    return model;
}

/// As the data are: onsets lie where they are, splines are about as high as the cross-section beyond them.
Model make_truth(Case const& what)
{
    Model truth = make_model(what);
    for (Component& component : truth.components()) {
        for (Parameter& parameter : component.parameters())
            if (parameter.name().starts_with("fine_structure_coeff")) parameter.set_value(15.0);
        if (!component.has_parameter("intensity")) continue;
        component["intensity"].set_value(40.0);
        double const off = component["onset_energy"].is_free() ? 0.6 : 0.0;
        component["onset_energy"].set_free(false);
        component["onset_energy"].set_value(component["onset_energy"].value() - off);
    }
    truth["PowerLaw"]["A"].set_value(2.2e12);
    return truth;
}

/// Spectra of the model with Poisson noise.
Signal make_signal(Case const& what)
{
    std::mt19937_64 random(1);
    Axis const core = make_axis(350.1, energy_step, num_channels);
    Axis const low = make_axis(-25.0, energy_step, std::max<std::size_t>(what.num_low_loss, 1));
    Axis const pixels = make_axis(0.0, 1.0, what.num_pixels);
    std::vector<double> low_loss;
    for (std::size_t p = 0; p < what.num_pixels; ++p) {
        double const t = 0.3 + 0.5 * static_cast<double>(p) / static_cast<double>(what.num_pixels);
        double total = 0.0;
        for (std::size_t i = 0; i < low.size; ++i) {
            double const x = low.value(i);
            low_loss.push_back(std::exp(-0.5 * x * x) + t * 0.05 * std::exp(-0.5 * std::pow((x - 23.0) / 4.0, 2)) +
                               t * t * 0.02 * std::exp(-0.5 * std::pow((x - 46.0) / 6.0, 2)));
            total += low_loss.back();
        }
        for (std::size_t i = 0; i < low.size; ++i) low_loss[p * low.size + i] /= total;
    }
    Signal frame({pixels}, {core}, std::vector<double>(what.num_pixels * core.size));
    if (what.num_low_loss > 0) frame.set_low_loss(Signal({pixels}, {low}, low_loss));
    Model const truth = make_truth(what);
    std::vector<double> counts;
    for (std::size_t p = 0; p < what.num_pixels; ++p)
        for (double const mean : truth.evaluate(frame, p))
            counts.push_back(static_cast<double>(std::poisson_distribution<long>(mean)(random)));
    Signal signal({pixels}, {core}, counts);
    if (frame.low_loss()) signal.set_low_loss(*frame.low_loss());
    return signal;
}

json run_case(Case const& what, int repeats)
{
    Model const model = make_model(what);
    Signal const signal = make_signal(what);
    FitOptions options;
    options.device = "cpu";
    options.threads = 1;
    options.start = Start::model;
    DataOptions data;
    data.variance = "poisson";
    multifit(model, signal.inav({{0, std::min<std::size_t>(8, what.num_pixels)}}), options, data);  // warm-up
    std::vector<double> rates;
    FitResult result;
    for (int i = 0; i < repeats; ++i) {
        double const before = process_seconds();
        result = multifit(model, signal, options, data);
        rates.push_back(static_cast<double>(what.num_pixels) / (process_seconds() - before));
    }
    double steps = 0.0;
    for (int const n : result.iterations) steps += n;
    double const converged = static_cast<double>(result.count_by_status()[0] + result.count_by_status()[1]);
    auto const n = static_cast<double>(what.num_pixels);
    std::printf("| %s | %zu | %d | %zu | %.0f | %.0f %% | %.1f | %.3f | %.1f %% | %.0f: %s |\n", what.name.c_str(),
                what.num_low_loss, what.columns, what.num_pixels, median(rates), 100.0 * spread(rates), steps / n,
                median(result.red_chisq), 100.0 * converged / n, what.goal,
                median(rates) >= what.goal ? "met" : "missed");
    return {{"case", what.name},
            {"low_loss_channels", what.num_low_loss},
            {"pixels", what.num_pixels},
            {"columns", what.columns},
            {"pixels_per_second", rates},
            {"steps", steps / n},
            {"goal", what.goal},
            {"converged", converged},
            {"red_chisq", median(result.red_chisq)}};
}

void run(Arguments const& arguments)
{
    std::size_t const n = arguments.tiny() ? 4 : static_cast<std::size_t>(arguments.number("--pixels", 512));
    // A hundred times HyperSpy's 60 pixels/s, fifteen times pyEELSMODEL's published 26, a thousand times HyperSpy's 1.
    std::vector<Case> const cases{
        {"fixed onsets", 1024, Edges::fixed, n, 3, 6000.0},
        {"fixed onsets", 2048, Edges::fixed, n, 3, 6000.0},
        {"fixed onsets, splines for the first 50 eV", 1024, Edges::splines, n, 75, 390.0},
        {"free onsets", 1024, Edges::free, n, 6, 1000.0},
        {"free onsets, no low loss", 0, Edges::free, n, 0, 1000.0},
    };
    std::printf(
        "Power law and three EELSCLEdge (N K, O K, Mn L3), %zu channels of float64, a low loss a pixel, Poisson "
        "weights, from the model's start values; CPU time of one thread, whole multifit\n",
        num_channels);
    std::printf("| model | low-loss channels | convolved columns | pixels | pixels/s | spread | steps | red. chi2 | "
                "converged | goal |\n");
    std::printf("|---|---|---|---|---|---|---|---|---|---|\n");
    json report = {{"machine", describe_machine()}, {"channels", num_channels}, {"cases", json::array()}};
    for (Case const& what : cases)
        if (what.name.find(arguments.text("--only")) != std::string::npos)
            report["cases"].push_back(run_case(what, arguments.repeats(5)));
    if (arguments.text("--json").empty()) return;
    std::ofstream out(arguments.text("--json"));
    out << report.dump(1) << '\n';
    if (!out.flush()) throw std::runtime_error("cannot write " + arguments.text("--json"));
}

}  // namespace

}  // namespace warpfit::bench

int main(int argc, char** argv)
{
    try {
        warpfit::bench::run(warpfit::bench::Arguments(argc, argv, {"--json", "--only", "--repeats", "--pixels"}));
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_lowloss: %s\n", error.what());
        return 1;
    }
}
