#include "src/fit/calibration.hpp"

#include "src/fit/backend.hpp"
#include "src/fit/device_choice.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/fit/maps.hpp"
#include "warpfit/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace warpfit::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

/// A file of its own, which no other test and no user reads.
class CalibrationTest : public ::testing::Test
{
  protected:
    CalibrationTest()
        : folder_(std::filesystem::path(::testing::TempDir()) / ("warpfit_calibration_" + std::to_string(getpid())))
    {
        std::filesystem::remove_all(folder_);
        setenv("WARPFIT_CALIBRATION", file().c_str(), 1);
    }
    ~CalibrationTest() override
    {
        unsetenv("WARPFIT_FAKE_FAULT");
        setenv("WARPFIT_CALIBRATION", "", 1);
        std::filesystem::remove_all(folder_);
    }

    std::string file() const { return (folder_ / "deep" / "calibration.toml").string(); }
    std::filesystem::path const& folder() const { return folder_; }

    void write(std::string const& text) const
    {
        std::filesystem::create_directories(folder_ / "deep");
        std::ofstream(file()) << text;
    }

    static void fault(char const* name) { setenv("WARPFIT_FAKE_FAULT", name, 1); }

    /// What "auto" does with a map of so many pixels.
    struct Choice
    {
        std::string device;
        std::vector<std::string> notes;
    };
    static Choice choose(double num_pixels)
    {
        FitOptions options;
        options.plugin = WARPFIT_FAKE_PLUGIN;
        FitPlan const plan = lower(PeakMap::model(), PeakMap(1).signal(), options, {});
        Choice choice;
        choice.device = make_backend(plan.view(), options, num_pixels, 512.0, choice.notes)->device();
        return choice;
    }

  private:
    std::filesystem::path folder_;
};

/// Of the fake device; by its constants a CPU takes an hour for a fit.
Calibration favours_the_gpu()
{
    Calibration calibration{built_in_costs, true, "Fake 1000", true, ""};
    calibration.costs.cpu_start = 3600.0;
    return calibration;
}

void expect_equal(DeviceCosts const& a, DeviceCosts const& b)
{
    EXPECT_EQ(a.cpu_start, b.cpu_start);
    EXPECT_EQ(a.cpu_rate, b.cpu_rate);
    EXPECT_EQ(a.gpu_start, b.gpu_start);
    EXPECT_EQ(a.gpu_compile, b.gpu_compile);
    EXPECT_EQ(a.gpu_rate, b.gpu_rate);
    EXPECT_EQ(a.gpu_double_share, b.gpu_double_share);
    EXPECT_EQ(a.interpreter_share, b.interpreter_share);
    EXPECT_EQ(a.gpu_copy, b.gpu_copy);
}

TEST_F(CalibrationTest, IsReadAsItWasWritten)
{
    Calibration const written{
        {1.0 / 3.0, 2e9, 0.125, 1e-6, 1e11, 0.5, 0.1, 1e10}, true, "a \"b\" \\ c", true, "remark"};
    save_calibration(written);
    Calibration const read = stored_calibration();
    expect_equal(read.costs, written.costs);
    EXPECT_TRUE(read.is_measured);
    EXPECT_EQ(read.gpu, written.gpu);
    EXPECT_TRUE(read.gpu_agrees);
    EXPECT_EQ(read.remark, written.remark);
}

TEST_F(CalibrationTest, WithoutAFileTheConstantsAreBuiltIn)
{
    Calibration const none = stored_calibration();
    EXPECT_FALSE(none.is_measured);
    EXPECT_EQ(none.remark, "");
    expect_equal(none.costs, built_in_costs);
}

