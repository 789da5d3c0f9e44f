#include "kernels/core/gamma.hpp"
#include "kernels/core/lanes.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>

namespace warpfit::testing {
namespace {

struct Row
{
    double x, log_gamma, digamma, trigamma;
};

/// mpmath, 40 digits: log |Gamma|, psi_0, psi_1.
constexpr Row rows[] = {
    {0.001, 6.90717888538385366, -1000.57557193181028, 1000001.64253319583},
    {0.25, 1.28802252469807746, -4.22745353337626541, 17.1973291545071107},
    {0.49, 0.592249629335267056, -2.01371605069512609, 5.1080924838814035},
    {0.5, 0.572364942924700087, -1.96351002602142348, 4.93480220054467931},
    {1.0, 0.0, -0.577215664901532861, 1.64493406684822644},
    {1.4616321449683622, -0.121486290535849608, -9.24126552172942752e-17, 0.967672245447621255},
    {2.0, 0.0, 0.422784335098467139, 0.644934066848226436},
    {2.5, 0.28468287047291916, 0.703156640645243187, 0.490357756100234865},
    {7.999, 8.52314578615891549, 2.01550833209034804, 0.133154716613158604},
    {8.0, 8.5251613610654143, 2.01564147795561, 0.133137014694031425},
    {33.25, 82.4292383459090423, 3.48894180352093869, 0.0305319795354216043},
    {10000.0, 82099.7174964423773, 9.2102903711428494, 0.000100005000166666666},
    {1e+200, 4.59517018598809123e+202, 460.517018598809137, 1.00000000000000003e-200},
    {-0.3, 1.46484005085760253, 2.11330977963539887, 13.9451602678057225},
    {-1.75, 1.0160888092144357, -2.32269162861436065, 19.3016375445297865},
    {-12.4, -19.8090303300080284, 3.57824276517186388, 10.8340856197969726},
};

template<class Real>
void expect_row(Row const& row, double tolerance, Real (*load)(double), double (*first)(Real const&))
{
    Real const x = load(row.x);
    auto const near = [&](Real const& got, double expected, char const* what) {
        EXPECT_NEAR(first(got), expected, tolerance * std::fmax(1.0, std::fabs(expected))) << what << " of " << row.x;
    };
    near(math::log_gamma(x), row.log_gamma, "log_gamma");
    near(math::digamma(x), row.digamma, "digamma");
    near(math::trigamma(x), row.trigamma, "trigamma");
}

using Lane = lanes::Lanes<double, WARPFIT_TEST_LANES>;

double first_of(Lane const& a)
{
    alignas(64) double values[Lane::size];
    a.store(values);
    return values[0];
}

TEST(Gamma, LogarithmAndDerivativesAreThoseOfTheTable)
{
    for (Row const& row : rows) {
        expect_row<double>(
            row, 3e-14, [](double x) { return x; }, [](double const& v) { return v; });
        expect_row<Lane>(
            row, 3e-14, [](double x) { return Lane(x); }, first_of);
        if (row.x > 0.1 && row.x < 1e5)
            expect_row<float>(
                row, 1e-5, [](double x) { return static_cast<float>(x); },
                [](float const& v) { return static_cast<double>(v); });
    }
}

TEST(Gamma, NothingIsFiniteAtThePoles)
{
    for (double const x : {0.0, -1.0, -2.0, -7.0}) {
        EXPECT_TRUE(std::isinf(math::log_gamma(x))) << x;
        EXPECT_FALSE(std::isfinite(math::digamma(x))) << x;
        EXPECT_FALSE(std::isfinite(math::trigamma(x))) << x;
    }
    double const infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(math::log_gamma(infinity), infinity);
    EXPECT_EQ(math::trigamma(infinity), 0.0);
    EXPECT_TRUE(std::isnan(math::log_gamma(std::nan(""))));
}

}  // namespace
}  // namespace warpfit::testing
