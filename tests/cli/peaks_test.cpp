#include "src/cli/peaks.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace warpfit::cli {
namespace {

struct Spectrum
{
    std::vector<double> x;
    std::vector<double> y;
};

template<class Function>
Spectrum sample(double first, double step, std::size_t count, Function const& f)
{
    Spectrum spectrum;
    for (std::size_t i = 0; i < count; ++i) {
        spectrum.x.push_back(first + static_cast<double>(i) * step);
        spectrum.y.push_back(f(spectrum.x.back()));
    }
    return spectrum;
}

double gaussian(double x, double height, double centre, double sigma)
{
    return height * std::exp(-0.5 * (x - centre) * (x - centre) / (sigma * sigma));
}

TEST(FindPeaks, MeasuresTwoGaussiansOnAConstant)
{
    Spectrum const s = sample(
        0.0, 0.1, 1000, [](double x) { return 10.0 + gaussian(x, 100.0, 30.0, 2.0) + gaussian(x, 60.0, 70.0, 3.0); });
    std::vector<Peak> const peaks = find_peaks(s.x, s.y, 4);
    ASSERT_EQ(peaks.size(), 2u);
    EXPECT_NEAR(peaks[0].centre, 30.0, 0.1);
    EXPECT_NEAR(peaks[1].centre, 70.0, 0.1);
    EXPECT_NEAR(peaks[0].height, 100.0, 3.0);
    EXPECT_NEAR(peaks[1].height, 60.0, 3.0);
    EXPECT_NEAR(peaks[0].fwhm, 2.0 * 2.3548, 0.3);
    EXPECT_NEAR(peaks[1].fwhm, 3.0 * 2.3548, 0.4);
    EXPECT_FALSE(peaks[0].is_lorentzian());
}

TEST(FindPeaks, TellsALorentzianByItsTails)
{
    Spectrum const s = sample(0.0, 0.1, 1000, [](double x) { return 5.0 + 100.0 / (1.0 + (x - 50.0) * (x - 50.0)); });
    std::vector<Peak> const peaks = find_peaks(s.x, s.y, 4);
    ASSERT_EQ(peaks.size(), 1u);
    EXPECT_NEAR(peaks[0].fwhm, 2.0, 0.2);
    EXPECT_TRUE(peaks[0].is_lorentzian());
}

TEST(FindPeaks, SeesPeaksOnAFallingPowerLaw)
{
    Spectrum const s =
        sample(400.0, 0.5, 1000, [](double x) { return 1e12 * std::pow(x, -3.0) + gaussian(x, 3000.0, 532.0, 4.0); });
    std::vector<Peak> const peaks = find_peaks(s.x, s.y, 4);
    ASSERT_EQ(peaks.size(), 1u);
    EXPECT_NEAR(peaks[0].centre, 532.0, 1.0);
    EXPECT_NEAR(peaks[0].fwhm, 4.0 * 2.3548, 1.5);
}

TEST(FindPeaks, FindsNoneInNoise)
{
    std::mt19937 engine(7);
    std::normal_distribution<double> noise(0.0, 1.0);
    Spectrum const s = sample(0.0, 1.0, 1000, [&](double) { return 100.0 + noise(engine); });
    EXPECT_TRUE(find_peaks(s.x, s.y, 4).empty());
}

TEST(FindPeaks, KeepsTheMostProminent)
{
    Spectrum const s = sample(0.0, 0.1, 1000, [](double x) {
        double sum = 0.0;
        for (int k = 0; k < 6; ++k) sum += gaussian(x, 10.0 * (k + 1), 10.0 + 15.0 * k, 1.0);
        return sum;
    });
    std::vector<Peak> const peaks = find_peaks(s.x, s.y, 4);
    ASSERT_EQ(peaks.size(), 4u);
    EXPECT_NEAR(peaks[0].centre, 40.0, 0.1);
    EXPECT_NEAR(peaks[3].centre, 85.0, 0.1);
}

TEST(FindPeaks, CopesWithAlmostNothing)
{
    EXPECT_TRUE(find_peaks({}, {}, 4).empty());
    std::vector<double> const x{0, 1, 2, 3, 4, 5};
    std::vector<double> const flat(6, 3.0);
    EXPECT_TRUE(find_peaks(x, flat, 4).empty());
}

TEST(NoiseEstimate, IsSigmaOfTheNoise)
{
    std::mt19937 engine(3);
    std::normal_distribution<double> noise(0.0, 2.5);
    std::vector<double> values;
    for (int i = 0; i < 20000; ++i) values.push_back(0.01 * i + noise(engine));
    EXPECT_NEAR(noise_estimate(values), 2.5, 0.1);
}

}  // namespace
}  // namespace warpfit::cli
