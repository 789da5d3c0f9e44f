#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace warpfit::io {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string data(std::string const& name)
{
    return std::string(WARPFIT_TEST_DIR) + "/io/data/" + name;
}

std::string message_of(std::string const& path, LoadOptions const& options = {})
{
    try {
        load(path, options);
    } catch (InputError const& error) {
        return error.what();
    }
    return "no error";
}

double sum(Signal const& signal)
{
    double total = 0.0;
    for (std::size_t i = 0; i < signal.num_pixels(); ++i)
        for (double const v : signal.pixel(i)) total += v;
    return total;
}

/// What make_load_data.py's ramp() holds at a linear index.
double ramp(std::size_t index)
{
    return static_cast<double>(index % 251);
}

// HyperSpy 1.7.3 wrote these files and, in the JSON, what it sees in them.
TEST(LoadHspy, HyperSpysOwnFiles)
{
    std::ifstream in(data("hyperspy.json"));
    nlohmann::json const expected = nlohmann::json::parse(in);
    ASSERT_EQ(expected.size(), 5u);
    for (auto const& e : expected) {
        std::string const name = e["name"];
        SCOPED_TRACE(name);
        Signal const s = load(data(name + ".hspy"));
        EXPECT_EQ(s.title, e["title"]);
        EXPECT_EQ(s.signal_type, e["signal_type"]);
        EXPECT_EQ(s.type(), DataType::f64);
        EXPECT_EQ(e["dtype"], "<f8");
        EXPECT_EQ(s.navigation_shape(), e["navigation_shape_in_array"].get<std::vector<std::size_t>>());
        double const expected_sum = e["data_sum"];
        EXPECT_NEAR(sum(s), expected_sum, 1e-12 * std::abs(expected_sum));
        auto const kind = e["variance"].is_null()             ? Variance::Kind::none
                          : e["variance"]["kind"] == "signal" ? Variance::Kind::stored
                                                              : Variance::Kind::number;
        EXPECT_EQ(s.variance().kind, kind);
        std::vector<Axis> axes = s.navigation_axes();
        axes.insert(axes.end(), s.signal_axes().begin(), s.signal_axes().end());
        ASSERT_EQ(axes.size(), e["axes"].size());
        for (std::size_t i = 0; i < axes.size(); ++i) {
            auto const& a = e["axes"][i];
            EXPECT_EQ(axes[i].size, a["size"]);
            EXPECT_EQ(axes[i].offset, a["offset"]);
            EXPECT_EQ(axes[i].scale, a["scale"]);
            EXPECT_EQ(axes[i].is_binned, a["is_binned"]);
            EXPECT_EQ(axes[i].name, a["name"].is_null() ? "" : a["name"]);
            EXPECT_EQ(axes[i].units, a["units"].is_null() ? "" : a["units"]);
            EXPECT_EQ(i < s.navigation_axes().size(), a["navigate"]);
        }
    }
}

TEST(LoadHspy, MeasuredLineScan)
{
    Signal const s = load(data("eels_lsmo_core.hspy"));
    EXPECT_THAT(s.navigation_shape(), ElementsAre(40));
    EXPECT_EQ(s.num_channels(), 586u);
    EXPECT_EQ(s.type(), DataType::f32);
    EXPECT_TRUE(s.is_binned());
    EXPECT_EQ(s.signal_type, "EELS");
    EXPECT_EQ(s.signal_axes()[0].offset, 428.5);
    EXPECT_EQ(s.signal_axes()[0].units, "eV");
    EXPECT_EQ(s.navigation_axes()[0].units, "\xc2\xb5m");
    EXPECT_NEAR(sum(s), 4261721807.234375, 1e-3);  // h5py
    EXPECT_EQ(s.title, "EELS Spectrum Image (high-loss)");
    EXPECT_THAT(s.metadata, testing::Contains(testing::Key("Acquisition_instrument.TEM.beam_energy")));
}

