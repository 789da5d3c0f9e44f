#include "src/backends/cuda/plugin_table.hpp"

#include <cstddef>
#include <gtest/gtest.h>
#include <type_traits>

namespace warpfit::cuda {
namespace {

// What crosses the boundary is plain data, laid out as a C compiler would.
template<class T>
constexpr bool is_plain = std::is_standard_layout_v<T>&& std::is_trivially_copyable_v<T>;

static_assert(is_plain<Table> && is_plain<ErrorText> && is_plain<DeviceInfo> && is_plain<DriverInfo> &&
              is_plain<CompilerInfo>);
static_assert(is_plain<program::Plan> && is_plain<program::PixelBatch> && is_plain<program::BatchResults>);
static_assert(is_plain<estimate::Plan> && is_plain<estimate::Results>);
static_assert(is_plain<program::ExpressionCode> && is_plain<program::Instruction>);

TEST(PluginTable, VersionComesFirstSoThatAnyVersionCanBeRefused)
{
    EXPECT_EQ(offsetof(Table, version), 0U);
    EXPECT_EQ(offsetof(Table, size), sizeof(unsigned));
}

// A change here is a change of the boundary: raise table_version with it.
TEST(PluginTable, LayoutOfThisVersion)
{
    EXPECT_EQ(table_version, 10U);
    EXPECT_EQ(sizeof(Table), 8 + 15 * sizeof(void*));
    EXPECT_EQ(sizeof(program::Plan), 232U);
    EXPECT_EQ(sizeof(program::PixelBatch), 144U);
    EXPECT_EQ(sizeof(program::BatchResults), 56U);
    EXPECT_EQ(sizeof(estimate::Plan), 352U);
    EXPECT_EQ(sizeof(estimate::Results), 16U);
    EXPECT_EQ(sizeof(DeviceInfo), 288U);
    EXPECT_EQ(sizeof(DriverInfo), 8U);
    EXPECT_EQ(sizeof(CompilerInfo), 1032U);
}

}  // namespace
}  // namespace warpfit::cuda
