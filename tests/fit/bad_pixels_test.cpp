#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class BadPixels : public BackendTest<Way>
{
  protected:
    static constexpr std::size_t num_pixels = 21;
    FitOptions options_ = options_of(GetParam());

    /// Fits a map with some pixels changed: those get `status`, all others are as without the change, bit by bit.
    template<class Change>
    void expect_only(std::vector<std::size_t> const& bad, FitStatus status, Change change)
    {
        PeakMap const clean(num_pixels);
        PeakMap changed = clean;
        for (std::size_t i : bad)
            for (std::size_t c = 0; c < changed.num_channels; ++c) change(i, c, changed.at(i, c));
        for (Start start : {Start::model, Start::automatic}) {
            options_.start = start;
            FitResult const result = multifit(PeakMap::model(), changed.signal(), options_);
            for (std::size_t i : bad) {
                EXPECT_EQ(result.status[i], status) << "pixel " << i << ": " << name_of(result.status[i]);
                if (!has_values(status)) expect_no_values(result, i);
            }
            if (start == Start::model)
                expect_others_same(multifit(PeakMap::model(), clean.signal(), options_), result, bad);
        }
    }

    static void expect_others_same(FitResult const& before, FitResult const& after, std::vector<std::size_t> const& bad)
    {
        for (std::size_t i = 0; i < num_pixels; ++i) {
            if (std::find(bad.begin(), bad.end(), i) != bad.end()) continue;
            EXPECT_EQ(after.status[i], FitStatus::converged) << i;
            expect_same_pixel(before, i, after, i);
        }
    }
};

// The peak lies beside the axis: nothing of it would be looked at there, had it a width.
TEST_P(BadPixels, NoWidthIsABadStart)
{
    PeakMap const map(3);
    Model model = PeakMap::model();
    model.parameter("peak.sigma").set_bounds({});
    model.parameter("peak.sigma").set_value(0.0);
    model.parameter("peak.centre").set_value(-1e4);
    options_.start = Start::model;
    FitResult const result = multifit(model, map.signal(), options_);
    for (FitStatus const status : result.status) EXPECT_EQ(status, FitStatus::bad_start) << name_of(status);
}

TEST_P(BadPixels, OneNaN)
{
    expect_only({0, 4, 20}, FitStatus::bad_input, [](std::size_t, std::size_t c, double& v) {
        if (c == 33) v = NAN;
    });
}

TEST_P(BadPixels, AllNaN)
{
    expect_only({1, 2, 3, 13}, FitStatus::bad_input, [](std::size_t, std::size_t, double& v) { v = NAN; });
}

TEST_P(BadPixels, Infinite)
{
    expect_only({5, 19}, FitStatus::bad_input, [](std::size_t i, std::size_t c, double& v) {
        if (c == 63) v = i == 5 ? INFINITY : -INFINITY;
    });
}

TEST_P(BadPixels, MaskedNaNIsFine)
{
    PeakMap map(num_pixels);
    DataOptions data;
    data.exclude = {{33.0, 33.0}};
    FitResult const clean = multifit(PeakMap::model(), map.signal(), options_, data);
    map.at(7, 33) = NAN;
    FitResult const result = multifit(PeakMap::model(), map.signal(), options_, data);
    EXPECT_EQ(result.num_channels, 63U);
    expect_same(clean, result);
}

TEST_P(BadPixels, VarianceZeroEverywhere)
{
    PeakMap const map(num_pixels);
    std::vector<double> variance(map.data.size(), 4.0);
    FitResult const clean = multifit(PeakMap::model(), map.signal(variance), options_);
    std::fill_n(variance.begin() + 6 * 64, 64, 0.0);
    std::fill_n(variance.begin() + 15 * 64, 64, NAN);
    FitResult const result = multifit(PeakMap::model(), map.signal(variance), options_);
    for (std::size_t bad : {6U, 15U}) {
        EXPECT_EQ(result.status[bad], FitStatus::bad_input) << name_of(result.status[bad]);
        expect_no_values(result, bad);
    }
    expect_others_same(clean, result, {6, 15});
}

