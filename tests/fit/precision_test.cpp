#include "tests/fit/maps.hpp"

#include <algorithm>
#include <cmath>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class PrecisionTest : public BackendTest<Way>
{};

/// Largest distance of any value from float64's, in float64's standard errors; and of the errors, relative.
struct Distance
{
    double values = 0.0, errors = 0.0;
};

Distance distance(FitResult const& reference, FitResult const& other)
{
    Distance d;
    for (std::size_t k = 0; k < reference.parameters.size(); ++k) {
        auto const& a = reference.parameters[k];
        auto const& b = other.parameters[k];
        for (std::size_t i = 0; i < reference.num_pixels(); ++i) {
            EXPECT_EQ(other.status[i], FitStatus::converged) << i << ": " << name_of(other.status[i]);
            double const error = a.standard_errors[i];
            d.values = std::max(d.values, std::abs(a.values[i] - b.values[i]) / error);
            d.errors = std::max(d.errors, std::abs(error - b.standard_errors[i]) / error);
        }
    }
    return d;
}

TEST_P(PrecisionTest, IsWhatItsNameSays)
{
    FitOptions reference_options = options_on("points");
    reference_options.start = Start::model;
    reference_options.tolerance = 1e-14;
    FitOptions const options = options_of(GetParam());
    for (std::uint64_t seed : {1U, 2U, 3U}) {
        PeakMap map(100, seed);
        FitResult const reference = multifit(PeakMap::model(), map.signal(), reference_options);
        FitResult const result = multifit(PeakMap::model(), map.signal(), options);
        Distance const d = distance(reference, result);
        switch (GetParam().precision) {
        case Precision::float32:
            EXPECT_LT(d.values, 0.02);
            EXPECT_LT(d.errors, 1e-3);
            break;
        case Precision::mixed: {
            // The stopping rule leaves more than the precision does; stopped late, float64's result.
            EXPECT_LT(d.values, 1e-4);
            FitOptions tight = options;
            tight.tolerance = 1e-14;
            EXPECT_LT(distance(reference, multifit(PeakMap::model(), map.signal(), tight)).values, 1e-6);
            break;
        }
        case Precision::float64:
            EXPECT_LT(d.values, 1e-4);
            EXPECT_LT(d.errors, 1e-5);
            break;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, PrecisionTest, ::testing::ValuesIn(all_ways()),
                         [](auto const& given) { return name_of_way(given.param); });

}  // namespace
}  // namespace warpfit::testing
