#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <limits>

namespace warpfit::eels {
namespace {

using ::testing::HasSubstr;
using warpfit::testing::eels_axis;
using warpfit::testing::error_of;

/// Intensities of pixels: oxygen 3 +- 0.3 and iron 1 +- 0.2, then a pixel without values.
FitResult result_of(std::vector<std::string> const& edges)
{
    double const nan = std::numeric_limits<double>::quiet_NaN();
    FitResult result;
    result.status = {FitStatus::converged, FitStatus::bad_input};
    for (std::string const& edge : edges) {
        bool const is_oxygen = edge == "O_K";
        result.parameters.push_back(
            {edge, "intensity", true, {is_oxygen ? 3.0 : 1.0, nan}, {is_oxygen ? 0.3 : 0.2, nan}});
    }
    return result;
}

Model model_of(std::vector<std::string> const& elements)
{
    Model model;
    add_elements(model, eels_axis(400.0, 1.0, 600), elements);
    return model;
}

Component edge(std::string const& name)
{
    ComponentOptions options;
    options.edge.element_subshell = name;
    return Component("EELSCLEdge", name, options);
}

TEST(Quantify, SharesOutTheAtoms)
{
    std::vector<ElementQuantity> const elements = quantify(result_of({"O_K", "Fe_L3"}), model_of({"Fe", "O"}));
    ASSERT_EQ(elements.size(), 2U);
    EXPECT_EQ(elements[0].element, "O");
    EXPECT_EQ(elements[1].edge, "Fe_L3");
    EXPECT_DOUBLE_EQ(elements[0].intensity[0], 3.0);
    EXPECT_DOUBLE_EQ(elements[0].fraction[0], 0.75);
    EXPECT_DOUBLE_EQ(elements[1].fraction[0], 0.25);
    // By hand: sqrt((1 x 0.3)^2 + (3 x 0.2)^2) / 16, the same for both since they add up to 1.
    EXPECT_NEAR(elements[0].fraction_errors[0], std::sqrt(0.09 + 0.36) / 16.0, 1e-15);
    EXPECT_NEAR(elements[1].fraction_errors[0], elements[0].fraction_errors[0], 1e-15);
    EXPECT_TRUE(std::isnan(elements[0].fraction[1]));
}

TEST(Quantify, CountsTiedEdgesOnce)
{
    Model model = model_of({"O"});
    model.append(edge("Fe_L3"));
    model.append(edge("Fe_L2"));
    FitResult const result = result_of({"O_K", "Fe_L3", "Fe_L2"});
    EXPECT_THAT(error_of([&] { quantify(result, model); }),
                HasSubstr("element 'Fe' has two intensities (Fe_L3 and Fe_L2)"));
    model.set_twin({"Fe_L2.intensity", "Fe_L3.intensity", "", ""});
    EXPECT_EQ(quantify(result, model).size(), 2U);
}

TEST(Quantify, NeedsAnEdge)
{
    Model model;
    model.append("PowerLaw");
    EXPECT_THAT(error_of([&] { quantify(result_of({}), model); }), HasSubstr("nothing to quantify"));
}

}  // namespace
}  // namespace warpfit::eels
