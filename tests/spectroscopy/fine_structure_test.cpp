#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"
#include "warpfit/model_file.hpp"

#include <gtest/gtest.h>
#include <map>

namespace warpfit::eels {
namespace {

Model model_with_fine_structures(Signal const& signal, std::vector<std::string> const& elements)
{
    Model model;
    for (std::string const& edge : add_elements(model, signal, elements))
        model[edge].set_fine_structure(true, model[edge].options().edge.fine_structure_width);
    return model;
}

EdgeOptions const& edge(Model const& model, std::string const& name)
{
    return model[name].options().edge;
}

// O_K at 532, Cr_L3 at 575: 41 eV are left of them but for the safe window of 2.
TEST(FineStructure, EndsBeforeTheNextOneBegins)
{
    Signal const signal = warpfit::testing::eels_axis(400.0, 1.0, 500);
    Model model = model_with_fine_structures(signal, {"O", "Cr"});
    resolve_fine_structure(model, signal);
    EXPECT_EQ(edge(model, "O_K").fine_structure_width, 30.0);
    model["O_K"].set_fine_structure(true, 60.0);
    resolve_fine_structure(model, signal);
    EXPECT_EQ(edge(model, "O_K").fine_structure_width, 41.0);
    EXPECT_EQ(edge(model, "Cr_L3").fine_structure_width, 30.0);
    EXPECT_TRUE(edge(model, "Cr_L3").fine_structure_active);
}

TEST(FineStructure, IsOffWhereThereIsNoRoom)
{
    Signal const signal = warpfit::testing::eels_axis(400.0, 1.0, 500);
    Model model = model_with_fine_structures(signal, {"O", "Cr"});
    model["Cr_L3"]["onset_energy"].set_value(533.5);
    resolve_fine_structure(model, signal);
    EXPECT_TRUE(edge(model, "O_K").fine_structure_active);
    EXPECT_FALSE(edge(model, "Cr_L3").fine_structure_active);
}

TEST(FineStructure, IsOffInTheBackground)
{
    Signal const signal = warpfit::testing::eels_axis(400.0, 1.0, 500);
    Model model = model_with_fine_structures(signal, {"O", "Cr"});
    DataOptions data;
    data.range = {{560.0, 800.0}};
    resolve_fine_structure(model, signal, data);
    EXPECT_FALSE(edge(model, "O_K").fine_structure_active);
    EXPECT_TRUE(edge(model, "Cr_L3").fine_structure_active);
    EXPECT_FALSE(model["O_K"].has_parameter("fine_structure_coeff_0"));
}

// 0.3 (30 - 0) / 1 + 4 coefficients; half the width, half of the first summand.
TEST(FineStructure, HasCoefficientsForItsWidth)
{
    Signal const signal = warpfit::testing::eels_axis(400.0, 1.0, 500);
    Model model = model_with_fine_structures(signal, {"O"});
    EXPECT_EQ(model["O_K"].parameters().size(), 3U + 13U);
    model["O_K"]["fine_structure_coeff_3"].set_value(5.0);
    model["O_K"].set_fine_structure(true, 30.0);
    EXPECT_EQ(model.value("O_K.fine_structure_coeff_3"), 5.0);
    model["O_K"].set_fine_structure(true, 20.0);
    EXPECT_EQ(model["O_K"].parameters().size(), 3U + 10U);
    EXPECT_EQ(model.value("O_K.fine_structure_coeff_3"), 0.0);
}

/// Oxygen and iron on a power law. Two lines describe the fine structure of oxygen, whose cross-section is 0 meanwhile.
struct WhiteLines
{
    Signal frame = warpfit::testing::eels_axis(400.0, 1.0, 500);
    Model model;

