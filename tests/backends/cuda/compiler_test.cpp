#include "src/backends/cuda/compiler.hpp"

#include <gtest/gtest.h>

namespace warpfit::cuda {
namespace {

std::vector<int> const known{75, 80, 86, 89, 90, 100, 120};

TEST(Target, IsTheDevicesArchitectureWhereItIsKnown)
{
    EXPECT_EQ(target_for("sm_75", known), "sm_75");
    EXPECT_EQ(target_for("sm_90", known), "sm_90");
    EXPECT_EQ(target_for("sm_90a", known), "sm_90a");
    EXPECT_EQ(target_for("sm_120", known), "sm_120");
}

TEST(Target, IsTheNewestBelowForAnUnknownDevice)
{
    EXPECT_EQ(target_for("sm_999", known), "compute_120");
    EXPECT_EQ(target_for("sm_87", known), "compute_86");
    EXPECT_EQ(target_for("sm_103a", known), "compute_100");
}

TEST(Target, IsNoneForADeviceOlderThanAllOrNoDevice)
{
    for (char const* text : {"sm_70", "sm_", "sm_x", "sm_90ab", "gfx90", "compute_90", "90", "", "sm_99999999999"})
        EXPECT_EQ(target_for(text, known), "") << text;
    EXPECT_EQ(target_for("sm_90", {}), "");
}

TEST(Compiler, EitherIsHereOrSaysWhyNot)
{
    Compiler const compiler("/nowhere/libnvrtc.so");
    EXPECT_EQ(compiler.missing().empty(), !compiler.version().empty());
    EXPECT_EQ(compiler.missing().empty(), !compiler.identity().empty());
    Compiled const compiled = compiler.compile({"", "sm_90"});
    EXPECT_EQ(compiled.is_fine(), compiler.missing().empty());
    EXPECT_EQ(compiled.log, compiler.missing());
}

// The C library stands in for an NVRTC that is none, or not whole.
TEST(Compiler, PassesOverALibraryThatIsNotNvrtc)
{
    Compiler const compiler("libc.so.6");
    if (compiler.missing().empty())
        EXPECT_FALSE(compiler.known_architectures().empty());
    else
        EXPECT_EQ(compiler.missing(), "libc.so.6 is not NVRTC (it does not say its version)");
}

}  // namespace
}  // namespace warpfit::cuda
