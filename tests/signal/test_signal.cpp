#include "warpfit/error.hpp"
#include "warpfit/signal.hpp"

#include <cstring>
#include <gmock/gmock.h>
#include <limits>
#include <numeric>

namespace warpfit {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Axis axis(std::size_t size, double offset = 0.0, double scale = 1.0)
{
    Axis a;
    a.size = size;
    a.offset = offset;
    a.scale = scale;
    return a;
}

std::vector<double> ramp(std::size_t count)
{
    std::vector<double> values(count);
    std::iota(values.begin(), values.end(), 0.0);
    return values;
}

/// 2 x 3 x 4 pixels of 5 channels; value = linear index.
Signal map()
{
    return Signal({axis(2), axis(3, 10.0), axis(4, 0.0, -0.5)}, {axis(5, 100.0, 2.0)},
                  std::span<double const>(ramp(120)));
}

/// A source that is not in memory.
class Hidden final : public PixelSource
{
  public:
    explicit Hidden(std::size_t num_channels)
        : num_channels_(num_channels)
    {}
    void read(std::size_t first, std::size_t count, std::byte* out) override
    {
        for (std::size_t i = 0; i < count * num_channels_; ++i) {
            float const value = static_cast<float>(first * num_channels_ + i);
            std::memcpy(out + i * sizeof(float), &value, sizeof(float));
        }
    }
    std::size_t preferred_count() const noexcept override { return 12; }

