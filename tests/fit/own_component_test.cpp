#include "tests/fit/maps.hpp"
#include "tests/model/expect_error.hpp"
#include "warpfit/model_file.hpp"
#include "warpfit/own_component.hpp"

#include <atomic>
#include <cmath>
#include <gmock/gmock.h>
#include <stdexcept>

namespace warpfit::testing {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;

double gaussian(double x, std::span<double const> p)
{
    double const u = (x - p[2]) / p[1];
    return p[0] / (p[1] * std::sqrt(2.0 * M_PI)) * std::exp(-0.5 * u * u);
}

std::vector<OwnParameter> gaussian_parameters()
{
    return {{.name = "A", .value = 450.0, .bounds = {.bmin = 0.0}, .linear = true},
            {.name = "sigma", .value = 3.0, .bounds = {.bmin = 0.0}},
            {.name = "centre", .value = 28.0, .scale = 4.0}};
}

Model model_with(Component peak)
{
    Model model;
    model.append("Offset");
    model.append(std::move(peak));
    return model;
}

FitOptions from_the_model(Precision precision = Precision::float64)
{
    FitOptions options;
    options.start = Start::model;
    options.precision = precision;
    options.layout = "points";
    return options;
}

/// PeakMap's own model with the same starts.
FitResult expected(PeakMap const& map, FitOptions const& options)
{
    Model model = model_with(Component("Gaussian", "peak"));
    for (OwnParameter const& p : gaussian_parameters()) model["peak"][p.name].set_value(p.value);
    return multifit(model, map.signal(), options);
}

class HostFit : public ::testing::TestWithParam<Precision>
{};

// The same peak as the built-in one, whose values other tests hold against NIST and HyperSpy.
TEST_P(HostFit, FindsWhatTheBuiltInComponentFinds)
{
    PeakMap const map(300, 9);
    FitOptions const options = from_the_model(GetParam());
    FitResult const wanted = expected(map, options);
    FitResult const result =
        multifit(model_with(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "peak")), map.signal(),
                 options);
    // Floats differ in the last digits of the model's values, and stop accordingly.
    double const share = GetParam() == Precision::float32 ? 1e-2 : 1e-5;
    for (char const* path : {"peak.A", "peak.sigma", "peak.centre", "Offset.offset"})
        for (std::size_t p = 0; p < map.num_pixels; ++p) {
            ASSERT_TRUE(is_converged(result.status[p]));
            double const error = wanted.parameter(path).standard_errors[p];
            EXPECT_NEAR(result.parameter(path).values[p], wanted.parameter(path).values[p], share * error) << path;
            EXPECT_NEAR(result.parameter(path).standard_errors[p], error, 1e-3 * error) << path;
        }
}

INSTANTIATE_TEST_SUITE_P(Precisions, HostFit,
                         ::testing::Values(Precision::float32, Precision::mixed, Precision::float64));

TEST(OwnComponent, ResultsDoNotDependOnThreads)
{
    PeakMap const map(500, 3);
    Model const model = model_with(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "peak"));
    FitOptions options = from_the_model();
    options.threads = 1;
    FitResult const one = multifit(model, map.signal(), options);
    options.threads = 8;
    FitResult const eight = multifit(model, map.signal(), options);
    EXPECT_EQ(one.chisq, eight.chisq);
    EXPECT_EQ(one.parameter("peak.sigma").values, eight.parameter("peak.sigma").values);
}

