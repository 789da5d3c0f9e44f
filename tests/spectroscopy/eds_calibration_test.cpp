#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eds.hpp"
#include "warpfit/elements.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace warpfit::eds {
namespace {

using ::testing::HasSubstr;
using warpfit::testing::eds_spectrum;
using warpfit::testing::error_of;

Model lines_for(Signal const& signal)
{
    Model model;
    std::vector<std::string> const elements{"Cu", "Fe", "O", "Si"};
    add_lines(model, signal, elements);
    return model;
}

DataOptions channels_from(double first, double last)
{
    DataOptions data;
    data.range = {{first, last}};
    return data;
}

class CalibrateEnergyAxis : public ::testing::TestWithParam<std::tuple<std::string, std::string>>
{};

// Spectra of a detector whose resolution, scale or offset is not what it says.
TEST_P(CalibrateEnergyAxis, FindsTheTruth)
{
    auto const [what, spectrum] = GetParam();
    double const truth = warpfit::testing::spectra_file("eds_spectra.json").at(spectrum).at("truth");
    Signal signal = eds_spectrum(spectrum);
    Model model = lines_for(signal);
    Calibrated const calibrated = calibrate_energy_axis(model, signal, what);
    EXPECT_NEAR(calibrated.after, truth, 4.0 * calibrated.standard_error);
    // Half a million counts in lines of 50 eV: a few parts in ten thousand of their width.
    EXPECT_LT(calibrated.standard_error, 2e-3 * std::abs(truth));
    EXPECT_GT(std::abs(calibrated.before - truth), 10.0 * calibrated.standard_error);
    EXPECT_DOUBLE_EQ(model.value("Fe_Ka.centre"), xray_line("Fe_Ka").line->energy);
    EXPECT_FALSE(model.parameter("Fe_Ka.centre").is_free());

    // Calibrated once more, there is nothing left to do.
    Calibrated const again = calibrate_energy_axis(model, signal, what);
    EXPECT_NEAR(again.before, calibrated.after, 1e-12 * std::abs(truth));
    EXPECT_NEAR(again.after, calibrated.after, 0.1 * calibrated.standard_error);
}

INSTANTIATE_TEST_SUITE_P(All, CalibrateEnergyAxis,
                         ::testing::Values(std::tuple("resolution", "resolution"), std::tuple("scale", "scale_off"),
                                           std::tuple("offset", "offset_off")));

/// Copies of a spectrum as a line scan, on an axis in eV where `in_ev`.
Signal copies(std::string const& name, std::size_t count, bool in_ev)
{
    Signal const one = eds_spectrum(name);
    Axis const& axis = one.signal_axes().front();
    double const unit = in_ev ? 1000.0 : 1.0;
    Signal signal = warpfit::testing::spectra(std::vector(count, one.pixel(0)), unit * axis.offset, unit * axis.scale,
                                              in_ev ? "eV" : "keV");
    signal.signal_type = one.signal_type;
    signal.metadata = one.metadata;
    return signal;
}

TEST_P(CalibrateEnergyAxis, TakesTheSumOfAllPixels)
{
    auto const [what, spectrum] = GetParam();
    Signal one = eds_spectrum(spectrum);
    Signal four = copies(spectrum, 4, false);
    Model model = lines_for(one);
    Calibrated const alone = calibrate_energy_axis(model, one, what);
    model = lines_for(four);
    Calibrated const together = calibrate_energy_axis(model, four, what);
    EXPECT_EQ(four.num_pixels(), 4U);
    // Weights of channels without counts are alike for both, so that they differ a little.
    EXPECT_NEAR(together.after, alone.after, 0.2 * alone.standard_error);
}

TEST_P(CalibrateEnergyAxis, KnowsElectronvolts)
{
    auto const [what, spectrum] = GetParam();
    Signal kev = eds_spectrum(spectrum);
    Signal ev = copies(spectrum, 1, true);
    Model model = lines_for(kev);
    Calibrated const expected = calibrate_energy_axis(model, kev, what);
    model = lines_for(ev);
    double const unit = what == "resolution" ? 1.0 : 1000.0;
    EXPECT_NEAR(calibrate_energy_axis(model, ev, what).after, unit * expected.after,
                1e-3 * unit * expected.standard_error);
}

// Below 5 keV lie oxygen, silicon and the L lines: their areas are left to nothing.
TEST_P(CalibrateEnergyAxis, LeavesOutLinesWithoutChannels)
{
    auto const [what, spectrum] = GetParam();
    double const truth = warpfit::testing::spectra_file("eds_spectra.json").at(spectrum).at("truth");
    Signal signal = eds_spectrum(spectrum);
    Model model = lines_for(signal);
    DataOptions const high = channels_from(5.0, 9.5);
    std::vector<std::string> const without = lines_without_channels(model, signal, high);
    EXPECT_THAT(without, ::testing::IsSupersetOf({"O_Ka", "Si_Ka", "Fe_La", "Cu_La"}));
    EXPECT_THAT(without, ::testing::Not(::testing::Contains("Fe_Kb")));
    EXPECT_TRUE(lines_without_channels(model, signal).empty());
    Calibrated const calibrated = calibrate_energy_axis(model, signal, what, {}, high);
    EXPECT_NEAR(calibrated.after, truth, 4.0 * calibrated.standard_error);
    EXPECT_TRUE(model["O_Ka"].is_active());
}

// In HyperSpy only the first line's width takes part (its issue 3098).
TEST(CalibrateResolution, WidensAllLines)
{
    Signal signal = eds_spectrum("resolution");
    Model model = lines_for(signal);
    double const found = calibrate_energy_axis(model, signal, "resolution").after;
    EXPECT_NEAR(energy_resolution(signal), found, 1e-12);
    for (std::string const& line : xray_lines(model)) {
        double const fwhm = eds_fwhm(xray_line(line).line->energy, found);
        EXPECT_NEAR(model.value(line + ".sigma"), fwhm / 2.3548200450309493, 1e-12) << line;
    }
}

TEST(CalibrateAxis, KeepsWhatElseTheSignalHolds)
{
    Signal signal = eds_spectrum("offset_off");
    signal.title = "map";
    signal.set_variance({.kind = Variance::Kind::poisson});
    Model model = lines_for(signal);
    calibrate_energy_axis(model, signal, "offset");
    EXPECT_EQ(signal.title, "map");
    EXPECT_EQ(signal.variance().kind, Variance::Kind::poisson);
    EXPECT_EQ(signal.metadata.at("Acquisition_instrument.TEM.beam_energy"), "200");
    EXPECT_TRUE(signal.is_binned());
    EXPECT_EQ(signal.pixel(0), eds_spectrum("offset_off").pixel(0));
}

TEST(CalibrateXrayLines, FindsAShiftedLine)
{
    Signal const signal = eds_spectrum("lines");
    Model model = lines_for(signal);
    std::vector<std::string> const copper{"Cu_Ka"};
    FitResult const result = calibrate_xray_lines(model, signal, "energy", copper, 10.0);
    double const error = result.parameter("Cu_Ka.centre").standard_errors[0];
    EXPECT_NEAR(model.value("Cu_Ka.centre"), xray_line("Cu_Ka").line->energy + 0.004, 4.0 * error);
    EXPECT_LT(error, 5e-4);
    EXPECT_FALSE(model.parameter("Cu_Ka.centre").is_free());
    EXPECT_DOUBLE_EQ(model.value("Fe_Ka.centre"), xray_line("Fe_Ka").line->energy);

    Model held = lines_for(signal);
    EXPECT_EQ(calibrate_xray_lines(held, signal, "energy", copper, 1.0).status[0], FitStatus::converged_at_bound);
    EXPECT_NEAR(held.value("Cu_Ka.centre"), xray_line("Cu_Ka").line->energy + 0.001, 1e-9);
}

TEST(CalibrateXrayLines, FindsAWeight)
{
    Signal const signal = eds_spectrum("lines");
    Model model = lines_for(signal);
    std::vector<std::string> const iron{"Fe_Kb"};
    calibrate_xray_lines(model, signal, "sub_weight", iron);
    model.set_value("Fe_Ka.A", 1.0);
    // 24000 counts of it: 1 % is some 1.5 standard errors.
    EXPECT_NEAR(model.value("Fe_Kb.A"), 0.16, 0.03 * 0.16);
    EXPECT_TRUE(model.is_twin("Fe_Kb.A"));
}

TEST(CalibrateXrayLines, FindsAWidth)
{
    Signal const signal = eds_spectrum("resolution");
    Model model = lines_for(signal);
    std::vector<std::string> const iron{"Fe_Ka"};
    calibrate_xray_lines(model, signal, "width", iron, 20.0);
    double const truth = eds_fwhm(xray_line("Fe_Ka").line->energy, 143.0) / 2.3548200450309493;
    EXPECT_NEAR(model.value("Fe_Ka.sigma"), truth, 0.01 * truth);
}

TEST(Calibrate, RefusesAndChangesNothing)
{
    Signal signal = eds_spectrum("right");
    Model model = lines_for(signal);
    EXPECT_THAT(error_of([&] { calibrate_energy_axis(model, signal, "width"); }),
                HasSubstr("calibration of 'width' does not exist (known: resolution, scale, offset)"));
    EXPECT_THAT(error_of([&] { calibrate_xray_lines(model, signal, "scale"); }), HasSubstr("known: energy"));
    std::vector<std::string> const zinc{"Zn_Ka"};
    EXPECT_THAT(error_of([&] { calibrate_xray_lines(model, signal, "energy", zinc); }),
                HasSubstr("no X-ray line 'Zn_Ka'"));
    std::vector<std::string> const iron{"Fe_Ka"};
    EXPECT_THAT(error_of([&] { calibrate_xray_lines(model, signal, "sub_weight", iron); }),
                HasSubstr("no line is left to calibrate"));
    EXPECT_THAT(error_of([&] { calibrate_xray_lines(model, signal, "energy", iron, 0.0); }), HasSubstr("positive"));
    DataOptions const high = channels_from(5.0, 9.5);
    std::vector<std::string> const oxygen{"O_Ka"};
    EXPECT_THAT(error_of([&] { calibrate_xray_lines(model, signal, "energy", oxygen, 1.0, {}, high); }),
                HasSubstr("'O_Ka' has no fitted channel"));
    DataOptions const none = channels_from(3.0, 5.0);
    EXPECT_THAT(error_of([&] { calibrate_energy_axis(model, signal, "scale", {}, none); }),
                HasSubstr("none of the model's X-ray lines has a fitted channel"));
    Model empty;
    EXPECT_THAT(error_of([&] { calibrate_energy_axis(empty, signal, "scale"); }), HasSubstr("no active X-ray line"));
}

}  // namespace
}  // namespace warpfit::eds
