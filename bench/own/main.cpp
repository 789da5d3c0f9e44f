// What does a component of one's own cost, beside the built-in one of the same function?

#include "bench/support/arguments.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/machine.hpp"
#include "bench/support/statistics.hpp"
#include "dual_peak_component.hpp"
#include "hand_peak_component.hpp"
#include "open_peak_component.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/own_component.hpp"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

namespace warpfit::bench {

namespace {

using nlohmann::json;

struct Way
{
    char const* name;
    char const* layout;
    std::function<Component()> make;  ///< parameters A, sigma, centre
};

double peak(double x, std::span<double const> p)
{
    double const u = (x - p[2]) / p[1];
    return p[0] / (std::sqrt(2.0 * M_PI) * p[1]) * std::exp(-0.5 * u * u);
}

std::vector<Way> ways()
{
    auto const host = [] {
        return host_component(pointwise(
            "Host", {{.name = "A", .linear = true}, {.name = "sigma"}, {.name = "centre", .scale = 3.0}}, peak));
    };
    return {{"built-in", "points", [] { return Component("Gaussian"); }},
            {"built-in, layout auto", "auto", [] { return Component("Gaussian"); }},
            {"functor, gradient by hand", "points", [] { return own::hand_peak(); }},
            {"functor, dual numbers", "points", [] { return own::dual_peak(); }},
            {"functor, dual numbers, no window", "points", [] { return own::open_peak(); }},
            {"expression", "points",
             [] { return Component::expression("A/(sigma*sqrt(2*pi))*exp(-((x - centre)/sigma)**2/2)"); }},
            {"function, differences", "points", host}};
}

Signal make_signal(std::size_t num_pixels, std::size_t num_channels, int num_peaks)
{
    std::mt19937 random(1);
    std::normal_distribution<double> noise;
    double const step = 100.0 / static_cast<double>(num_channels);
    std::vector<double> data;
    data.reserve(num_pixels * num_channels);
    for (std::size_t p = 0; p < num_pixels; ++p)
        for (std::size_t i = 0; i < num_channels; ++i) {
            double value = 20.0 + noise(random);
            for (int k = 0; k < num_peaks; ++k) {
                double const u = (static_cast<double>(i) * step - 25.0 - 25.0 * k) / 4.0;
                value += 100.0 * std::exp(-0.5 * u * u);
            }
            data.push_back(value);
        }
    Axis pixels, channels;
    pixels.size = num_pixels;
    channels.size = num_channels;
    channels.scale = step;
    return Signal({pixels}, {channels}, std::span<double const>(data));
}

double rate_of(Way const& way, Signal const& signal, int num_peaks, Precision precision)
{
    Model model;
    model.append(Component("Offset"));
    for (int k = 0; k < num_peaks; ++k) {
        Component& component = model.append(way.make());
        component["A"].set_value(800.0);
        component["sigma"].set_value(3.5);
        component["centre"].set_value(25.5 + 25.0 * k);
    }
    FitOptions options;
    options.device = "cpu";
    options.start = Start::model;
    options.threads = 1;
    options.layout = way.layout;
    options.precision = precision;
    options.derived = false;  // the built-in one alone has some
    double const before = process_seconds();
    multifit(model, signal, options);
    return static_cast<double>(signal.num_pixels()) / (process_seconds() - before);
}

void run(Arguments const& arguments)
{
    int const repeats = arguments.repeats(7);
    std::size_t const num_values = arguments.tiny() ? 20000 : 1000000;
    json report = {{"machine", describe_machine()}, {"cases", json::array()}};
    std::printf(
        "Offset and Gaussians from start values near by; CPU time of one thread, whole multifit; times as long as "
        "the built-in one, layout points\n");
    std::printf("| component | peaks | channels | precision | fits/s | spread | times as long |\n");
    std::printf("|---|---|---|---|---|---|---|\n");
    for (Precision const precision : {Precision::float64, Precision::float32})
        for (int const num_peaks : {1, 3})
            for (std::size_t const num_channels : {std::size_t{128}, std::size_t{1024}}) {
                Signal const signal = make_signal(num_values / num_channels, num_channels, num_peaks);
                std::vector<Way> const all = ways();
                std::vector<std::vector<double>> rates(all.size());
                for (int i = 0; i < repeats; ++i)  // side by side: a busy machine disturbs all alike
                    for (std::size_t w = 0; w < all.size(); ++w)
                        rates[w].push_back(rate_of(all[w], signal, num_peaks, precision));
                char const* const digits = precision == Precision::float64 ? "float64" : "float32";
                for (std::size_t w = 0; w < all.size(); ++w) {
                    std::vector<double> ratios;
                    for (int i = 0; i < repeats; ++i)
                        ratios.push_back(rates[0][static_cast<std::size_t>(i)] / rates[w][static_cast<std::size_t>(i)]);
                    std::printf("| %s | %d | %zu | %s | %.0f | %.0f %% | %.2f |\n", all[w].name, num_peaks,
                                num_channels, digits, median(rates[w]), 100.0 * spread(rates[w]), median(ratios));
                    report["cases"].push_back({{"component", all[w].name},
                                               {"layout", all[w].layout},
                                               {"peaks", num_peaks},
                                               {"channels", num_channels},
                                               {"precision", digits},
                                               {"fits_per_second", rates[w]},
                                               {"times_as_long", median(ratios)}});
                }
            }
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
        warpfit::bench::run(warpfit::bench::Arguments(argc, argv, {"--json", "--repeats"}));
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_own: %s\n", error.what());
        return 1;
    }
}
