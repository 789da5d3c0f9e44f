#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"
#include "warpfit/elements.hpp"

#include <cmath>

namespace warpfit {
namespace {

void expect_angles(std::string const& file, double tolerance)
{
    for (testing::TableCase const& table : testing::read_cases(file)) {
        std::vector<double> const& row = table.of("row");  // beam, onset, alpha, beta, effective angle
        EXPECT_NEAR(effective_collection_angle(row[0], row[1], row[2], row[3]), row[4], tolerance * row[4])
            << row[0] << " keV, " << row[1] << " eV, " << row[2] << ", " << row[3] << " mrad";
    }
}

TEST(EffectiveAngle, IsThatOfHyperSpy)
{
    // HyperSpy's form of it cancels where alpha is small: one row of 20 is off by 1.5e-10, see the next test.
    expect_angles("hyperspy_angles.txt", 1e-9);
}

TEST(EffectiveAngle, KeepsItsDigitsWhereTheFormulaCancels)
{
    expect_angles("angles.txt", 1e-13);
}

TEST(EffectiveAngle, OfAParallelBeamIsTheCollectionAngle)
{
    EXPECT_EQ(effective_collection_angle(200.0, 532.0, 0.0, 12.5), 12.5);
}

TEST(EffectiveAngle, RefusesWhatCannotBe)
{
    using ::testing::HasSubstr;
    EXPECT_THAT(testing::error_of([] { effective_collection_angle(0.0, 532.0, 1.0, 10.0); }), HasSubstr("beam energy"));
    EXPECT_THAT(testing::error_of([] { effective_collection_angle(200.0, -1.0, 1.0, 10.0); }),
                HasSubstr("onset energy"));
    EXPECT_THAT(testing::error_of([] { effective_collection_angle(200.0, 532.0, -1.0, 10.0); }),
                HasSubstr("convergence angle"));
    EXPECT_THAT(testing::error_of([] { effective_collection_angle(200.0, 532.0, 1.0, std::nan("")); }),
                HasSubstr("collection angle is nan mrad"));
}

}  // namespace
}  // namespace warpfit
