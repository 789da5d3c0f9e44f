#include "tests/io/test_result_cases.hpp"
#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sys/wait.h>
#include <unistd.h>

namespace warpfit {
namespace {

namespace fs = std::filesystem;

class ExportTest : public testing::Test
{
  protected:
    void SetUp() override
    {
        std::string folder = testing::TempDir() + "warpfit_export_XXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }
    void TearDown() override { fs::remove_all(folder_); }

    static std::string text(fs::path const& file)
    {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }

    /// Exports to all formats and reads everything back with NumPy, tifffile and Pillow.
    void check_with_numpy(FitResult const& result)
    {
        nlohmann::json expected;
        expected["shape"] = result.shape;
        auto const add = [&](std::string const& name, auto const& values) {
            auto list = nlohmann::json::array();
            for (auto const v : values) {
                auto const number = static_cast<double>(v);
                list.push_back(std::isnan(number) ? nlohmann::json() : nlohmann::json(number));
            }
            expected["maps"][name] = list;
        };
        add("chisq", result.chisq);
        add("red_chisq", result.red_chisq);
        add("dof", result.dof);
        add("iterations", result.iterations);
        add("status", result.status);
        for (ParameterMap const& map : result.parameters) {
            std::string name = map.component + "_" + map.parameter;
            for (char& c : name)
                if (c == ' ') c = '_';
            add(name, map.values);
            add(name + "_standard_error", map.standard_errors);
        }
        expected["dtypes"] = {{"dof", "<i4"}, {"iterations", "<i4"}, {"status", "|u1"}};
        std::string const maps = (folder_ / "maps").string();
        for (char const* const format : {"npy", "csv", "tiff"})
            EXPECT_EQ(io::export_maps(result, maps, format).size(), expected["maps"].size());
        std::ofstream(folder_ / "expected.json") << expected.dump();
        char const* const given = std::getenv("WARPFIT_TEST_PYTHON");
        std::string const python = given ? given : "/usr/bin/python3";
        std::string const report = (folder_ / "report.txt").string();
        std::string const command = python + " " WARPFIT_TEST_DIR "/io/check_export.py " + maps + " " +
                                    (folder_ / "expected.json").string() + " > " + report + " 2>&1";
        int const status = std::system(command.c_str());
        ASSERT_TRUE(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)
            GTEST_SKIP() << "no NumPy for " << python << ": " << text(report);
        EXPECT_EQ(WEXITSTATUS(status), 0) << text(report);
    }

    fs::path folder_;
};

TEST_F(ExportTest, TwoAxesReadBack)
{
    check_with_numpy(test::eels_case().result);
}

TEST_F(ExportTest, OneThreeAndNoAxesReadBack)
{
    for (auto const& c : test::result_cases()) {
        SCOPED_TRACE(c.name);
        if (c.result.shape.size() != 2) check_with_numpy(c.result);
    }
}

TEST_F(ExportTest, CsvIsInFullPrecisionWithNanAndPlanes)
{
    FitResult result = test::eels_case().result;
    result.shape = {3, 2, 2};
    result.chisq = {0.1,
                    1.0 / 3.0,
                    -1e300,
                    5e-324,
                    5,
                    std::numeric_limits<double>::quiet_NaN(),
                    7,
                    8,
                    9,
                    10,
                    std::numeric_limits<double>::infinity(),
                    12};
    io::export_maps(result, folder_.string(), "csv");
    EXPECT_EQ(text(folder_ / "chisq.csv"), "# chisq: sum of (data - model)^2 / variance\n"
                                           "# navigation shape: 3 x 2 x 2 (slowest axis first)\n"
                                           "# plane 0\n0.1,0.3333333333333333\n-1e+300,5e-324\n"
                                           "# plane 1\n5,nan\n7,8\n"
                                           "# plane 2\n9,10\ninf,12\n");
}

TEST_F(ExportTest, TiffKeepsWhatFloatCannotHold)
{
    FitResult result = test::eels_case().result;
    io::export_maps(result, folder_.string(), "tiff");
    auto const float_size = fs::file_size(folder_ / "chisq.tiff");
    result.chisq[0] = 1e200;
    io::export_maps(result, folder_.string(), "tiff");
    EXPECT_EQ(fs::file_size(folder_ / "chisq.tiff"), float_size + 12 * 4);
    double value = 0.0;
    std::string const bytes = text(folder_ / "chisq.tiff");
    std::memcpy(&value, bytes.data() + bytes.size() - 96, 8);
    EXPECT_EQ(value, 1e200);
}

TEST_F(ExportTest, NamesAreSafeAndDifferent)
{
    FitResult result = test::eels_case().result;
    auto const name = [&](std::size_t i, std::string component, std::string parameter) {
        result.parameters[i].component = std::move(component);
        result.parameters[i].parameter = std::move(parameter);
    };
    name(0, "../../etc", "A");
    name(1, "a b", "c");
    name(2, "a/b", "c");
    name(3, "A_b", "C");
    name(4, "red", "chisq");
    name(5, "µ", "x");
    auto const paths = io::export_maps(result, folder_.string(), "npy");
    std::vector<std::string> names;
    for (auto const& path : paths) {
        EXPECT_EQ(fs::path(path).parent_path(), folder_);
        EXPECT_TRUE(fs::exists(path)) << path;
        names.push_back(fs::path(path).filename().string());
    }
    EXPECT_THAT(names, testing::IsSupersetOf({"_._.._etc_A.npy", "a_b_c.npy", "a_b_c_2.npy", "A_b_C_3.npy",
                                              "red_chisq.npy", "red_chisq_2.npy", "µ_x.npy", "a_b_c_standard_error.npy",
                                              "a_b_c_standard_error_2.npy"}));
    EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(), names.size());
}

TEST_F(ExportTest, RefusesUnknownFormatsAndPlaces)
{
    FitResult const result = test::eels_case().result;
    EXPECT_THROW(io::export_maps(result, folder_.string(), "png"), InvalidArgument);
    std::ofstream(folder_ / "file") << "x";
    EXPECT_THROW(io::export_maps(result, (folder_ / "file").string(), "npy"), WriteError);
    EXPECT_THROW(io::export_maps(result, (folder_ / "file" / "sub").string(), "npy"), WriteError);
    FitResult ragged = result;
    ragged.parameters[2].values.pop_back();
    EXPECT_THROW(io::export_maps(ragged, folder_.string(), "npy"), InvalidArgument);
}

}  // namespace
}  // namespace warpfit
