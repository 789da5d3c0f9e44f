#include "tests/support/backends.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

namespace warpfit {
namespace {

using ::testing::HasSubstr;

Component line(char const* type, bool shirley, bool split = false, char const* called = "line")
{
    ComponentOptions options;
    options.line.shirley = shirley;
    options.line.spin_orbit_splitting = split;
    options.line.spin_orbit_branching_ratio = 0.45;
    options.line.spin_orbit_splitting_energy = 1.1;
    Component component(type, called, options);
    std::map<std::string, double> const values =
        std::string(type) == "PESVoigt"
            ? std::map<std::string, double>{{"area", 5},
                                            {"centre", 0.4},
                                            {"FWHM", 1.3},
                                            {"gamma", 0.35},
                                            {"resolution", 0.4},
                                            {"shirley_background", 0.03},
                                            {"non_isochromaticity", 0.1},
                                            {"transmission_function", 1.2}}
            : std::map<std::string, double>{{"A", 5}, {"FWHM", 1.3}, {"origin", 0.4}, {"ab", 0.1}, {"shirley", 0.03}};
    for (auto const& [name, value] : values) component[name].set_value(value);
    return component;
}

void expect_near(std::vector<double> const& values, std::vector<double> const& expected)
{
    ASSERT_EQ(values.size(), expected.size());
    for (std::size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 1e-10) << i;
}

std::vector<double> const x = {-4, -3, -2, -1, 0, 1, 2, 3, 4, 5};

/// HyperSpy 1.7.3's numbers.
TEST(Shirley, CoreLineShape)
{
    expect_near(line("PESCoreLineShape", false).evaluate(x),
                {0.0025436214449641665, 0.057437673026472756, 0.571074384863166, 2.5, 4.818799106410328,
                 4.089678025964101, 1.5282376657332635, 0.2514456721790948, 0.018215827929900147,
                 0.0005810388208030672});
    Component const shirley = line("PESCoreLineShape", true);
    EXPECT_TRUE(shirley["shirley"].is_free());
    expect_near(shirley.evaluate(x), {0.417607703292778, 0.4707786246834924, 0.9672831049742907, 2.821208720111125,
                                      4.995443853329143, 4.143632432103993, 1.5363449419011574, 0.2520095781816159,
                                      0.018233259094524237, 0.0005810388208030672});
    expect_near(shirley.gradient("A", x),
                {0.0835215406585556, 0.09415572493669848, 0.19345662099485814, 0.5642417440222249, 0.9990887706658287,
                 0.8287264864207986, 0.3072689883802315, 0.05040191563632318, 0.0036466518189048475,
                 0.00011620776416061344});
    expect_near(shirley.gradient("shirley", x),
                {13.835469394927129, 13.778031721900657, 13.20695733703749, 10.70695733703749, 5.8881582306271625,
                 1.7984802046630612, 0.2702425389297982, 0.018796866750703245, 0.0005810388208029593, 0.0});
}

TEST(Shirley, Voigt)
{
    expect_near(line("PESVoigt", false).evaluate(x),
                {0.03802150294194054, 0.06715659849891441, 0.15670623611192275, 0.6927943468051638, 2.4925711625057954,
                 1.7397861962334917, 0.3524599349217478, 0.10589769642806379, 0.052353840072352664,
                 0.03155089694503681});
    expect_near(line("PESVoigt", false, true).evaluate(x),
                {0.07037003338961265, 0.14621646318702697, 0.5267107072743792, 1.867975377933039, 3.1811276898330667,
                 1.875484946624919, 0.39623456381773015, 0.1281453741622295, 0.0659417269210283, 0.0407369322260408});
    expect_near(line("PESVoigt", true).evaluate(x),
                {0.2087598101976152, 0.2358802077996216, 0.3207286583292723, 0.8360329386183585, 2.561032619443816,
                 1.7560540672845077, 0.35815400792511143, 0.10841483853858548, 0.05330036698070376,
                 0.03155089694503681});
    expect_near(line("PESVoigt", true, true).evaluate(x),
                {0.3172272468489964, 0.3886871827508, 0.7533801056199207, 2.0386055149405893, 3.256323996145625,
                 1.89441670453873, 0.40327928481700914, 0.1313457339366416, 0.06716383488780954, 0.0407369322260408});
}

TEST(Shirley, GradientsThroughTheSum)
{
    for (char const* type : {"PESCoreLineShape", "PESVoigt"}) {
        Component component = line(type, true, std::string(type) == "PESVoigt");
        for (Parameter const& p : std::vector<Parameter>(component.parameters())) {
            std::vector<double> const slope = component.gradient(p.name(), x);
            double const h = 1e-5;
            component[p.name()].set_value(p.value() + h);
            std::vector<double> const above = component.evaluate(x);
            component[p.name()].set_value(p.value() - h);
            std::vector<double> const below = component.evaluate(x);
            component[p.name()].set_value(p.value());
            for (std::size_t i = 0; i < x.size(); ++i)
                EXPECT_NEAR(slope[i], (above[i] - below[i]) / (2 * h), 1e-7) << type << " " << p.name() << " " << i;
        }
    }
}

/// "cuda", or an instruction set of the CPU.
class ShirleyFit : public ::testing::TestWithParam<std::tuple<std::string, Precision>>
{
    void SetUp() override
    {
        if (std::string const why = testing::missing(std::get<0>(GetParam())); !why.empty()) GTEST_SKIP() << why;
    }

