#include "src/backends/cuda/generate.hpp"
#include "tests/backends/cuda/own_models.hpp"

#include <gmock/gmock.h>
#include <map>

namespace warpfit::testing {

/// Written by write_generated at build time.
void compare_all(std::map<std::string, PlanBuilder>& models);

namespace {

using namespace components;
using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(PlanBuilder builder)
{
    return cuda::generate_program(builder.view(), "Model");
}

TEST(Generate, EveryModelComputesWhatTheInterpreterDoes)
{
    std::map<std::string, PlanBuilder> models;
    for (NamedModel& model : component_models()) models.emplace(model.name, std::move(model.builder));
    for (NamedModel& model : composite_models()) models.emplace(model.name, std::move(model.builder));
    for (OwnModel& model : own_models()) models.emplace(model.name, std::move(model.reference));
    EXPECT_GE(models.size(), 24U);
    compare_all(models);
}

// Once, with its own name and line numbers, and without what no main file may have.
TEST(Generate, AHeaderOfSomebodyElseStandsFirst)
{
    std::string const text = cuda::generate_program(own_models().front().builder.view(), "Model");
    EXPECT_THAT(text, HasSubstr("#line 1 \"moffat.hpp\"\n\n\n#include <warpfit/kernel.hpp>\n"));
    EXPECT_EQ(text.find("struct Moffat"), text.rfind("struct Moffat"));
    EXPECT_THAT(text, Not(HasSubstr("#pragma once")));
    EXPECT_THAT(text, HasSubstr("#line 1 \"model.cu\"\n#include \"kernels/components/builtins.hpp\""));
}

TEST(Generate, FixedValuesAreLiteralsAndHaveNoColumn)
{
    PlanBuilder builder;
    builder.line(4, 0.0, 1.0);
    builder.add<Gaussian>({free_slot(1.0), fixed_slot(0.0625), free_slot(0.0)});
    std::string const text = text_of(std::move(builder));
    EXPECT_THAT(text, HasSubstr("0.0625"));
    EXPECT_THAT(text, HasSubstr("grad[1]"));
    EXPECT_THAT(text, Not(HasSubstr("grad[2]")));
}

TEST(Generate, SwitchedTermsAskTheirBit)
{
    PlanBuilder builder;
    builder.line(4, 0.0, 1.0);
    builder.add<Offset>({free_slot(1.0)}, 5);
    EXPECT_THAT(text_of(std::move(builder)), HasSubstr("active_ >> 5"));
}

TEST(Generate, AKernelOfADoubleFitHasNoFloatProgram)
{
    PlanBuilder builder;
    builder.line(4, 0.0, 1.0);
    builder.add<Offset>({free_slot(1.0)});
    std::string const wide = cuda::generate_kernel(builder.view(), "Model");
    EXPECT_THAT(wide, Not(HasSubstr("Model<float>")));
    builder.options.precision = program::Precision::mixed;
    EXPECT_THAT(cuda::generate_kernel(builder.view(), "Model"), HasSubstr("Model<float>"));
}

}  // namespace
}  // namespace warpfit::testing
