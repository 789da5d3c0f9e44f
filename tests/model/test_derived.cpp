#include "tests/model/expect_error.hpp"
#include "warpfit/component.hpp"
#include "warpfit/components.hpp"
#include "warpfit/model_file.hpp"

#include <cmath>
#include <map>

namespace warpfit {
namespace {

using testing::error_of;
using ::testing::HasSubstr;

struct Case
{
    std::string type;
    std::map<std::string, double> values;
    std::map<std::string, double> expected;
};

/// HyperSpy 1.7.3's properties, but the Voigt's fwhm and height: mpmath.
std::vector<Case> const cases = {
    {"Gaussian", {{"A", 12.5}, {"sigma", 0.75}}, {{"fwhm", 1.7661150337732119}, {"height", 6.649038006690545}}},
    {"GaussianHF", {{"height", 4.5}, {"fwhm", 1.25}}, {{"sigma", 0.5308261251800119}, {"A", 5.987626984300646}}},
    {"Lorentzian", {{"A", 12.5}, {"gamma", 0.75}}, {{"fwhm", 1.5}, {"height", 5.305164769729845}}},
    {"Voigt",
     {{"area", 12.5}, {"sigma", 0.75}, {"gamma", 0.4}},
     {{"gwidth", 1.7661150337732119}, {"FWHM", 1.7661150337732119}, {"lwidth", 0.8}, {"height", 4.55163496255285}}},
    {"SplitVoigt",
     {{"A", 12.5}, {"sigma1", 0.75}, {"sigma2", 0.4}, {"fraction", 0.3}},
     {{"height", 8.672658269596363}}},
    {"SkewNormal",
     {{"x0", 1.5}, {"A", 3.0}, {"scale", 2.0}, {"shape", 4.0}},
     {{"mean", 3.0481234452893036},
      {"variance", 1.6033137981455758},
      {"skewness", 0.7844267553823129},
      {"mode", 2.3436153359161263}}},
    {"SkewNormal",
     {{"x0", 1.5}, {"A", 3.0}, {"scale", 2.0}, {"shape", -0.7}},
     {{"mean", 0.5848864984613684},
      {"variance", 3.162567279301705},
      {"skewness", -0.058482867558700566},
      {"mode", 0.63701472933767}}},
    {"SkewNormal",
     {{"x0", 1.5}, {"A", 3.0}, {"scale", 2.0}, {"shape", 0.0}},
     {{"mean", 1.5}, {"variance", 4.0}, {"skewness", 0.0}, {"mode", 1.5}}},
    {"Gaussian2D",
     {{"A", 12.5}, {"sigma_x", 0.75}, {"sigma_y", 0.4}, {"rotation_angle", 7.0}},
     {{"fwhm_x", 1.7661150337732119},
      {"fwhm_y", 0.9419280180123798},
      {"height", 6.631455962162306},
      {"sigma_major", 0.75},
      {"sigma_minor", 0.4},
      {"ellipticity", 1.875},
      {"rotation_angle_wrapped", 0.7168146928204138},
      {"rotation_major_axis", 0.7168146928204138}}},
    {"Gaussian2D",
     {{"A", 12.5}, {"sigma_x", 0.4}, {"sigma_y", 0.75}, {"rotation_angle", -7.0}},
     {{"rotation_angle_wrapped", -0.7168146928204138}, {"rotation_major_axis", -2.2876110196153103}}},
};

Component component_of(Case const& c)
{
    ComponentOptions options;
    options.add_rotation = c.values.contains("rotation_angle");
    Component component(c.type, {}, options);
    for (auto const& [name, value] : c.values) component[name].set_value(value);
    return component;
}

TEST(Derived, AsHyperSpyHasThem)
{
    for (Case const& c : cases) {
        Component const component = component_of(c);
        for (auto const& [name, value] : c.expected)
            EXPECT_NEAR(component.derived(name), value, 1e-13 * std::max(1.0, std::fabs(value)))
                << c.type << " " << name;
    }
}

TEST(Derived, VoigtWidthIsGoodToItsApproximation)
{
    EXPECT_NEAR(component_of(cases[3]).derived("fwhm") / 2.23215822736347, 1.0, 3e-4);
}

TEST(Derived, SetMovesItsParameterBack)
{
    for (Case const& c : cases) {
        Component component = component_of(c);
        for (DerivedInfo const& info : component_type(c.type).derived) {
            if (info.sets.empty()) {
                EXPECT_THAT(error_of([&] { component.set_derived(info.name, 1.0); }), HasSubstr("cannot be set"));
                continue;
            }
            double const before = component[info.sets].value();
            component.set_derived(info.name, 2.5);
            EXPECT_NEAR(component.derived(info.name), 2.5, 1e-13) << c.type << " " << info.name;
            EXPECT_NE(component[info.sets].value(), before);
            component[info.sets].set_value(before);
        }
    }
}

// HyperSpy 1.7.3, the same set there.
TEST(Derived, SetIsWhatHyperSpySets)
{
    Component split("SplitVoigt");
    split["sigma1"].set_value(0.75);
    split["sigma2"].set_value(0.4);
    split["fraction"].set_value(0.3);
    split.set_derived("height", 2.5);
    EXPECT_NEAR(split["A"].value(), 3.6032781447820628, 1e-14);
    Component voigt("Voigt");
    voigt.set_derived("FWHM", 2.5);
    EXPECT_NEAR(voigt["sigma"].value(), 1.0616522503600239, 1e-15);
}

TEST(Derived, RotationNeedsAnAngle)
{
    Component const plain("Gaussian2D");
    EXPECT_EQ(plain.derived_names(),
              (std::vector<std::string>{"fwhm_x", "fwhm_y", "height", "sigma_major", "sigma_minor", "ellipticity"}));
    EXPECT_THAT(error_of([&] { plain.derived("rotation_angle_wrapped"); }), HasSubstr("no derived quantity"));
}

TEST(Derived, ErrorsNameWhatThereIs)
{
    Component gaussian("Gaussian");
    EXPECT_THAT(error_of([&] { gaussian.derived("fwmh"); }), HasSubstr("did you mean 'fwhm'?"));
    EXPECT_THAT(error_of([&] { gaussian.set_derived("fwhm", -1.0); }), HasSubstr("sigma"));
    EXPECT_TRUE(Component("PowerLaw").derived_names().empty());
}

TEST(Derived, ModelFileMayGiveThem)
{
    ModelFile const file = parse_model_toml(R"(
schema = 1
[[component]]
type = "Gaussian"
height = 6.649038006690545
sigma = 0.75
[[component]]
type = "Lorentzian"
fwhm = 3.0
)",
                                            "model.toml");
    EXPECT_NEAR(file.model["Gaussian"]["A"].value(), 12.5, 1e-13);
    EXPECT_NEAR(file.model["Lorentzian"]["gamma"].value(), 1.5, 1e-15);
    auto const with = [](char const* key) {
        return error_of([&] {
            parse_model_toml(std::string("schema = 1\n[[component]]\ntype = \"Gaussian\"\n") + key, "model.toml");
        });
    };
    EXPECT_THAT(with("fwhm = -2.0"), HasSubstr("model.toml:4"));
    EXPECT_THAT(with("fwmh = 2.0"), HasSubstr("did you mean 'fwhm'?"));
    EXPECT_THAT(with("fwhm = \"wide\""), HasSubstr("number"));
}

TEST(Derived, ModelFileGivesThemInAnyOrder)
{
    auto const gaussian = [](std::string const& keys, std::vector<std::string> const& set = {}) {
        return parse_model_toml("schema = 1\n[[component]]\ntype = \"Gaussian\"\n" + keys, "model.toml", set)
            .model["Gaussian"];
    };
    for (char const* const keys : {"height = 10.0\nfwhm = 4.0", "fwhm = 4.0\nheight = 10.0",
                                   "height = 10.0\n[component.parameters]\nfwhm = 4.0"}) {
        EXPECT_NEAR(gaussian(keys).derived("height"), 10.0, 1e-13) << keys;
        EXPECT_NEAR(gaussian(keys).derived("fwhm"), 4.0, 1e-13) << keys;
    }
    EXPECT_NEAR(gaussian("", {"Gaussian.fwhm=4.0"}).derived("fwhm"), 4.0, 1e-13);
    EXPECT_NEAR(gaussian("fwhm = 3.0", {"Gaussian.fwhm=4.0"}).derived("fwhm"), 4.0, 1e-13);
    EXPECT_THAT(error_of([&] { gaussian("sigma = 1.0\nfwhm = 4.0"); }), HasSubstr("stands for its 'sigma'"));
    EXPECT_THAT(error_of([&] { gaussian("fwhm = 4.0\n[component.parameters]\nfwhm = 3.0"); }), HasSubstr("keep one"));
}

TEST(Derived, OptionsOfLinesThatDoNothingAreSaid)
{
    auto const warnings = [](std::string const& keys) {
        ModelFile const file =
            parse_model_toml("schema = 1\n[[component]]\ntype = \"PESVoigt\"\n" + keys, "model.toml");
        return file.warnings;
    };
    EXPECT_TRUE(warnings("spin_orbit_splitting = true\nspin_orbit_branching_ratio = 0.4").empty());
    EXPECT_EQ(warnings("spin_orbit_branching_ratio = 0.4").size(), 1U);
    EXPECT_EQ(warnings("shirley_background = 0.02").size(), 1U);
    EXPECT_TRUE(warnings("Shirley = true\nshirley_background = 0.02").empty());
}

// height = A / (sqrt(2 pi) sigma)
TEST(Derived, AGivenHeightStandsInTheModelFile)
{
    ModelFile const file =
        parse_model_toml("[[component]]\ntype = 'Gaussian'\nheight = 10.0\nA = { max = 50.0 }\n", "m.toml");
    Component const& peak = file.model["Gaussian"];
    EXPECT_NEAR(peak["A"].value(), 10.0 * std::sqrt(2.0 * 3.14159265358979323846), 1e-12);
    EXPECT_EQ(peak["A"].bmax(), 50.0);
    ASSERT_EQ(peak.given_derived().size(), 1U);
    std::string const text = to_json(file);
    EXPECT_THAT(text, HasSubstr("\"height\":10"));
    ModelFile const again = parse_model_json(text, "m.json");
    EXPECT_EQ(again.model["Gaussian"]["A"].value(), peak["A"].value());
    ASSERT_EQ(again.model["Gaussian"].given_derived().size(), 1U);
    EXPECT_EQ(to_json(again), text);
    // What somebody sets later is what counts.
    ModelFile set = file;
    set.model["Gaussian"]["A"].set_value(20.0);
    EXPECT_TRUE(set.model["Gaussian"].given_derived().empty());
    EXPECT_THAT(error_of([] {
                    parse_model_toml("[[component]]\ntype = 'Gaussian'\nheight = 10.0\nA = { start = 5.0 }\n",
                                     "m.toml");
                }),
                HasSubstr("stands for its 'A'"));
}

}  // namespace
}  // namespace warpfit