  protected:
    static Signal spectra(std::size_t num_pixels)
    {
        Axis pixels, energies;
        pixels.size = num_pixels;
        energies.size = 97;
        energies.offset = 280.0;
        energies.scale = 0.125;
        std::vector<double> f(energies.size), data(energies.size);
        double beyond = 0.0;
        for (std::size_t i = energies.size; i-- > 0;) {
            double const u = (energies.value(i) - 285.3) / 0.9;
            f[i] = 130.0 * std::exp(-std::log(2.0) * u * u);
            auto const n = static_cast<double>(i);
            data[i] = 12.0 + f[i] + 0.021 * beyond + 1.5 * std::sin(n * n * 0.7);
            beyond += f[i];
        }
        std::vector<double> all;
        for (std::size_t p = 0; p < num_pixels; ++p) all.insert(all.end(), data.begin(), data.end());
        return Signal(num_pixels > 1 ? std::vector<Axis>{pixels} : std::vector<Axis>{}, {energies},
                      std::span<double const>(all));
    }

    static Model model()
    {
        Model model;
        model.append(Component("Offset")).parameters()[0].set_value(10.0);
        ComponentOptions options;
        options.line.shirley = true;
        Component& peak = model.append(Component("PESCoreLineShape", "line", options));
        peak["A"].set_value(100.0);
        peak["origin"].set_value(285.0);
        peak["shirley"].set_value(0.01);
        return model;
    }

