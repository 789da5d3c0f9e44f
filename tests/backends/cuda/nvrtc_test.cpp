#include "src/backends/cuda/compiler.hpp"
#include "src/backends/cuda/embedded_headers.hpp"
#include "src/backends/cuda/generate.hpp"
#include "src/backends/cuda/kernel_note.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/backends/cuda/own_models.hpp"
#include "tests/backends/cuda/resources.hpp"
#include "warpfit/model.hpp"

#include <algorithm>
#include <gmock/gmock.h>

namespace warpfit::testing {
namespace {

class NvrtcTest : public ::testing::Test
{
  protected:
    void SetUp() override
    {
        if (!compiler.missing().empty()) GTEST_SKIP() << compiler.missing();
    }

    void expect_compiles(std::string const& text, std::string const& architecture)
    {
        cuda::Compiled const compiled = compiler.compile({text, architecture});
        EXPECT_GT(compiled.code.size(), 1000U) << compiled.log;
        EXPECT_EQ(compiled.architecture, architecture);
    }

    cuda::Compiler const compiler{WARPFIT_NVRTC};
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
        cuda::Compiled const compiled = compiler.compile({text, "sm_90"});
        EXPECT_TRUE(compiled.is_fine()) << compiled.log;
    }
}

/// The plugin's is compiled by nvcc, which takes more: here the same text, as a model's would be.
TEST_F(NvrtcTest, EstimatesOfStartValues)
{
    std::string const text = R"(#include "kernels/cuda/estimate_queue.hpp"
#include "kernels/cuda/hardware_warp.cuh"
using namespace warpfit;
extern "C" __global__ void estimates(__grid_constant__ cuda::EstimateArguments const arguments)
{
    extern __shared__ double shared[];
    cuda::estimate_queue(cuda::HardwareWarp{}, arguments, shared);
}
)";
    cuda::Compiled const compiled = compiler.compile({text, "sm_90", {"--ptxas-options=-O0"}});
    EXPECT_TRUE(compiled.is_fine()) << compiled.log;
}

TEST_F(NvrtcTest, EveryComponent)
{
    for (NamedModel& model : component_models()) {
        SCOPED_TRACE(model.name);
        expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), "sm_90");
    }
}

TEST_F(NvrtcTest, EveryFormula)
{
    for (NamedModel& model : formula_models()) {
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

/// What no list of formulas holds: made of options, as a fit makes it.
std::vector<std::pair<std::string, Component>> components_with_options()
{
    std::vector<std::pair<std::string, Component>> all;
    ComponentOptions polynomial;
    polynomial.order = 3;
    all.emplace_back("Polynomial2DOf3", Component("Polynomial2D", "p", polynomial));
    ComponentOptions rotated;
    rotated.add_rotation = true;
    all.emplace_back("Gaussian2DRotated", Component("Gaussian2D", "g", rotated));
    all.emplace_back("Lorentzian2DRotated", Component("Lorentzian2D", "l", rotated));
    rotated.rotation_center = {1.0, -2.0};
    all.emplace_back("Disk2DRotatedAboutAPoint", Component("Disk2D", "d", rotated));
    rotated.rotation_center.clear();
    rotated.hyperspy_compat = true;
    all.emplace_back("Gaussian2DSheared", Component("Gaussian2D", "g", rotated));
    ComponentOptions edge;
    edge.edge.element_subshell = "Fe_L3";
    edge.edge.microscope = {200.0, 10.0, 20.0};
    edge.edge.energy_scale = 0.5;
    all.emplace_back("Edge", Component("EELSCLEdge", "e", edge));
    edge.edge.fine_structure_active = true;
    all.emplace_back("EdgeWithSplines", Component("EELSCLEdge", "e", edge));
    all.emplace_back("EdgeThatMoves", Component("EELSCLEdge", "e", edge));
    all.back().second["onset_energy"].set_free(true);
    all.back().second["effective_angle"].set_free(true);
    ComponentOptions pattern;
    pattern.pattern = {600.0, 8.0, std::vector<double>(40, 1.0)};
    all.emplace_back("Pattern", Component("ScalableFixedPattern", "s", pattern));
    pattern.interpolate = false;
    all.emplace_back("PatternAsItIs", Component("ScalableFixedPattern", "s", pattern));
    ComponentOptions line;
    line.line.spin_orbit_splitting = line.line.shirley = true;
    all.emplace_back("SplitLineOnAShirleyBackground", Component("PESVoigt", "v", line));
    return all;
}

TEST_F(NvrtcTest, EveryComponentWithOptions)
{
    for (auto const& [name, component] : components_with_options()) {
        SCOPED_TRACE(name);
        Model model;
        model.append(component);
        bool const is_2d = component.dimension() == 2;
        std::vector<Axis> axes{Axis{.size = 200, .offset = 650.0, .scale = 0.5}};
        if (is_2d) axes = {Axis{.size = 9, .offset = -4.0}, Axis{.size = 11, .offset = -5.0}};
        std::vector<double> const data(is_2d ? 99 : 200, 1.0);
        FitPlan const plan = lower(model, Signal({}, axes, std::span<double const>(data)), {}, {});
        expect_compiles(value_kernel(plan.view(), "Model"), "sm_90");
    }
}

/// Parameters are slots there: no name of any script reaches the compiler.
TEST_F(NvrtcTest, NamesOfAnyScriptStayOut)
{
    for (NamedModel& model : composite_models()) {
        if (model.name != "SpecialFunctions") continue;
        std::string const text = cuda::generate_kernel(model.builder.view(), model.name);
        EXPECT_TRUE(std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }));
        for (char const* architecture : {"sm_75", "sm_90"})
            expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), architecture);
    }
}

