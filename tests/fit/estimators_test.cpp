#include "tests/fit/maps.hpp"
#include "warpfit/components.hpp"
#include "warpfit/fit.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>
#include <map>

namespace warpfit::testing {
namespace {

/// What the data are made of: a component with these values, beside a level (or alone).
struct Truth
{
    std::string type;
    std::map<std::string, double> values;
    bool is_alone = false;
    std::map<std::string, double> given{};  ///< start values that its users would give
};

std::vector<Truth> truths()
{
    return {
        {"AsymmetricLorentzian", {{"A", 900}, {"fwhm", 2.2}, {"asymmetry", 0.15}, {"centre", 8.3}}},
        {"Doniach", {{"A", 120}, {"sigma", 0.9}, {"alpha", 0.25}, {"centre", 8.7}}, true},
        {"ExponentialGaussian", {{"A", 700}, {"sigma", 0.5}, {"tau", 1.4}, {"centre", 7.1}}},
        {"Fano", {{"A", 40}, {"q", 3.5}, {"fwhm", 1.6}, {"centre", 9.2}}, true, {{"q", 2.0}}},
        {"Gaussian", {{"A", 600}, {"sigma", 1.1}, {"centre", 6.4}}},
        {"GaussianHF", {{"height", 300}, {"fwhm", 2.6}, {"centre", 11.8}}},
        {"Lorentzian", {{"A", 800}, {"gamma", 0.9}, {"centre", 10.9}}},
        {"PESCoreLineShape", {{"A", 250}, {"FWHM", 1.3}, {"origin", 9.9}}},
        {"PESVoigt", {{"area", 700}, {"FWHM", 1.2}, {"gamma", 0.7}, {"centre", 9.1}}},
        {"PseudoVoigt", {{"A", 640}, {"fwhm", 1.9}, {"fraction", 0.4}, {"centre", 12.2}}},
        {"SkewNormal", {{"x0", 7.0}, {"A", 500}, {"scale", 2.1}, {"shape", 2.5}}, true},
        {"SplitVoigt", {{"A", 750}, {"sigma1", 0.8}, {"sigma2", 1.6}, {"fraction", 0.3}, {"centre", 8.9}}},
        {"Voigt", {{"area", 700}, {"sigma", 0.6}, {"gamma", 0.5}, {"centre", 9.1}}},
        {"VolumePlasmonDrude", {{"intensity", 90}, {"plasmon_energy", 12.4}, {"fwhm", 2.1}}},
        {"Exponential", {{"A", 800}, {"tau", 4.5}}, true},
        {"PowerLaw", {{"A", 5000}, {"r", 1.8}}, true},
        {"Polynomial", {{"a0", 30}, {"a1", -4}, {"a2", 0.7}}, true},
        {"Gaussian2D", {{"A", 9000}, {"sigma_x", 2.1}, {"sigma_y", 3.2}, {"centre_x", 10.4}, {"centre_y", 8.2}}},
        {"Lorentzian2D", {{"A", 9000}, {"gamma_x", 1.7}, {"gamma_y", 2.4}, {"centre_x", 9.4}, {"centre_y", 11.2}}},
        {"Disk2D", {{"height", 120}, {"radius", 5.2}, {"sigma", 0.9}, {"centre_x", 10.3}, {"centre_y", 9.6}}},
        {"GaussianRing2D", {{"height", 120}, {"radius", 5.2}, {"sigma", 0.9}, {"centre_x", 10.3}, {"centre_y", 9.6}}},
        {"Plane", {{"offset", 40}, {"slope_x", 1.5}, {"slope_y", -0.8}}, true},
        {"Polynomial2D", {{"a00", 40}, {"a10", 1.5}, {"a01", -0.8}, {"a20", 0.2}, {"a11", 0.05}, {"a02", -0.1}}, true},
    };
}

Model model_of(Truth const& truth)
{
    Model model;
    Component& component = model.append(truth.type);
    for (auto const& [name, value] : truth.given) component[name].set_value(value);
    if (!truth.is_alone) model.append("Offset");
    return model;
}

/// Data of eight pixels with noise of 0.3, each a little different, and what they are made of.
Signal signal_of(Truth const& truth, std::vector<std::map<std::string, double>>& values)
{
    bool const is_2d = component_type(truth.type).dimension == 2;
    constexpr std::size_t num_pixels = 8;
    Axis const axis{.size = is_2d ? 24u : 240u, .offset = 0.5, .scale = is_2d ? 0.83 : 0.08};
    std::vector<double> x, y;
    for (std::size_t row = 0; row < (is_2d ? axis.size : 1); ++row)
        for (std::size_t i = 0; i < axis.size; ++i) {
            x.push_back(axis.value(i));
            y.push_back(axis.value(row));
        }
    if (!is_2d) y.clear();
    Noise noise(3);
    std::vector<double> data;
    for (std::size_t p = 0; p < num_pixels; ++p) {
        Model model = model_of(truth);
        values.emplace_back();
        for (auto const& [name, value] : truth.values) {
            values.back()[name] = value * (1.0 + 0.02 * noise.normal());
            model[truth.type][name].set_value(values.back()[name]);
        }
        if (!truth.is_alone) model["Offset"]["offset"].set_value(12.0);
        for (double const f : model.evaluate(x, y)) data.push_back(f + 0.3 * noise.normal());
    }
    std::vector<Axis> const axes = is_2d ? std::vector{axis, axis} : std::vector{axis};
    Signal signal({Axis{.size = num_pixels}}, axes, data);
    signal.set_variance({.kind = Variance::Kind::number, .number = 0.09});
    return signal;
}

class Estimators : public ::testing::TestWithParam<Truth>
{};

// From the data alone every component finds its way to what the data are made of.
TEST_P(Estimators, LeadAFitToTheTruth)
{
    Truth const& truth = GetParam();
    std::vector<std::map<std::string, double>> expected;
    Signal const signal = signal_of(truth, expected);
    FitResult const result = multifit(model_of(truth), signal);
    for (std::size_t p = 0; p < expected.size(); ++p) {
        EXPECT_TRUE(is_converged(result.status[p])) << "pixel " << p << ": " << name_of(result.status[p]);
        EXPECT_NEAR(result.red_chisq[p], 1.0, 0.5);
        for (auto const& [name, value] : expected[p]) {
            ParameterMap const& map = result.parameter(truth.type + "." + name);
            EXPECT_NEAR(map.values[p], value, 5.5 * map.standard_errors[p] + 1e-12) << name << " of pixel " << p;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Types, Estimators, ::testing::ValuesIn(truths()),
                         [](auto const& instance) { return instance.param.type; });

TEST(Estimators, GiveEveryPeakAStartWhereThereIsNone)
{
    std::vector<double> const zeros(2 * 60, 0.0), negative(2 * 60, -5.0);
    for (std::vector<double> const& data : {zeros, negative})
        for (char const* type : {"Gaussian", "Lorentzian", "Voigt", "SkewNormal", "PseudoVoigt"}) {
            Model model;
            model.append(type);
            FitResult const result = multifit(model, Signal({Axis{.size = 2}}, {Axis{.size = 60}}, data));
            for (FitStatus const status : result.status)
                EXPECT_TRUE(has_values(status)) << type << ' ' << name_of(status);
        }
}

/// Edges of intensities a thousand times from each other and from the default.
TEST(Estimators, FindTheIntensitiesOfEdges)
{
    Model truth;
    truth.append("PowerLaw")["A"].set_value(3e12);
    truth["PowerLaw"]["r"].set_value(2.9);
    for (char const* name : {"O_K", "Fe_L3"}) {
        ComponentOptions options;
        options.edge.element_subshell = name;
        options.edge.microscope = {200.0, 10.0, 30.0};
        options.edge.energy_scale = 1.0;
        options.edge.fine_structure_active = name[0] == 'F';
        truth.append(Component("EELSCLEdge", "", options));
    }
    Model model = truth;
    truth["O_K"]["intensity"].set_value(4000.0);
    truth["Fe_L3"]["intensity"].set_value(4.0);
    for (Parameter& p : truth["Fe_L3"].parameters())
        if (p.name().starts_with("fine_structure")) p.set_value(30.0);
    for (Parameter& p : model["PowerLaw"].parameters()) p = Component("PowerLaw")[p.name()];
    std::vector<double> x;
    for (int i = 0; i < 500; ++i) x.push_back(450.0 + i);
    std::vector<double> const data = truth.evaluate(x);
    Signal signal({}, {Axis{.size = 500, .offset = 450.0}}, data);
    signal.set_variance({.kind = Variance::Kind::number, .number = 1.0});
    estimate_parameters(model, signal, 0);
    EXPECT_GT(model.value("O_K.intensity"), 1000.0);  // the default is 1
    EXPECT_LT(model.value("O_K.intensity"), 8000.0);
    FitResult const result = multifit(model, signal);
    EXPECT_TRUE(is_converged(result.status[0])) << name_of(result.status[0]);
    EXPECT_LE(result.iterations[0], 15);
    EXPECT_NEAR(result.parameter("O_K.intensity").values[0], 4000.0, 1e-3);
    EXPECT_NEAR(result.parameter("Fe_L3.intensity").values[0], 4.0, 1e-3);
}

TEST(Estimators, AllOfTheComponentListAreTriedHere)
{
    // Offset beside every peak; BiexponentialGaussian's is ExponentialGaussian's; edges below.
    std::vector<std::string> tried{"Offset", "BiexponentialGaussian", "EELSCLEdge"};
    for (Truth const& truth : truths()) tried.push_back(truth.type);
    for (ComponentInfo const& info : component_types())
        EXPECT_EQ(info.has_estimator, std::find(tried.begin(), tried.end(), info.type) != tried.end()) << info.type;
}

}  // namespace
}  // namespace warpfit::testing
