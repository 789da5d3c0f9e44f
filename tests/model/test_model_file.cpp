#include "tests/model/expect_error.hpp"
#include "warpfit/model_file.hpp"

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace warpfit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using warpfit::testing::error_of;

// INTERFACE.md's example, with the components that its twin names.
constexpr char example[] = R"toml(schema = 1

[data]
range    = [[500.0, 800.0]]
variance = "poisson"
gain = 2
offset = 0.5
binned   = true

[fit]
optimizer = "lm"
loss      = "ls"
start     = "model"
precision = "mixed"
bounded   = false
standard_error = "absolute"
max_iterations = 50
tolerance = 1e-8

[[component]]
type = "PowerLaw"
name = "background"
A = 1e6
r = { start = 2.5, min = 1.0, max = 4.0 }
origin = { start = 0.0, free = false }

[[component]]
type = "Expression"
name = "peak"
expression = "height*exp(-(x-x0)**2*4*log(2)/fwhm**2)"
position = "x0"
module = "numpy"
compute_gradients = true
linear_parameter_list = ["height"]
[component.parameters]
height = 10.0
x0 = 532.0
fwhm = { start = 2.0, min = 0.1 }

[[component]]
type = "Gaussian"
name = "Hydrogen"
sigma = { bmin = "-inf", bmax = 5, value = 1 }

[[component]]
type = "Gaussian"
active = false

[[component]]
type = "Gaussian"

[[component]]
type = "Polynomial"
order = 3
a3 = -1

[[twin]]
parameter = "Hydrogen.A"
to = "Gaussian.A"
expression = "x**2"
inverse = "sqrt(abs(x))"

[[twin]]
parameter = "Gaussian_0.A"
to = "Gaussian.A"
)toml";

void expect_example(ModelFile const& f)
{
    EXPECT_THAT(f.data.range, ElementsAre(Pair(500.0, 800.0)));
    EXPECT_THAT(f.data.exclude, IsEmpty());
    EXPECT_EQ(f.data.variance, "poisson");
    EXPECT_EQ(f.data.gain, 2.0);
    EXPECT_EQ(f.data.offset, 0.5);
    EXPECT_EQ(f.data.binned, std::optional<bool>(true));
    EXPECT_EQ(f.fit.optimizer, "lm");
    EXPECT_EQ(f.fit.loss, "ls");
    EXPECT_EQ(f.fit.start, Start::model);
    EXPECT_EQ(f.fit.precision, Precision::mixed);
    EXPECT_FALSE(f.fit.bounded);
    EXPECT_EQ(f.fit.standard_error, StandardError::absolute);
    EXPECT_EQ(f.fit.max_iterations, 50);
    EXPECT_EQ(f.fit.tolerance, 1e-8);
    EXPECT_THAT(f.warnings, IsEmpty());

    std::vector<std::string> names;
    for (Component const& c : f.model.components()) names.push_back(c.name());
    EXPECT_THAT(names, ElementsAre("background", "peak", "Hydrogen", "Gaussian", "Gaussian_0", "Polynomial"));
    Parameter const& r = f.model.parameter("background.r");
    EXPECT_EQ(r.value(), 2.5);
    EXPECT_EQ(r.bmin(), 1.0);
    EXPECT_EQ(r.bmax(), 4.0);
    EXPECT_TRUE(r.is_free());
    EXPECT_TRUE(r.is_value_set());
    EXPECT_FALSE(f.model.parameter("background.origin").is_free());
    EXPECT_FALSE(f.model.parameter("background.left_cutoff").is_value_set());
    EXPECT_EQ(f.model.parameter("peak.x0").value(), 532.0);
    EXPECT_EQ(f.model.parameter("peak.fwhm").bmin(), 0.1);
    EXPECT_EQ(f.model.parameter("peak.fwhm").bmax(), unbounded);
    EXPECT_THAT(f.model["peak"].options().position, ElementsAre("x0"));
    EXPECT_EQ(f.model.parameter("Hydrogen.sigma").bmin(), -unbounded);
    EXPECT_EQ(f.model.parameter("Hydrogen.sigma").bmax(), 5.0);
    EXPECT_FALSE(f.model["Gaussian"].is_active());
    EXPECT_EQ(f.model["Polynomial"].parameters().size(), 4U);
    EXPECT_EQ(f.model.parameter("Polynomial.a3").value(), -1.0);
    ASSERT_EQ(f.model.twins().size(), 2U);
    EXPECT_EQ(f.model.twins()[0].expression, "x**2");
    EXPECT_EQ(f.model.twins()[0].inverse, "sqrt(abs(x))");
    EXPECT_TRUE(f.model.is_twin("Gaussian_0.A"));
}

