#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <unistd.h>

namespace warpfit::io {
namespace {

using ::testing::HasSubstr;

class FineStructureText : public ::testing::Test
{
  protected:
    void SetUp() override { std::filesystem::create_directories(folder_); }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(std::string const& text) const
    {
        std::ofstream(path_) << text;
        return path_;
    }
    /// What reading it into the edge says.
    std::string error(std::string const& text)
    {
        try {
            txt_to_fine_structure_coeff(edge_, write(text));
        } catch (InputError const& e) {
            return e.what();
        }
        return "no error";
    }

    // round(0.1 * 10 / 0.5) + 4 = 6 coefficients
    static Component edge_with_splines()
    {
        ComponentOptions options;
        options.edge.element_subshell = "O_K";
        options.edge.energy_scale = 0.5;
        options.edge.fine_structure_active = true;
        options.edge.fine_structure_width = 10.0;
        options.edge.fine_structure_smoothing = 0.1;
        return Component("EELSCLEdge", "O_K", options);
    }

    std::string folder_ = ::testing::TempDir() + "warpfit_fine_structure_" + std::to_string(getpid());
    std::string path_ = folder_ + "/O_K.txt";
    Component edge_ = edge_with_splines();
};

TEST_F(FineStructureText, ComesBackWithAllDigits)
{
    std::vector<double> const values{0.1, 1.0 / 3.0, -2.5e-17, 1e300, 0.0, 7.0};
    for (std::size_t i = 0; i < 6; ++i) edge_["fine_structure_coeff_" + std::to_string(i)].set_value(values[i]);
    fine_structure_coeff_to_txt(edge_, path_);
    std::ifstream file(path_);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}),
              "0.1\n0.3333333333333333\n-2.5e-17\n1e+300\n0\n7\n");
    Component other = edge_with_splines();
    txt_to_fine_structure_coeff(other, path_);
    for (std::size_t i = 0; i < 6; ++i)
        EXPECT_EQ(other["fine_structure_coeff_" + std::to_string(i)].value(), values[i]);
}

TEST_F(FineStructureText, ReadsNumbersInLinesAndComments)
{
    txt_to_fine_structure_coeff(edge_, write("# of another fit\n 1\t2 # two of them\n+3.5\r\n4\n5\n6e-1"));
    EXPECT_EQ(edge_["fine_structure_coeff_2"].value(), 3.5);
    EXPECT_EQ(edge_["fine_structure_coeff_5"].value(), 0.6);
}

TEST_F(FineStructureText, RefusesWhatDoesNotFit)
{
    EXPECT_THAT(error("1\n2\n3\n"), HasSubstr("3 numbers ('O_K' has 6 fine structure coefficients)"));
    EXPECT_THAT(error("1\n2\nthree\n4\n5\n6\n"), HasSubstr("line 3: 'three' is no finite number"));
    EXPECT_THAT(error("1\n2\n3\n4\n5\nnan\n"), HasSubstr("line 6"));
    edge_["fine_structure_coeff_4"].set_bounds({0.0, 1.0});
    EXPECT_THAT(error("1\n2\n3\n4\n5\n6\n"), HasSubstr("outside the bounds of 'fine_structure_coeff_4' (0 to 1)"));
    EXPECT_EQ(edge_["fine_structure_coeff_0"].value(), 0.0);
    EXPECT_THROW(fine_structure_coeff_to_txt(Component("Gaussian"), path_), InvalidArgument);
    edge_.set_fine_structure(false, 10.0);
    EXPECT_THROW(txt_to_fine_structure_coeff(edge_, path_), InvalidArgument);
}

}  // namespace
}  // namespace warpfit::io