TEST(LoadHspy, MeasuredSpectrum)
{
    Signal const s = load(data("eels_al_lowloss.hspy"));
    EXPECT_EQ(s.num_pixels(), 1u);
    EXPECT_TRUE(s.navigation_axes().empty());
    EXPECT_EQ(s.num_channels(), 2048u);
    EXPECT_NEAR(sum(s), 4875544752.183624, 1e-3);  // h5py
    EXPECT_EQ(s.metadata.at("Signal.Noise_properties.Variance_linear_model.gain_factor"), "1.0");
}

TEST(LoadHspy, BigEndianWithMetadata)
{
    Signal const s = load(data("load_big_endian.hspy"));
    EXPECT_EQ(s.type(), DataType::u16);
    EXPECT_TRUE(s.data().byte_swapped);
    EXPECT_THAT(s.navigation_shape(), ElementsAre(3, 4));
    for (std::size_t p = 0; p < 12; ++p)
        for (std::size_t c = 0; c < 50; ++c) ASSERT_EQ(s.pixel(p)[c], ramp(p * 50 + c));
    EXPECT_TRUE(s.is_binned());
    EXPECT_EQ(s.variance().kind, Variance::Kind::number);
    EXPECT_EQ(s.variance().number, 2.5);
    EXPECT_EQ(s.title, "big endian");
    EXPECT_EQ(s.signal_type, "EELS");
    EXPECT_EQ(s.metadata.at("Acquisition_instrument.TEM.beam_energy"), "200.0");
    EXPECT_EQ(s.metadata.at("Acquisition_instrument.TEM.is_on"), "True");
    EXPECT_EQ(s.metadata.at("Acquisition_instrument.TEM.frames"), "12");
    EXPECT_EQ(s.metadata.at("General.date"), "2024-05-06");
    EXPECT_EQ(s.metadata.count("General.title"), 0u);
    EXPECT_EQ(s.origin, data("load_big_endian.hspy") + "#/Experiments/big endian");
    EXPECT_EQ(sum(load(s.origin)), sum(s)) << "an origin loads the same signal";
}

TEST(LoadHspy, HalfPrecisionOnANonUniformAxis)
{
    Signal const s = load(data("load_half.hspy"));
    EXPECT_EQ(s.type(), DataType::f16);
    EXPECT_THAT(s.pixel(0), ElementsAre(0.0, std::ldexp(1.0, -24), -std::ldexp(1.0, -14), 65504.0, -1.5));
    EXPECT_THAT(s.pixel(1), ElementsAre(0.333251953125, INFINITY, -INFINITY, 0.0999755859375, 7.0));
    EXPECT_THAT(s.signal_axes()[0].values, ElementsAre(1, 2, 4, 8, 16));
    EXPECT_EQ(s.signal_axes()[0].units, "");
    EXPECT_TRUE(s.is_binned());
    EXPECT_THAT(load(data("load_half_big.hspy")).pixel(0), ElementsAre(1.5, -2.0, 1024.0));
}

TEST(LoadHspy, SignalAxisBeforeTheNavigationAxes)
{
    Signal const s = load(data("load_transposed.hspy"));  // stored (5 channels, 3, 4)
    EXPECT_THAT(s.navigation_shape(), ElementsAre(3, 4));
    EXPECT_EQ(s.signal_axes()[0].name, "E");
    EXPECT_EQ(s.signal_axes()[0].scale, 2.0);
    ASSERT_EQ(s.variance().kind, Variance::Kind::stored);
    for (std::size_t p = 0; p < 12; ++p)
        for (std::size_t c = 0; c < 5; ++c) {
            ASSERT_EQ(s.pixel(p)[c], ramp(c * 12 + p));
            ASSERT_EQ(s.pixel_variance(p)[c], ramp(c * 12 + p) + 1);
        }
    EXPECT_NE(s.data().source->memory(), nullptr);
}

