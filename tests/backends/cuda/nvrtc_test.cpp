#include "src/backends/cuda/embedded_headers.hpp"
#include "src/backends/cuda/generate.hpp"
#include "tests/backends/cuda/models.hpp"
#include "tests/backends/cuda/nvrtc.hpp"

#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

class NvrtcTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!nvrtc.missing().empty()) GTEST_SKIP() << nvrtc.missing();
    }

    void expect_compiles(std::string const& text, std::string const& architecture)
    {
        EXPECT_GT(nvrtc.compile(text, architecture), 1000U) << nvrtc.log();
    }

    Nvrtc nvrtc;
};

/// The generated program alone, without the solver: quick to compile.
std::string value_kernel(program::Plan const& plan, std::string const& type)
{
    return cuda::generate_program(plan, type) + R"(
#include "kernels/core/team.hpp"
using namespace warpfit;
template<class Real>
__device__ void run(program::Plan const& plan, program::ChannelData<Real> const& channels, double const* free,
                    program::PixelInputs const& inputs, Real* out)
{
    generated::)" +
           type + R"(<Real> model(plan, channels, nullptr, nullptr);
    model.prepare(SerialTeam{}, free, inputs);
    int const c = static_cast<int>(threadIdx.x);
    Real grad[)" +
           std::to_string(plan.num_free) +
           R"(];
    out[0] = model.evaluate(c, grad) + model.value(c);
    for (int i = 0; i < model.num_free(); ++i) out[i + 1] = grad[i];
}
extern "C" __global__ void run_double(program::Plan plan, program::ChannelData<double> channels, double const* free,
                                      program::PixelInputs inputs, double* out)
{
    run(plan, channels, free, inputs, out);
}
extern "C" __global__ void run_float(program::Plan plan, program::ChannelData<float> channels, double const* free,
                                     program::PixelInputs inputs, float* out)
{
    run(plan, channels, free, inputs, out);
}
)";
}

TEST_F(NvrtcTest, EveryHeaderAlone)
{
    for (int i = 0; i < cuda::num_embedded_headers; ++i) {
        std::string const name = cuda::embedded_headers[i].name;
        SCOPED_TRACE(name);
        EXPECT_NE(name, "kernels/core/lanes.hpp");
        // Any kernel at all makes a cubin.
        std::string const text = "#include \"" + name + "\"\nextern \"C\" __global__ void nothing() {}\n";
        EXPECT_GT(nvrtc.compile(text, "sm_90"), 0U) << nvrtc.log();
    }
}

TEST_F(NvrtcTest, EveryComponent)
{
    for (NamedModel& model : component_models()) {
        SCOPED_TRACE(model.name);
        expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), "sm_90");
    }
}

TEST_F(NvrtcTest, EveryComposite)
{
    for (NamedModel& model : composite_models()) {
        SCOPED_TRACE(model.name);
        expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), "sm_90");
    }
}

TEST_F(NvrtcTest, OtherArchitectures)
{
    for (NamedModel& model : composite_models()) {
        if (model.name != "TwoDimensions" && model.name != "PiecewiseExpression") continue;
        SCOPED_TRACE(model.name);
        for (char const* architecture : {"sm_75", "sm_80", "sm_86", "sm_89"})
            expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), architecture);
    }
}

/// The whole fit: solver, team and queue around the generated program.
class FitKernel : public NvrtcTest, public ::testing::WithParamInterface<std::pair<char const*, char const*>>
{};

TEST_P(FitKernel, Compiles)
{
    auto const [name, architecture] = GetParam();
    for (NamedModel& model : composite_models())
        if (model.name == name) expect_compiles(cuda::generate_kernel(model.builder.view(), model.name), architecture);
}

INSTANTIATE_TEST_SUITE_P(Models, FitKernel,
                         ::testing::Values(std::pair{"HoistedLawAndPeaks", "sm_90"}, std::pair{"Switched", "sm_75"},
                                           std::pair{"HoistedLawAndPeaksMixed", "sm_80"}));

}  // namespace
}  // namespace warpfit::testing
