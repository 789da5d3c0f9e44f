#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <fstream>
#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

namespace warpfit::io {
namespace {

using testing::HasSubstr;

nlohmann::json inspect(std::string const& name)
{
    return nlohmann::json::parse(inspect_json(std::string(WARPFIT_TEST_DIR) + "/io/data/" + name));
}

TEST(Inspect, SignalOfAHyperSpyFile)
{
    auto const json = inspect("gaussian2d_stack.hspy");
    EXPECT_EQ(json["format"], "HyperSpy");
    EXPECT_EQ(json["format_version"], "3.1");
    ASSERT_EQ(json["signals"].size(), 1u);
    auto const& s = json["signals"][0];
    EXPECT_EQ(s["navigation_shape"], (std::vector<int>{2, 3}));
    EXPECT_EQ(s["signal_shape"], (std::vector<int>{18, 22}));
    EXPECT_EQ(s["type"], "float64");
    EXPECT_EQ(s["variance"], "stored");
    EXPECT_EQ(s["axes"][2]["units"], "um");
    EXPECT_EQ(s["axes"][2]["scale"], 0.5);
    ASSERT_GE(json["models"].size(), 1u);
    EXPECT_FALSE(json["models"][0]["components"].empty());
    EXPECT_TRUE(json["problems"].empty());
}

TEST(Inspect, ChunksFiltersAndWhatIsMissing)
{
    auto const json = inspect("load_layouts.h5");
    std::size_t found = 0;
    for (auto const& dataset : json["datasets"]) {
        if (dataset["path"] == "/gzip_shuffle") {
            ++found;
            EXPECT_EQ(dataset["chunks"], (std::vector<int>{1, 3, 6, 11}));
            EXPECT_EQ(dataset["filters"], (std::vector<std::string>{"shuffle", "deflate"}));
            EXPECT_GT(dataset["compression_ratio"], 1.5);
            EXPECT_FALSE(dataset.contains("missing"));
        }
        if (dataset["path"] == "/zstd") {
            ++found;
            EXPECT_THAT(dataset["missing"], HasSubstr("32015"));
        }
    }
    EXPECT_EQ(found, 2u);
}

TEST(Inspect, SaysWhyASignalCannotBeRead)
{
    auto const json = inspect("load_refused.hspy");
    EXPECT_TRUE(json["signals"].empty());
    EXPECT_EQ(json["problems"].size(), 11u);
}

TEST(Inspect, Text)
{
    std::string const text = inspect_text(std::string(WARPFIT_TEST_DIR) + "/io/data/load_big_endian.hspy");
    EXPECT_THAT(text, HasSubstr("(3, 4 | 50) uint16, byte-swapped"));
    EXPECT_THAT(text, HasSubstr("Energy loss: 50 values, -1.5 to 10.75 eV, step 0.25, binned"));
    std::string const file = testing::TempDir() + "inspect.txt";
    std::ofstream(file) << "1 2\n2 3\n4 5\n";
    EXPECT_THAT(inspect_text(file), HasSubstr("3 values, 1.0 to 4.0, not uniform"));
    EXPECT_THROW(inspect_json(testing::TempDir() + "absent.h5"), InputError);
}

}  // namespace
}  // namespace warpfit::io
