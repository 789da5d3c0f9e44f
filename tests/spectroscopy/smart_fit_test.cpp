#include "tests/model/expect_error.hpp"
#include "tests/spectroscopy/spectra.hpp"
#include "warpfit/eels.hpp"

#include <cmath>
#include <gmock/gmock.h>

namespace warpfit::eels {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using warpfit::testing::eels_spectra;
using warpfit::testing::error_of;

struct Map
{
    nlohmann::json file = warpfit::testing::spectra_file("eels_map.json");
    Signal signal = eels_spectra(file.at("counts"), file.at("offset"), file.at("scale"));
    Model model;
    DataOptions data;

    Map()
    {
        std::vector<std::string> const elements{"C", "O", "Fe"};
        add_elements(model, signal, elements);
        data.variance = "poisson";
    }
};

void expect_found(FitResult const& result, nlohmann::json const& hyperspy)
{
    EXPECT_THAT(result.status, Each(FitStatus::converged));
    for (auto const& [path, found] : hyperspy.items()) {
        ParameterMap const& map = result.parameter(path);
        for (std::size_t pixel = 0; pixel < result.num_pixels(); ++pixel) {
            SCOPED_TRACE(path + " of pixel " + std::to_string(pixel));
            // Its fits stop at a relative change of 1.5e-8 of chi2, and its tables are interpolated alike: some 1e-3
            // of a standard error. Its degrees of freedom are one fewer.
            double const error = found.at("std")[pixel];
            EXPECT_NEAR(map.values[pixel], found.at("values")[pixel].get<double>(), 2e-3 * error);
            EXPECT_NEAR(map.standard_errors[pixel], error, 3e-3 * error);
        }
    }
}

TEST(SmartFit, EndsWhereHyperSpyDoesAfterAPlainFit)
{
    Map map;
    FitResult const result = smart_fit(map.model, map.signal, {}, {}, map.data);
    expect_found(result, map.file.at("plain"));
    EXPECT_EQ(map.model.parameter("O_K.intensity").map(), result.parameter("O_K.intensity").values);
    EXPECT_THAT(result.notes[0], HasSubstr("Stage background: 200 to 282 eV, 4 of 4 pixels converged."));
    EXPECT_THAT(result.notes[1], HasSubstr("Stage C_K: 200 to 530 eV"));
    EXPECT_THAT(result.notes[3], HasSubstr("Stage Fe_L3: 200 to 1038 eV"));
    EXPECT_THAT(result.notes[4], HasSubstr("Stage all components"));
}

TEST(SmartFit, IsHyperSpysWithoutTheFinalFit)
{
    Map map;
    SmartOptions smart;
    smart.final_fit = false;
    expect_found(smart_fit(map.model, map.signal, smart, {}, map.data), map.file.at("smart"));
}

/// What lies below the start energy is left out of every stage: the same fit as of a range that begins there.
TEST(SmartFit, BeginsAtItsStartEnergy)
{
    Map from, within;
    SmartOptions smart;
    smart.start_energy = 230.0;
    FitResult const started = smart_fit(from.model, from.signal, smart, {}, from.data);
    within.data.range = {{230.0, 1e4}};
    FitResult const ranged = smart_fit(within.model, within.signal, {}, {}, within.data);
    EXPECT_EQ(started.dof, ranged.dof);
    EXPECT_LT(started.dof[0], static_cast<int>(from.signal.num_channels()) - 10);
    EXPECT_EQ(started.chisq, ranged.chisq);
}

TEST(SmartFit, WantsABackground)
{
    Map map;
    Model edge;
    edge.append(map.model["O_K"]);
    EXPECT_THAT(error_of([&] { smart_fit(edge, map.signal, {}, {}, map.data); }), HasSubstr("has no background"));
}

TEST(SmartFit, RecoversWhatTheSpectraWereMadeOf)
{
    Map map;
    FitResult const result = smart_fit(map.model, map.signal, {}, {}, map.data);
    for (ElementQuantity const& element : quantify(result, map.model)) {
        double sum_of_squares = 0.0;
        for (std::size_t pixel = 0; pixel < 4; ++pixel) {
            double const truth = map.file.at("intensities").at(element.edge)[pixel];
            double const off = (element.intensity[pixel] - truth) / element.intensity_errors[pixel];
            EXPECT_LT(std::abs(off), 3.5) << element.edge << " of pixel " << pixel;
            sum_of_squares += off * off;
        }
        EXPECT_LT(sum_of_squares, 14.86) << element.edge;  // chi2 of 4 values: 0.5 % lie above
    }
}

TEST(SmartFit, FindsAnOnsetThatIsOff)
{
    Map map;
    map.model["O_K"]["onset_energy"].set_value(536.0);
    SmartOptions smart;
    smart.free_onset_energy = {"O_K"};
    FitResult const result = smart_fit(map.model, map.signal, smart, {}, map.data);
    // The edge jumps within a channel of 2 eV, which is as far as its onset can be told from counts.
    for (double const onset : map.model.parameter("O_K.onset_energy").map()) EXPECT_NEAR(onset, 532.0, 2.0);
    EXPECT_FALSE(result.parameter("O_K.onset_energy").free);
    EXPECT_FALSE(map.model.parameter("O_K.onset_energy").is_free());
}

// A white line upon the oxygen edge: with the splines over it the intensity stays what it was.
TEST(SmartFit, FitsFineStructureAfterTheEdge)
{
    Map map;
    std::vector<std::vector<double>> counts = map.file.at("counts");
    for (std::vector<double>& pixel : counts)
        for (std::size_t i = 0; i < pixel.size(); ++i) {
            double const from_line = (200.0 + 2.0 * static_cast<double>(i) - 540.0) / 4.0;
            pixel[i] += 3000.0 * std::exp(-0.5 * from_line * from_line);
        }
    Signal const signal = eels_spectra(counts, 200.0, 2.0);
    map.model["O_K"].set_fine_structure(true, 30.0);
    FitResult const result = smart_fit(map.model, signal, {}, {}, map.data);
    EXPECT_THAT(result.status, Each(FitStatus::converged));
    EXPECT_TRUE(result.parameter("O_K.fine_structure_coeff_1").free);
    for (std::size_t pixel = 0; pixel < 4; ++pixel) {
        ParameterMap const& oxygen = result.parameter("O_K.intensity");
        double const truth = map.file.at("intensities").at("O_K")[pixel];
        EXPECT_NEAR(oxygen.values[pixel], truth, 3.5 * oxygen.standard_errors[pixel]);
        EXPECT_LT(result.red_chisq[pixel], 1.3);
    }
}

/// Keeps what a journal would.
struct Memory : ResultSink
{
    std::string header;
    std::vector<PixelRecords> kept;
    std::size_t num_appended = 0;

