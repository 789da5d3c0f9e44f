#include "src/physics/fine_structure.hpp"

#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"

namespace warpfit::physics {
namespace {

using ::testing::HasSubstr;

FineStructure made(testing::TableCase const& table)
{
    return {table.one("onset"), table.one("width"), static_cast<std::size_t>(table.one("count")),
            table.one("spline_onset")};
}

TEST(FineStructure, CountsItsCoefficientsAsPythonRounds)
{
    for (testing::TableCase const& table : testing::read_cases("fine_structures.txt"))
        EXPECT_EQ(
            static_cast<double>(FineStructure::num_coefficients(table.one("smoothing"), table.one("width"),
                                                                table.one("spline_onset"), table.one("energy_scale"))),
            table.one("count"));
    // Halves go to the even neighbour: 2.5 -> 2, 3.5 -> 4.
    EXPECT_EQ(FineStructure::num_coefficients(0.25, 10.0, 0.0, 1.0), 6U);
    EXPECT_EQ(FineStructure::num_coefficients(0.35, 10.0, 0.0, 1.0), 8U);
    EXPECT_EQ(FineStructure::num_coefficients(0.0, 30.0, 0.0, 0.5), 4U);
}

TEST(FineStructure, HasTheSplinesOfSciPy)
{
    for (testing::TableCase const& table : testing::read_cases("fine_structures.txt")) {
        FineStructure const splines = made(table);
        std::size_t const count = splines.num_coefficients();
        ASSERT_EQ(splines.knots().size(), table.of("knots").size());
        for (std::size_t i = 0; i < count + 4; ++i) EXPECT_NEAR(splines.knots()[i], table.of("knots")[i], 1e-12 * 700);
        for (std::size_t i = 0; i < table.of("x").size(); ++i) {
            FineStructure::Local const local = splines.basis(table.of("x")[i]);
            for (std::size_t k = 0; k < count; ++k) {
                double const value = k >= local.first && k < local.first + 4 ? local.values[k - local.first] : 0.0;
                EXPECT_NEAR(value, table.of("basis")[i * count + k], 1e-12);
            }
        }
    }
}

TEST(FineStructure, SumsToOneInItsWindowAndIsZeroOutside)
{
    FineStructure const splines(500.0, 30.0, 22, 5.0);
    std::vector<double> const ones(22, 1.0);
    for (double x = 495.0; x < 540.0; x += 0.25) {
        bool const within = x >= 505.0 && x < 530.0;
        EXPECT_EQ(splines.contains(x), within);
        EXPECT_NEAR(splines.value(ones, x), within ? 1.0 : 0.0, 1e-14);
    }
    EXPECT_EQ(splines.end_energy(), 530.0);
}

TEST(FineStructure, RefusesWhatCannotBe)
{
    EXPECT_THAT(testing::error_of([] { FineStructure(500.0, 30.0, 3); }), HasSubstr("4 or more"));
    EXPECT_THAT(testing::error_of([] { FineStructure(500.0, 0.0, 5); }), HasSubstr("fine_structure_width"));
    EXPECT_THAT(testing::error_of([] { FineStructure(500.0, 30.0, 5, 30.0); }), HasSubstr("spline_onset"));
    EXPECT_THAT(testing::error_of([] { FineStructure::num_coefficients(-0.1, 30.0, 0.0, 0.5); }),
                HasSubstr("fine_structure_smoothing"));
    EXPECT_THAT(testing::error_of([] { FineStructure::num_coefficients(1.0, 30.0, 0.0, 1e-9); }), HasSubstr("at most"));
    EXPECT_THAT(testing::error_of([] { FineStructure::num_coefficients(0.3, 1e9, 0.0, 0.5); }),
                HasSubstr("1e+09 eV wide would have 600000004 coefficients (at most 1000; channels are 0.5 eV wide)"));
}

}  // namespace
}  // namespace warpfit::physics
