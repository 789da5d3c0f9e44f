#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"

#include <gmock/gmock.h>

namespace warpfit::eels {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAreArray;
using warpfit::testing::eels_axis;
using warpfit::testing::error_of;
using warpfit::testing::names_of;

Model model_of(std::vector<std::string> const& elements, Signal const& signal, EdgeSource const& source = {})
{
    Model model;
    add_elements(model, signal, elements, source);
    return model;
}

/// Components, values, freedom and twins as HyperSpy has them.
void expect_like(Model const& model, nlohmann::json const& components)
{
    std::vector<std::string> names;
    for (auto const& [name, component] : components.items()) {
        names.push_back(name);
        for (auto const& [parameter, figures] : component.at("parameters").items()) {
            if (parameter == "left_cutoff" || component.at("type") == "PowerLaw") continue;
            std::string const path = name + "." + parameter;
            SCOPED_TRACE(path);
            // Both take the angle from the same formula, with constants of seven digits.
            EXPECT_NEAR(model.value(path), figures.at("value"), 1e-6 * std::abs(figures.at("value").get<double>()));
            EXPECT_EQ(model.is_twin(path), figures.contains("twin"));
            if (!figures.contains("twin")) {
                EXPECT_EQ(model.parameter(path).is_free(), figures.at("free"));
                continue;
            }
            // The same function of the same parameter: it follows a shift of it by the same amount.
            Model shifted = model;
            std::string const to = figures.at("twin");
            shifted.set_value(to, model.value(to) + 3.0);
            EXPECT_NEAR(shifted.value(path), model.value(path) + 3.0, 1e-9);
        }
    }
    EXPECT_THAT(names_of(model), UnorderedElementsAreArray(names));
}

TEST(AddElements, MakesHyperSpysModel)
{
    for (auto const& figures : warpfit::testing::spectra_file("eels_models.json")) {
        SCOPED_TRACE(figures.at("elements").dump() + " " + figures.at("gos").get<std::string>());
        std::string const gos = figures.at("gos");
        Signal const signal = eels_axis(figures.at("offset"), figures.at("scale"), figures.at("num_channels"));
        EdgeSource const source{gos, gos == "hydrogenic" ? "" : "tables", {}};
        std::vector<std::string> elements = figures.at("elements");
        // HyperSpy leaves out what does not lie on the axis; here it is refused (below).
        if (figures.at("offset") == 300.0) std::erase(elements, "C");
        expect_like(model_of(elements, signal, source), figures.at("components"));
    }
}

TEST(AddElements, PutsTheBackgroundFirstAndEdgesByOnset)
{
    Model const model = model_of({"Fe", "O", "C"}, eels_axis(200.0, 1.0, 1024));
    EXPECT_THAT(names_of(model), ElementsAre("PowerLaw", "C_K", "O_K", "Fe_L3"));
}

TEST(AddElements, KeepsABackgroundThatIsThere)
{
    Model model;
    model.append("Exponential");
    std::vector<std::string> const elements{"O"};
    EXPECT_THAT(add_elements(model, eels_axis(200.0, 1.0, 1024), elements), ElementsAre("O_K"));
    EXPECT_THAT(names_of(model), ElementsAre("Exponential", "O_K"));
}

// HyperSpy 1.7.3 leaves the K edge out, and then counts its electrons to the background.
TEST(AddElements, TiesTheShellsOfAnElement)
{
    Model const model = model_of({"Si"}, eels_axis(50.0, 2.0, 1024));
    EXPECT_THAT(names_of(model), ElementsAre("PowerLaw", "Si_L3", "Si_K"));
    EXPECT_TRUE(model.is_twin("Si_K.intensity"));
    EXPECT_DOUBLE_EQ(model.value("Si_K.onset_energy"), 1839.0);
    EXPECT_EQ(model.twins()[1].expression, "x + 1739.8");
}

TEST(AddElements, TakesTheMicroscopeOfTheSignalOrTheCallers)
{
    EXPECT_EQ(model_of({"O"}, eels_axis(200.0, 1.0, 1024))["O_K"].options().edge.microscope.beam_energy, 200.0);
    EdgeSource const source{"hydrogenic", "", {80.0, {}, {}}};
    Microscope const microscope = model_of({"O"}, eels_axis(200.0, 1.0, 1024), source)["O_K"].options().edge.microscope;
    EXPECT_EQ(microscope.beam_energy, 80.0);
    EXPECT_EQ(microscope.collection_angle, 20.0);
}

TEST(AddElements, RefusesAndChangesNothing)
{
    Signal const signal = eels_axis(300.0, 1.0, 1024);
    Model model;
    auto const refusal = [&](std::vector<std::string> const& elements) {
        return error_of([&] { add_elements(model, signal, elements); });
    };
    EXPECT_THAT(refusal({"O", "C"}), HasSubstr("no edge of 'C' lies on the signal axis (300 to 1323 eV; its edges: C_K "
                                               "at 284 eV"));
    EXPECT_THAT(refusal({"Fe_L33"}), HasSubstr("did you mean 'L3'"));
    EXPECT_THAT(refusal({"C_K"}), HasSubstr("it begins at 284 eV"));
    EXPECT_THAT(refusal({"iron"}), HasSubstr("Fe"));
    EXPECT_THAT(refusal({"La"}), HasSubstr("hydrogenic cross-sections exist for K and L edges alone"));
    EXPECT_THAT(refusal({"O", "O_K"}), HasSubstr("O_K"));
    EXPECT_EQ(model.size(), 0U);

    EXPECT_THAT(error_of([&] {
                    std::vector<std::string> const elements{"Sr"};
                    add_elements(model, eels_axis(100.0, 2.0, 1024), elements);
                }),
                HasSubstr("give only 'Sr_L3' in its place"));
}

}  // namespace
}  // namespace warpfit::eels
