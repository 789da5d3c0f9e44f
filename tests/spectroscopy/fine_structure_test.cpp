#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace warpfit::eels