TEST(OwnComponent, ACallSeesAStripAndWhatIsWanted)
{
    std::atomic<bool> is_right = true;
    std::atomic<int> num_gradients = 0;
    HostFunction function{.type = "Level",
                          .parameters = {{.name = "level", .linear = true, .has_gradient = true},
                                         {.name = "unused", .value = 2.0, .free = false}}};
    function.evaluate = [&](HostCall const& call) {
        if (call.x.size() != call.value.size() || call.parameters.size() != 2 || call.parameters[1] != 2.0 ||
            !call.y.empty())
            is_right = false;
        for (double& v : call.value) v = call.parameters[0];
        if (call.gradient.size() != 2) is_right = false;
        if (call.gradient[1]) is_right = false;  // fixed: nobody asks
        if (!call.gradient[0]) return;
        ++num_gradients;
        for (std::size_t i = 0; i < call.x.size(); ++i) call.gradient[0][i] = 1.0;
    };
    Model model;
    model.append(host_component(function, "level"));
    EXPECT_TRUE(model.is_linear());
    std::vector<double> const data{1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
    FitResult const result =
        multifit(model, Signal({}, {{.size = 6}}, std::span<double const>(data)), from_the_model());
    EXPECT_DOUBLE_EQ(result.parameter("level.level").values[0], 3.5);
    EXPECT_TRUE(is_right);
    EXPECT_GT(num_gradients, 0);
}

TEST(OwnComponent, WhatAFunctionThrowsEndsOnlyThePixelsThatMeetIt)
{
    PeakMap map(40, 4);
    auto const function = [](double x, std::span<double const> p) {
        if (p[0] < 0.0) throw std::runtime_error("no such temperature");
        return gaussian(x, p);
    };
    std::vector<OwnParameter> parameters = gaussian_parameters();
    parameters[0].bounds = {};
    Model model = model_with(host_component(pointwise("MyPeak", parameters, function), "peak"));
    std::vector<double> starts(map.num_pixels, 450.0);
    starts[7] = -1.0;
    model["peak"]["A"].set_map(starts);
    FitResult const result = multifit(model, map.signal(), from_the_model());
    for (std::size_t p = 0; p < map.num_pixels; ++p)
        EXPECT_EQ(result.status[p], p == 7 ? FitStatus::bad_start : FitStatus::converged) << p;
    EXPECT_TRUE(std::isnan(result.parameter("peak.sigma").values[7]));
    EXPECT_THAT(result.notes, Contains(HasSubstr("Component 'peak' threw an error, first \"no such temperature\"")));
}

// d/dp of p^3 x at the end of its interval: differences may not look beyond.
TEST(OwnComponent, DifferencesStayWithinTheBounds)
{
    double lowest = 1.0, highest = 0.0;
    auto const cube = [&](double x, std::span<double const> p) {
        lowest = std::min(lowest, p[0]);
        highest = std::max(highest, p[0]);
        return x * p[0] * p[0] * p[0];
    };
    std::vector<double> const x{1.0, 2.0};
    for (double const p : {0.25, 0.5, 1.0}) {
        Component const component =
            host_component(pointwise("Cube", {{.name = "p", .value = p, .bounds = {0.25, 1.0}}}, cube));
        std::vector<double> const slope = component.gradient("p", x);
        // eps^(2/3) = 4e-11 of the third derivative, 6.
        EXPECT_NEAR(slope[0], 3.0 * p * p, 4e-10) << p;
        EXPECT_NEAR(slope[1], 6.0 * p * p, 8e-10) << p;
    }
    EXPECT_GE(lowest, 0.25);
    EXPECT_LE(highest, 1.0);
}

TEST(OwnComponent, TwinsReachIt)
{
    PeakMap const map(20, 6);
    Model model = model_with(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "peak"));
    model.append(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "shoulder"));
    model.set_twin({"shoulder.A", "peak.A", "a / 4", ""});
    model.set_twin({"shoulder.sigma", "peak.sigma", "", ""});
    model.set_twin({"shoulder.centre", "peak.centre", "c + 3", ""});
    Model wanted = model_with(Component("Gaussian", "peak"));
    wanted.append("Gaussian", "shoulder");
    for (Twin const& twin : model.twins()) wanted.set_twin(twin);
    for (OwnParameter const& p : gaussian_parameters()) wanted["peak"][p.name].set_value(p.value);
    FitOptions const options = from_the_model();
    FitResult const result = multifit(model, map.signal(), options);
    FitResult const builtin = multifit(wanted, map.signal(), options);
    for (char const* path : {"peak.A", "shoulder.A", "shoulder.centre", "peak.sigma"})
        for (std::size_t p = 0; p < map.num_pixels; ++p) {
            double const error = builtin.parameter(path).standard_errors[p];
            EXPECT_NEAR(result.parameter(path).values[p], builtin.parameter(path).values[p], 1e-5 * error) << path;
            EXPECT_NEAR(result.parameter(path).standard_errors[p], error, 1e-6 * error) << path;
        }
    std::vector<double> const x{25.0, 31.0};
    for (char const* path : {"peak.A", "peak.sigma", "peak.centre"}) {
        std::vector<double> const own = model.gradient(path, x), other = wanted.gradient(path, x);
        EXPECT_NEAR(own[0], other[0], 1e-7) << path;
        EXPECT_NEAR(own[1], other[1], 1e-7) << path;
    }
}