TEST_F(NvrtcTest, EveryFunctorOfSomebodyElse)
{
    for (OwnModel& model : own_models()) {
        SCOPED_TRACE(model.name);
        for (char const* architecture : {"sm_75", "sm_90"})
            expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), architecture);
    }
}

/// The header stands once in a model of two programs.
TEST_F(NvrtcTest, AConvolvedFunctorOfSomebodyElse)
{
    for (bool const beside : {false, true}) {
        PlanBuilder builder;
        builder.line(100, 0.5, 0.25);
        builder.low_loss(23, 4);
        builder.convolved = true;
        builder.add_function(own_function("lab::Moffat"),
                             {free_slot(4.0), free_slot(7.0), free_slot(1.2), free_slot(1.7)});
        builder.convolved = false;
        if (beside)
            builder.add_function(own_function("lab::Moffat"),
                                 {free_slot(2.0), free_slot(9.0), free_slot(1.0), free_slot(2.0)});
        expect_compiles(cuda::generate_kernel(builder.view(), "Model"), "sm_90");
    }
}

/// The log of a plan with one functor whose text was spoilt.
std::string log_of(cuda::Compiler const& compiler, std::string const& good, std::string const& bad,
                   std::string const& parameters = "height,centre,width,power")
{
    program::Function function = own_function("lab::Moffat");
    std::string text = function.text;
    text.replace(text.find(good), good.size(), bad);
    function.text = text.c_str();
    function.parameters = parameters.c_str();
    PlanBuilder builder;
    builder.line(50, 0.0, 1.0);
    builder.add_function(function, {free_slot(1.0), free_slot(2.0), free_slot(3.0), free_slot(4.0)});
    program::Plan const plan = builder.view();
    cuda::Compiled const compiled = compiler.compile({cuda::generate_kernel(plan, "Model"), "sm_90"});
    EXPECT_FALSE(compiled.is_fine());
    return cuda::own_problem(plan, compiled.log);
}

TEST_F(NvrtcTest, AHeaderThatDoesNotCompileIsToldByItsOwnLines)
{
    EXPECT_THAT(
        log_of(compiler, "math::exp(-p", "math::expp(-p"),
        ::testing::AllOf(::testing::StartsWith("the functor in moffat.hpp does not compile:\nmoffat.hpp(32): error:"),
                         ::testing::HasSubstr("expp"), ::testing::Not(::testing::HasSubstr("model.cu"))));
    EXPECT_THAT(log_of(compiler, "Real const u =", "Real const v ="),
                ::testing::HasSubstr("moffat.hpp(32): error: identifier \"u\""));
    EXPECT_THAT(log_of(compiler, "Moffat\n{", "Moffat\n{", "height,width"),
                ::testing::HasSubstr("moffat.hpp: lab::Moffat declares other parameters than height,width"));
    EXPECT_THAT(log_of(compiler, "struct Moffat", "struct Buffat"), ::testing::HasSubstr("has no member \"Moffat\""));
}

TEST_F(NvrtcTest, OtherArchitectures)
{
    for (NamedModel& model : composite_models()) {
        if (model.name != "TwoDimensions" && model.name != "PiecewiseExpression" && model.name != "Convolved" &&
            model.name != "Summed")
            continue;
        SCOPED_TRACE(model.name);
        for (char const* architecture : {"sm_75", "sm_80", "sm_86", "sm_89"})
            expect_compiles(value_kernel(model.builder.view(), model.name + "Model"), architecture);
    }
}