TEST_P(BadPixels, VarianceZeroInSomeChannels)
{
    PeakMap map(num_pixels);
    std::vector<double> variance(map.data.size(), 4.0);
    FitResult const clean = multifit(PeakMap::model(), map.signal(variance), options_);
    for (std::size_t c : {10U, 11U, 31U}) {
        variance[8 * 64 + c] = 0.0;
        map.at(8, c) = 1e6;  // a dead channel's value does not count
    }
    FitResult const result = multifit(PeakMap::model(), map.signal(variance), options_);
    EXPECT_EQ(result.status[8], FitStatus::converged) << name_of(result.status[8]);
    EXPECT_EQ(result.dof[8], 61 - 4);
    EXPECT_NEAR(result.parameter("peak.centre").values[8], clean.parameter("peak.centre").values[8],
                2.0 * clean.parameter("peak.centre").standard_errors[8]);
    expect_others_same(clean, result, {8});
}

TEST_P(BadPixels, FewerGoodChannelsThanParameters)
{
    PeakMap const map(num_pixels);
    std::vector<double> variance(map.data.size(), 4.0);
    FitResult const clean = multifit(PeakMap::model(), map.signal(variance), options_);
    std::fill_n(variance.begin() + 9 * 64, 61, 0.0);
    FitResult const result = multifit(PeakMap::model(), map.signal(variance), options_);
    EXPECT_EQ(result.status[9], FitStatus::too_few_channels) << name_of(result.status[9]);
    expect_no_values(result, 9);
    expect_others_same(clean, result, {9});
}

TEST_P(BadPixels, FewerChannelsThanParameters)
{
    PeakMap const map(num_pixels);
    DataOptions data;
    data.range = {{20.0, 22.0}};
    FitResult const result = multifit(PeakMap::model(), map.signal(), options_, data);
    EXPECT_EQ(result.num_channels, 3U);
    for (std::size_t i = 0; i < num_pixels; ++i) {
        EXPECT_EQ(result.status[i], FitStatus::too_few_channels) << name_of(result.status[i]);
        expect_no_values(result, i);
    }
}

TEST_P(BadPixels, MaskedPixels)
{
    PeakMap const map(num_pixels);
    FitResult const clean = multifit(PeakMap::model(), map.signal(), options_);
    options_.mask.assign(num_pixels, 0);
    options_.mask[0] = options_.mask[11] = 1;
    FitResult const result = multifit(PeakMap::model(), map.signal(), options_);
    for (std::size_t i : {0U, 11U}) {
        EXPECT_EQ(result.status[i], FitStatus::masked);
        expect_no_values(result, i);
    }
    expect_others_same(clean, result, {0, 11});

    options_.mask.assign(num_pixels, 1);
    EXPECT_EQ(multifit(PeakMap::model(), map.signal(), options_).count_by_status()[7], num_pixels);
}

// A dark pixel: the offset is exactly zero, nothing tells where the peak would be.
TEST_P(BadPixels, AllZeroSpectrum)
{
    PeakMap const clean(num_pixels);
    PeakMap map = clean;
    for (std::size_t c = 0; c < map.num_channels; ++c) map.at(10, c) = 0.0;
    FitResult const result = multifit(PeakMap::model(), map.signal(), options_);
    EXPECT_LE(static_cast<int>(result.status[10]), 3) << name_of(result.status[10]);
    EXPECT_LT(result.chisq[10], 1e-3);
    EXPECT_NEAR(result.parameter("Offset.offset").values[10], 0.0, 0.05);
    expect_others_same(multifit(PeakMap::model(), clean.signal(), options_), result, {10});
}

TEST_P(BadPixels, StartWhereTheModelIsNotFinite)
{
    PeakMap const map(num_pixels);
    Model model = PeakMap::model();
    FitOptions options = options_;
    FitResult const clean = multifit(model, map.signal(), options);
    std::vector<double> starts(num_pixels, 5.0);
    starts[12] = 0.0;
    model["peak"]["sigma"].set_map(starts);
    options.start = Start::file;
    FitResult const result = multifit(model, map.signal(), options);
    EXPECT_EQ(result.status[12], FitStatus::bad_start) << name_of(result.status[12]);
    expect_no_values(result, 12);
    expect_others_same(clean, result, {12});
}