  private:
    std::size_t num_channels_;
};

std::string message_of(auto&& call)
{
    try {
        call();
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return "";
}

TEST(Signal, ShapeAndPixels)
{
    Signal const s = map();
    EXPECT_EQ(s.num_pixels(), 24u);
    EXPECT_EQ(s.num_channels(), 5u);
    EXPECT_THAT(s.navigation_shape(), ElementsAre(2, 3, 4));
    EXPECT_EQ(s.type(), DataType::f64);
    EXPECT_THAT(s.pixel(23), ElementsAre(115, 116, 117, 118, 119));
    EXPECT_THROW(s.pixel(24), InvalidArgument);
    EXPECT_NE(s.data().source->memory(), nullptr);
}

TEST(Signal, SingleImageHasOnePixel)
{
    std::vector<float> const values{1, 2, 3, 4, 5, 6};
    Signal const s({}, {axis(2), axis(3)}, std::span<float const>(values));
    EXPECT_EQ(s.num_pixels(), 1u);
    EXPECT_TRUE(s.navigation_shape().empty());
    EXPECT_THAT(s.pixel(0), ElementsAre(1, 2, 3, 4, 5, 6));
    EXPECT_EQ(s.inav({}).num_pixels(), 1u);
}

TEST(Signal, RawBytesOfTheOtherOrder)
{
    std::vector<std::byte> const bytes{std::byte{1}, std::byte{2}, std::byte{0}, std::byte{7}};
    Signal const s({}, {axis(2)}, DataType::u16, bytes, true);  // big-endian 258, 7
    EXPECT_THAT(s.pixel(0), ElementsAre(258, 7));
}

TEST(Signal, RejectsWrongSizes)
{
    std::vector<double> const values = ramp(5);
    std::span<double const> const span(values);
    EXPECT_THAT(message_of([&] { Signal({axis(2)}, {axis(3)}, span); }), HasSubstr("5 values"));
    EXPECT_THAT(message_of([&] { Signal({axis(5)}, {}, span); }), HasSubstr("0 signal axes"));
    EXPECT_THAT(message_of([&] { Signal({}, {axis(5), axis(1), axis(1)}, span); }), HasSubstr("3 signal axes"));
    std::size_t const huge = std::size_t{1} << 40;
    EXPECT_THROW(Signal({axis(huge), axis(huge)}, {axis(5)}, span), InvalidArgument);
}

TEST(Signal, BinnedIsSetOnAllSignalAxes)
{
    Signal s = map();
    EXPECT_FALSE(s.is_binned());
    s.set_binned(true);
    EXPECT_TRUE(s.is_binned());
    EXPECT_FALSE(s.navigation_axes()[0].is_binned);
}

TEST(Signal, InavTakesABox)
{
    Signal const cut = map().inav({{1, 2}, {1, 3}, {1, 3}});
    EXPECT_THAT(cut.navigation_shape(), ElementsAre(1, 2, 2));
    // pixels (1,1,1) = 17, (1,1,2) = 18, (1,2,1) = 21, (1,2,2) = 22
    EXPECT_EQ(cut.pixel(0)[0], 17 * 5);
    EXPECT_EQ(cut.pixel(1)[0], 18 * 5);
    EXPECT_EQ(cut.pixel(2)[0], 21 * 5);
    EXPECT_EQ(cut.pixel(3)[4], 22 * 5 + 4);
    EXPECT_EQ(cut.navigation_axes()[1].value(0), 11.0);
    EXPECT_EQ(cut.navigation_axes()[2].value(1), -1.0);
    EXPECT_EQ(cut.data().source->memory(), nullptr);

    std::vector<double> all(20);
    cut.data().source->read(0, 4, reinterpret_cast<std::byte*>(all.data()));
    EXPECT_EQ(all[5], 18 * 5);
    EXPECT_EQ(all[10], 21 * 5);
}

TEST(Signal, InavOfARunStaysInMemory)
{
    Signal const row = map().inav({{1, 2}, {2, 3}, {1, 4}});
    ASSERT_NE(row.data().source->memory(), nullptr);
    double first = 0.0;
    std::memcpy(&first, row.data().source->memory(), sizeof(double));
    EXPECT_EQ(first, 21 * 5);
    EXPECT_EQ(map().inav({{0, 2}, {0, 3}, {0, 4}}).inav({{1, 2}, {0, 3}, {0, 4}}).pixel(0)[0], 60);
}

TEST(Signal, IsigTakesChannels)
{
    Signal s = map();
    Variance variance;
    variance.kind = Variance::Kind::channel;
    variance.channel = {1, 2, 3, 4, 5};
    s.set_variance(variance);
    Signal const cut = s.isig(1, 4);
    EXPECT_EQ(cut.num_channels(), 3u);
    EXPECT_EQ(cut.signal_axes()[0].value(0), 102.0);
    EXPECT_THAT(cut.pixel(2), ElementsAre(11, 12, 13));
    EXPECT_THAT(cut.pixel_variance(2), ElementsAre(2, 3, 4));
    EXPECT_EQ(cut.data().source->memory(), nullptr);
    EXPECT_THAT(cut.inav({{1, 2}, {0, 1}, {0, 1}}).isig(2, 3).pixel(0), ElementsAre(63));
}

TEST(Signal, SlicesOfAStoredVarianceFollow)
{
    Signal s = map();
    Variance variance;
    variance.kind = Variance::Kind::stored;
    variance.stored.type = DataType::f32;
    variance.stored.source = std::make_shared<Hidden>(5);
    s.set_variance(variance);
    EXPECT_THAT(s.pixel_variance(1), ElementsAre(5, 6, 7, 8, 9));
    EXPECT_THAT(s.isig(3, 5).pixel_variance(2), ElementsAre(13, 14));
    EXPECT_THAT(s.inav({{1, 2}, {1, 2}, {2, 4}}).isig(0, 2).pixel_variance(1), ElementsAre(95, 96));
}

TEST(Signal, SlicesOfALazySourceReadWhatTheyNeed)
{
    Signal const s({axis(2), axis(3), axis(4)}, {axis(5)}, RawArray{std::make_shared<Hidden>(5), DataType::f32});
    EXPECT_EQ(s.inav({{0, 1}, {0, 3}, {0, 4}}).data().source->preferred_count(), 12u);
    Signal const cut = s.inav({{0, 2}, {1, 2}, {3, 4}}).isig(4, 5);
    EXPECT_THAT(cut.pixel(0), ElementsAre(7 * 5 + 4));
    EXPECT_THAT(cut.pixel(1), ElementsAre(19 * 5 + 4));
}

TEST(Signal, NonUniformAxesAreCutToo)
{
    Axis time = axis(5);
    time.values = {1, 2, 4, 8, 16};
    Signal const s({}, {time}, std::span<double const>(ramp(5)));
    Axis const cut = s.isig(1, 4).signal_axes()[0];
    EXPECT_THAT(cut.values, ElementsAre(2, 4, 8));
    EXPECT_EQ(cut.size, 3u);
}

TEST(Signal, SlicesOutsideAreErrors)
{
    Signal const s = map();
    EXPECT_THROW(s.inav({{0, 2}, {0, 3}}), InvalidArgument);
    EXPECT_THROW(s.inav({{0, 2}, {0, 3}, {0, 5}}), InvalidArgument);
    EXPECT_THROW(s.inav({{0, 2}, {2, 2}, {0, 4}}), InvalidArgument);
    EXPECT_THROW(s.isig(0, 6), InvalidArgument);
    EXPECT_THROW(s.isig(3, 3), InvalidArgument);
    Signal const image({}, {axis(2), axis(3)}, std::span<double const>(ramp(6)));
    EXPECT_THROW(image.isig(0, 1), InvalidArgument);
}

/// 4 pixels of 20 channels of 0.5, and a low loss of 10 from -1.
Signal core_loss()
{
    return Signal({axis(4)}, {axis(20, 400.0, 0.5)}, std::span<double const>(ramp(80)));
}
Signal low_loss(std::size_t pixels, double offset = -1.0, double scale = 0.5)
{
    std::vector<Axis> navigation;
    if (pixels > 0) navigation.push_back(axis(pixels));
    return Signal(navigation, {axis(10, offset, scale)},
                  std::span<double const>(ramp(10 * std::max<std::size_t>(pixels, 1))));
}

TEST(LowLoss, FollowsSlicesOfThePixels)
{
    Signal s = core_loss();
    EXPECT_EQ(s.low_loss(), nullptr);
    s.set_low_loss(low_loss(4));
    EXPECT_EQ(s.inav({{2, 4}}).low_loss()->pixel(0).front(), 20.0);
    EXPECT_EQ(s.isig(5, 9).low_loss()->num_channels(), 10U);
    s.set_low_loss(low_loss(0));
    EXPECT_EQ(s.inav({{2, 4}}).low_loss()->num_pixels(), 1U);
}

TEST(LowLoss, ChecksTheAxes)
{
    Signal s = core_loss();
    s.set_low_loss(low_loss(4, -1.0, 0.5004));  // a step within a thousandth
    EXPECT_THAT(message_of([&] { s.set_low_loss(low_loss(4, -1.0, 0.51)); }),
                HasSubstr("channels of 0.51  (the signal's are of 0.5) rebin"));
    EXPECT_THAT(message_of([&] { s.set_low_loss(low_loss(4, 1.0, -0.5)); }),
                HasSubstr("runs the other way (from 1 to -3.5"));
    EXPECT_THAT(message_of([&] { s.set_low_loss(low_loss(4, 5.0)); }), HasSubstr("does not hold 0"));
    EXPECT_THAT(message_of([&] { s.set_low_loss(low_loss(3)); }), HasSubstr("shape [3] (the signal has [4])"));
    EXPECT_THAT(message_of([&] { s.set_low_loss(map()); }), HasSubstr("navigation shape"));
    Signal const image({}, {axis(4), axis(5)}, std::span<double const>(ramp(20)));
    EXPECT_THAT(message_of([&] { s.set_low_loss(image); }), HasSubstr("2 signal axes"));
    EXPECT_THAT(message_of([&] { Signal(image).set_low_loss(low_loss(0)); }), HasSubstr("2 signal axes"));
    Axis bent = axis(10);
    bent.values = ramp(10);
    bent.values[9] = 20.0;
    EXPECT_THAT(message_of([&] { s.set_low_loss(Signal({}, {bent}, std::span<double const>(ramp(10)))); }),
                HasSubstr("not uniform"));
}

TEST(Variance, KindsAndChecks)
{
    Signal s = map();
    EXPECT_TRUE(s.pixel_variance(0).empty());
    Variance v;
    v.kind = Variance::Kind::number;
    v.number = 2.5;
    s.set_variance(v);
    EXPECT_THAT(s.pixel_variance(3), ElementsAre(2.5, 2.5, 2.5, 2.5, 2.5));

    v.kind = Variance::Kind::poisson;  // 2 max(counts, 1) + 3
    v.number = 2.0;
    v.offset = 3.0;
    s.set_variance(v);
    EXPECT_THAT(s.pixel_variance(0), ElementsAre(5, 5, 7, 9, 11));

    v.offset = -2.0;
    EXPECT_THROW(s.set_variance(v), InvalidArgument);
    v.kind = Variance::Kind::number;
    for (double const bad : {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
        v.number = bad;
        EXPECT_THROW(s.set_variance(v), InvalidArgument) << bad;
    }
    v.kind = Variance::Kind::channel;
    v.channel = {1, 2};
    EXPECT_THAT(message_of([&] { s.set_variance(v); }), HasSubstr("variance has 2 channels (signal has 5)"));
    v.kind = Variance::Kind::stored;
    EXPECT_THROW(s.set_variance(v), InvalidArgument);
    EXPECT_EQ(s.variance().kind, Variance::Kind::poisson) << "a refused variance must change nothing";
}

TEST(DataTypes, NumpysNames)
{
    EXPECT_STREQ(name_of(DataType::f16), "float16");
    EXPECT_STREQ(name_of(DataType::u8), "uint8");
    EXPECT_STREQ(name_of(DataType::i64), "int64");
    EXPECT_EQ(size_of(DataType::u32), 4u);
}

}  // namespace
}  // namespace warpfit
