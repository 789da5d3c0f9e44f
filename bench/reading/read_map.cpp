// Reads a whole map through warpfit, piece by piece, and prints what it took: `bench_read_map FILE#/data`.

#include "bench/support/clock.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <vector>

namespace {

using namespace warpfit;

/// The sum of all values shows that they were read, and is held against the other program's.
double read(Signal const& signal, std::size_t piece, std::vector<std::byte>& buffer)
{
    std::size_t const stride = signal.num_channels() * size_of(signal.type());
    double sum = 0.0;
    for (std::size_t first = 0; first < signal.num_pixels(); first += piece) {
        std::size_t const count = std::min(piece, signal.num_pixels() - first);
        signal.data().source->read(first, count, buffer.data());
        sum += static_cast<double>(buffer[count * stride / 2]);
    }
    return sum;
}

void run(char const* path)
{
    double const cpu = bench::process_seconds();
    double const wall = bench::wall_seconds();
    Signal const signal = io::load(path);
    std::size_t const preferred = std::max<std::size_t>(1, signal.data().source->preferred_count());
    std::size_t const piece = (1024 + preferred - 1) / preferred * preferred;
    std::vector<std::byte> buffer(piece * signal.num_channels() * size_of(signal.type()));
    double const sum = read(signal, piece, buffer);
    std::printf("{\"cpu_seconds\": %.6f, \"wall_seconds\": %.6f, \"bytes\": %zu, \"check\": %.0f}\n",
                bench::process_seconds() - cpu, bench::wall_seconds() - wall,
                signal.num_pixels() * signal.num_channels() * size_of(signal.type()), sum);
}

}  // namespace

int main(int argc, char** argv)
{
    try {
        if (argc != 2) throw std::runtime_error("usage: bench_read_map FILE#/PATH");
        run(argv[1]);
        return 0;
    } catch (std::exception const& error) {
        std::fprintf(stderr, "bench_read_map: %s\n", error.what());
        return 1;
    }
}
