#include "tests/oracles/nist_set.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/own_component.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using Values = std::span<double const>;

/// A set of NIST's as a function of this program. Its derivatives are known for some parameters or none.
struct Case
{
    char const* name;
    ScalarFunction f;
    std::vector<bool> linear;
    std::map<std::string, ScalarFunction> gradients{};
};

void PrintTo(Case const& given, std::ostream* out)
{
    *out << given.name;
}

class NistHostFunction : public ::testing::TestWithParam<Case>
{};

// Differences are good to some 1e-10: the minimum is where the sum of squares is lowest, whatever they are.
TEST_P(NistHostFunction, ReachesTheCertifiedValues)
{
    Case const& given = GetParam();
    NistSet const set = read_nist(given.name);
    for (int const start : {1, 2}) {
        SCOPED_TRACE(start);
        std::vector<OwnParameter> parameters;
        for (std::size_t k = 0; k < set.parameters.size(); ++k)
            parameters.push_back({.name = set.parameters[k], .value = set.start(start)[k], .linear = given.linear[k]});
        Model model;
        model.append(host_component(pointwise("Nist", parameters, given.f, given.gradients), "nist"));
        Axis x;
        x.size = set.data[1].size();
        x.values = set.data[1];
        FitOptions options;
        options.start = Start::model;
        FitResult const result = multifit(model, Signal({}, {x}, Values(set.data[0])), options);

        ASSERT_EQ(result.status[0], FitStatus::converged) << name_of(result.status[0]);
        NistErrors const tolerance = nist_tolerance(set.name);
        EXPECT_NEAR(result.chisq[0], set.rss, tolerance.rss * set.rss);
        for (std::size_t k = 0; k < set.parameters.size(); ++k) {
            ParameterMap const& map = result.parameter("nist." + set.parameters[k]);
            EXPECT_NEAR(map.values[0], set.certified[k], tolerance.parameter * std::abs(set.certified[k]));
            EXPECT_NEAR(map.standard_errors[0], set.certified_sd[k], tolerance.sd * set.certified_sd[k]);
        }
    }
}

std::vector<Case> cases()
{
    return {
        {"Misra1a", [](double x, Values b) { return b[0] * -std::expm1(-b[1] * x); }, {true, false}},
        {"Misra1a",
         [](double x, Values b) { return b[0] * -std::expm1(-b[1] * x); },
         {true, false},
         {{"b2", [](double x, Values b) { return b[0] * x * std::exp(-b[1] * x); }}}},
        {"Eckerle4",
         [](double x, Values b) { return b[0] / b[1] * std::exp(-0.5 * std::pow((x - b[2]) / b[1], 2)); },
         {true, false, false}},
        {"MGH09",
         [](double x, Values b) { return b[0] * (x * x + x * b[1]) / (x * x + x * b[2] + b[3]); },
         {true, false, false, false}},
        {"Rat43",
         [](double x, Values b) { return b[0] / std::pow(1.0 + std::exp(b[1] - b[2] * x), 1.0 / b[3]); },
         {true, false, false, false}},
    };
}

INSTANTIATE_TEST_SUITE_P(All, NistHostFunction, ::testing::ValuesIn(cases()), [](auto const& given) {
    return given.param.name + std::string(given.param.gradients.empty() ? "" : "WithAGradient");
});

}  // namespace
}  // namespace warpfit::testing
