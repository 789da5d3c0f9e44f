#include "tests/support/team_fit.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace warpfit::testing {
namespace {

/// A file of NIST's Statistical Reference Datasets (StRD), nonlinear regression.
struct NistSet
{
    explicit NistSet(std::string const& name)
    {
        std::ifstream file(std::string(WARPFIT_TEST_DIR) + "/oracles/nist/" + name + ".dat");
        if (!file) throw std::runtime_error("no NIST file " + name);
        bool in_data = false;
        for (std::string line; std::getline(file, line);) {
            std::istringstream words(line);
            std::string first, equals;
            if (in_data) {
                double y_value, x_value;
                if (words >> y_value >> x_value) {
                    y.push_back(y_value);
                    x.push_back(x_value);
                }
            } else if (line.starts_with("Residual Sum of Squares:")) {
                chisq = std::stod(line.substr(24));
            } else if (words >> first >> equals && first.starts_with("b") && equals == "=") {
                double far_start, near_start, certified, sd;
                if (words >> far_start >> near_start >> certified >> sd) {
                    far.push_back(far_start);
                    near.push_back(near_start);
                    p.push_back(certified);
                    errors.push_back(sd);
                }
            }
            // The words stand in the header too, without columns.
            in_data = in_data || (line.starts_with("Data:") && line.find(" x") != std::string::npos &&
                                  line.find("Response") == std::string::npos);
        }
    }

    std::vector<double> x, y, far, near, p, errors;
    double chisq = 0.0;
};

struct NistCase
{
    char const* name;
    char const* formula;
    std::size_t num_channels;
    int members;
    bool from_far;
};

class Nist : public ::testing::TestWithParam<NistCase>
{};

TEST_P(Nist, ReachesTheCertifiedValues)
{
    NistCase const& given = GetParam();
    NistSet const set(given.name);
    ASSERT_EQ(set.x.size(), given.num_channels);
    PlanBuilder builder;
    builder.x = set.x;
    std::vector<std::string> names;
    std::vector<SlotSpec> slots;
    for (std::size_t i = 0; i < set.p.size(); ++i) {
        names.push_back("b" + std::to_string(i + 1));
        slots.push_back(free_slot((given.from_far ? set.far : set.near)[i]));
    }
    builder.add_expression(given.formula, names, slots);
    builder.options.tolerance = 1e-14;
    builder.options.max_iterations = 1000;
    program::Plan const plan = builder.view();
    TeamFit team(plan);
    Pixel pixel(set.y);
    pixel.batch.start = builder.start.data();
    Fitted const fitted = team.fit(pixel.batch, given.members);
    EXPECT_EQ(fitted.status, program::Status::converged);
    EXPECT_EQ(fitted.dof, static_cast<int>(set.x.size() - set.p.size()));
    EXPECT_NEAR(fitted.chisq, set.chisq, 1e-9 * set.chisq);
    for (std::size_t i = 0; i < set.p.size(); ++i) {
        EXPECT_NEAR(fitted.p[i], set.p[i], 1e-6 * std::abs(set.p[i])) << names[i];
        EXPECT_NEAR(fitted.errors[i], set.errors[i], 1e-5 * set.errors[i]) << names[i];
    }
}

constexpr char const* misra1a = "b1*(1-exp(-b2*x))";
constexpr char const* gauss1 = "b1*exp(-b2*x) + b3*exp(-(x-b4)**2/b5**2) + b6*exp(-(x-b7)**2/b8**2)";
constexpr char const* mgh09 = "b1*(x**2+x*b2)/(x**2+x*b3+b4)";

INSTANTIATE_TEST_SUITE_P(
    Strd, Nist,
    ::testing::Values(NistCase{"Misra1a", misra1a, 14, 1, true}, NistCase{"Misra1a", misra1a, 14, 4, false},
                      NistCase{"Gauss1", gauss1, 250, 1, true}, NistCase{"Gauss1", gauss1, 250, 4, true},
                      NistCase{"Gauss1", gauss1, 250, 8, false}, NistCase{"MGH09", mgh09, 11, 1, false},
                      NistCase{"MGH09", mgh09, 11, 4, false}));

}  // namespace
}  // namespace warpfit::testing