    void begin(std::string const& text) override
    {
        if (header.empty()) header = text;
        EXPECT_EQ(header, text);
        num_appended = 0;
    }
    std::vector<PixelRecords> recovered() override { return kept; }
    void append(PixelRecords const& records) override
    {
        kept.push_back(records);
        num_appended += records.pixels.size();
    }
    void close_phase(int) override {}
};

TEST(SmartFit, ItsLastStageMayBeResumed)
{
    Memory sink;
    Map map, again;
    FitResult const whole = smart_fit(map.model, map.signal, {}, {}, map.data, &sink);
    EXPECT_GT(sink.num_appended, 0U);
    FitResult const resumed = smart_fit(again.model, again.signal, {}, {}, again.data, &sink);
    EXPECT_EQ(sink.num_appended, 0U);
    EXPECT_EQ(resumed.parameter("O_K.intensity").values, whole.parameter("O_K.intensity").values);
    SmartOptions smart;
    smart.final_fit = false;
    EXPECT_THAT(error_of([&] { smart_fit(map.model, map.signal, smart, {}, map.data, &sink); }),
                HasSubstr("without its final fit"));
}

TEST(SmartFit, RefusesAnOnsetThatCannotBeFreed)
{
    Map map;
    SmartOptions smart;
    smart.free_onset_energy = {"O_L"};
    EXPECT_THAT(error_of([&] { smart_fit(map.model, map.signal, smart, {}, map.data); }),
                HasSubstr("edge 'O_L' of free_onset_energy is not fitted"));
}

}  // namespace
}  // namespace warpfit::eels
