// Estimates one component in every pixel of a map, on one core, and prints what it took and found:
// `bench_estimates FILE TYPE FIRST LAST`, the range in axis units.

#include "bench/support/clock.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/io.hpp"

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <numeric>
#include <stdexcept>
#include <utility>
#include <vector>

namespace {

using namespace warpfit;

Signal in_memory(Signal const& stored)
{
    std::vector<std::byte> bytes(stored.num_pixels() * stored.num_channels() * size_of(stored.type()));
    stored.data().source->read(0, stored.num_pixels(), bytes.data());
    return Signal(stored.navigation_axes(), stored.signal_axes(), stored.type(), std::move(bytes),
                  stored.data().byte_swapped);
}

void run(char const* path, char const* type, double first, double last)
{
    Signal const signal = in_memory(io::load(path));
    DataOptions data;
    data.range = {{first, last}};
    EstimateOptions options;
    options.threads = 1;
    ComponentOptions shape;
    shape.order = 2;
    Component component(type, "", shape);
    double const cpu = bench::process_seconds();
    estimate_parameters(component, signal, options, data);
    std::printf("{\"cpu_seconds\": %.6f", bench::process_seconds() - cpu);
    for (Parameter const& parameter : component.parameters()) {
        std::vector<double> const& map = parameter.map();
        if (map.empty()) continue;
        double const sum = std::accumulate(map.begin(), map.end(), 0.0);
        std::printf(", \"%s\": %.15g", parameter.name().c_str(), sum / static_cast<double>(map.size()));
    }
    std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc != 5) throw std::runtime_error("usage: bench_estimates FILE TYPE FIRST LAST");
        run(argv[1], argv[2], std::atof(argv[3]), std::atof(argv[4]));
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_estimates: %s\n", error.what());
        return 1;
    }
}
