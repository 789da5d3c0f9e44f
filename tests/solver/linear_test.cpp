#include "kernels/solver/linear.hpp"

#include "tests/support/thread_team.hpp"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::solver {
namespace {

// B of unit diagonal; its inverse and determinant by hand:
//   B = [1 1/2 1/4; 1/2 1 1/2; 1/4 1/2 1],  B^-1 = [4/3 -2/3 0; -2/3 5/3 -2/3; 0 -2/3 4/3]
constexpr std::array<double, 6> tridiagonal{1.0, 0.5, 1.0, 0.25, 0.5, 1.0};

struct Factors
{
    std::array<double, 6> B = tridiagonal;
    std::array<double, 3> inv_pivot{};
};

Factors factors_of(std::array<double, 6> const& matrix, double dependent = 0.0)
{
    Factors f{matrix, {}};
    factorize(SerialTeam{}, 3, f.B.data(), f.inv_pivot.data(), 1e-12, dependent);
    return f;
}

TEST(Packed, LowerTriangleRowByRow)
{
    EXPECT_EQ(packed(0, 0), 0);
    EXPECT_EQ(packed(1, 0), 1);
    EXPECT_EQ(packed(2, 2), 5);
    EXPECT_EQ(packed_symmetric(0, 2), packed(2, 0));
    EXPECT_EQ(packed_size(3), 6);
    EXPECT_EQ(sums_size(3), 10);
}

TEST(Linear, PivotsAreThoseOfTheFactorisation)
{
    // D = 1, 3/4, 3/4
    Factors const f = factors_of(tridiagonal);
    EXPECT_DOUBLE_EQ(f.inv_pivot[0], 1.0);
    EXPECT_DOUBLE_EQ(f.inv_pivot[1], 4.0 / 3.0);
    EXPECT_DOUBLE_EQ(f.inv_pivot[2], 4.0 / 3.0);
}

TEST(Linear, Solves)
{
    Factors const f = factors_of(tridiagonal);
    std::array<double, 3> z{1.0, 2.0, 3.0};  // B^-1 (1 2 3)' = (0, 2/3, 8/3)
    solve(SerialTeam{}, 3, f.B.data(), f.inv_pivot.data(), z.data());
    EXPECT_NEAR(z[0], 0.0, 1e-15);
    EXPECT_NEAR(z[1], 2.0 / 3.0, 1e-15);
    EXPECT_NEAR(z[2], 8.0 / 3.0, 1e-15);
}

TEST(Linear, DiagonalOfTheInverse)
{
    Factors const f = factors_of(tridiagonal);
    std::array<double, 3> diagonal{}, column{};
    inverse_diagonal(SerialTeam{}, 3, f.B.data(), f.inv_pivot.data(), diagonal.data(), column.data());
    EXPECT_NEAR(diagonal[0], 4.0 / 3.0, 1e-15);
    EXPECT_NEAR(diagonal[1], 5.0 / 3.0, 1e-15);
    EXPECT_NEAR(diagonal[2], 4.0 / 3.0, 1e-15);
}

TEST(Linear, ADependentRowGetsTheValueAskedFor)
{
    // rows 0 and 2 are equal
    Factors const f = factors_of({1.0, 0.5, 1.0, 1.0, 0.5, 1.0}, 77.0);
    EXPECT_EQ(f.inv_pivot[2], 77.0);
    EXPECT_DOUBLE_EQ(f.inv_pivot[1], 4.0 / 3.0);

    Factors const g = factors_of({1.0, 0.5, 1.0, 1.0, 0.5, 1.0});
    std::array<double, 3> z{3.0, 3.0, 3.0};  // leaves row 2 out: [1 1/2; 1/2 1] z = (3, 3)
    solve(SerialTeam{}, 3, g.B.data(), g.inv_pivot.data(), z.data());
    EXPECT_NEAR(z[0], 2.0, 1e-15);
    EXPECT_NEAR(z[1], 2.0, 1e-15);
    EXPECT_EQ(z[2], 0.0);
}

/// Hilbert matrix of order 6, scaled to unit diagonal: condition 1.3e7. Its inverse is known in integers.
TEST(Linear, HilbertMatrixByThreadsOfAnyNumber)
{
    constexpr int n = 6;
    std::array<double, n> const inverse{36.0, 14700.0, 564480.0, 3628800.0, 4410000.0, 698544.0};  // mpmath
    std::array<double, packed_size(n)> unit{};
    auto const hilbert = [](int i, int j) { return 1.0 / (i + j + 1); };
    for (int i = 0; i < n; ++i)
        for (int j = 0; j <= i; ++j)
            unit[static_cast<std::size_t>(packed(i, j))] =
                hilbert(i, j) / std::sqrt(hilbert(i, i)) / std::sqrt(hilbert(j, j));
    for (int members : {1, 2, 4, 8}) {
        auto B = unit;
        std::array<double, n> inv_pivot{}, diagonal{};
        testing::run_team(members, 1, [&](testing::ThreadTeam const& team) {
            std::array<double, n> column{};
            factorize(team, n, B.data(), inv_pivot.data(), 1e-15, 0.0);
            inverse_diagonal(team, n, B.data(), inv_pivot.data(), diagonal.data(), column.data());
        });
        for (int i = 0; i < n; ++i) {
            auto const k = static_cast<std::size_t>(i);
            EXPECT_NEAR(diagonal[k] / hilbert(i, i), inverse[k], 1e-7 * inverse[k]) << members << " members, row " << i;
        }
    }
}

}  // namespace
}  // namespace warpfit::solver
