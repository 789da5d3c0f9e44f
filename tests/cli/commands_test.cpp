#include "tests/cli/program_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(CommandLine, HelpOfEveryCommandHasAnExample)
{
    for (std::string const command : {"", "init", "fit", "show", "quantify", "eval", "components", "inspect", "plot",
                                      "export", "resume", "doctor"}) {
        Outcome const outcome = run(command + " --help");
        EXPECT_EQ(outcome.code, 0) << command;
        EXPECT_THAT(outcome.out, HasSubstr("Example")) << command;
        EXPECT_THAT(outcome.out, HasSubstr("warpfit " + command)) << command;
        EXPECT_EQ(outcome.err, "") << command;
    }
}

TEST(CommandLine, MisspellingsNameTheClosest)
{
    Outcome const command = run("fti a b");
    EXPECT_EQ(command.code, 2);
    EXPECT_THAT(command.err, HasSubstr("did you mean fit?"));
    EXPECT_EQ(command.out, "");
    Outcome const option = run("fit model.toml data.hspy --thread 2");
    EXPECT_EQ(option.code, 2);
    EXPECT_THAT(option.err, HasSubstr("did you mean --threads?"));
    EXPECT_EQ(run("fit model.toml data.hspy --device gpu").code, 2);
    EXPECT_EQ(run("fit model.toml").code, 2);
    EXPECT_EQ(run("fit model.toml data.hspy surplus").code, 2);
    EXPECT_EQ(run("").code, 2);
}

TEST(CommandLine, FullStandardOutputIsAWriteError)
{
    if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
    std::string const command = std::string(WARPFIT_PROGRAM) + " components >/dev/full 2>/dev/null";
    int const status = std::system(command.c_str());
    EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(Components, ListsAndDescribes)
{
    Outcome const list = run("components");
    EXPECT_EQ(list.code, 0);
    EXPECT_THAT(list.out, HasSubstr("PowerLaw"));
    nlohmann::json const all = parse(run("components --json").out);
    EXPECT_GE(all.size(), 10u);
    nlohmann::json const one = parse(run("components PowerLaw --json").out);
    EXPECT_EQ(one.at("type"), "PowerLaw");
    for (nlohmann::json const& parameter : one.at("parameters"))
        if (parameter.at("name") == "r") {
            EXPECT_EQ(parameter.at("bmin"), 1.0);
            EXPECT_EQ(parameter.at("bmax"), 5.0);
            EXPECT_EQ(parameter.at("linear"), false);
        }
    Outcome const unknown = run("components Gausian");
    EXPECT_EQ(unknown.code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("Gaussian"));
}

TEST(Eval, GivesValueComponentsAndGradients)
{
    std::string const model = write_file(fresh_folder() + "/m.toml", line_model());
    nlohmann::json const json = parse(run("eval " + model + " --x 17.5:19.125:2 --gradients --json").out);
    // Gaussian: A / (sigma sqrt(2 pi)) exp(-u^2 / 2) at u = 0 and u = 1; its derivative by A is that over A.
    double const top = 350.0 / (1.625 * std::sqrt(2.0 * M_PI));
    EXPECT_NEAR(json.at("value").at(0).get<double>(), top + 20.0, 1e-9);
    EXPECT_NEAR(json.at("value").at(1).get<double>(), top * std::exp(-0.5) + 20.0, 1e-9);
    EXPECT_NEAR(json.at("components").at("Gaussian").at(0).get<double>(), top, 1e-9);
    EXPECT_EQ(json.at("components").at("Offset"), nlohmann::json({20.0, 20.0}));
    EXPECT_NEAR(json.at("gradients").at("Gaussian.A").at(0).get<double>(), top / 350.0, 1e-12);
    EXPECT_NEAR(json.at("gradients").at("Gaussian.centre").at(1).get<double>(), top * std::exp(-0.5) / 1.625, 1e-9);
    EXPECT_EQ(json.at("gradients").at("Offset.offset").at(1), 1.0);
    EXPECT_EQ(json.at("x"), nlohmann::json({17.5, 19.125}));
}

TEST(Eval, ReadsJsonFromStandardInputAndXFromAFile)
{
    std::string const folder = fresh_folder();
    std::string const x = write_file(folder + "/x.txt", "# positions\n1.0 9\n2.5\t8\n\n-4\n");
    std::string const model =
        write_file(folder + "/m.json", R"({"schema":1,"component":[{"type":"Offset","offset":3.5}]})");
    std::string const command =
        "cat " + model + " | " + WARPFIT_PROGRAM + " eval - --x " + x + " --json >" + folder + "/o";
    ASSERT_EQ(std::system(command.c_str()), 0);
    nlohmann::json const json = parse(read_file(folder + "/o"));
    EXPECT_EQ(json.at("x"), nlohmann::json({1.0, 2.5, -4.0}));
    EXPECT_EQ(json.at("value"), nlohmann::json({3.5, 3.5, 3.5}));
    EXPECT_EQ(run("eval " + model + " --x " + folder + "/none.txt").code, 3);
    EXPECT_EQ(run("eval " + model + " --x 0:1:2 --y 0:1:2").code, 2);
}

TEST(Eval, RunsOverAGridInTwoDimensions)
{
    std::string const model =
        write_file(fresh_folder() + "/m.toml", "[[component]]\ntype = \"Expression\"\nname = \"plane\"\n"
                                               "expression = \"a + x + 10*y\"\n[component.parameters]\na = 0.5\n");
    nlohmann::json const json = parse(run("eval " + model + " --x 0:2:3 --y 1:2:2 --json").out);
    EXPECT_EQ(json.at("value"), nlohmann::json({10.5, 11.5, 12.5, 20.5, 21.5, 22.5}));
    EXPECT_EQ(run("eval " + model + " --x 0:2:3").code, 2);
}

TEST(Eval, ReportsAnUnknownKeyWithItsLine)
{
    std::string const model =
        write_file(fresh_folder() + "/m.toml", "[[component]]\ntype = \"Gaussian\"\nsigm = 1.0\n");
    Outcome const outcome = run("eval " + model + " --x 0:1:2");
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("sigma"));
    EXPECT_THAT(outcome.err, HasSubstr("3"));
    EXPECT_EQ(run("eval nothing.toml --x 0:1:2").code, 3);
}

