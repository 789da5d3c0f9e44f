#include "src/physics/cubic_spline.hpp"

#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"

namespace warpfit::physics {
namespace {

TEST(CubicSpline, IsThatOfSciPy)
{
    for (testing::TableCase const& table : testing::read_cases("cubic_splines.txt")) {
        SCOPED_TRACE(table.title);
        CubicSpline const spline(table.of("x"), table.of("y"));
        for (std::size_t i = 0; i < table.of("at").size(); ++i)
            EXPECT_NEAR(spline.value(table.of("at")[i]), table.of("values")[i], 1e-12);  // of values about 1
    }
}

TEST(CubicSpline, KeepsACubicAsItIs)
{
    auto const cubic = [](double x) { return 1.0 + x * (2.0 + x * (-3.0 + 0.5 * x)); };
    std::vector<double> const x{0.0, 1.0, 1.5, 4.0, 5.0};
    std::vector<double> y;
    for (double const v : x) y.push_back(cubic(v));
    CubicSpline const spline(x, y);
    for (double v = -1.0; v < 6.0; v += 0.25) EXPECT_NEAR(spline.value(v), cubic(v), 1e-13 * 40.0);
}

TEST(CubicSpline, RefusesTooFewOrUnsortedPoints)
{
    using ::testing::HasSubstr;
    EXPECT_THAT(testing::error_of([] { CubicSpline({0.0, 1.0, 2.0}, {1.0, 2.0, 3.0}); }), HasSubstr("takes 4"));
    EXPECT_THAT(testing::error_of([] {
                    CubicSpline({0.0, 1.0, 1.0, 2.0}, {1.0, 2.0, 3.0, 4.0});
                }),
                HasSubstr("do not ascend"));
}

}  // namespace
}  // namespace warpfit::physics
