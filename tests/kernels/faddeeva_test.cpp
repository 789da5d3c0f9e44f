#include "kernels/core/faddeeva.hpp"
#include "kernels/core/lanes.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace warpfit::testing {
namespace {

struct Row
{
    double x, y;
    double expected[6];  ///< Re, Im of w, w', (z w)'
};

/// mpmath's values with 60 digits (tests/oracles/make_faddeeva_table.py).
std::vector<Row> read_rows()
{
    std::ifstream file(std::string(WARPFIT_TEST_DIR) + "/oracles/faddeeva_table.txt");
    std::vector<Row> rows;
    Row row{};
    while (file >> row.x >> row.y) {
        for (double& v : row.expected) file >> v;
        rows.push_back(row);
    }
    return rows;
}

template<class Real>
Real first(Real v)
{
    return v;
}
template<class T, class Arch>
T first(lanes::Lanes<T, Arch> v)
{
    return v.v.get(0);
}

/// Errors of Re w relative to itself, and of all else relative to the modulus.
struct Errors
{
    double real, w, slope, scaled;
};

template<class Real>
Errors errors_of(Row const& row)
{
    auto const f = math::faddeeva_slopes(Real(row.x), Real(row.y));
    double const found[] = {
        first(f.w.re),           first(f.w.im), first(f.slope.re), first(f.slope.im), first(f.scaled_slope.re),
        first(f.scaled_slope.im)};
    auto const complex_error = [&](int i) {
        return std::hypot(found[i] - row.expected[i], found[i + 1] - row.expected[i + 1]) /
               std::hypot(row.expected[i], row.expected[i + 1]);
    };
    return {std::abs(found[0] - row.expected[0]) / std::abs(row.expected[0]), complex_error(0), complex_error(2),
            complex_error(4)};
}

TEST(Faddeeva, IsGoodToTheLastDigitsOverThePlane)
{
    std::vector<Row> const rows = read_rows();
    ASSERT_GT(rows.size(), 200U);
    for (Row const& row : rows) {
        std::string const at = "at " + std::to_string(row.x) + " + i " + std::to_string(row.y);
        // Where Re w = exp(-x^2) is below the smallest double, or changes its sign below the real axis.
        bool const has_real = row.expected[0] > 1e-300 && row.y >= 0.0;
        for (Errors const& e : {errors_of<double>(row), errors_of<lanes::Lanes<double, WARPFIT_TEST_LANES>>(row)}) {
            if (has_real && !(row.y == 0.0 && std::abs(row.x) > 5.0)) {
                EXPECT_LT(e.real, 1e-14) << at;
            }
            EXPECT_LT(e.w, 1e-14) << at;
            EXPECT_LT(e.slope, 1e-12) << at;
            EXPECT_LT(e.scaled, 1e-10) << at;
        }
        if (row.y < 0.0 || std::hypot(row.x, row.y) > 1e5) continue;
        Errors const e = errors_of<float>(row);
        EXPECT_LT(e.w, 1e-6) << at;
        EXPECT_LT(e.slope, 2e-4) << at;
    }
}

TEST(Faddeeva, ScaledErrorFunctionIsThatOfTheImaginaryAxis)
{
    // mpmath: exp(x^2) erfc(x)
    EXPECT_NEAR(math::erfcx(0.0), 1.0, 1e-15);
    EXPECT_NEAR(math::erfcx(0.5), 0.6156903441929258749, 1e-15);
    EXPECT_NEAR(math::erfcx(30.0), 0.018795888861416751, 1e-17);
    EXPECT_NEAR(math::erfcx(1e8), 5.6418958354775625e-09, 1e-22);
    EXPECT_NEAR(math::erfcx(-2.0), 108.9409043899779724, 1e-12);
}

}  // namespace
}  // namespace warpfit::testing