TEST(LoadHspy, NavigationAxisBetweenTheSignalAxes)
{
    Signal const s = load(data("load_between.hspy"));  // stored (2 y, 3 pixels, 4 x), big-endian
    EXPECT_THAT(s.navigation_shape(), ElementsAre(3));
    EXPECT_EQ(s.signal_axes()[0].name, "y");
    EXPECT_EQ(s.signal_axes()[1].name, "x");
    for (std::size_t p = 0; p < 3; ++p)
        for (std::size_t y = 0; y < 2; ++y)
            for (std::size_t x = 0; x < 4; ++x) ASSERT_EQ(s.pixel(p)[y * 4 + x], ramp((y * 3 + p) * 4 + x));
}

TEST(LoadHspy, OldLayouts)
{
    Signal const s = load(data("load_old.hspy"));
    EXPECT_THAT(s.navigation_shape(), ElementsAre(2, 3));
    EXPECT_TRUE(s.is_binned());
    EXPECT_EQ(s.signal_axes()[0].units, "");
    EXPECT_EQ(s.pixel(5)[5], ramp(35));
    Signal const image = load(data("load_old_image.hspy"));
    EXPECT_THAT(image.navigation_shape(), ElementsAre(2));
    EXPECT_EQ(image.signal_axes().size(), 2u);
    EXPECT_FALSE(image.is_binned());
}

TEST(LoadHspy, FunctionalAxis)
{
    Signal const s = load(data("load_functional.hspy"));  // 1239 / (x + 5), x = 1, 3, 5, 7
    EXPECT_THAT(s.signal_axes()[0].values, ElementsAre(1239.0 / 6, 1239.0 / 8, 1239.0 / 10, 1239.0 / 12));
}

TEST(LoadHspy, SeveralSignals)
{
    std::string const file = data("load_several.hspy");
    EXPECT_THAT(message_of(file), testing::AllOf(HasSubstr("First one"), HasSubstr("Second"), HasSubstr("#")));
    Signal const first = load(file + "#First one");
    EXPECT_EQ(first.title, "First one");
    EXPECT_THAT(first.pixel_variance(1), ElementsAre(1, 2, 4));
    EXPECT_EQ(first.variance().kind, Variance::Kind::channel);
    Signal const second = load(file + "#second");
    EXPECT_EQ(second.variance().kind, Variance::Kind::stored);
    EXPECT_THAT(second.pixel_variance(1), ElementsAre(4, 5, 6));
    EXPECT_EQ(load(file + "#/Experiments/second").title, "Second");
    EXPECT_EQ(load(file + "#/Experiments/second/data").num_pixels(), 2u);
    EXPECT_THAT(message_of(file + "#third"), testing::AllOf(HasSubstr("third"), HasSubstr("Second")));
}

TEST(LoadHspy, RefusesWhatCannotBeFitted)
{
    std::string const file = data("load_refused.hspy") + "#";
    EXPECT_THAT(message_of(file + "all navigate"), HasSubstr("as_signal1D"));
    EXPECT_THAT(message_of(file + "three signal axes"), HasSubstr("3 signal axes"));
    EXPECT_THAT(message_of(file + "complex"), HasSubstr("complex"));
    EXPECT_THAT(message_of(file + "ragged"), HasSubstr("single number"));
    EXPECT_THAT(message_of(file + "scale 0"), HasSubstr("scale 0"));
    EXPECT_THAT(message_of(file + "wrong size"), HasSubstr("4 values (the data have 3"));
    EXPECT_THAT(message_of(file + "no axis"), HasSubstr("axis 1 is not described"));
    EXPECT_THAT(message_of(file + "nan axis"), HasSubstr("not finite"));
    EXPECT_THAT(message_of(file + "wrong variance"), HasSubstr("(2, 4) (data have (2, 3))"));
    EXPECT_THAT(message_of(file + "negative variance"), HasSubstr("positive"));
    EXPECT_THAT(message_of(file + "no data"), HasSubstr("no values"));
    EXPECT_THAT(message_of(file + "no data"), HasSubstr(data("load_refused.hspy")));
}

