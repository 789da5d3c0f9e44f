#include "tests/fit/maps.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// A stack of images, each a 2D Gaussian on an offset, without noise: the truth is what must come back.
struct ImageStack
{
    static constexpr std::size_t num_images = 37, num_rows = 5, num_columns = 9;

    struct Truth
    {
        double A, sigma_x, sigma_y, centre_x, centre_y, offset;
    };

    ImageStack()
    {
        Noise source(3);
        for (std::size_t image = 0; image < num_images; ++image) {
            truth.push_back({400.0 + 300.0 * source.uniform(), 1.2 + 0.6 * source.uniform(),
                             0.9 + 0.5 * source.uniform(), 3.5 + source.uniform(), 1.6 + 0.8 * source.uniform(),
                             5.0 + 10.0 * source.uniform()});
            Truth const& t = truth.back();
            for (std::size_t row = 0; row < num_rows; ++row)
                for (std::size_t column = 0; column < num_columns; ++column) {
                    double const u = (static_cast<double>(column) - t.centre_x) / t.sigma_x;
                    double const v = (static_cast<double>(row) - t.centre_y) / t.sigma_y;
                    double const height = t.A / (2.0 * M_PI * t.sigma_x * t.sigma_y);
                    values.push_back(height * std::exp(-0.5 * (u * u + v * v)) + t.offset);
                }
        }
    }

    template<class T>
    Signal signal() const
    {
        std::vector<T> data;
        for (double v : values) data.push_back(static_cast<T>(v));
        return Signal({{.name = "image", .size = num_images}},
                      {{.name = "y", .size = num_rows}, {.name = "x", .size = num_columns}}, data);
    }

    static Model model()
    {
        Model model;
        Component& spot = model.append("Gaussian2D", "spot");
        spot["A"].set_value(500.0);
        spot["sigma_x"].set_value(1.4);
        spot["sigma_y"].set_value(1.2);
        spot["centre_x"].set_value(4.0);
        spot["centre_y"].set_value(2.0);
        model.append("Offset", "background");
        return model;
    }

    /// tolerance: relative.
    void expect_truth(FitResult const& result, double tolerance) const
    {
        char const* const names[] = {"spot.A",        "spot.sigma_x",  "spot.sigma_y",
                                     "spot.centre_x", "spot.centre_y", "background.offset"};
        for (std::size_t i = 0; i < num_images; ++i) {
            Truth const& t = truth[i];
            double const expected[] = {t.A, t.sigma_x, t.sigma_y, t.centre_x, t.centre_y, t.offset};
            EXPECT_EQ(result.status[i], FitStatus::converged) << i;
            for (int k = 0; k < 6; ++k)
                EXPECT_NEAR(result.parameter(names[k]).values[i], expected[k], tolerance * expected[k])
                    << names[k] << " of image " << i;
        }
    }

    std::vector<Truth> truth;
    std::vector<double> values;  ///< [num_images, num_rows, num_columns]
};

double tolerance_of(Way const& way)
{
    return way.precision == Precision::float64 ? 1e-6 : 1e-3;
}

class ImageGrid : public BackendTest<Way>
{};

TEST_P(ImageGrid, GivesBackTheTruth)
{
    ImageStack const stack;
    stack.expect_truth(multifit(ImageStack::model(), stack.signal<double>(), options_of(GetParam())),
                       tolerance_of(GetParam()));
}

TEST_P(ImageGrid, GivesBackTheTruthFromFloats)
{
    ImageStack const stack;
    stack.expect_truth(multifit(ImageStack::model(), stack.signal<float>(), options_of(GetParam())), 1e-3);
}

TEST_P(ImageGrid, AMaskedChannelBreaksTheGridAndNothingElse)
{
    ImageStack const stack;
    DataOptions data;
    data.channel_mask.assign(ImageStack::num_rows * ImageStack::num_columns, 1);
    data.channel_mask[0] = data.channel_mask[13] = 0;
    stack.expect_truth(multifit(ImageStack::model(), stack.signal<float>(), options_of(GetParam()), data), 1e-3);
}

INSTANTIATE_TEST_SUITE_P(Ways, ImageGrid, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