TEST(Eval, ShowsTheCodeOfAGpuFit)
{
    std::string const model = write_file(fresh_folder() + "/m.toml",
                                         line_model() + "[[component]]\ntype = \"Expression\"\n"
                                                        "expression = \"h*atan(x/w - 17.25)\"\nh = 3.0\nw = 2.0\n");
    Outcome const shown = run("eval " + model + " --show-code");
    EXPECT_EQ(shown.code, 0) << shown.err;
    for (char const* part :
         {"class Model", "components::Gaussian", "components::Offset", "17.25", "atan", "__global__"})
        EXPECT_THAT(shown.out, HasSubstr(part));
    EXPECT_THAT(shown.out, Not(HasSubstr("Model<float>")));
    EXPECT_THAT(run("eval " + model + " --show-code --set fit.precision=mixed").out, HasSubstr("Model<float>"));
    EXPECT_EQ(run("eval " + model + " --show-code --json").code, 2);
    Outcome const neither = run("eval " + model);
    EXPECT_EQ(neither.code, 2);
    EXPECT_THAT(neither.err, HasSubstr("no --x"));
}

TEST(Inspect, ReadsAxes)
{
    Outcome const text = run("inspect " + data("eels.hspy"));
    EXPECT_EQ(text.code, 0);
    EXPECT_THAT(text.out, HasSubstr("Energy loss"));
    EXPECT_NO_THROW(parse(run("inspect " + data("eels.hspy") + " --json").out));
    EXPECT_EQ(run("inspect nothing.hspy").code, 3);
}

}  // namespace
}  // namespace warpfit::cli::testing_support