TEST_F(CalibrationTest, ADamagedFileIsNamedAndNotUsed)
{
    std::string const good = calibration_text(favours_the_gpu());
    auto const replaced = [&](std::string const& from, std::string const& to) {
        std::string text = good;
        std::size_t const at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        return text.replace(at, from.size(), to);
    };
    struct Case
    {
        std::string text;
        char const* remark;
    };
    for (Case const& c : {Case{good.substr(0, good.find("gpu_copy")), "'gpu_copy' is missing"},
                          Case{good.substr(0, good.find("gpu = ") + 8), "not valid TOML"},
                          Case{replaced("cpu_start = 3600", "cpu_start = nan"), "not positive"},
                          Case{replaced("cpu_start = 3600", "cpu_start = \"a\""), "not a number"},
                          Case{replaced("schema = 1", "schema = 2"), "schema 2 is not known"},
                          Case{std::string(100, '\0'), "not valid TOML"}, Case{"", "'schema' is missing"},
                          Case{replaced("warpfit = \"", "warpfit = \"old "), "measured with warpfit old"},
                          Case{replaced("cpu = \"", "cpu = \"Other "), "another machine (Other "}}) {
        SCOPED_TRACE(c.remark);
        write(c.text);
        Calibration const read = stored_calibration();
        EXPECT_THAT(read.remark, AllOf(HasSubstr(c.remark), HasSubstr(file())));
        EXPECT_FALSE(read.is_measured);
        EXPECT_FALSE(read.gpu_agrees);
        expect_equal(read.costs, built_in_costs);
        Choice const choice = choose(10);
        EXPECT_EQ(choice.device, "cpu");
        EXPECT_THAT(choice.notes, Contains(AllOf(HasSubstr("calibration is not used"), HasSubstr(c.remark))));
        EXPECT_THAT(choice.notes, Contains(HasSubstr("built-in constants")));
    }
}

TEST_F(CalibrationTest, LiesWhereTheEnvironmentSays)
{
    EXPECT_EQ(calibration_path(), file());
    char const* const home = std::getenv("HOME");
    std::string const old_home = home != nullptr ? home : "";
    unsetenv("WARPFIT_CALIBRATION");
    setenv("HOME", "/home/somebody", 1);
    setenv("XDG_CACHE_HOME", "relative", 1);
    EXPECT_EQ(calibration_path(), "/home/somebody/.cache/warpfit/calibration.toml");
    setenv("XDG_CACHE_HOME", "/cache", 1);
    EXPECT_EQ(calibration_path(), "/cache/warpfit/calibration.toml");
    unsetenv("XDG_CACHE_HOME");
    unsetenv("HOME");
    EXPECT_EQ(calibration_path(), "");
    setenv("HOME", old_home.c_str(), 1);
    setenv("WARPFIT_CALIBRATION", "", 1);
    EXPECT_EQ(calibration_path(), "");
    EXPECT_FALSE(stored_calibration().is_measured);
    EXPECT_THROW(save_calibration(favours_the_gpu()), InvalidArgument);
}

TEST_F(CalibrationTest, APlaceThatCannotBeWrittenIsAnError)
{
    std::filesystem::create_directories(folder());
    std::ofstream(folder() / "deep") << "a file, not a folder";
    EXPECT_THROW(save_calibration(favours_the_gpu()), WriteError);
}

TEST_F(CalibrationTest, MeasuresCpuAndGpuAndComparesThem)
{
    Calibration const measured = calibrate(WARPFIT_FAKE_PLUGIN, 1e-3);
    EXPECT_TRUE(measured.is_measured);
    EXPECT_EQ(measured.gpu, "Fake 1000");
    EXPECT_TRUE(measured.gpu_agrees) << measured.remark;
    DeviceCosts const& costs = measured.costs;
    for (double const cost : {costs.cpu_start, costs.cpu_rate, costs.gpu_start, costs.gpu_compile, costs.gpu_rate,
                              costs.gpu_double_share, costs.gpu_copy})
        EXPECT_GT(cost, 0.0);
    EXPECT_NE(costs.cpu_rate, built_in_costs.cpu_rate);
    EXPECT_NE(costs.gpu_rate, built_in_costs.gpu_rate);
    EXPECT_NE(costs.gpu_copy, built_in_costs.gpu_copy);
    save_calibration(measured);
    expect_equal(stored_calibration().costs, costs);
}

TEST_F(CalibrationTest, AGpuThatErrsIsFound)
{
    fault("wrong");  // the first parameter by one standard error
    Calibration const wrong = calibrate(WARPFIT_FAKE_PLUGIN, 1e-3);
    EXPECT_FALSE(wrong.gpu_agrees);
    EXPECT_THAT(wrong.remark, AllOf(HasSubstr("PowerLaw.A of pixel 0 in float64"), HasSubstr("on the CPU")));
}