TEST(ModelFile, ReadsToml)
{
    expect_example(parse_model_toml(example, "m.toml"));
}

TEST(ModelFile, CanonicalJsonReadsBackTheSame)
{
    ModelFile const file = parse_model_toml(example, "m.toml");
    std::string const text = to_json(file);
    ModelFile const again = parse_model_json(text, "m.json");
    expect_example(again);
    EXPECT_EQ(to_json(again), text);
}

TEST(ModelFile, CanonicalJsonIsSortedAndComplete)
{
    ModelFile const f =
        parse_model_toml("[[component]]\ntype='Offset'\noffset = {start = 0.1, max = 3, free = false}\n", "m.toml");
    EXPECT_EQ(
        to_json(f),
        R"({"component":[{"active":true,"name":"Offset","parameters":{"offset":{"free":false,"max":3,"min":"-inf","start":0.1}},"type":"Offset"}],)"
        R"("data":{"variance":"file"},)"
        R"("fit":{"bounded":true,"loss":"ls","max_iterations":200,"precision":"float64","standard_error":"scaled","start":"auto","tolerance":1e-10},)"
        R"("schema":1})");
}

TEST(ModelFile, NumbersRoundTripBitForBit)
{
    ModelFile f;
    f.model.append("Offset").parameters()[0].set_value(0.1 + 0.2);  // 0.30000000000000004
    std::string const text = to_json(f);
    EXPECT_THAT(text, HasSubstr("0.30000000000000004"));
    EXPECT_EQ(parse_model_json(text, "m").model.parameter("Offset.offset").value(), 0.1 + 0.2);
    f.model.parameter("Offset.offset").set_value(4.9406564584124654e-324);
    EXPECT_EQ(parse_model_json(to_json(f), "m").model.parameter("Offset.offset").value(), 4.9406564584124654e-324);
}

TEST(ModelFile, ValuesNobodyGaveStayUnset)
{
    ModelFile f;
    f.model.append("Gaussian");
    ModelFile const again = parse_model_json(to_json(f), "m");
    EXPECT_FALSE(again.model.parameter("Gaussian.A").is_value_set());
    EXPECT_EQ(again.model.parameter("Gaussian.A").value(), 1.0);
}

TEST(ModelFile, EveryOptionSurvivesJson)
{
    ModelFile f;
    ComponentOptions options;
    options.expression = "a*exp(-(x-x0)**2-(gamma_*(y-y0))**2)";
    options.position = {"x0", "y0"};
    options.add_rotation = true;
    options.rotation_center = {1.5, -2.0};
    options.rename_parameters = {{"gamma_", "gamma"}};
    f.model.append(Component("Expression", "quoted \"name\"\\\n", options));
    f.data.variance = "0.25";
    f.data.exclude = {{1.0, 2.0}};
    f.data.channel_mask = {1, 0, 1};
    f.fit.loss = "huber";
    f.fit.huber_delta = 1.5;
    f.fit.start = Start::file;
    f.fit.precision = Precision::float32;
    f.smart = true;
    ModelFile const again = parse_model_json(to_json(f), "m");
    EXPECT_EQ(again.model.components()[0].name(), "quoted \"name\"\\\n");
    EXPECT_EQ(again.model.components()[0].formula(), f.model.components()[0].formula());
    EXPECT_TRUE(again.model.components()[0].has_parameter("gamma"));
    EXPECT_TRUE(again.model.components()[0].has_parameter("rotation_angle"));
    EXPECT_THAT(again.model.components()[0].options().rotation_center, ElementsAre(1.5, -2.0));
    EXPECT_TRUE(again.smart);
    EXPECT_EQ(again.data.variance, "0.25");
    EXPECT_THAT(again.data.exclude, ElementsAre(Pair(1.0, 2.0)));
    EXPECT_THAT(again.data.channel_mask, ElementsAre(1, 0, 1));
    EXPECT_EQ(again.fit.loss, "huber");
    EXPECT_EQ(again.fit.huber_delta, 1.5);
    EXPECT_EQ(again.fit.start, Start::file);
    EXPECT_EQ(again.fit.precision, Precision::float32);
    EXPECT_EQ(to_json(again), to_json(f));
}

