#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace warpfit::eels {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using warpfit::testing::eels_spectra;
using warpfit::testing::error_of;

std::vector<std::string> const c_o_fe{"C", "O", "Fe"};

TEST(TwoAreas, AreHyperSpysInEveryPixel)
{
    auto const file = warpfit::testing::spectra_file("eels_map.json");
    Signal const signal = eels_spectra(file.at("counts"), file.at("offset"), file.at("scale"));
    Model model;
    add_elements(model, signal, c_o_fe);
    two_area_background_estimation(model, signal);
    for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        SCOPED_TRACE(pixel);
        double const A = file.at("two_areas")[pixel][0];
        double const r = file.at("two_areas")[pixel][1];
        EXPECT_NEAR(model.parameter("PowerLaw.A").map()[pixel], A, 1e-9 * A);
        EXPECT_NEAR(model.parameter("PowerLaw.r").map()[pixel], r, 1e-9);
    }
}

TEST(TwoAreas, OfAnUnbinnedSpectrumCountTheWidth)
{
    std::vector<double> counts(400), density(400);
    for (std::size_t i = 0; i < counts.size(); ++i) {
        double const energy = 200.0 + 2.0 * static_cast<double>(i);
        counts[i] = 1e9 * std::pow(energy, -3.0);
        density[i] = counts[i] / 2.0;
    }
    auto const law = [](std::vector<double> const& values, bool is_binned) {
        Signal signal = eels_spectra({values}, 200.0, 2.0);
        signal.set_binned(is_binned);
        Model model;
        model.append("PowerLaw");
        two_area_background_estimation(model, signal);
        return std::array{model.value("PowerLaw.A"), model.value("PowerLaw.r")};
    };
    EXPECT_NEAR(law(density, false)[0], law(counts, true)[0], 1e-6 * law(counts, true)[0]);
    EXPECT_NEAR(law(density, false)[1], law(counts, true)[1], 1e-12);
}

TEST(TwoAreas, LeaveAnEmptyPixelToTheOthersValues)
{
    std::vector<double> counts(100);
    for (std::size_t i = 0; i < counts.size(); ++i) counts[i] = 1e9 * std::pow(200.0 + static_cast<double>(i), -3.0);
    Signal const signal = eels_spectra({counts, std::vector<double>(100, 0.0)}, 200.0, 1.0);
    Model model;
    model.append("PowerLaw");
    two_area_background_estimation(model, signal);
    EXPECT_TRUE(std::isnan(model.parameter("PowerLaw.A").map()[1]));
    EXPECT_NEAR(model.value("PowerLaw.r"), model.parameter("PowerLaw.r").map()[0], 1e-12);
}

TEST(TwoAreas, NeedAPowerLawAndRoom)
{
    Signal const signal = eels_spectra({std::vector<double>(100, 1.0)}, 200.0, 1.0);
    Model model;
    EXPECT_THAT(error_of([&] { two_area_background_estimation(model, signal); }), HasSubstr("0 active PowerLaws"));
    model.append("PowerLaw");
    EXPECT_THAT(error_of([&] {
                    two_area_background_estimation(model, signal, {"", 200.0, 202.0});
                }),
                HasSubstr("no room for two areas"));
}

TEST(ClassifyEdges, PutsWhatBeganBeforeTheFirstChannelToTheBackground)
{
    Signal const signal = eels_spectra({std::vector<double>(1024, 1.0)}, 200.0, 1.0);
    Model model;
    add_elements(model, signal, c_o_fe);
    EXPECT_THAT(classify_edges(model, signal).edges, ElementsAre("C_K", "O_K", "Fe_L3"));
    DataOptions data;
    data.range = {{400.0, 1000.0}};
    EXPECT_THAT(classify_edges(model, signal, data).edges, ElementsAre("O_K", "Fe_L3"));
    EXPECT_THAT(classify_edges(model, signal, data).background, ElementsAre("PowerLaw", "C_K"));
}

// The law alone, before the first edge: what a fit of it to those channels finds.
TEST(FitBackground, FitsTheChannelsBeforeTheFirstEdge)
{
    auto const file = warpfit::testing::spectra_file("eels_map.json");
    Signal const signal = eels_spectra(file.at("counts"), file.at("offset"), file.at("scale"));
    DataOptions data;
    data.variance = "poisson";
    Model model;
    add_elements(model, signal, c_o_fe);
    FitResult const result = fit_background(model, signal, {}, {}, data);
    EXPECT_EQ(result.num_channels, 42U);  // 200 to 282 eV by 2
    for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        ParameterMap const& r = result.parameter("PowerLaw.r");
        EXPECT_NEAR(r.values[pixel], file.at("r").get<double>(), 3.0 * r.standard_errors[pixel]);
        EXPECT_EQ(model.parameter("PowerLaw.r").map()[pixel], r.values[pixel]);
    }
    EXPECT_TRUE(model["C_K"].is_active());

    data.range = {{284.0, 1000.0}};
    EXPECT_THAT(error_of([&] { fit_background(model, signal, {}, {}, data); }),
                HasSubstr("no channel lies before the first edge (C_K at 284 eV"));
}

}  // namespace
}  // namespace warpfit::eels