    FitOptions options() const
    {
        auto const& [where, precision] = GetParam();
        FitOptions options = testing::options_on(where == "cuda" ? "cuda" : "cpu");
        options.start = Start::model;
        if (where != "cuda") options.instructions = where;
        options.precision = precision;
        options.tolerance = 1e-13;
        return options;
    }
};

/// scipy.optimize.curve_fit of the same data and model, over the same channels: sums begin at the last of these.
TEST_P(ShirleyFit, AsCurveFit)
{
    DataOptions data;
    data.range = {{281.0, 291.0}};
    FitResult const result = multifit(model(), spectra(3), options(), data);
    std::map<std::string, std::pair<double, double>> const expected = {
        {"Offset.offset", {12.059516836047665, 0.18618767936776892}},
        {"line.A", {129.7555347382578, 0.40561151355869984}},
        {"line.FWHM", {0.8993339976348231, 0.0034695241802560474}},
        {"line.origin", {285.29651493822706, 0.00303096196033138}},
        {"line.shirley", {0.021194568320104752, 0.00018169709108895152}}};
    double const tolerance = std::get<1>(GetParam()) == Precision::float32 ? 1e-2 : 1e-5;  // of an error
    for (auto const& [path, value] : expected)
        for (std::size_t p = 0; p < 3; ++p) {
            EXPECT_NEAR(result.parameter(path).values[p], value.first, tolerance * value.second) << path;
            EXPECT_NEAR(result.parameter(path).standard_errors[p] / value.second, 1.0, 1e-3) << path;
        }
    EXPECT_NEAR(result.chisq[0] / 81.75713555365212, 1.0, 1e-5);
    // Evaluated by itself the model sums over the same channels.
    Model fitted = model();
    store_result(fitted, multifit(model(), spectra(1), options(), data));
    Signal const spectrum = spectra(1);
    std::vector<unsigned char> used(97, 0);
    std::fill(used.begin() + 8, used.begin() + 89, 1);
    std::vector<double> const values = fitted.evaluate(spectrum, 0, used), counts = spectrum.pixel(0);
    double chisq = 0.0;
    for (std::size_t i = 8; i < 89; ++i) chisq += (counts[i] - values[i]) * (counts[i] - values[i]);
    EXPECT_NEAR(chisq / 81.75713555365212, 1.0, 1e-5);
}

std::string name_of(std::tuple<std::string, Precision> const& way)
{
    auto const& [where, precision] = way;
    return where + (precision == Precision::float32 ? "_float32"
                    : precision == Precision::mixed ? "_mixed"
                                                    : "_float64");
}

/// Lines of both kinds over one another, each with a background of its own, one switched off in a pixel: on the GPU as
/// on the CPU, whose values are HyperSpy's.
TEST_P(ShirleyFit, OfSeveralLinesIsTheSameEverywhere)
{
    Axis pixels, energies;
    pixels.size = 3;
    energies.size = 120;
    energies.scale = 0.1;
    Model lines;
    for (bool const voigt : {true, false}) {
        Component peak = line(voigt ? "PESVoigt" : "PESCoreLineShape", true, voigt, voigt ? "doublet" : "single");
        peak[voigt ? "centre" : "origin"].set_value(voigt ? 4.0 : 8.0);
        lines.append(peak);
    }
    lines["doublet"]["gamma"].set_free(false);
    lines["doublet"].set_active_map({1, 0, 1});
    Model truth = lines;
    truth["doublet"]["area"].set_value(7.0);
    truth["single"]["shirley"].set_value(0.012);
    Signal frame({pixels}, {energies}, std::vector<double>(3 * 120));
    std::vector<double> data;
    for (std::size_t p = 0; p < 3; ++p) {
        std::vector<double> const values = truth.evaluate(frame, p);
        for (std::size_t i = 0; i < values.size(); ++i)
            data.push_back(values[i] + 0.05 * std::sin(static_cast<double>(i * i + p)));
    }
    Signal const signal({pixels}, {energies}, std::span<double const>(data));
    FitOptions reference = options();
    reference.device = "cpu";
    reference.precision = Precision::float64;
    FitResult const wanted = multifit(lines, signal, reference), result = multifit(lines, signal, options());
    double const tolerance = std::get<1>(GetParam()) == Precision::float32 ? 1e-2 : 1e-5;  // of an error
    for (ParameterMap const& map : wanted.parameters) {
        if (!lines[map.component][map.parameter].is_free()) continue;
        ParameterMap const& found = result.parameter(map.component + "." + map.parameter);
        for (std::size_t p = 0; p < 3; ++p) {
            if (map.component == "doublet" && p == 1) {
                EXPECT_TRUE(std::isnan(found.values[p]));
                continue;
            }
            EXPECT_NEAR(found.values[p], map.values[p], tolerance * map.standard_errors[p]) << map.parameter << p;
            EXPECT_NEAR(found.standard_errors[p] / map.standard_errors[p], 1.0, 1e-3) << map.parameter << p;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, ShirleyFit,
                         ::testing::Combine(::testing::Values("auto", "sse2", "cuda"),
                                            ::testing::Values(Precision::float64, Precision::mixed,
                                                              Precision::float32)),
                         [](auto const& given) { return name_of(given.param); });

/// chi2 of what is reported, pixel by pixel.
void expect_chisq_of_the_maps(Model const& model, Signal const& signal, FitResult const& result)
{
    for (std::size_t p = 0; p < result.num_pixels(); ++p) {
        Model at = model;
        for (ParameterMap const& map : result.parameters)
            at.parameter(map.component + "." + map.parameter).set_value(map.values[p]);
        std::vector<double> const values = at.evaluate(signal, p), data = signal.pixel(p);
        double chisq = 0.0;
        for (std::size_t i = 0; i < data.size(); ++i) chisq += (data[i] - values[i]) * (data[i] - values[i]);
        EXPECT_NEAR(chisq / result.chisq[p], 1.0, 1e-6) << p;
    }
}

/// Lines that cross over the map, one of them double, or one of them convolved: they must not change names.
TEST(PeakOrder, KeepsPeaksThatAreNotAlikeApart)
{
    for (bool const split : {true, false}) {
        Axis pixels, energies, losses;
        pixels.size = 40;
        energies.size = 160;
        energies.scale = 0.25;
        losses.size = 21;
        losses.scale = 0.25;
        losses.offset = -2.5;
        std::vector<double> low_loss(21);
        for (std::size_t i = 0; i < 21; ++i) low_loss[i] = i == 10 ? 0.6 : i > 10 ? 0.04 : 0.0;
        Model model;
        for (bool const first : {true, false}) {
            ComponentOptions options;
            options.line.spin_orbit_splitting = split && first;
            options.line.spin_orbit_splitting_energy = 3.0;
            Component& peak = model.append(Component(split ? "PESVoigt" : "Gaussian", first ? "a" : "b", options));
            if (split) peak["gamma"].set_free(false);
            if (split) peak["gamma"].set_value(0.3);
            peak.set_convolved(first);
        }
        Signal frame({pixels}, {energies}, std::vector<double>(40 * 160));
        if (!split) frame.set_low_loss(Signal({}, {losses}, std::span<double const>(low_loss)));
        std::vector<double> data;
        for (std::size_t p = 0; p < 40; ++p) {
            Model truth = model;
            double const shift = 0.4 * static_cast<double>(p);
            truth["a"]["centre"].set_value(12.0 + shift);
            truth["b"]["centre"].set_value(28.0 - shift);
            for (char const* const name : {"a", "b"}) truth[name][split ? "area" : "A"].set_value(100.0);
            std::vector<double> const values = truth.evaluate(frame, p);
            for (std::size_t i = 0; i < values.size(); ++i)
                data.push_back(values[i] + 0.3 * std::sin(static_cast<double>((p * 160 + i) * (p + i + 1)) * 0.37));
        }
        Signal signal({pixels}, {energies}, std::span<double const>(data));
        if (!split) signal.set_low_loss(*frame.low_loss());
        FitOptions options;
        options.device = "cpu";
        options.bounded = false;
        FitResult const result = multifit(model, signal, options);
        for (Component& component : model.components())
            for (Parameter& p : component.parameters()) p.set_bounds({});
        expect_chisq_of_the_maps(model, signal, result);
    }
}

TEST(Shirley, WhatItCannotDo)
{
    Model model;
    model.append(line("PESCoreLineShape", true));
    Axis energies;
    energies.size = 64;
    std::vector<double> const data(64, 1.0);
    Signal signal({}, {energies}, std::span<double const>(data));
    FitOptions options;
    auto const error = [&] {
        try {
            multifit(model, signal, options);
        } catch (InvalidArgument const& e) {
            return std::string(e.what());
        }
        return std::string();
    };
    Axis loss;
    loss.size = 8;
    std::vector<double> const low_loss(8, 1.0);
    signal.set_low_loss(Signal({}, {loss}, std::span<double const>(low_loss)));
    options.device = "cpu";
    EXPECT_THAT(error(), HasSubstr("has a Shirley background"));
    ComponentOptions other;
    other.line.shirley = true;
    EXPECT_THROW(Component("Gaussian", {}, other), InvalidArgument);
}

}  // namespace
}  // namespace warpfit