TEST(ModelFile, ConvolutionReadsBack)
{
    ModelFile const f = parse_model_toml("[data]\nlow_loss = \"low.hspy#zlp\"\n"
                                         "[[component]]\ntype = \"PowerLaw\"\nconvolved = true\n"
                                         "[[component]]\ntype = \"Gaussian\"\nconvolved = false\n"
                                         "[[component]]\ntype = \"Offset\"\n[[component]]\ntype = \"Lorentzian\"\n",
                                         "m");
    ModelFile const again = parse_model_json(to_json(f), "m");
    for (ModelFile const* file : {&f, &again}) {
        EXPECT_EQ(file->data.low_loss, "low.hspy#zlp");
        EXPECT_TRUE(file->model["PowerLaw"].is_convolved());
        EXPECT_FALSE(file->model["Gaussian"].is_convolved());
        EXPECT_FALSE(file->model["Offset"].is_convolved());
        EXPECT_TRUE(file->model["Lorentzian"].is_convolved());
    }
    EXPECT_EQ(to_json(again), to_json(f));
}

TEST(ModelFile, AStartOutsideItsBoundsMovesWithAWarning)
{
    ModelFile const f = parse_model_toml("[[component]]\ntype = 'PowerLaw'\nA = 3\nr = 7\n", "m.toml");
    EXPECT_EQ(f.model.parameter("PowerLaw.r").value(), 5.0);
    ASSERT_EQ(f.warnings.size(), 1U);
    EXPECT_EQ(f.warnings[0],
              "m.toml:4: start value 7 of parameter 'PowerLaw.r' is out of bounds (min 1, max 5): moved to 5");
}

TEST(ModelFile, ReservedNamesWorkInTheCanonicalForm)
{
    ModelFile const f = parse_model_toml("[[component]]\ntype = 'Expression'\nexpression = 'order*x + name'\n"
                                         "[component.parameters]\norder = 3\nname = { value = 2 }\n",
                                         "m.toml");
    EXPECT_EQ(f.model.parameter("Expression.order").value(), 3.0);
    EXPECT_EQ(f.model.parameter("Expression.name").value(), 2.0);
}

TEST(ModelFile, OptionsWithoutEffectWarn)
{
    ModelFile const f =
        parse_model_toml("[data]\ngain = 2\n[fit]\nhuber_delta = 2\n[[component]]\ntype = 'Offset'\n", "m.toml");
    EXPECT_THAT(f.warnings, ElementsAre(HasSubstr("m.toml:2: key 'gain' has no effect"),
                                        HasSubstr("m.toml:4: key 'huber_delta' has no effect")));
}

TEST(Overrides, ReachEverything)
{
    ModelFile const f =
        parse_model_toml(example, "m.toml",
                         {"fit.precision=float32", "fit.tolerance=1E-6", "fit.bounded=true", "data.variance=none",
                          "data.range=[[510, 700], [710, 800]]", "background.r.start=3.5", "background.r.max=inf",
                          "background.A=5e5", "background.left_cutoff=.5", "peak.x0=533", "peak.height.free=false",
                          "peak.fwhm=3", "Gaussian_0.centre.start=532", "Gaussian_0.centre.min=-5",
                          "Gaussian.active=true", "Hydrogen.sigma.start=2", "Polynomial.order=4"});
    EXPECT_EQ(f.fit.precision, Precision::float32);
    EXPECT_EQ(f.fit.tolerance, 1e-6);
    EXPECT_TRUE(f.fit.bounded);
    EXPECT_EQ(f.data.variance, "none");
    EXPECT_THAT(f.data.range, ElementsAre(Pair(510.0, 700.0), Pair(710.0, 800.0)));
    EXPECT_EQ(f.model.parameter("background.r").value(), 3.5);
    EXPECT_EQ(f.model.parameter("background.r").bmin(), 1.0);
    EXPECT_EQ(f.model.parameter("background.r").bmax(), unbounded);
    EXPECT_EQ(f.model.parameter("background.A").value(), 5e5);
    EXPECT_EQ(f.model.parameter("background.left_cutoff").value(), 0.5);
    EXPECT_FALSE(f.model.parameter("background.left_cutoff").is_free());
    EXPECT_EQ(f.model.parameter("peak.x0").value(), 533.0);
    EXPECT_EQ(f.model.parameter("peak.height").value(), 10.0);
    EXPECT_FALSE(f.model.parameter("peak.height").is_free());
    EXPECT_EQ(f.model.parameter("peak.fwhm").value(), 3.0);
    EXPECT_EQ(f.model.parameter("peak.fwhm").bmin(), 0.1);
    EXPECT_EQ(f.model.parameter("Gaussian_0.centre").value(), 532.0);
    EXPECT_EQ(f.model.parameter("Gaussian_0.centre").bmin(), -5.0);
    EXPECT_TRUE(f.model["Gaussian"].is_active());
    EXPECT_EQ(f.model.parameter("Hydrogen.sigma").value(), 2.0);
    EXPECT_TRUE(f.model["Polynomial"].has_parameter("a4"));
}

