#include "tests/kernels/oracle_table.hpp"
#include "warpfit/component.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit {
namespace {

using testing::OracleCase;
using testing::OraclePoint;

void expect_table_holds(std::string const& table, Component component)
{
    std::vector<OracleCase> const cases = testing::read_oracle(table);
    EXPECT_FALSE(cases.empty());
    for (OracleCase const& given : cases) {
        std::vector<double> x, y;
        double largest = 0.0;
        for (OraclePoint const& point : given.points) {
            x.push_back(point.x);
            y.push_back(point.y);
            largest = std::max(largest, std::fabs(point.function));
        }
        for (std::size_t k = 0; k < given.names.size(); ++k) component[given.names[k]].set_value(given.values[k]);
        std::vector<double> const values = component.evaluate(x, y);
        for (std::size_t i = 0; i < x.size(); ++i)
            EXPECT_NEAR(values[i], given.points[i].function, 1e-10 * largest) << table << " " << i;
        for (std::size_t k = 0; k < given.names.size(); ++k) {
            double steepest = 0.0;
            for (OraclePoint const& point : given.points) steepest = std::fmax(steepest, std::fabs(point.gradient[k]));
            std::vector<double> const slopes = component.gradient(given.names[k], x, y);
            for (std::size_t i = 0; i < x.size(); ++i) {
                if (std::isnan(given.points[i].gradient[k])) continue;
                EXPECT_NEAR(slopes[i], given.points[i].gradient[k], given.tolerances[k] * steepest)
                    << table << ", d/d" << given.names[k] << " " << i;
            }
        }
    }
}

// HyperSpy 1.7.3's rotations, which are shears.
TEST(Sheared, AsHyperSpyDoes)
{
    ComponentOptions options;
    options.add_rotation = options.hyperspy_compat = true;
    expect_table_holds("Gaussian2DSheared", Component("Gaussian2D", "", options));
    options.expression = "a*exp(-r/s); r = sqrt((x - x0)**2 + 2*(y - y0)**2)";
    options.position = {"x0", "y0"};
    expect_table_holds("ExpressionSheared", Component("Expression", "", options));
}

}  // namespace
}  // namespace warpfit
