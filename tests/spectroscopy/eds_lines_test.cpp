#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eds.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace warpfit::eds {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;
using warpfit::testing::eds_spectrum;
using warpfit::testing::error_of;
using warpfit::testing::names_of;

Signal axis_of(nlohmann::json const& figures)
{
    Signal signal = warpfit::testing::spectra({std::vector<double>(1000, 1.0)}, figures.at("offset"),
                                              figures.at("scale"), figures.at("units"));
    signal.metadata = {
        {"Acquisition_instrument.TEM.beam_energy", figures.at("beam_energy").dump()},
        {"Acquisition_instrument.TEM.Detector.EDS.energy_resolution_MnKa", figures.at("resolution").dump()}};
    return signal;
}

TEST(AddLines, MakesHyperSpysModel)
{
    for (auto const& figures : warpfit::testing::spectra_file("eds_models.json")) {
        SCOPED_TRACE(figures.at("elements").dump());
        Model model;
        std::vector<std::string> const elements = figures.at("elements");
        add_lines(model, axis_of(figures), elements);
        std::vector<std::string> names;
        for (auto const& [name, component] : figures.at("components").items()) {
            names.push_back(name);
            EXPECT_EQ(model[name].type(), component.at("type"));
            for (auto const& [parameter, expected] : component.at("parameters").items()) {
                std::string const path = name + "." + parameter;
                SCOPED_TRACE(path);
                EXPECT_EQ(model.is_twin(path), expected.contains("twin"));
                if (!expected.contains("twin")) {
                    EXPECT_EQ(model.parameter(path).is_free(), expected.at("free"));
                }
                if (component.at("type") == "Polynomial") continue;
                double const value = expected.at("value");
                if (parameter != "A") {
                    EXPECT_NEAR(model.value(path), value, 1e-12 * value);
                }
                if (!expected.contains("twin")) continue;
                std::string const to = expected.at("twin");
                model.set_value(to, 1000.0);
                std::string const expression = expected.at("expression");
                ASSERT_TRUE(expression.starts_with("x * "));
                EXPECT_DOUBLE_EQ(model.value(path), 1000.0 * std::stod(expression.substr(4)));
            }
        }
        EXPECT_THAT(names_of(model), UnorderedElementsAreArray(names));
        EXPECT_EQ(model.components().front().name(), "background_order_6");
    }
}

TEST(AddLines, TakesFamilies)
{
    Model model;
    std::vector<std::string> const words{"Cu_Ka"};
    EXPECT_THAT(add_lines(model, eds_spectrum("right"), words, {{}, {}, false, 6}), ElementsAre("Cu_Ka", "Cu_Kb"));
    EXPECT_THAT(names_of(model), ElementsAre("Cu_Ka", "Cu_Kb"));
    EXPECT_EQ(model.parameter("Cu_Ka.A").bmin(), 0.0);
}

TEST(AddLines, RefusesAndChangesNothing)
{
    Model model;
    Signal const signal = eds_spectrum("right");
    auto const refusal = [&](std::vector<std::string> const& words) {
        return error_of([&] { add_lines(model, signal, words); });
    };
    EXPECT_THAT(refusal({"Cu", "Li"}), HasSubstr("no line of 'Li' can be seen"));
    EXPECT_THAT(refusal({"Cu_Kb"}), HasSubstr("give 'Cu_Ka', which brings it"));
    EXPECT_THAT(refusal({"Mo_Ka"}), HasSubstr("it lies at 17.4793 keV"));
    EXPECT_THAT(refusal({"Cu", "Cu"}), HasSubstr("Cu_Ka"));
    EXPECT_EQ(model.size(), 0U);
    Signal const unitless = warpfit::testing::spectra({std::vector<double>(100, 1.0)}, 0.0, 0.1, "");
    std::vector<std::string> const copper{"Cu"};
    EXPECT_THAT(error_of([&] { add_lines(model, unitless, copper); }), HasSubstr("X-ray lines need keV or eV"));
}

TEST(LinesIntensity, IsHyperSpysLeastSquares)
{
    auto const file = warpfit::testing::spectra_file("eds_spectra.json");
    Signal const signal = eds_spectrum("right");
    Model model;
    std::vector<std::string> const elements{"Cu", "Fe", "O", "Si"};
    add_lines(model, signal, elements);
    FitResult const result = multifit(model, signal);
    EXPECT_THAT(result.status, Each(FitStatus::converged));
    std::vector<LineIntensity> const lines = lines_intensity(result, model);
    EXPECT_EQ(lines.size(), file.at("hyperspy").size());
    for (LineIntensity const& line : lines) {
        SCOPED_TRACE(line.line);
        double const area = file.at("hyperspy").at(line.line)[0];
        double const error = file.at("hyperspy").at(line.line)[1];
        EXPECT_NEAR(line.counts[0], area, 1e-3 * error);
        EXPECT_NEAR(line.counts_errors[0], error, 2e-3 * error);  // its degrees of freedom are one fewer
    }
    EXPECT_EQ(lines_intensity(result, model, false).size(), xray_lines(model).size());
}

TEST(EdsBackground, IsLeastSquaresOverHyperSpysChannelsAndStays)
{
    auto const file = warpfit::testing::spectra_file("eds_spectra.json");
    Signal const signal = eds_spectrum("right");
    Model model;
    std::vector<std::string> const elements{"Cu", "Fe", "O", "Si"};
    add_lines(model, signal, elements);
    fit_background(model, signal);
    for (auto const& [energy, expected] : file.at("background").items()) {
        std::vector<double> const x{std::stod(energy)};
        double const value = model.evaluate_component("background_order_6", x)[0];
        EXPECT_NEAR(value, expected.get<double>(), 1e-8 * expected.get<double>()) << energy;
    }
    EXPECT_FALSE(model.parameter("background_order_6.a3").is_free());
    FitResult const lines = multifit(model, signal);
    EXPECT_EQ(lines.parameter("background_order_6.a0").values[0], model.value("background_order_6.a0"));
    free_background(model);
    EXPECT_TRUE(model.parameter("background_order_6.a3").is_free());
    EXPECT_FALSE(model.parameter("Cu_Ka.centre").is_free());
}

// Fixed pixel by pixel: twice the counts have twice the background.
TEST(EdsBackground, IsThatOfEachPixel)
{
    std::vector<double> const counts = eds_spectrum("right").pixel(0);
    std::vector<double> twice = counts;
    for (double& v : twice) v *= 2.0;
    Signal const signal = warpfit::testing::spectra({counts, twice}, 0.1, 0.01, "keV");
    Model model;
    std::vector<std::string> const elements{"Cu", "Fe", "O", "Si"};
    add_lines(model, signal, elements);
    fit_background(model, signal);
    FitResult const result = multifit(model, signal);
    for (char const* path : {"background_order_6.a0", "Cu_Ka.A", "Cu_Kb.A"}) {
        std::vector<double> const& values = result.parameter(path).values;
        EXPECT_NEAR(values[1], 2.0 * values[0], 1e-6 * std::abs(values[0])) << path;
    }
}

}  // namespace
}  // namespace warpfit::eds
