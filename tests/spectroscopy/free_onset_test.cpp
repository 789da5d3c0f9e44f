#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>

namespace warpfit::testing {
namespace {

constexpr std::size_t num_pixels = 64;
constexpr double first_channel = 450.0;  // [eV], channels of 1 eV

/// Places between two channels and on them.
double onset_of(std::size_t pixel)
{
    return 532.0 + static_cast<double>(pixel % 8) / 8.0;
}

Model edge_on_background(Signal const& signal)
{
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    Model model;
    model.append("PowerLaw")["A"].set_value(1e3 * std::pow(500.0, 3.0));
    model["PowerLaw"]["r"].set_value(3.0);
    model.append(Component("EELSCLEdge", "", options));
    model.take_acquisition(signal);
    return model;
}

/// Counts with their noise: a sharp edge of `height` counts on a background of a thousand.
Signal counts_with_edge(double height)
{
    Signal const frame = eels_axis(first_channel, 1.0, 300);
    Model truth = edge_on_background(frame);
    std::vector<double> const above{540.0};
    truth["O_K"]["intensity"].set_value(0.0);
    double const background = truth.evaluate(above).front();
    truth["O_K"]["intensity"].set_value(1.0);
    double const jump = truth.evaluate(above).front() - background;
    truth["O_K"]["intensity"].set_value(height / jump);
    std::mt19937_64 random(20261122);
    std::vector<std::vector<double>> counts(num_pixels);
    std::vector<double> x;
    for (std::size_t i = 0; i < 300; ++i) x.push_back(first_channel + static_cast<double>(i));
    for (std::size_t pixel = 0; pixel < num_pixels; ++pixel) {
        truth["O_K"]["onset_energy"].set_value(onset_of(pixel));
        for (double const mean : truth.evaluate(x))
            counts[pixel].push_back(static_cast<double>(std::poisson_distribution<long>(mean)(random)));
    }
    return eels_spectra(counts, first_channel, 1.0);
}

class FreeOnset : public ::testing::TestWithParam<double>
{};

/// A jump of 300 counts on 800 is ten times their noise: nothing says that it lies in another channel.
TEST_P(FreeOnset, EndsInItsChannel)
{
    Signal const signal = counts_with_edge(GetParam());
    Model model = edge_on_background(signal);
    model["O_K"]["intensity"].set_value(1.0);
    model["O_K"]["onset_energy"].set_value(530.0);
    model["O_K"]["onset_energy"].set_free(true);
    FitOptions options;
    options.device = "cpu";
    options.start = Start::model;
    DataOptions data;
    data.variance = "poisson";
    FitResult const result = multifit(model, signal, options, data);
    EXPECT_THAT(result.notes, ::testing::Contains(::testing::HasSubstr("O_K.onset_energy stays between 520 and 540")));
    std::vector<double> const& onsets = result.parameter("O_K.onset_energy").values;
    double mean = 0.0;
    for (std::size_t pixel = 0; pixel < num_pixels; ++pixel) {
        EXPECT_TRUE(is_converged(result.status[pixel])) << name_of(result.status[pixel]);
        EXPECT_NEAR(onsets[pixel], onset_of(pixel), 1.25) << pixel;
        mean += (onsets[pixel] - onset_of(pixel)) / num_pixels;
    }
    // A channel holds what it holds wherever in it the edge begins: half a channel, at most, is lost.
    EXPECT_NEAR(mean, 0.0, 0.5);
}

INSTANTIATE_TEST_SUITE_P(Jumps, FreeOnset, ::testing::Values(300.0, 600.0, 1200.0));

}  // namespace
}  // namespace warpfit::testing
