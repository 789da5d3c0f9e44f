#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

constexpr std::size_t num_pixels = 203;

class Independence : public BackendTest<Way>
{
  protected:
    FitOptions options_ = options_of(GetParam());
    PeakMap map_{num_pixels};

    void SetUp() override
    {
        BackendTest::SetUp();
        map_.at(50, 3) = NAN;  // ends early: its lane is refilled
        map_.at(51, 3) = 1e4;  // takes its own number of steps
    }

    FitResult fit() const { return multifit(PeakMap::model(), map_.signal(), options_); }
};

TEST_P(Independence, OfThreadsAndBatches)
{
    for (Start start : {Start::model, Start::automatic}) {
        options_.start = start;
        options_.threads = 1;
        options_.batch_pixels = 0;
        FitResult const reference = fit();
        expect_same(reference, fit());  // the same call twice
        for (int threads : {1, 2, 4}) {
            for (std::size_t batch : {std::size_t{1}, std::size_t{7}, std::size_t{64}, num_pixels}) {
                options_.threads = threads;
                options_.batch_pixels = batch;
                SCOPED_TRACE(std::to_string(threads) + " threads, batches of " + std::to_string(batch));
                expect_same(reference, fit());
            }
        }
    }
}

// What lies beside a pixel does not matter: alone, in a slice, or in the map it ends on the same bits.
TEST_P(Independence, OfTheOtherPixels)
{
    FitResult const all = fit();
    FitResult const slice = multifit(PeakMap::model(), map_.signal().inav({{45, 58}}), options_);
    for (std::size_t i = 0; i < slice.num_pixels(); ++i) expect_same_pixel(slice, i, all, 45 + i);
    for (std::size_t i : {0U, 51U, 202U}) {
        FitResult const one = multifit(PeakMap::model(), map_.signal().inav({{i, i + 1}}), options_);
        expect_same_pixel(one, 0, all, i);
    }
}

/// Keeps nothing; with one, pixels are read and stored in batches, else fitted where they lie.
class NoSink : public ResultSink
{
  public:
    void begin(std::string const&) override {}
    void append(PixelRecords const&) override {}
    void close_phase(int) override {}
};

TEST_P(Independence, OfASink)
{
    options_.start = Start::model;
    options_.batch_pixels = 64;
    options_.mask.assign(num_pixels, 0);
    options_.mask[7] = options_.mask[66] = 1;
    std::vector<double> variance(map_.data.size());
    for (std::size_t i = 0; i < variance.size(); ++i) variance[i] = 1.0 + 0.1 * static_cast<double>(i % 13);
    Model model = PeakMap::model();
    std::vector<double> widths(num_pixels, 4.0), centres(num_pixels, NAN);
    for (std::size_t i = 0; i < num_pixels; i += 2) widths[i] = 4.1;
    for (std::size_t i = 0; i < num_pixels; i += 3) centres[i] = 30.5;
    widths[11] = NAN;
    model.parameter("peak.sigma").set_free(false);
    model.parameter("peak.sigma").set_map(widths);
    model.parameter("peak.centre").set_map(centres);
    bool const switches = options_.layout != "pixels";  // which does not serve that
    std::vector<unsigned char> active(num_pixels, 1);
    active[20] = active[130] = 0;
    if (switches) model["Offset"].set_active_map(active);

    Signal const signal = map_.signal(variance);
    FitResult const in_place = multifit(model, signal, options_);
    NoSink sink;
    expect_same(in_place, multifit(model, signal, options_, {}, &sink));
    EXPECT_EQ(in_place.status[7], FitStatus::masked);
    EXPECT_EQ(in_place.status[50], FitStatus::bad_input);
    EXPECT_EQ(std::isnan(in_place.parameter("Offset.offset").values[20]), switches);
}

INSTANTIATE_TEST_SUITE_P(Ways, Independence, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
