#pragma once

#include "tests/support/backends.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace warpfit::testing {

/// Noise that is the same on every machine: standard normal, from a counter (splitmix64, Box-Muller).
class Noise
{
  public:
    explicit Noise(std::uint64_t seed)
        : state_(seed)
    {}
    double uniform();  ///< (0, 1)
    double normal();

  private:
    std::uint64_t state_;
};

/// A line of spectra: a Gaussian (A near 500, centre near 30, sigma near 4, all varying) on an offset of 20, with
/// Gaussian noise of known deviation.
struct PeakMap
{
    std::size_t num_pixels = 0, num_channels = 64;
    double noise = 2.0;
    Axis axis;
    std::vector<double> data;  ///< [num_pixels, num_channels]

    explicit PeakMap(std::size_t pixels, std::uint64_t seed = 1);

    double& at(std::size_t pixel, std::size_t channel) { return data[pixel * num_channels + channel]; }
    Signal signal() const;                                     ///< variance: noise squared
    Signal signal(std::vector<double> const& variance) const;  ///< shaped like the data

    /// Offset and Gaussian, started off the truth.
    static Model model();
};

/// One way to run a fit.
struct Way
{
    std::string backend;       ///< "cuda", or a layout of the CPU
    std::string instructions;  ///< of the CPU
    Precision precision;
};

/// Every layout, instruction set of this CPU and precision that go together, and the GPU.
std::vector<Way> all_ways();
std::string name_of_way(Way const& way);
void PrintTo(Way const& way, std::ostream* out);
FitOptions options_of(Way const& way);
inline std::string backend_of(Way const& way)
{
    return way.backend;
}
template<class Other>
std::string backend_of(std::tuple<Way, Other> const& parameter)
{
    return std::get<0>(parameter).backend;
}

/// Fails the running test where any map of pixel `a` of `left` differs from that of pixel `b` of `right` by one bit.
void expect_same_pixel(FitResult const& left, std::size_t a, FitResult const& right, std::size_t b);
void expect_same(FitResult const& left, FitResult const& right);

/// NaN in every map of a free parameter, in the errors and in chisq.
void expect_no_values(FitResult const& result, std::size_t pixel);

}  // namespace warpfit::testing
