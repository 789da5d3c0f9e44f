#include "src/backends/cuda/generate.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/fit/maps.hpp"
#include "warpfit/device.hpp"
#include "warpfit/error.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// A model with all that the text has words for: twins, a fixed value, one that only tables depend on, an expression.
Model everything()
{
    Model model = PeakMap::model();
    Component& background = model.append("PowerLaw");
    background["A"].set_value(10.0);
    background["origin"].set_value(-3.0);
    background["origin"].set_free(false);
    Component& shoulder = model.append("Gaussian", "shoulder");
    shoulder["sigma"].set_value(2.75);
    shoulder["sigma"].set_free(false);
    model.set_twin({"shoulder.centre", "peak.centre", "x + 4", "x - 4"});
    model.append(Component::expression("h*log(x + 40)*exp(-x/t)", "decay", {{"h", 2.0}, {"t", 30.0}}));
    return model;
}

// What it is without axes is what a fit on any axes compiles.
TEST(GeneratedCode, IsWhatAFitCompiles)
{
    Model const model = everything();
    for (Precision const precision : {Precision::float32, Precision::mixed, Precision::float64}) {
        FitOptions options;
        options.precision = precision;
        FitPlan const plan = lower(model, PeakMap(3).signal(), options, {});
        EXPECT_EQ(generated_code(model, precision), cuda::generate_kernel(plan.view(), "Model"));
    }
}

TEST(GeneratedCode, OfAnImage)
{
    Model model;
    model.append("Gaussian2D");
    EXPECT_NE(generated_code(model).find("components::Gaussian2D"), std::string::npos);
}

TEST(GeneratedCode, OfNoModelIsAnError)
{
    EXPECT_THROW(generated_code(Model()), InvalidArgument);
}

}  // namespace
}  // namespace warpfit::testing
