#include "tests/fit/maps.hpp"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

bool cpu_has(std::string const& instructions)
{
    if (instructions == "avx2") return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (instructions == "avx512") {
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
               __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    }
    return true;
}

/// NaN equals NaN; 0 and -0 differ.
bool same_bits(double a, double b)
{
    return (std::isnan(a) && std::isnan(b)) || std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

}  // namespace

double Noise::uniform()
{
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return (static_cast<double>((z ^ (z >> 31)) >> 11) + 0.5) * 0x1p-53;
}

double Noise::normal()
{
    double const radius = std::sqrt(-2.0 * std::log(uniform()));
    return radius * std::cos(2.0 * M_PI * uniform());
}

PeakMap::PeakMap(std::size_t pixels, std::uint64_t seed)
    : num_pixels(pixels)
{
    axis.size = num_channels;
    Noise noise_source(seed);
    data.reserve(num_pixels * num_channels);
    for (std::size_t p = 0; p < num_pixels; ++p) {
        double const area = 400.0 + 200.0 * noise_source.uniform();
        double const centre = 28.0 + 4.0 * noise_source.uniform();
        double const sigma = 3.5 + noise_source.uniform();
        for (std::size_t i = 0; i < num_channels; ++i) {
            double const u = (axis.value(i) - centre) / sigma;
            double const peak = area / (sigma * std::sqrt(2.0 * M_PI)) * std::exp(-0.5 * u * u);
            data.push_back(20.0 + peak + noise * noise_source.normal());
        }
    }
}

Signal PeakMap::signal() const
{
    Axis pixels;
    pixels.size = num_pixels;
    Signal s({pixels}, {axis}, std::span<double const>(data));
    Variance variance;
    variance.kind = Variance::Kind::number;
    variance.number = noise * noise;
    s.set_variance(variance);
    return s;
}

Signal PeakMap::signal(std::vector<double> const& variance) const
{
    Axis pixels;
    pixels.size = num_pixels;
    Signal s({pixels}, {axis}, std::span<double const>(data));
    Variance v;
    v.kind = Variance::Kind::stored;
    v.stored = Signal({pixels}, {axis}, std::span<double const>(variance)).data();
    s.set_variance(v);
    return s;
}

Model PeakMap::model()
{
    Model model;
    model.append("Offset")["offset"].set_value(15.0);
    Component& peak = model.append("Gaussian", "peak");
    peak["A"].set_value(300.0);
    peak["sigma"].set_value(5.0);
    peak["centre"].set_value(31.0);
    return model;
}

std::vector<Way> all_ways()
{
    std::vector<Way> ways;
    for (char const* instructions : {"sse2", "avx2", "avx512"}) {
        if (!cpu_has(instructions)) continue;
        for (Precision precision : {Precision::float32, Precision::mixed, Precision::float64}) {
            ways.push_back({"points", instructions, precision});
            ways.push_back({"pixels", instructions, precision});
        }
    }
    for (Precision precision : {Precision::float32, Precision::mixed, Precision::float64})
        ways.push_back({"cuda", "", precision});
    return ways;
}

std::string name_of_way(Way const& way)
{
    char const* const precision = way.precision == Precision::float32 ? "float32"
                                  : way.precision == Precision::mixed ? "mixed"
                                                                      : "float64";
    return way.backend + "_" + (way.instructions.empty() ? "" : way.instructions + "_") + precision;
}

void PrintTo(Way const& way, std::ostream* out)
{
    *out << name_of_way(way);
}

FitOptions options_of(Way const& way)
{
    FitOptions options = options_on(way.backend);
    if (!way.instructions.empty()) options.instructions = way.instructions;
    options.precision = way.precision;
    options.start = Start::model;
    return options;
}

void expect_same_pixel(FitResult const& left, std::size_t a, FitResult const& right, std::size_t b)
{
    ASSERT_EQ(left.parameters.size(), right.parameters.size());
    EXPECT_EQ(left.status[a], right.status[b]) << "pixel " << a;
    EXPECT_EQ(left.dof[a], right.dof[b]) << "pixel " << a;
    EXPECT_EQ(left.iterations[a], right.iterations[b]) << "pixel " << a;
    EXPECT_TRUE(same_bits(left.chisq[a], right.chisq[b])) << "pixel " << a;
    EXPECT_TRUE(same_bits(left.red_chisq[a], right.red_chisq[b])) << "pixel " << a;
    for (std::size_t k = 0; k < left.parameters.size(); ++k) {
        auto const& l = left.parameters[k];
        auto const& r = right.parameters[k];
        EXPECT_TRUE(same_bits(l.values[a], r.values[b]))
            << l.parameter << " of pixel " << a << ": " << l.values[a] << " and " << r.values[b];
        EXPECT_TRUE(same_bits(l.standard_errors[a], r.standard_errors[b])) << l.parameter << " of pixel " << a;
    }
}

void expect_same(FitResult const& left, FitResult const& right)
{
    ASSERT_EQ(left.num_pixels(), right.num_pixels());
    for (std::size_t i = 0; i < left.num_pixels() && !::testing::Test::HasFailure(); ++i)
        expect_same_pixel(left, i, right, i);
}

void expect_no_values(FitResult const& result, std::size_t pixel)
{
    for (auto const& map : result.parameters) {
        EXPECT_TRUE(std::isnan(map.values[pixel])) << map.component << '.' << map.parameter << ' ' << map.values[pixel];
        EXPECT_TRUE(std::isnan(map.standard_errors[pixel])) << map.component << '.' << map.parameter;
    }
    EXPECT_TRUE(std::isnan(result.chisq[pixel])) << result.chisq[pixel];
    EXPECT_TRUE(std::isnan(result.red_chisq[pixel])) << result.red_chisq[pixel];
}

}  // namespace warpfit::testing
