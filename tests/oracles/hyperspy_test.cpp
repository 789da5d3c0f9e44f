#include "tests/oracles/hyperspy_fixture.hpp"
#include "tests/support/backends.hpp"

#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

enum class HyperspyStart { values, maps, previous_pixel };

struct HyperspyCase
{
    char const* name;
    HyperspyStart start;
    char const* backend;
};

std::string backend_of(HyperspyCase const& given)
{
    return given.backend;
}

void PrintTo(HyperspyCase const& given, std::ostream* out)
{
    *out << given.name << ' ' << given.backend;
}

class Hyperspy : public BackendTest<HyperspyCase>
{};

FitResult fit(HyperspyFixture const& fixture, Start start, std::string const& backend)
{
    FitOptions options = options_on(backend);
    options.start = start;
    return multifit(fixture.model, fixture.signal, options, fixture.data);
}

// Most of the fits were made without bounds. HyperSpy's optimum lies within them in every pixel, so that it is the one
// with bounds, too; and they keep Lorentzian.A and gamma from changing sign together.
TEST_P(Hyperspy, ReachesTheOptimum)
{
    HyperspyFixture fixture(GetParam().name);
    if (GetParam().start == HyperspyStart::previous_pixel) fixture.start_from_previous_pixel();
    Start const start = GetParam().start == HyperspyStart::values ? Start::model : Start::file;
    FitResult const result = fit(fixture, start, GetParam().backend);
    ASSERT_EQ(result.num_pixels(), fixture.chisq.size());
    EXPECT_EQ(result.num_channels, fixture.num_channels);
    for (std::size_t i = 0; i < result.num_pixels(); ++i) {
        SCOPED_TRACE("pixel " + std::to_string(i));
        EXPECT_TRUE(is_converged(result.status[i])) << name_of(result.status[i]);
        EXPECT_NEAR(result.chisq[i], fixture.chisq[i], 1e-6 * fixture.chisq[i]);
        EXPECT_LE(result.chisq[i], fixture.chisq[i] * (1.0 + 1e-9));
        EXPECT_DOUBLE_EQ(result.red_chisq[i], result.chisq[i] / result.dof[i]);
        int free = 0, held = 0;
        for (auto const& [path, values] : fixture.values) {
            if (std::isnan(values[i]) || !result.parameter(path).free) continue;
            ++free;
            held += fixture.standard_errors.at(path)[i] == 0.0;
        }
        int const channels = static_cast<int>(fixture.num_channels);
        EXPECT_EQ(result.dof[i], channels - (free - held));
        EXPECT_EQ(result.status[i] == FitStatus::converged_at_bound, held > 0);
        // HyperSpy divides by channels - free, where a parameter held at a bound still counts.
        double const rescaled = std::sqrt(static_cast<double>(channels - free) / (channels - free + held));
        for (auto const& [path, values] : fixture.values) {
            auto const& ours = result.parameter(path);
            if (std::isnan(values[i]) || !ours.free) continue;
            double const error = rescaled * fixture.standard_errors.at(path)[i];
            EXPECT_NEAR(ours.values[i], values[i], 0.01 * error) << path;
            EXPECT_NEAR(ours.standard_errors[i], error, 1e-3 * error) << path;
        }
    }
}

std::vector<HyperspyCase> cases()
{
    std::vector<HyperspyCase> out;
    for (char const* backend : {"points", "pixels", "cuda"}) {
        using enum HyperspyStart;
        for (char const* name :
             {"binned_bounded_histogram", "gaussian2d_stack", "linear_lstsq", "nav3d_lorentzian", "navigation_1d",
              "polynomial_hetero", "polynomial_legacy_vector", "signal_range_gaps", "twins_expr"})
            out.push_back({name, values, backend});
        for (char const* name : {"active_multidim", "eels_powerlaw_gauss"})
            // Components that are off in some pixels are refused by this layout.
            if (std::string(name) != "active_multidim" || std::string(backend) != "pixels")
                out.push_back({name, maps, backend});
        // Two optima lie side by side here (tilted left, tilted right): the start decides between them.
        out.push_back({"expression_subs", previous_pixel, backend});
    }
    return out;
}

INSTANTIATE_TEST_SUITE_P(Fixtures, Hyperspy, ::testing::ValuesIn(cases()),
                         [](auto const& given) { return std::string(given.param.name) + "_" + given.param.backend; });

// What HyperSpy 1.7.3 leaves undone in these very files.

class HyperspyFaults : public BackendTest<std::string>
{};

TEST_P(HyperspyFaults, ErrorsOfTwinsArePropagated)
{
    HyperspyFixture const fixture("twins_expr");
    FitResult const result = fit(fixture, Start::model, GetParam());
    struct Pair
    {
        char const* twin;
        char const* to;
        double factor, offset;
    };
    for (Pair const& pair :
         {Pair{"satellite.A", "main.A", 0.5, 0.0}, Pair{"satellite.centre", "main.centre", 1.0, 18.0},
          Pair{"satellite.sigma", "main.sigma", 1.0, 0.0}, Pair{"far.centre", "main.centre", 2.0, 5.0},
          Pair{"far.sigma", "main.sigma", 1.5, 0.5}}) {
        auto const& twin = result.parameter(pair.twin);
        auto const& to = result.parameter(pair.to);
        EXPECT_FALSE(twin.free);
        for (std::size_t i = 0; i < result.num_pixels(); ++i) {
            ASSERT_TRUE(std::isnan(fixture.standard_errors.at(pair.twin)[i]));  // HyperSpy computes none
            double const value = pair.factor * to.values[i] + pair.offset;
            EXPECT_NEAR(twin.values[i], value, 1e-12 * std::abs(value));
            EXPECT_NEAR(twin.standard_errors[i], pair.factor * to.standard_errors[i], 1e-12 * to.standard_errors[i]);
        }
    }
}

TEST_P(HyperspyFaults, SwitchedOffComponentIsNotAZero)
{
    HyperspyFixture const fixture("active_multidim");
    FitResult const result = fit(fixture, Start::file, GetParam());
    auto const& on = fixture.model["sometimes"].active_map();
    int num_off = 0;
    for (std::size_t i = 0; i < result.num_pixels(); ++i) {
        EXPECT_EQ(result.dof[i], 150 - (on[i] ? 7 : 4));
        if (on[i]) continue;
        ++num_off;
        EXPECT_TRUE(std::isnan(result.parameter("sometimes.A").values[i])) << i;
        EXPECT_TRUE(std::isnan(result.parameter("sometimes.A").standard_errors[i])) << i;
    }
    EXPECT_GT(num_off, 0);
}

INSTANTIATE_TEST_SUITE_P(Backends, HyperspyFaults, ::testing::ValuesIn(all_backends()),
                         [](auto const& given) { return given.param; });

}  // namespace
}  // namespace warpfit::testing
