#include "src/cli/pixel_view.hpp"
#include "src/cli/plot/figure.hpp"
#include "src/cli/plot/frame.hpp"
#include "src/cli/plot/map_plot.hpp"
#include "src/cli/plot/spectrum_plot.hpp"
#include "src/cli/plot/ticks.hpp"
#include "src/cli/plot/units.hpp"
#include "warpfit/error.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace warpfit::cli::plot {
namespace {

std::string temporary(std::string const& name)
{
    return (std::filesystem::path(testing::TempDir()) / name).string();
}

std::string bytes_of(std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Big-endian 32-bit number at an offset: width and height of a PNG lie at 16 and 20.
unsigned big_endian(std::string const& bytes, std::size_t offset)
{
    unsigned value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<unsigned char>(bytes.at(offset + i));
    return value;
}

TEST(NiceTicks, AreRound)
{
    Ticks const ticks = nice_ticks(0.0, 10.0, 5);
    EXPECT_EQ(ticks.values, (std::vector<double>{0.0, 2.0, 4.0, 6.0, 8.0, 10.0}));
    EXPECT_EQ(ticks.labels, (std::vector<std::string>{"0", "2", "4", "6", "8", "10"}));
    EXPECT_EQ(common_factor_text(ticks), "");
}

TEST(NiceTicks, TakePowersOfTenOut)
{
    Ticks const large = nice_ticks(0.0, 3.1e6, 4);
    EXPECT_EQ(large.exponent, 6);
    EXPECT_EQ(large.labels, (std::vector<std::string>{"0", "1", "2", "3"}));
    EXPECT_EQ(common_factor_text(large), "\u00d710\u2076");
    Ticks const small = nice_ticks(-2e-5, 2e-5, 4);
    EXPECT_EQ(common_factor_text(small), "\u00d710\u207b\u2076");
    EXPECT_EQ(small.labels.front(), "\u221220");
}

TEST(NiceTicks, TakeAnOffsetOutOfATinyRange)
{
    Ticks const ticks = nice_ticks(532.0, 532.0004, 4);
    EXPECT_DOUBLE_EQ(ticks.offset, 532.0);
    EXPECT_EQ(ticks.labels.front(), "0");
    EXPECT_EQ(common_factor_text(ticks), "\u00d710\u207b\u2076 +532");
}

TEST(NiceTicks, NeverLeaveAScaleUnread)
{
    for (double const reach : {1.0, 2.9, 3.3, 4.9, 7.0, 1e-7, 1e12}) {
        Ticks const ticks = nice_ticks(-reach, reach, 2);
        EXPECT_GE(ticks.values.size(), 3u) << reach;
        EXPECT_LE(ticks.values.size(), 7u) << reach;
    }
    EXPECT_GE(nice_ticks(5.0, 5.0, 4).values.size(), 3u);
    EXPECT_GE(nice_ticks(std::nan(""), 1.0, 4).values.size(), 3u);
}

TEST(ShortNumber, UsesSuperscripts)
{
    EXPECT_EQ(short_number(1.0432), "1.043");
    EXPECT_EQ(short_number(-1.5e-7), "\u22121.5\u00d710\u207b\u2077");
    EXPECT_EQ(short_number(std::nan("")), "NaN");
}

TEST(Percentile, InterpolatesAsNumpy)
{
    std::vector<double> const values{4.0, 1.0, std::nan(""), 3.0, 2.0};
    EXPECT_DOUBLE_EQ(percentile(values, 0.5), 2.5);  // numpy.nanpercentile(values, 50)
    EXPECT_DOUBLE_EQ(percentile(values, 0.25), 1.75);
    EXPECT_TRUE(std::isnan(percentile({}, 0.5)));
}

TEST(ColourMaps, HaveTheirKnownEnds)
{
    // matplotlib.cm.viridis(0), (255): (0.267004, 0.004874, 0.329415), (0.993248, 0.906157, 0.143936)
    Colour const low = map_colour(ColourMap::viridis, 0.0);
    Colour const high = map_colour(ColourMap::viridis, 2.0);
    EXPECT_NEAR(low.r, 0.267, 0.003);
    EXPECT_NEAR(low.b, 0.329, 0.003);
    EXPECT_NEAR(high.r, 0.993, 0.003);
    EXPECT_NEAR(high.g, 0.906, 0.003);
    Colour const middle = map_colour(ColourMap::diverging, 0.5);
    EXPECT_NEAR(middle.r, middle.b, 1e-12);
}

TEST(Figure, SavesEveryFormat)
{
    Figure figure(200.0, 100.0);
    figure.text(10.0, 50.0, "sigma (eV)");
    std::string const png = temporary("warpfit_figure.png");
    figure.save(png, Format::png);
    std::string const bytes = bytes_of(png);
    ASSERT_GT(bytes.size(), 200u);
    EXPECT_EQ(bytes.substr(1, 3), "PNG");
    EXPECT_EQ(big_endian(bytes, 16), 400u);
    EXPECT_EQ(big_endian(bytes, 20), 200u);
    std::string const svg = temporary("warpfit_figure.svg");
    figure.save(svg, Format::svg);
    EXPECT_NE(bytes_of(svg).find("<svg"), std::string::npos);
    std::string const pdf = temporary("warpfit_figure.pdf");
    figure.save(pdf, Format::pdf);
    EXPECT_TRUE(bytes_of(pdf).starts_with("%PDF"));
    EXPECT_FALSE(std::filesystem::exists(png + ".part"));
}

TEST(Figure, ReportsWhereItCannotWrite)
{
    Figure const figure(20.0, 20.0);
    EXPECT_THROW(figure.save("/nonexistent-folder/a.png", Format::png), WriteError);
    EXPECT_THROW(figure.save(testing::TempDir(), Format::png), WriteError);
}

TEST(DrawMap, DrawsShapesOfAnyKind)
{
    Axis axis;
    axis.size = 3;
    for (std::size_t num_axes : {2u, 3u, 4u}) {
        std::vector<Axis> const axes(num_axes, axis);
        std::vector<double> values(static_cast<std::size_t>(std::pow(3, static_cast<double>(num_axes))), 1.0);
        values[2] = std::nan("");
        Figure figure(520.0, map_figure_height(axes, 520.0));
        MapPlot plot;
        plot.title = "Gaussian.sigma";
        plot.axes = axes;
        plot.values = values;
        draw_map(figure, {0.0, 0.0, figure.width(), figure.height()}, plot);
        std::string const path = temporary("warpfit_map.png");
        figure.save(path, Format::png);
        EXPECT_GT(std::filesystem::file_size(path), 3000u);
    }
}

TEST(DrawSpectrum, CopesWithMissingData)
{
    SpectrumPlot plot;
    plot.x = {0.0, 1.0, 2.0, 3.0};
    plot.data = {1.0, std::nan(""), 3.0, 4.0};
    plot.model = {1.0, 2.0, 3.0, 4.0};
    plot.is_fitted = {true, true, false, true};
    plot.variance = {1.0, 1.0, 1.0, 0.0};
    Figure figure(400.0, 300.0);
    draw_spectrum(figure, {0.0, 0.0, 400.0, 300.0}, plot);
    std::string const path = temporary("warpfit_spectrum.png");
    figure.save(path, Format::png);
    EXPECT_GT(std::filesystem::file_size(path), 3000u);
}

/// Ten channels, the first five fitted.
SpectrumPlot half_fitted()
{
    SpectrumPlot plot;
    for (int i = 0; i < 10; ++i) {
        plot.x.push_back(i);
        plot.data.push_back(i < 5 ? 100.0 + i : 1e6);
        plot.model.push_back(i < 5 ? 100.0 + i : -1e6);
        plot.is_fitted.push_back(i < 5);
    }
    return plot;
}

// 4 % of the range on either side.
TEST(SpectrumRange, IsThatOfTheFittedChannels)
{
    SpectrumPlot plot = half_fitted();
    EXPECT_DOUBLE_EQ(y_range(plot).first, 100.0 - 0.16);
    EXPECT_DOUBLE_EQ(y_range(plot).second, 104.0 + 0.16);
    plot.is_fitted.assign(10, false);
    plot.model.clear();
    EXPECT_GT(y_range(plot).second, 1e6);
}

TEST(SpectrumRange, TellsWhichComponentsItDoesNotHold)
{
    SpectrumPlot plot = half_fitted();
    Curve const background{"background", std::vector<double>(10, 98.0)};
    Curve const peak{"peak", {0.0, 1.0, 2.0, 1.0, 0.0, 1e3, 1e3, 1e3, 1e3, 1e3}};
    Curve const start{"start", std::vector<double>(10, 500.0)};
    plot.components = {background, peak, start};
    std::pair<double, double> const y = y_range(plot);
    EXPECT_EQ(out_of_sight(plot, background, y), "");
    EXPECT_EQ(out_of_sight(plot, peak, y), "below");
    EXPECT_EQ(out_of_sight(plot, start, y), "above");
}

TEST(ReadableUnits, HaveNoTex)
{
    EXPECT_EQ(readable_units("eV"), "eV");
    EXPECT_EQ(readable_units("$nm$"), "nm");
    EXPECT_EQ(readable_units("$\\mu m$"), "\u00b5m");
    EXPECT_EQ(readable_units("$\\AA$"), "\u00c5");
    EXPECT_EQ(readable_units("$\\AA^{-1}$"), "\u00c5\u207b\u00b9");
    EXPECT_EQ(readable_units("$\\mathrm{nm}^{-1}$"), "nm\u207b\u00b9");
    EXPECT_EQ(readable_units("cm^-1"), "cm\u207b\u00b9");
    EXPECT_EQ(readable_units("m^2"), "m\u00b2");
    EXPECT_EQ(readable_units("$^\\circ$"), "\u00b0");
    EXPECT_EQ(readable_units("$A\\,s$"), "A s");
    EXPECT_EQ(readable_units("$\\foo$"), "foo");
    EXPECT_EQ(readable_units("x^{n}"), "x^n");
    EXPECT_EQ(readable_units("$\\"), "\\");
    EXPECT_EQ(readable_units("100 %"), "100 %");
    EXPECT_EQ(readable_name("$\\theta$"), "\u03b8");
    EXPECT_EQ(readable_name("{a}^2"), "{a}^2");
    Axis const axis{.name = "x", .units = "$\\mu m$", .size = 3};
    EXPECT_EQ(axis_label(axis, "pixel"), "x (\u00b5m)");
}

TEST(MeanView, CountsItsPixels)
{
    Model model;
    model.append("Offset");
    std::vector<double> const data(2 * 8, 3.0);
    Signal const signal({Axis{.size = 2}}, {Axis{.size = 8}}, data);
    FitResult result = multifit(model, signal);
    EXPECT_EQ(mean_view(signal, {}, model, result, 10).title, "mean of 2 fitted pixels");
    EXPECT_EQ(mean_view(signal, {}, model, result, 1).title, "mean of 1 of 2 fitted pixels");
    result.status[0] = FitStatus::masked;
    EXPECT_EQ(mean_view(signal, {}, model, result, 10).title, "1 fitted pixel");
}

}  // namespace
}  // namespace warpfit::cli::plot
