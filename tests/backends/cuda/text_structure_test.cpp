#include "src/backends/cuda/generate.hpp"
#include "tests/support/plan_builder.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

using namespace components;

/// The numbers of a fit; the structure is always the same.
struct Numbers
{
    int num_channels = 100;
    double first = 0.5, step = 0.25;
    double start = 2.0, bmin = 0.1, bmax = 9.0;
    double fixed = 1.5;
    double origin = -1.0;
    program::Options options{program::Precision::float64, 200, 1e-10, 1, 1};
    int first_channel = 0;
};

std::string text_of(Numbers const& numbers)
{
    auto const value = [&] { return free_slot(numbers.start, numbers.bmin, numbers.bmax); };
    PlanBuilder builder;
    builder.line(numbers.num_channels, numbers.first, numbers.step);
    builder.options = numbers.options;
    builder.runs = {{numbers.first_channel, numbers.num_channels}};
    builder.add<PowerLaw>({value(), value(), fixed_slot(numbers.origin), fixed_slot(numbers.origin + 1.0)});
    builder.add<Gaussian>({value(), fixed_slot(numbers.fixed), value()}, 0);
    builder.add<Lorentzian>({value(), twin_slot(1, "2*x + 1"), pixel_slot()});
    builder.add_expression("a*exp(-x/t) + b", {"a", "t", "b"}, {value(), value(), pixel_slot()});
    return cuda::generate_kernel(builder.view(), "Model");
}

// Then one cubin serves every such fit.
TEST(GeneratedText, HoldsTheStructureNotTheNumbersOfAFit)
{
    std::string const text = text_of({});
    EXPECT_EQ(text_of({.num_channels = 77}), text);
    EXPECT_EQ(text_of({.first = 300.0, .step = 0.01}), text);
    EXPECT_EQ(text_of({.start = 7.0}), text);
    EXPECT_EQ(text_of({.bmin = -no_bound, .bmax = no_bound}), text);
    EXPECT_EQ(text_of({.options = {program::Precision::float64, 10, 1e-3, 0, 0}}), text);
    EXPECT_EQ(text_of({.origin = 7.25}), text);
    EXPECT_EQ(text_of({.first_channel = 40}), text);
}

TEST(GeneratedText, HoldsFixedValuesAsLiterals)
{
    EXPECT_NE(text_of({.fixed = 1.25}), text_of({}));
}

TEST(GeneratedText, OfFloat32AndMixedIsTheSame)
{
    Numbers narrow, mixed;
    narrow.options.precision = program::Precision::float32;
    mixed.options.precision = program::Precision::mixed;
    EXPECT_EQ(text_of(narrow), text_of(mixed));
    EXPECT_NE(text_of(narrow), text_of({}));
}

}  // namespace
}  // namespace warpfit::testing
