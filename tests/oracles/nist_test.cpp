#include "tests/oracles/nist_set.hpp"
#include "warpfit/fit.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

FitOptions from_these_values()
{
    FitOptions options;
    options.start = Start::model;
    options.precision = Precision::float64;
    return options;
}

Signal signal_of(NistSet const& set)
{
    Axis x;
    x.size = set.data[1].size();
    x.values = set.data[1];
    return Signal({}, {x}, std::span<double const>(set.data[0]));
}

void expect_certified(NistSet const& set, FitResult const& result)
{
    ASSERT_EQ(result.num_pixels(), 1U);
    EXPECT_EQ(result.status[0], FitStatus::converged) << name_of(result.status[0]);
    EXPECT_EQ(result.dof[0], set.dof());
    NistErrors const tolerance = nist_tolerance(set.name);
    for (std::size_t i = 0; i < set.parameters.size(); ++i) {
        auto const& map = result.parameter(set.name + "." + set.parameters[i]);
        EXPECT_NEAR(map.values[0], set.certified[i], tolerance.parameter * std::abs(set.certified[i]))
            << set.parameters[i];
        if (std::isfinite(tolerance.sd)) {
            EXPECT_NEAR(map.standard_errors[0], set.certified_sd[i], tolerance.sd * set.certified_sd[i])
                << set.parameters[i];
        }
    }
    if (std::isfinite(tolerance.rss)) {
        EXPECT_NEAR(result.chisq[0], set.rss, tolerance.rss * set.rss);
    } else {
        EXPECT_LT(result.chisq[0], 1e-20);
    }
}

struct NistCase
{
    char const* name;
    int start;
    char const* layout;
};

void PrintTo(NistCase const& given, std::ostream* out)
{
    *out << given.name << " start " << given.start << ' ' << given.layout;
}

class Nist : public ::testing::TestWithParam<NistCase>
{};

TEST_P(Nist, ReachesTheCertifiedValues)
{
    NistSet const set = read_nist(GetParam().name);
    FitOptions options = from_these_values();
    options.layout = GetParam().layout;
    expect_certified(set, multifit(set.model(GetParam().start), signal_of(set), options));
}

std::vector<NistCase> cases()
{
    std::vector<NistCase> out;
    for (char const* name : nist_names)
        for (int start : {1, 2})
            for (char const* layout : {"points", "pixels"}) {
                out.push_back({name, start, layout});
            }
    return out;
}

INSTANTIATE_TEST_SUITE_P(Strd, Nist, ::testing::ValuesIn(cases()), [](auto const& given) {
    return std::string(given.param.name) + "_start" + std::to_string(given.param.start) + "_" + given.param.layout;
});

// Two predictors on a full grid of 8 times x 4 temperatures x 4 replicates: an image whose x axis holds the times and
// whose y axis holds each temperature four times. Every observation is a channel of its own.
class Nelson : public ::testing::TestWithParam<int>
{};

TEST_P(Nelson, ReachesTheCertifiedValuesOnAnImage)
{
    NistSet const set = read_nist("Nelson");
    std::vector<double> times = set.data[1];
    std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
    std::vector<double> temperatures = set.data[2];
    std::sort(temperatures.begin(), temperatures.end());
    temperatures.erase(std::unique(temperatures.begin(), temperatures.end()), temperatures.end());
    std::size_t const replicates = 4;
    ASSERT_EQ(times.size() * temperatures.size() * replicates, set.data[0].size());

    Axis x, y;
    x.values = times;
    for (double t : temperatures) y.values.insert(y.values.end(), replicates, t);
    x.size = x.values.size();
    y.size = y.values.size();
    std::vector<double> image(set.data[0].size(), NAN);
    for (std::size_t i = 0; i < set.data[0].size(); ++i) {
        auto const column =
            static_cast<std::size_t>(std::find(times.begin(), times.end(), set.data[1][i]) - times.begin());
        auto row =
            static_cast<std::size_t>(std::find(y.values.begin(), y.values.end(), set.data[2][i]) - y.values.begin());
        while (std::isfinite(image.at(row * x.size + column))) ++row;
        ASSERT_EQ(y.values[row], set.data[2][i]);
        image[row * x.size + column] = set.data[0][i];
    }
    Signal const signal({}, {y, x}, std::span<double const>(image));
    expect_certified(set, multifit(set.model(GetParam()), signal, from_these_values()));
}

INSTANTIATE_TEST_SUITE_P(Strd, Nelson, ::testing::Values(1, 2));

}  // namespace
}  // namespace warpfit::testing