TEST(Overrides, OrderOfStartAndBoundDoesNotMatter)
{
    std::string const text = "[[component]]\ntype = 'PowerLaw'\n";
    for (auto const& set :
         {std::vector<std::string>{"PowerLaw.r=8", "PowerLaw.r.max=9"}, {"PowerLaw.r.max=9", "PowerLaw.r=8"}}) {
        ModelFile const f = parse_model_toml(text, "m.toml", set);
        EXPECT_EQ(f.model.parameter("PowerLaw.r").value(), 8.0);
        EXPECT_THAT(f.warnings, IsEmpty());
    }
}

TEST(Overrides, MakeASectionThatWasNotThere)
{
    ModelFile const f =
        parse_model_toml("[[component]]\ntype = 'Offset'\n", "m.toml", {"fit.start=model", "data.variance=0.5"});
    EXPECT_EQ(f.fit.start, Start::model);
    EXPECT_EQ(f.data.variance, "0.5");
}

TEST(Overrides, UnknownPathsNameTheClosest)
{
    auto const error = [](std::string const& assignment) {
        return error_of([&] { parse_model_toml(example, "m.toml", {assignment}); });
    };
    EXPECT_THAT(error("backgruond.A=3"), HasSubstr("set 'backgruond.A=3': unknown path 'backgruond.A'"));
    EXPECT_THAT(error("backgruond.A=3"), HasSubstr("did you mean 'background'?"));
    EXPECT_THAT(error("fit.precison=mixed"), HasSubstr("did you mean 'precision'?"));
    EXPECT_THAT(error("fit.precision=mixd"), HasSubstr("did you mean 'mixed'?"));
    EXPECT_THAT(error("peak.x1=3"), HasSubstr("unknown parameter 'x1' in component 'peak'"));
    EXPECT_THAT(error("Gaussian.centr.start=3"), HasSubstr("did you mean 'centre'?"));
    EXPECT_THAT(error("Gaussian.centre.strt=3"), HasSubstr("did you mean 'start'?"));
    EXPECT_THAT(error("Gaussian.centre=abc"), HasSubstr("must be a number or a table (found a string)"));
    EXPECT_THAT(error("precision"), HasSubstr("write path=value"));
}

class LoadedModel : public ::testing::Test
{
  protected:
    std::string write(std::string const& name, std::string const& text)
    {
        std::string const path = ::testing::TempDir() + name;
        std::ofstream(path) << text;
        paths_.push_back(path);
        return path;
    }
    ~LoadedModel() override
    {
        for (std::string const& path : paths_) std::remove(path.c_str());
    }

  private:
    std::vector<std::string> paths_;
};

TEST_F(LoadedModel, ByItsEnding)
{
    std::string const json = to_json(parse_model_toml(example, "m.toml"));
    expect_example(load_model(write("warpfit_model.toml", example)));
    expect_example(load_model(write("warpfit_model.json", json)));
    EXPECT_THAT(error_of([&] { load_model(write("warpfit_model.yaml", json)); }), HasSubstr("neither .toml nor .json"));
    std::string const path = write("warpfit_bad.toml", "schema = 2\n");
    EXPECT_THAT(error_of([&] { load_model(path); }), HasSubstr(path + ":1: schema 2 is unknown"));
    EXPECT_THROW(load_model("/nonexistent/model.toml"), InputError);
}

TEST(LoadModel, ReadsJsonFromStandardInput)
{
    std::istringstream input(to_json(parse_model_toml(example, "m.toml")));
    std::streambuf* const before = std::cin.rdbuf(input.rdbuf());
    ModelFile const file = load_model("-");
    std::cin.rdbuf(before);
    expect_example(file);
}

}  // namespace
}  // namespace warpfit