TEST(Load, NowOrWhenNeeded)
{
    LoadOptions now;
    now.lazy = false;
    std::string const file = data("polynomial_hetero.hspy");
    Signal const eager = load(file, now);
    Signal const lazy = load(file);
    ASSERT_NE(eager.data().source->memory(), nullptr);
    ASSERT_NE(eager.variance().stored.source->memory(), nullptr);
    EXPECT_EQ(lazy.data().source->memory(), nullptr);
    EXPECT_EQ(eager.title, lazy.title);
    EXPECT_EQ(eager.origin, lazy.origin);
    for (std::size_t p = 0; p < lazy.num_pixels(); ++p) {
        ASSERT_EQ(eager.pixel(p), lazy.pixel(p));
        ASSERT_EQ(eager.pixel_variance(p), lazy.pixel_variance(p));
    }
}

TEST(LoadNexus, DefaultChainAxesAndErrors)
{
    Signal const s = load(data("load_nexus.nxs"));
    EXPECT_THAT(s.navigation_shape(), ElementsAre(2, 3));
    EXPECT_EQ(s.title, "Counts of the map");
    EXPECT_EQ(s.navigation_axes()[0].value(1), 1.0);
    EXPECT_EQ(s.navigation_axes()[1].value(2), 2.0);
    Axis const energy = s.signal_axes()[0];
    EXPECT_EQ(energy.name, "Energy");
    EXPECT_EQ(energy.units, "eV");
    EXPECT_TRUE(energy.is_uniform());
    EXPECT_EQ(energy.scale, 0.5);
    EXPECT_EQ(s.pixel(5)[4], ramp(29));
    ASSERT_EQ(s.variance().kind, Variance::Kind::stored);
    EXPECT_NEAR(s.pixel_variance(5)[4], ramp(29) + 1, 1e-12);  // sigma^2
}

TEST(LoadNexus, ImagesAndOldStyle)
{
    Signal const images = load(data("load_nexus.nxs#/entry/images"));
    EXPECT_THAT(images.navigation_shape(), ElementsAre(4));
    EXPECT_EQ(images.signal_axes().size(), 2u);
    Signal const old = load(data("load_nexus.nxs#/entry/old_style"));
    EXPECT_THAT(old.signal_axes()[0].values, ElementsAre(1.5, 3, 6, 12));  // centres between the edges
    EXPECT_EQ(old.navigation_axes()[0].scale, -2.0);
    LoadOptions options;
    options.navigation_dimensions = 0;
    EXPECT_EQ(load(data("load_nexus.nxs#/entry/old_style"), options).signal_axes().size(), 2u);
}

TEST(LoadNexus, MissingParts)
{
    EXPECT_THAT(message_of(data("load_nexus.nxs#/entry/none")), HasSubstr("has no \"/entry/none\""));
    EXPECT_THAT(message_of(data("load_nexus.nxs#/entry")), HasSubstr("neither a HyperSpy signal nor NXdata"));
}

TEST(Load, KnownButUnreadFormats)
{
    std::string const folder = testing::TempDir();
    for (char const* ending : {".dm3", ".DM4", ".emd", ".mib", ".bcf", ".blo", ".ser", ".mrc", ".spd", ".hdr"}) {
        std::string const file = folder + "load_known" + ending;
        std::ofstream(file) << "some bytes";
        EXPECT_THAT(message_of(file), testing::AllOf(HasSubstr(file), HasSubstr("hs.load"), HasSubstr(".hspy")));
    }
    EXPECT_THAT(message_of(folder + "absent.hspy"), HasSubstr("absent.hspy"));
    EXPECT_THAT(message_of(folder), HasSubstr("directory"));
    std::string const binary = folder + "load_binary.xyz";
    std::ofstream(binary) << std::string("\x01\x02\x00\x03", 4);
    EXPECT_THAT(message_of(binary), HasSubstr("unknown format"));
    std::string const empty = folder + "load_empty.hspy";
    std::ofstream{empty};
    EXPECT_THAT(message_of(empty), HasSubstr("empty"));
    std::string const text = folder + "load_text.hspy";
    std::ofstream(text) << "not HDF5";
    EXPECT_THAT(message_of(text), HasSubstr("not an HDF5 file"));
}

}  // namespace
}  // namespace warpfit::io