TEST(OwnComponent, AFunctionHasTheCpuAlone)
{
    PeakMap const map(4);
    Model const model = model_with(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "peak"));
    FitOptions options;
    options.device = "cuda";
    EXPECT_THAT(error_of([&] { multifit(model, map.signal(), options); }),
                HasSubstr("component 'peak' is a function of this program, which runs on the CPU alone"));
    options.device = "auto";
    EXPECT_THAT(multifit(model, map.signal(), options).notes,
                Contains(HasSubstr("CPU, for component 'peak' is a function of this program")));
    options.layout = "pixels";
    EXPECT_THAT(error_of([&] { multifit(model, map.signal(), options); }), HasSubstr("components of one's own"));
}

// The plugin's words reach the caller; what the CPU can do instead is said where it can.
TEST(OwnComponent, WhatAGpuCannotCompileIsSaid)
{
    PeakMap const map(4);
    Model const model = model_with(
        functor_component({"struct Bump { };", "bump.hpp", "Bump"}, {{.name = "height", .value = 1.0}}, 1, "bump"));
    FitOptions options;
    options.plugin = WARPFIT_FAKE_PLUGIN;
    for (char const* device : {"cuda", "auto"}) {
        options.device = device;
        EXPECT_THAT(error_of([&] { multifit(model, map.signal(), options); }),
                    AllOf(HasSubstr("components of one's own are compiled at run time, but this is a fake"),
                          HasSubstr("build the header bump.hpp in with warpfit_add_component(), for the CPU")));
    }
}

// A file keeps what is to be known of it without its code.
TEST(OwnComponent, IsRememberedWithoutItsCode)
{
    PeakMap const map(3);
    ModelFile file;
    file.model = model_with(host_component(pointwise("MyPeak", gaussian_parameters(), gaussian), "peak"));
    file.model["peak"]["sigma"].set_value(5.0);
    ModelFile const loaded = parse_model_json(to_json(file), "stored");
    EXPECT_EQ(to_json(loaded), to_json(file));
    Component const& peak = loaded.model["peak"];
    EXPECT_EQ(peak.type(), "MyPeak");
    EXPECT_EQ(peak["sigma"].value(), 5.0);
    EXPECT_EQ(peak["A"].bmin(), 0.0);
    EXPECT_EQ(peak.parameters().size(), 3U);
    EXPECT_THAT(error_of([&] { multifit(loaded.model, map.signal()); }),
                HasSubstr("component 'peak' cannot run (its code is a program's own and was not stored with it)"));
    EXPECT_THAT(error_of([&] { loaded.model.evaluate(std::vector<double>{1.0}); }),
                HasSubstr("component 'peak' of type MyPeak cannot run"));
}

TEST(OwnComponent, SaysWhatIsWrong)
{
    auto const make = [](std::string type, std::vector<OwnParameter> parameters) {
        return error_of([&] { host_component(pointwise(type, parameters, gaussian)); });
    };
    EXPECT_THAT(make("Gaussian", {{.name = "A"}}), HasSubstr("'Gaussian' is taken"));
    EXPECT_THAT(make("my peak", {{.name = "A"}}), HasSubstr("'my peak' is no name"));
    EXPECT_THAT(make("type", {{.name = "A"}}), HasSubstr("component type 'type' is reserved"));
    EXPECT_THAT(error_of([] { host_component(pointwise("Mine", {{.name = "A"}}, gaussian), "fit"); }),
                HasSubstr("component name 'fit' is reserved (it is a key of the model file)"));
    EXPECT_THAT(make("Mine", {}), HasSubstr("has no parameters"));
    EXPECT_THAT(make("Mine", {{.name = "x"}}), HasSubstr("'x' of component type 'Mine' is no name"));
    EXPECT_THAT(make("Mine", {{.name = "A"}, {.name = "A"}}), HasSubstr("declared twice"));
    EXPECT_THAT(error_of([] { host_component({.type = "Mine", .parameters = {{.name = "A"}}}); }),
                HasSubstr("has no function"));
    EXPECT_THAT(error_of([] {
                    pointwise("Mine", {{.name = "A"}}, gaussian, {{"B", gaussian}});
                }),
                HasSubstr("a derivative by 'B'"));
    EXPECT_THAT(error_of([] {
                    PeakMap const map(2);
                    std::vector<OwnParameter> parameters = gaussian_parameters();
                    parameters[1].linear = true;
                    multifit(model_with(host_component(pointwise("MyPeak", parameters, gaussian), "peak")),
                             map.signal());
                }),
                HasSubstr("component 'peak' is not linear in A, sigma"));
}

}  // namespace
}  // namespace warpfit::testing
