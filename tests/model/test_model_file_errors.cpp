#include "tests/model/expect_error.hpp"
#include "warpfit/model_file.hpp"

#include <ostream>

// Each case: a wrong file, the place that the error must name, what it must say.
namespace warpfit {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using warpfit::testing::error_of;

struct BadFile
{
    char const* name;
    char const* text;
    char const* place;
    char const* says;
    friend void PrintTo(BadFile const& bad, std::ostream* out) { *out << bad.name; }
};

std::string name_of_case(::testing::TestParamInfo<BadFile> const& info)
{
    return info.param.name;
}

class BadToml : public ::testing::TestWithParam<BadFile>
{};

TEST_P(BadToml, NamesTheLineAndTheRemedy)
{
    std::string const error = error_of([] { parse_model_toml(GetParam().text, "m.toml"); });
    EXPECT_THAT(error, StartsWith(GetParam().place));
    EXPECT_THAT(error, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    ModelFile, BadToml,
    ::testing::Values(
        BadFile{"Syntax", "schema = 1\n[[component]\n", "m.toml:2: not valid TOML", "("},
        BadFile{"KeyTwice", "[[component]]\ntype = 'Offset'\ntype = 'Offset'\n", "m.toml:3: not valid TOML", "("},
        BadFile{"Schema", "\nschema = 2\n", "m.toml:2: schema 2 is unknown", "reads schema 1"},
        BadFile{"RotationCentre", "[[component]]\ntype = 'Gaussian2D'\nadd_rotation = true\nrotation_center = [1.0]\n",
                "m.toml:4: key 'rotation_center' has 1 numbers", "give x and y"},
        BadFile{"FineStructureComponent",
                "[[component]]\ntype = 'EELSCLEdge'\nelement_subshell = 'O_K'\n"
                "fine_structure_components = ['white']\n[[component]]\ntype = 'Gaussian'\nname = 'white line'\n",
                "m.toml:1: fine_structure_components of 'O_K' name an unknown component, 'white'", "white line"},
        BadFile{"TopLevelKey", "schema = 1\n[fitt]\n", "m.toml:2: unknown key 'fitt' in the model",
                "did you mean 'fit'?"},
        BadFile{"DataKey", "[data]\nvariance = 'none'\nranges = [[1, 2]]\n", "m.toml:3: unknown key 'ranges' in [data]",
                "did you mean 'range'?"},
        BadFile{"FitKey", "[fit]\n\noptimiser = 'lm'\n", "m.toml:3: unknown key 'optimiser' in [fit]",
                "did you mean 'optimizer'?"},
        BadFile{"Loss", "[fit]\nloss = 'ML-Poisson'\n", "m.toml:2: key 'loss' is 'ML-Poisson'",
                "did you mean 'ML-poisson'?"},
        BadFile{"Optimizer", "[fit]\noptimizer = 'lmm'\n", "m.toml:2: key 'optimizer' is 'lmm'", "did you mean 'lm'?"},
        BadFile{"Start", "[fit]\nstart = 'automatic'\n", "m.toml:2: key 'start' is 'automatic'",
                "(known: auto, model, file)"},
        BadFile{"Precision", "[fit]\nprecision = 'float46'\n", "m.toml:2: key 'precision'", "did you mean 'float64'?"},
        BadFile{"StandardError", "[fit]\nstandard_error = 'scald'\n", "m.toml:2: key 'standard_error'",
                "did you mean 'scaled'?"},
        BadFile{"Bounded", "[fit]\nbounded = 1\n", "m.toml:2: key 'bounded' must be true or false (found a number)",
                ""},
        BadFile{"Iterations", "[fit]\nmax_iterations = 2.5\n", "m.toml:2: key 'max_iterations' must be a whole number",
                "2.5"},
        BadFile{"NoIterations", "[fit]\nmax_iterations = 0\n", "m.toml:2: key 'max_iterations' is 0", "at least 1"},
        BadFile{"Tolerance", "[fit]\ntolerance = 1\n", "m.toml:2: key 'tolerance' is 1", "between 0 and 1"},
        BadFile{"Variance", "[data]\nvariance = 'poison'\n", "m.toml:2: key 'variance' is 'poison'",
                "did you mean 'poisson'?"},
        BadFile{"VarianceNumber", "[data]\nvariance = -1\n", "m.toml:2: key 'variance' is -1", "positive"},
        BadFile{"RangeFlat", "[data]\nrange = [500, 800]\n", "m.toml:2: key 'range' must be an array of pairs",
                "write [[500, 800]]"},
        BadFile{"RangeTriple", "[data]\nrange = [\n  [1, 2],\n  [3, 4, 5]]\n",
                "m.toml:4: each range of key 'range' must be a pair", "found 3 values"},
        BadFile{"RangeBackwards", "[data]\nexclude = [[8, 5]]\n", "m.toml:2: range [8, 5] runs backwards", "exchange"},
        BadFile{"NoComponent", "schema = 1\n", "m.toml:1: the model has no component", "[[component]]"},
        BadFile{"ComponentTable", "[component]\ntype = 'Offset'\n",
                "m.toml:1: key 'component' must be an array of tables", "write [[component]]"},
        BadFile{"NoType", "schema = 1\n[[component]]\nname = 'a'\n", "m.toml:2: [[component]] lacks its type",
                "type ="},
        BadFile{"Type", "[[component]]\ntype = 'Lorenzian'\n", "m.toml:2: unknown component type 'Lorenzian'",
                "did you mean 'Lorentzian'?"},
        BadFile{"NameTwice", "[[component]]\ntype='Offset'\nname='a'\n[[component]]\ntype='Offset'\nname='a'\n",
                "m.toml:6: component name 'a' is given twice", ""},
        BadFile{"Parameter", "[[component]]\ntype = 'Gaussian'\nname = 'peak'\nA = 1\ncentr = 3\n",
                "m.toml:5: unknown key 'centr' in component 'peak' (", "; did you mean 'centre'?"},
        BadFile{"CanonicalParameter", "[[component]]\ntype = 'Gaussian'\n[component.parameters]\ncentr = 3\n",
                "m.toml:4: unknown parameter 'centr' in component 'Gaussian'", "did you mean 'centre'?"},
        BadFile{"ParameterKey", "[[component]]\ntype = 'Gaussian'\nA = { start = 1, minimum = 0 }\n",
                "m.toml:3: unknown key 'minimum' in parameter 'Gaussian.A'", "(known: start, min, max, free"},
        BadFile{"ParameterKind", "[[component]]\ntype = 'Gaussian'\nA = 'three'\n",
                "m.toml:3: parameter 'Gaussian.A' must be a number or a table", "found a string"},
        BadFile{"ParameterSynonyms", "[[component]]\ntype = 'Gaussian'\nA = { start = 1, value = 1 }\n",
                "m.toml:3: parameter 'Gaussian.A' is given both 'start' and 'value'", "keep one"},
        BadFile{"ParameterTwice", "[[component]]\ntype = 'Gaussian'\nA = 1\n[component.parameters]\nA = 1\n",
                "m.toml:5: parameter 'A' of component 'Gaussian' is given twice", "keep one"},
        BadFile{"EmptyBounds", "[[component]]\ntype = 'PowerLaw'\nr = { min = 6 }\n",
                "m.toml:3: bounds of parameter 'PowerLaw.r' are empty (min 6, max 5 by default)", ""},
        BadFile{"Bound", "[[component]]\ntype = 'PowerLaw'\nr = { min = 'none' }\n",
                "m.toml:3: the lower bound of parameter 'PowerLaw.r' is 'none'", "\"-inf\""},
        BadFile{"NotFinite", "[[component]]\ntype = 'PowerLaw'\nA = inf\n",
                "m.toml:3: the start value of parameter 'PowerLaw.A' is inf", "finite"},
        BadFile{"Free", "[[component]]\ntype = 'PowerLaw'\nA = { free = 'no' }\n",
                "m.toml:3: key 'free' of parameter 'PowerLaw.A' must be true or false", ""},
        BadFile{"ReservedParameter", "[[component]]\ntype = 'Expression'\nexpression = 'order*x'\norder = 3\n",
                "m.toml:4: key 'order' is reserved", "[component.parameters]"},
        BadFile{"ReservedKind", "[[component]]\ntype = 'Expression'\nexpression = 'name*x'\nname = 3\n",
                "m.toml:4: key 'name' must be a string (found a number", "[component.parameters]"},
        BadFile{"OptionOfAnother", "[[component]]\ntype = 'Gaussian'\norder = 3\n",
                "m.toml:3: key 'order' does not fit component 'Gaussian'", "type Gaussian"},
        BadFile{"Order", "[[component]]\ntype = 'Polynomial'\norder = 0\n", "m.toml:2: option 'order' does not fit",
                "from 1 to"},
        BadFile{"ExpressionWithoutX", "[[component]]\ntype = 'Expression'\n\nexpression = 'a*b'\n",
                "m.toml:4: expression 'a*b' does not contain x", "Offset"},
        BadFile{"ExpressionSyntax", "[[component]]\ntype = 'Expression'\nexpression = 'a*(x'\n", "m.toml:3: ", "a*(x"},
        BadFile{"Position", "[[component]]\ntype = 'Expression'\nexpression = 'a*(x-x0)'\nposition = 'x1'\n",
                "m.toml:3: position 'x1' is no parameter", "did you mean 'x0'?"},
        BadFile{"TwinKey", "[[component]]\ntype='Gaussian'\n[[twin]]\nparameter='Gaussian.A'\nof='Gaussian.sigma'\n",
                "m.toml:5: unknown key 'of' in [[twin]]", "(known: parameter, to"},
        BadFile{"TwinPath", "[[component]]\ntype='Gaussian'\n[[twin]]\nparameter='Gaussian.A'\nto='Gausian.sigma'\n",
                "m.toml:3: [[twin]]: unknown component 'Gausian'", "did you mean 'Gaussian'?"},
        BadFile{"TwinTo", "[[component]]\ntype='Gaussian'\n[[twin]]\nparameter='Gaussian.A'\n",
                "m.toml:3: [[twin]] lacks 'to'", ""},
        BadFile{"TwinCycle", "[[component]]\ntype='Gaussian'\n[[twin]]\nparameter='Gaussian.A'\nto='Gaussian.A'\n",
                "m.toml:3: [[twin]]: twins form a cycle", ""},
        BadFile{"Date", "[[component]]\ntype='Gaussian'\nA = 2020-01-01\n", "m.toml:3: ", "dates and times"}),
    name_of_case);

class BadJson : public ::testing::TestWithParam<BadFile>
{};

TEST_P(BadJson, NamesThePathAndTheRemedy)
{
    std::string const error = error_of([] { parse_model_json(GetParam().text, "m.json"); });
    EXPECT_THAT(error, StartsWith(GetParam().place));
    EXPECT_THAT(error, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    ModelFile, BadJson,
    ::testing::Values(
        BadFile{"OwnComponentKey", R"({"component": [{"type": "Mine", "own_component": {"parameter": []}}]})",
                "m.json: /component/0/own_component/parameter: unknown key 'parameter'", "parameters"},
        BadFile{"OwnComponentName",
                R"({"component": [{"type": "Mine", "name": "fit", "own_component": {"parameters": [{"name": "a"}]}}]})",
                "m.json: /component/0/", "component name 'fit' is reserved"},

        BadFile{"Syntax", "{\"schema\": 1,\n \"fit\": }", "m.json: not valid JSON (parse error at line 2", ""},
        BadFile{"Empty", "", "m.json: not valid JSON", ""}, BadFile{"Trailing", "{} x", "m.json: not valid JSON", ""},
        BadFile{"Overflow", R"({"fit":{"tolerance":1e999}})", "m.json: not valid JSON (number overflow", ""},
        BadFile{"NotATable", "[1]", "m.json: /: a model must be a table (found an array)", ""},
        BadFile{"KeyTwice", R"({"component":[{"type":"Offset","offset":1,"offset":2}]})",
                "m.json: /component/0/offset: key 'offset' is given twice", ""},
        BadFile{"Schema", R"({"schema":7})", "m.json: /schema: schema 7 is unknown", ""},
        BadFile{"FitKey", R"({"fit":{"tolerence":1e-9}})", "m.json: /fit/tolerence: unknown key 'tolerence' in [fit]",
                "did you mean 'tolerance'?"},
        BadFile{"Parameter", R"({"component":[{"type":"Offset"},{"type":"Gaussian","name":"peak","centr":1}]})",
                "m.json: /component/1/centr: unknown key 'centr' in component 'peak' (", "; did you mean 'centre'?"},
        BadFile{"Null", R"({"component":[{"type":"Gaussian","parameters":{"A":{"start":null}}}]})",
                "m.json: /component/0/parameters/A/start: the start value of parameter 'Gaussian.A' must be a number "
                "(found null)",
                ""},
        BadFile{"Range", R"({"data":{"range":[[1,2],[3,"x"]]}})",
                "m.json: /data/range/1/1: ", "must be a number (found a string)"},
        BadFile{"Mask", R"({"data":{"channel_mask":[1,0,2]}})", "m.json: /data/channel_mask/2: ", "0 or 1"},
        BadFile{
            "Twin",
            R"({"component":[{"type":"Gaussian"}],"twin":[{"parameter":"Gaussian.A","to":"Gaussian.sigma","expression":"a*b"}]})",
            "m.json: /twin/0: [[twin]]: twin expression 'a*b' has 2 free symbols", "exactly one"}),
    name_of_case);

TEST(BadJsonDepth, IsRefusedWithoutRunningOutOfStack)
{
    EXPECT_THAT(error_of([] { parse_model_json(std::string(100000, '['), "m.json"); }), HasSubstr("nested deeper"));
}

}  // namespace
}  // namespace warpfit
