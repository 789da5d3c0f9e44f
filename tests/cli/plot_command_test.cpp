#include "tests/cli/program_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;

std::set<std::string> names_in(std::string const& folder)
{
    std::set<std::string> names;
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
        EXPECT_GT(entry.file_size(), 3000u) << entry.path();
        names.insert(entry.path().filename().string());
    }
    return names;
}

class PlotCommand : public testing::Test
{
  protected:
    std::string const folder = fresh_folder();
    std::string const model = write_file(folder + "/m.toml", line_model());
    std::string const out = folder + "/out.hspy";
    std::string const plots = folder + "/plots";
};

TEST_F(PlotCommand, DrawsLinesForOneNavigationAxis)
{
    ASSERT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + out).code, 0);
    Outcome const outcome = run("plot " + out + " --png " + plots + " --pixel 3");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(names_in(plots),
              (std::set<std::string>{"Gaussian_A.png", "Gaussian_A_standard_error.png", "Gaussian_centre.png",
                                     "Gaussian_centre_standard_error.png", "Gaussian_fwhm.png", "Gaussian_height.png",
                                     "Gaussian_sigma.png", "Gaussian_sigma_standard_error.png", "Offset_offset.png",
                                     "Offset_offset_standard_error.png", "red_chisq.png", "red_chisq_histogram.png",
                                     "status.png", "overview.png", "spectrum_3.png"}));
    EXPECT_THAT(outcome.out, HasSubstr("spectrum_3.png"));
    EXPECT_EQ(run("plot " + out + " --png " + plots + " --pixel 9").code, 2);
    EXPECT_EQ(run("plot " + model + " --png " + plots).code, 3);
}

TEST_F(PlotCommand, DrawsMapsAndImages)
{
    std::string const starter = folder + "/stack.toml";
    ASSERT_EQ(run("init " + data("stack.hspy") + " -o " + starter).code, 0);
    ASSERT_EQ(run("fit " + starter + " " + data("stack.hspy") + " -o " + out).code, 0);
    Outcome const outcome = run("plot " + out + " --png " + plots + " --pixel 1,2");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::set<std::string> const names = names_in(plots);
    for (char const* name : {"peak_sigma_x.png", "status.png", "image_1_2.png", "overview.png"})
        EXPECT_TRUE(names.contains(name)) << name;
}

TEST_F(PlotCommand, DrawsTheStartBeforeAFit)
{
    Outcome const outcome =
        run("plot " + model + " " + data("line.hspy") + " --png " + plots + " --pixel 0 --format svg");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_EQ(names_in(plots), (std::set<std::string>{"spectrum_0.svg"}));
    EXPECT_EQ(run("plot " + model + " " + data("line.hspy") + " --png " + plots).code, 2) << "which pixel?";
    EXPECT_EQ(run("plot " + model + " " + data("line.hspy") + " --png " + model + " --pixel 0").code, 7);
}

}  // namespace
}  // namespace warpfit::cli::testing_support
