#include "src/cli/summary.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace warpfit::cli {
namespace {

using testing::HasSubstr;
using testing::Not;

FitResult four_pixels()
{
    double const nan = std::nan("");
    FitResult result;
    result.shape = {2, 2};
    result.num_channels = 9;
    result.device = "cpu";
    result.instructions = "avx2";
    result.precision = "float64";
    result.optimizer = "lm";
    result.notes = {"float64 was asked for."};
    result.seconds = 2.0;
    result.parameters.push_back({"Gaussian", "sigma", true, {0.0, 2.0, 4.0, nan}, {0.0, 0.1, 0.3, nan}});
    result.red_chisq = {1.0, 2.0, 3.0, nan};
    result.status = {FitStatus::converged_at_bound, FitStatus::converged, FitStatus::max_iterations,
                     FitStatus::bad_input};
    return result;
}

Model gaussian_model()
{
    Model model;
    model.append("Gaussian");
    return model;
}

TEST(Summary, SaysWhatTheFitDid)
{
    std::string const text = summary_text(four_pixels(), gaussian_model(), true);
    EXPECT_THAT(text, HasSubstr("4 pixels (2 x 2), 9 channels"));
    EXPECT_THAT(text, HasSubstr("lm on cpu (avx2, float64, 1 thread)"));
    EXPECT_THAT(text, HasSubstr("float64 was asked for."));
    EXPECT_THAT(text, HasSubstr("2 pixels/s"));
    EXPECT_THAT(text, HasSubstr("median 2, 1 to 3; 33.3 % of the pixels above 2"));
}

TEST(Summary, CountsNoLargeChisqWhereItHasNoScale)
{
    std::string const text = summary_text(four_pixels(), gaussian_model(), false);
    EXPECT_THAT(text, HasSubstr("median 2, 1 to 3 (unweighted"));
    EXPECT_THAT(text, Not(HasSubstr("above 2")));
    std::vector<double> const values(4, 1.0);
    Axis axis;
    axis.size = values.size();
    Signal counts({}, {axis}, std::span<double const>(values));
    DataOptions data;
    EXPECT_FALSE(is_weighted(counts, data));
    data.variance = "poisson";
    EXPECT_TRUE(is_weighted(counts, data));
    counts.set_variance({.kind = Variance::Kind::number, .number = 2.0});
    data.variance = "none";
    EXPECT_FALSE(is_weighted(counts, data));
    data.variance = "file";
    EXPECT_TRUE(is_weighted(counts, data));
}

TEST(Summary, AdvisesOnEveryFailure)
{
    std::string const text = summary_text(four_pixels(), gaussian_model(), true);
    EXPECT_THAT(text, HasSubstr("e.g. (1,1)\n    NaN or infinite data"));
    EXPECT_THAT(text, HasSubstr("e.g. (1,0)\n    raise fit.max_iterations"));
    EXPECT_THAT(text, Not(HasSubstr("singular")));
}

TEST(Summary, CountsPixelsAtBounds)
{
    // sigma of a Gaussian has bmin = 0, and the first pixel is there; NaN is left out of the statistics.
    std::string const text = summary_text(four_pixels(), gaussian_model(), true);
    std::size_t const line = text.find("Gaussian.sigma");
    ASSERT_NE(line, std::string::npos);
    std::string const row = text.substr(line, text.find('\n', line) - line);
    EXPECT_THAT(row, testing::ContainsRegex("Gaussian.sigma +2 +0 +4 +0.1 +1$"));
}

TEST(ShareFailed, LeavesMaskedPixelsOut)
{
    FitResult result;
    result.status = {FitStatus::converged, FitStatus::converged_at_bound, FitStatus::max_iterations,
                     FitStatus::bad_start, FitStatus::masked};
    EXPECT_DOUBLE_EQ(share_failed(result), 0.5);
    EXPECT_DOUBLE_EQ(share_failed(FitResult()), 0.0);
}

TEST(PixelText, IsSlowestFirst)
{
    EXPECT_EQ(pixel_text(13, {4, 5}), "2,3");
    EXPECT_EQ(pixel_text(59, {3, 4, 5}), "2,3,4");
    EXPECT_EQ(pixel_text(0, {}), "0");
}

}  // namespace
}  // namespace warpfit::cli