TEST_F(CalibrationTest, AGpuThatFailsLeavesTheCpusConstants)
{
    for (char const* what : {"no_device", "create_memory", "lost"}) {
        SCOPED_TRACE(what);
        fault(what);
        Calibration const failed = calibrate(WARPFIT_FAKE_PLUGIN, 1e-3);
        EXPECT_TRUE(failed.is_measured);
        EXPECT_EQ(failed.gpu, "");
        EXPECT_FALSE(failed.gpu_agrees);
        EXPECT_NE(failed.remark, "");
        EXPECT_NE(failed.costs.cpu_rate, built_in_costs.cpu_rate);
        EXPECT_EQ(failed.costs.gpu_rate, built_in_costs.gpu_rate);
        EXPECT_EQ(failed.costs.gpu_start, built_in_costs.gpu_start);
    }
}

TEST_F(CalibrationTest, AutoTakesAGpuThatWasSeenToAgreeAndIsFaster)
{
    Calibration calibration = favours_the_gpu();
    save_calibration(calibration);
    Choice const faster = choose(10);
    EXPECT_EQ(faster.device, "cuda");
    EXPECT_THAT(faster.notes,
                Contains(AllOf(HasSubstr("GPU Fake 1000 rather than CPU"), HasSubstr("measured constants"))));

    calibration.costs.cpu_start = 1e-9;
    calibration.costs.gpu_start = 3600.0;
    save_calibration(calibration);
    Choice const slower = choose(10);
    EXPECT_EQ(slower.device, "cpu");
    EXPECT_THAT(slower.notes, Contains(AllOf(HasSubstr("CPU rather than GPU"), HasSubstr("measured constants"))));
}

TEST_F(CalibrationTest, AutoFitsOnTheGpuItTakes)
{
    save_calibration(favours_the_gpu());
    FitOptions options;
    options.plugin = WARPFIT_FAKE_PLUGIN;
    EXPECT_EQ(multifit(PeakMap::model(), PeakMap(4).signal(), options).device, "cuda");
    options.instructions = "sse2";  // who chooses among CPUs wants the CPU
    EXPECT_EQ(multifit(PeakMap::model(), PeakMap(4).signal(), options).device, "cpu");
}

// By the built-in constants, too, a billion pixels are for the GPU.
TEST_F(CalibrationTest, AutoTakesNoGpuThatNobodyHasComparedHere)
{
    Choice const none = choose(1e9);
    EXPECT_EQ(none.device, "cpu");
    EXPECT_THAT(none.notes, Contains(AllOf(HasSubstr("may be faster"), HasSubstr("built-in constants"),
                                           HasSubstr("nobody has compared"), HasSubstr("doctor --calibrate"))));

    Calibration other = favours_the_gpu();
    other.gpu = "Other 2000";
    save_calibration(other);
    EXPECT_EQ(choose(1e9).device, "cpu");
    EXPECT_THAT(choose(1e9).notes, Contains(AllOf(HasSubstr("built-in constants"), HasSubstr("nobody has compared"))));

    Calibration differs = favours_the_gpu();
    differs.gpu_agrees = false;
    differs.remark = "peak.A of pixel 7";
    save_calibration(differs);
    EXPECT_EQ(choose(1e9).device, "cpu");
    EXPECT_THAT(choose(1e9).notes, Contains(AllOf(HasSubstr("measured constants"), HasSubstr("differ from the CPU's"),
                                                  HasSubstr("peak.A of pixel 7"))));
}

TEST_F(CalibrationTest, AutoSaysWhyTheGpuItWouldTakeCannot)
{
    save_calibration(favours_the_gpu());
    for (char const* what : {"unsupported", "create_memory"}) {
        fault(what);
        Choice const choice = choose(10);
        EXPECT_EQ(choice.device, "cpu");
        EXPECT_THAT(choice.notes, Contains(AllOf(HasSubstr("cannot do this fit"), Not(HasSubstr("()")))));
    }
}

}  // namespace
}  // namespace warpfit::testing
