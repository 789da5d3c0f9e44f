#include "tests/cli/program_support.hpp"

#include <cstdlib>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warpfit::cli::testing_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// `doctor` with the fake plugin of tests/support, which fails as the fault says.
class Doctor : public testing::Test
{
  protected:
    ~Doctor() override { unsetenv("WARPFIT_FAKE_FAULT"); }

    static std::string with_fault(char const* fault)
    {
        setenv("WARPFIT_FAKE_FAULT", fault, 1);
        return with_plugin(WARPFIT_FAKE_PLUGIN);
    }

    static std::string with_plugin(std::string const& path)
    {
        Outcome const outcome = run("doctor --plugin " + path);
        EXPECT_EQ(outcome.code, 0);
        EXPECT_EQ(outcome.err, "");
        return outcome.out;
    }
};

TEST_F(Doctor, LooksAtTheCpuAndAtFilters)
{
    Outcome const outcome = run("doctor");
    EXPECT_EQ(outcome.code, 0);
    for (char const* what : {"CPU", "instructions", "threads", "HDF5 filters", "deflate", "CUDA plugin"})
        EXPECT_THAT(outcome.out, HasSubstr(what));
}

TEST_F(Doctor, ShowsWhatIsThere)
{
    EXPECT_THAT(with_fault(""), AllOf(HasSubstr(WARPFIT_FAKE_PLUGIN), HasSubstr("for CUDA 13.0"),
                                      HasSubstr("Fake 1000, compute capability 9.0"), HasSubstr("8.0 GiB"),
                                      HasSubstr("--device cuda"), Not(HasSubstr("fits run on the CPU"))));
}

TEST_F(Doctor, TellsWhatIsMissingApart)
{
    EXPECT_THAT(with_plugin("/nowhere/libwarpfit_cuda.so"),
                AllOf(HasSubstr("no CUDA plugin (/nowhere/libwarpfit_cuda.so does not exist)"), HasSubstr("-> install"),
                      Not(HasSubstr("CUDA driver"))));
    EXPECT_THAT(with_fault("wrong_version"),
                AllOf(HasSubstr("of another version"), HasSubstr("-> install library and plugin of one build")));
    EXPECT_THAT(with_fault("no_driver"), AllOf(HasSubstr("no CUDA driver"), HasSubstr("-> install the NVIDIA driver"),
                                               Not(HasSubstr("CUDA device"))));
    EXPECT_THAT(with_fault("old_driver"),
                AllOf(HasSubstr("too old (it is for CUDA 11.4, the plugin is made of 13.0"), HasSubstr("-> update")));
    EXPECT_THAT(with_fault("no_device"),
                AllOf(HasSubstr("no CUDA device"), HasSubstr("CUDA_VISIBLE_DEVICES"), HasSubstr("for CUDA 13.0")));
    EXPECT_THAT(with_fault("query"), AllOf(HasSubstr("does not answer"), HasSubstr("-> check nvidia-smi")));
    EXPECT_THAT(with_fault("no_nvrtc"),
                AllOf(HasSubstr("libnvrtc.so"), HasSubstr("-> without it a GPU fit uses the slower"),
                      HasSubstr("--device cuda")));
    EXPECT_THAT(with_fault("no_linker"), AllOf(HasSubstr("libnvJitLink.so"), HasSubstr("takes some seconds")));
}

TEST_F(Doctor, TakesNoRelativePath)
{
    Outcome const outcome = run("doctor --plugin libwarpfit_cuda.so");
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("not a full path"));
}

TEST_F(Doctor, CalibratesIntoTheFileThatFitsRead)
{
    std::string const file = fresh_folder() + "/c.toml";
    setenv("WARPFIT_CALIBRATION", file.c_str(), 1);
    EXPECT_THAT(with_fault(""), AllOf(HasSubstr("with built-in constants"), HasSubstr("auto stays on the CPU")));
    setenv("WARPFIT_FAKE_FAULT", "", 1);
    Outcome const measuring = run(std::string("doctor --calibrate --plugin ") + WARPFIT_FAKE_PLUGIN);
    EXPECT_EQ(measuring.code, 0) << measuring.err;
    EXPECT_THAT(measuring.out, AllOf(HasSubstr("measured in " + file), HasSubstr("auto takes the GPU")));
    EXPECT_THAT(with_fault(""), AllOf(HasSubstr("measured in " + file), HasSubstr("auto takes the GPU")));
    write_file(file, "schema = ");
    EXPECT_THAT(with_fault(""), AllOf(HasSubstr("with built-in constants"), HasSubstr(file + ":1"),
                                      HasSubstr("auto stays on the CPU")));
    setenv("WARPFIT_CALIBRATION", "/proc/nowhere/c.toml", 1);
    EXPECT_EQ(run("doctor --calibrate").code, 7);
    setenv("WARPFIT_CALIBRATION", "", 1);
}

}  // namespace
}  // namespace warpfit::cli::testing_support