/// The whole fit in one program: what is compiled where nothing can be linked.
struct WholeFit
{
    char const* name;
    char const* architecture;
    int registers;  ///< at most
};

class FitKernel : public NvrtcTest, public ::testing::WithParamInterface<WholeFit>
{};

TEST_P(FitKernel, CompilesWithoutSpills)
{
    WholeFit const fit = GetParam();
    for (NamedModel& model : composite_models()) {
        if (model.name != fit.name) continue;
        cuda::Compiled const compiled = compiler.compile(
            {cuda::generate_kernel(model.builder.view(), model.name), fit.architecture, {"--ptxas-options=-v"}});
        ASSERT_GT(compiled.code.size(), 1000U) << compiled.log;
        EXPECT_EQ(compiled.architecture, fit.architecture);
        std::map<std::string, Resources> const resources = kernel_resources(compiled.log);
        ASSERT_TRUE(resources.contains(model.name + "_fit")) << compiled.log;
        Resources const& found = resources.at(model.name + "_fit");
        EXPECT_EQ(found.spills, 0);
        EXPECT_LE(found.registers, fit.registers);
        EXPECT_GT(found.registers, fit.registers - 24);
    }
}

INSTANTIATE_TEST_SUITE_P(Models, FitKernel,
                         ::testing::Values(WholeFit{"HoistedLawAndPeaks", "sm_90", 216},
                                           WholeFit{"Switched", "sm_75", 208},
                                           WholeFit{"HoistedLawAndPeaksMixed", "sm_80", 240}),
                         [](auto const& fit) { return std::string(fit.param.name); });

std::string const elf = "\x7f"
                        "ELF";

char const* const twice = R"(
namespace space {
template<class Real>
__global__ void twice(Real* v) { v[threadIdx.x] *= Real(2); }
}
extern "C" __global__ void thrice(float* v) { v[threadIdx.x] *= 3; }
)";

TEST_F(NvrtcTest, GivesTheKernelsNames)
{
    cuda::Compiled const compiled = compiler.compile({twice, "sm_90", {}, {"thrice", "space::twice<double>"}});
    ASSERT_TRUE(compiled.is_fine()) << compiled.log;
    EXPECT_THAT(compiled.names, ::testing::ElementsAre("thrice", "_ZN5space5twiceIdEEvPT_"));
    EXPECT_TRUE(compiled.code.starts_with(elf));
    EXPECT_FALSE(compiled.is_ptx());
    EXPECT_GT(compiled.seconds, 0.0);
}

TEST_F(NvrtcTest, GivesPtxForADeviceOfTheFuture)
{
    cuda::Compiled const compiled = compiler.compile({twice, "sm_999", {}, {"thrice"}});
    ASSERT_TRUE(compiled.is_fine()) << compiled.log;
    EXPECT_TRUE(compiled.is_ptx());
    EXPECT_EQ(compiled.architecture, "compute_" + std::to_string(compiler.known_architectures().back()));
    EXPECT_THAT(compiled.code, ::testing::HasSubstr(".visible .entry thrice("));
    EXPECT_NE(compiled.code.back(), '\0');
}

TEST_F(NvrtcTest, SaysWhatItDoesNotKnow)
{
    EXPECT_THAT(compiler.compile({twice, "sm_30"}).log, ::testing::HasSubstr("cannot compile for sm_30 (it knows sm_"));
    EXPECT_THAT(compiler.compile({twice, "sm_90", {}, {"fourfold"}}).log, ::testing::HasSubstr("fourfold"));
    EXPECT_THAT(compiler.compile({twice, "sm_90", {"--no-such-option"}}).log, ::testing::HasSubstr("no-such-option"));

    cuda::Compiled const wrong = compiler.compile({"\n__global__ void f() { nonsense; }", "sm_90"});
    EXPECT_FALSE(wrong.is_fine());
    EXPECT_THAT(wrong.log, ::testing::HasSubstr("model.cu(2): error: identifier \"nonsense\" is undefined"));
}

TEST_F(NvrtcTest, NamesItselfTheSameEachTime)
{
    EXPECT_THAT(compiler.identity(), ::testing::HasSubstr("NVRTC " + compiler.version() + " (libnvrtc"));
    EXPECT_EQ(compiler.identity(), cuda::Compiler(WARPFIT_NVRTC).identity());
}

}  // namespace
}  // namespace warpfit::testing