// A map entry outside its bounds starts at the nearer one; NaN entries start at the model's value.
TEST_P(BadPixels, StartMapOutsideTheBounds)
{
    PeakMap const map(num_pixels);
    Model model = PeakMap::model();
    model["peak"]["centre"].set_bounds({20.0, 40.0});
    std::vector<double> inside(num_pixels, NAN), outside(num_pixels, NAN);
    inside[3] = 20.0;
    outside[3] = -500.0;
    inside[16] = 40.0;
    outside[16] = 5000.0;
    options_.start = Start::file;
    model["peak"]["centre"].set_map(inside);
    FitResult const at_bound = multifit(model, map.signal(), options_);
    model["peak"]["centre"].set_map(outside);
    expect_same(at_bound, multifit(model, map.signal(), options_));
}

TEST_P(BadPixels, TwoIdenticalComponentsAreSingular)
{
    PeakMap const map(num_pixels);
    Model model;
    model.append("Offset", "one")["offset"].set_value(10.0);
    model.append("Offset", "two")["offset"].set_value(5.0);
    Component& peak = model.append("Gaussian", "peak");
    peak["A"].set_value(300.0);
    peak["sigma"].set_value(5.0);
    peak["centre"].set_value(31.0);
    FitResult const result = multifit(model, map.signal(), options_);
    FitResult const single = multifit(PeakMap::model(), map.signal(), options_);
    for (std::size_t i = 0; i < num_pixels; ++i) {
        EXPECT_EQ(result.status[i], FitStatus::singular) << i << ": " << name_of(result.status[i]);
        EXPECT_TRUE(std::isinf(result.parameter("one.offset").standard_errors[i])) << i;
        EXPECT_TRUE(std::isinf(result.parameter("two.offset").standard_errors[i])) << i;
        // What is determined is right.
        EXPECT_NEAR(result.parameter("one.offset").values[i] + result.parameter("two.offset").values[i],
                    single.parameter("Offset.offset").values[i], 0.05);
        EXPECT_NEAR(result.parameter("peak.centre").values[i], single.parameter("peak.centre").values[i],
                    0.05 * single.parameter("peak.centre").standard_errors[i]);
        EXPECT_NEAR(result.chisq[i], single.chisq[i], 1e-4 * single.chisq[i]);
    }
}

// A = 0: centre and sigma have no gradient at the start; the fit still finds the peak or says what it could not tell.
TEST_P(BadPixels, AmplitudeZeroAtTheStart)
{
    PeakMap const map(num_pixels);
    Model model = PeakMap::model();
    model["peak"]["A"].set_value(0.0);
    FitResult const result = multifit(model, map.signal(), options_);
    FitResult const usual = multifit(PeakMap::model(), map.signal(), options_);
    for (std::size_t i = 0; i < num_pixels; ++i) {
        EXPECT_TRUE(is_converged(result.status[i])) << i << ": " << name_of(result.status[i]);
        EXPECT_NEAR(result.chisq[i], usual.chisq[i], 1e-4 * usual.chisq[i]);
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, BadPixels, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

// Nothing to fit at all.
TEST(BadCalls, AnEmptyChannelMaskIsAnError)
{
    PeakMap const map(2);
    DataOptions data;
    data.channel_mask.assign(map.num_channels, 0);
    EXPECT_THROW(multifit(PeakMap::model(), map.signal(), {}, data), InvalidArgument);
}

TEST(BadCalls, MasksOfTheWrongSizeAreErrors)
{
    PeakMap const map(2);
    DataOptions data;
    data.channel_mask.assign(map.num_channels - 1, 1);
    EXPECT_THROW(multifit(PeakMap::model(), map.signal(), {}, data), InvalidArgument);
    FitOptions options;
    options.mask.assign(3, 0);
    EXPECT_THROW(multifit(PeakMap::model(), map.signal(), options), InvalidArgument);
}

}  // namespace
}  // namespace warpfit::testing