    WhiteLines()
    {
        model.append("PowerLaw");
        for (auto const& [name, has_lines] : {std::pair("O_K", true), std::pair("Fe_L3", false)}) {
            ComponentOptions options;
            options.edge.element_subshell = name;
            options.edge.fine_structure_active = has_lines;
            options.edge.fine_structure_spline_active = false;
            if (has_lines) options.edge.fine_structure_components = {"white line", "second line"};
            model.append(Component("EELSCLEdge", "", options));
        }
        for (char const* line : {"white line", "second line"}) model.append("GaussianHF", line);
        model.take_acquisition(frame);
    }
};

std::map<std::string, double> const made_of{
    {"PowerLaw.A", 3e12},           {"PowerLaw.r", 3.0},           {"O_K.intensity", 60.0},
    {"Fe_L3.intensity", 25.0},      {"white line.height", 900.0},  {"white line.fwhm", 5.0},
    {"white line.centre", 538.5},   {"second line.height", 400.0}, {"second line.fwhm", 9.0},
    {"second line.centre", 551.25},
};

Model truth_of(WhiteLines const& lines)
{
    Model truth = lines.model;
    for (auto const& [path, value] : made_of) truth.parameter(path).set_value(value);
    return truth;
}

Signal spectra_of(WhiteLines const& lines, std::size_t count = 3)
{
    std::vector<double> x;
    for (int i = 0; i < 500; ++i) x.push_back(400.0 + i);
    std::vector<double> const spectrum = truth_of(lines).evaluate(x);
    return warpfit::testing::eels_spectra(std::vector(count, spectrum), 400.0, 1.0);
}

// HyperSpy: 0 in [onset, onset + width) where the splines are off, the cross-section from there on; 0 below the onset.
// Oxygen's onset is 532, 30 eV are the width.
TEST(FineStructureComponents, StandForTheEdge)
{
    WhiteLines const lines;
    Model const truth = truth_of(lines);
    Model plain = truth;
    plain["O_K"].set_fine_structure(false, 30.0);
    for (double const energy : {500.0, 531.9, 532.0, 540.0, 561.9, 562.0, 600.0, 800.0}) {
        std::vector<double> const x{energy};
        double const edge = truth.evaluate_component("O_K", x).front();
        EXPECT_EQ(edge, energy < 562.0 ? 0.0 : plain.evaluate_component("O_K", x).front()) << energy;
    }
    EXPECT_GT(truth.evaluate_component("O_K", std::vector{562.0}).front(), 0.0);
    EXPECT_FALSE(truth["O_K"].has_parameter("fine_structure_coeff_0"));
}

TEST(FineStructureComponents, AreOnWhileTheFineStructureIs)
{
    WhiteLines lines;
    set_fine_structure(lines.model, "O_K", false, 30.0);
    EXPECT_FALSE(lines.model["white line"].is_active());
    EXPECT_FALSE(lines.model["second line"].is_active());
    set_fine_structure(lines.model, "O_K", true, 20.0);
    EXPECT_TRUE(lines.model["white line"].is_active());
    EXPECT_EQ(edge(lines.model, "O_K").fine_structure_width, 20.0);
    DataOptions data;
    data.range = {{560.0, 800.0}};  // oxygen is background there
    resolve_fine_structure(lines.model, lines.frame, data);
    EXPECT_FALSE(lines.model["white line"].is_active());
    lines.model.remove("white line");
    EXPECT_EQ(edge(lines.model, "O_K").fine_structure_components, std::vector<std::string>{"second line"});
}

TEST(FineStructureComponents, AreNoBackground)
{
    WhiteLines const lines;
    EdgeClasses const classes = classify_edges(lines.model, lines.frame);
    EXPECT_EQ(classes.background, std::vector<std::string>{"PowerLaw"});
    EXPECT_EQ(classes.edges, (std::vector<std::string>{"O_K", "Fe_L3"}));
}

TEST(FineStructureComponents, AreFoundByASmartFit)
{
    for (std::size_t const count : {1U, 3U}) {
        WhiteLines lines;
        FitResult const result = smart_fit(lines.model, spectra_of(lines, count));
        for (auto const& [path, value] : made_of)
            for (std::size_t pixel = 0; pixel < count; ++pixel) {
                ASSERT_TRUE(is_converged(result.status[pixel])) << name_of(result.status[pixel]);
                // The lines are told by their places: which of them is first, is theirs to choose.
                bool const is_swapped = result.parameter("white line.centre").values[pixel] > 545.0;
                std::string name = path;
                if (is_swapped && path.starts_with("white")) name.replace(0, 5, "second");
                if (is_swapped && path.starts_with("second")) name.replace(0, 6, "white");
                EXPECT_NEAR(result.parameter(name).values[pixel], value, 1e-5 * value) << path;
            }
    }
}

TEST(FineStructureComponents, AreNoEdges)
{
    WhiteLines lines;
    ComponentOptions options;
    options.edge.element_subshell = "Mn_L3";
    options.edge.fine_structure_active = true;
    options.edge.fine_structure_components = {"Fe_L3"};
    lines.model.append(Component("EELSCLEdge", "", options));
    lines.model.take_acquisition(lines.frame);
    EXPECT_THAT(warpfit::testing::error_of([&] { smart_fit(lines.model, spectra_of(lines)); }),
                ::testing::HasSubstr("fine_structure_components of 'Mn_L3' name the edge 'Fe_L3'"));
}

// All at once, too, from the data's estimates alone.
TEST(FineStructureComponents, AreFoundByAPlainFit)
{
    WhiteLines lines;
    FitResult const result = multifit(lines.model, spectra_of(lines));
    for (char const* path : {"O_K.intensity", "Fe_L3.intensity", "PowerLaw.r"})
        EXPECT_NEAR(result.parameter(path).values[0], made_of.at(path), 1e-5 * made_of.at(path)) << path;
}

TEST(FineStructureComponents, StayInTheModelFile)
{
    WhiteLines lines;
    ModelFile file;
    file.model = lines.model;
    std::string const text = to_json(file);
    Model again = parse_model_json(text, "m.json").model;
    EXPECT_EQ(edge(again, "O_K").fine_structure_components, (std::vector<std::string>{"white line", "second line"}));
    EXPECT_FALSE(edge(again, "O_K").fine_structure_spline_active);
    file.model = again;
    EXPECT_EQ(to_json(file), text);
    set_fine_structure(again, "O_K", false, 30.0);
    file.model = again;
    Model const off = parse_model_json(to_json(file), "m.json").model;
    EXPECT_FALSE(off["white line"].is_active());
    EXPECT_EQ(edge(off, "O_K").fine_structure_components.size(), 2U);
}

}  // namespace
}  // namespace warpfit::eels
