#include "tests/cli/program_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <sstream>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

// HyperSpy 1.7.3, lm with tolerances near machine precision, on line.hspy: Gaussian.A, Gaussian.centre.
constexpr double hyperspy_area[] = {415.9554450090345,  576.8961230554112,  576.5812946318687, 446.31167075086813,
                                    282.70990010401016, 195.54980822305387, 223.99667339243447};
constexpr double hyperspy_centre[] = {18.412154991425716, 15.528548317520622, 16.396950852694445, 18.805859826168565,
                                      19.567481740008677, 18.591881994186053, 19.501941986824598};
constexpr double hyperspy_chisq[] = {94.03151069855086, 96.7229458911644,   86.9315606096724,  94.40708815799069,
                                     91.36340889538519, 107.19660421792496, 112.09812401596793};

nlohmann::json const& parameter(nlohmann::json const& result, std::string const& component, std::string const& name)
{
    for (nlohmann::json const& c : result.at("components"))
        for (nlohmann::json const& p : c.at("parameters"))
            if (c.at("name") == component && p.at("name") == name) return p;
    throw std::out_of_range(component + "." + name);
}

class FitCommand : public testing::Test
{
  protected:
    std::string const folder = fresh_folder();
    std::string const model = write_file(folder + "/m.toml", line_model());
    std::string const out = folder + "/out.hspy";
};

TEST_F(FitCommand, AgreesWithHyperSpy)
{
    Outcome const outcome = run("fit " + model + " " + data("line.hspy") + " --json --threads 1");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    nlohmann::json const result = parse(outcome.out);
    EXPECT_EQ(result.at("shape"), nlohmann::json({7}));
    EXPECT_EQ(result.at("num_channels"), 100);
    EXPECT_EQ(result.at("threads"), 1);
    EXPECT_EQ(result.at("status"), (nlohmann::json{{"converged", 7}}));
    for (std::size_t i = 0; i < 7; ++i) {
        EXPECT_NEAR(parameter(result, "Gaussian", "A").at("values").at(i).get<double>(), hyperspy_area[i],
                    1e-4 * hyperspy_area[i]);
        EXPECT_NEAR(parameter(result, "Gaussian", "centre").at("values").at(i).get<double>(), hyperspy_centre[i], 1e-4);
        EXPECT_NEAR(result.at("chisq").at(i).get<double>(), hyperspy_chisq[i], 1e-6 * hyperspy_chisq[i]);
        EXPECT_EQ(result.at("dof").at(i), 96);
    }
}

// navigation_1d.hspy holds the spectra of line.hspy and the model that HyperSpy fitted and stored.
TEST_F(FitCommand, TakesAModelThatHyperSpyStored)
{
    std::string const stored = std::string(WARPFIT_TEST_DIR) + "/io/data/navigation_1d.hspy";
    Outcome const outcome = run("fit " + stored + "#m " + stored + " --json --inav 2:6 -o " + out);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    nlohmann::json const result = parse(outcome.out);
    EXPECT_EQ(result.at("status"), (nlohmann::json{{"converged", 4}}));
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_NEAR(result.at("chisq").at(i).get<double>(), hyperspy_chisq[i + 2], 1e-6 * hyperspy_chisq[i + 2]);
        EXPECT_LE(result.at("iterations").at(i), 3) << "each pixel starts from its own stored values";
    }
    EXPECT_EQ(run("show " + out).code, 0);

    Outcome const changed = run("fit " + stored + " " + stored + " --json --set Gaussian.centre.free=false " +
                                "--set Gaussian.centre.start=17");
    ASSERT_EQ(changed.code, 0) << changed.err;
    nlohmann::json const fixed = parse(changed.out);
    EXPECT_EQ(parameter(fixed, "Gaussian", "centre").at("values"), nlohmann::json(std::vector<double>(7, 17.0)));

    Outcome const anew = run("fit " + stored + " " + stored + " --json --set fit.start=model");
    ASSERT_EQ(anew.code, 0) << anew.err;
    EXPECT_GT(parse(anew.out).at("iterations").at(2), 3) << "from one value for all";

    EXPECT_THAT(run("fit " + stored + "#n " + stored).err, HasSubstr("holds no model 'n'"));
    EXPECT_EQ(run("fit nowhere.hspy " + stored).code, 3);
}

// HyperSpy 1.7.3's optimum with the low loss that lies in the model.
TEST_F(FitCommand, TakesTheLowLossOfAStoredModel)
{
    std::string stored = std::string(WARPFIT_TEST_DIR) + "/oracles/hyperspy/eels_edges_lowloss";
    std::istringstream optimum(read_file(stored + ".txt"));
    stored += ".hspy";
    std::vector<double> expected;
    for (std::string line, name; std::getline(optimum, line);)
        if (std::istringstream words(line); words >> name && name == "chisq")
            for (double v = 0.0; words >> v;) expected.push_back(v);
    Outcome const outcome = run("fit " + stored + " " + stored + " --json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    std::vector<double> const chisq = parse(outcome.out).at("chisq");
    ASSERT_EQ(chisq.size(), expected.size());
    for (std::size_t i = 0; i < chisq.size(); ++i) EXPECT_NEAR(chisq[i], expected[i], 1e-6 * expected[i]) << i;
    Outcome const drawn = run("plot " + stored + " " + stored + " --png " + folder + " --pixel 0,0");
    EXPECT_EQ(drawn.code, 0) << drawn.err;
}

TEST_F(FitCommand, SummaryGoesToStandardOutputAndNoBarToAPipe)
{
    Outcome const outcome = run("fit " + model + " " + data("line.hspy"));
    EXPECT_EQ(outcome.code, 0);
    EXPECT_THAT(outcome.out, HasSubstr("7 pixels (7), 100 channels"));
    EXPECT_THAT(outcome.out, HasSubstr("Gaussian.centre"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("%")));
}

TEST_F(FitCommand, WritesAResultThatShowReadsBack)
{
    Outcome const fit = run("fit " + model + " " + data("line.hspy") + " -o " + out + " --json");
    ASSERT_EQ(fit.code, 0) << fit.err;
    EXPECT_FALSE(std::filesystem::exists(out + ".journal"));
    nlohmann::json const fitted = parse(fit.out);
    Outcome const show = run("show " + out + " --json --maps");
    ASSERT_EQ(show.code, 0) << show.err;
    nlohmann::json const shown = parse(show.out);
    for (char const* key : {"shape", "components", "chisq", "red_chisq", "status", "status_map", "dof", "iterations",
                            "device", "precision", "optimizer", "loss", "num_channels"})
        EXPECT_EQ(shown.at(key), fitted.at(key)) << key;
    EXPECT_FALSE(parse(run("show " + out + " --json").out).contains("chisq"));
    EXPECT_THAT(run("show " + out).out, HasSubstr("7 pixels"));
    EXPECT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + out).code, 0) << "an existing result is replaced";
}

TEST_F(FitCommand, CutsPixelsAndChannels)
{
    std::string const base = "fit " + model + " " + data("line.hspy") + " --json ";
    nlohmann::json const part = parse(run(base + "--inav -3:-1").out);
    EXPECT_EQ(part.at("shape"), nlohmann::json({2}));
    EXPECT_NEAR(parameter(part, "Gaussian", "centre").at("values").at(0).get<double>(), hyperspy_centre[4], 1e-4);
    nlohmann::json const pixel = parse(run(base + "--pixel 2").out);
    EXPECT_EQ(pixel.at("chisq").size(), 1u);
    EXPECT_NEAR(pixel.at("chisq").at(0).get<double>(), hyperspy_chisq[2], 1e-6 * hyperspy_chisq[2]);
    // The axis runs from 5 in steps of 0.25: 10 is channel 20, 25 is channel 80.
    EXPECT_EQ(parse(run(base + "--isig 10:25").out).at("num_channels"), 60);
    EXPECT_EQ(run(base + "--inav 0:9").code, 2);
    EXPECT_EQ(run(base + "--pixel 7").code, 2);
    EXPECT_EQ(run(base + "--isig 900:1000").code, 2);
    EXPECT_EQ(run(base + "--pixel 1 --inav 0:2").code, 2);
}

TEST_F(FitCommand, SetOverridesTheModelFile)
{
    Outcome const fixed = run("fit " + model + " " + data("line.hspy") + " --json --set Offset.offset.free=false");
    ASSERT_EQ(fixed.code, 0) << fixed.err;
    nlohmann::json const result = parse(fixed.out);
    EXPECT_EQ(parameter(result, "Offset", "offset").at("free"), false);
    EXPECT_EQ(parameter(result, "Offset", "offset").at("values").at(0), 20.0);
    EXPECT_EQ(result.at("dof").at(0), 97);
    EXPECT_EQ(run("fit " + model + " " + data("line.hspy") + " --set Offset.ofset=1").code, 2);
}

TEST_F(FitCommand, ExitCodesTellWhatWentWrong)
{
    std::string const line = data("line.hspy");
    EXPECT_EQ(run("fit " + model + " nothing.hspy").code, 3);
    EXPECT_EQ(run("fit nothing.toml " + line).code, 3);
    EXPECT_EQ(run("fit " + model + " " + model).code, 3) << "a model is not data";
    EXPECT_EQ(run("fit " + model + " " + line + " -o " + folder + "/none/out.hspy").code, 7);
    Outcome const failed =
        run("fit " + model + " " + line + " --set fit.max_iterations=1 --set fit.start=model --max-bad 0.5");
    EXPECT_EQ(failed.code, 4) << failed.err;
    EXPECT_THAT(failed.out, HasSubstr("max_iterations"));
    EXPECT_EQ(run("fit " + model + " " + line + " --set fit.max_iterations=1 --set fit.start=model").code, 0);
    EXPECT_EQ(run("fit " + model + " " + line + " --max-bad 2").code, 2);
}

TEST_F(FitCommand, VarianceComesFromWhereItIsAsked)
{
    std::string const base = "fit " + model + " " + data("line.hspy") + " --json --set data.variance=";
    nlohmann::json const plain = parse(run(base + "none").out);
    nlohmann::json const weighted = parse(run(base + "4.0").out);
    for (std::size_t i = 0; i < 7; ++i)
        EXPECT_NEAR(weighted.at("chisq").at(i).get<double>(), plain.at("chisq").at(i).get<double>() / 4.0,
                    1e-7 * plain.at("chisq").at(i).get<double>());
    // The signal's own variance lies in the same file: naming its data set is the same as "file".
    std::string const path =
        data("line.hspy") + "#/Experiments/navigation_1d/metadata/Signal/Noise_properties/_sig_variance/data";
    Outcome const from_file = run(base + "'" + path + "' -o " + out);
    ASSERT_EQ(from_file.code, 0) << from_file.err;
    EXPECT_EQ(parse(from_file.out).at("chisq"), parse(run(base + "file").out).at("chisq"));
    EXPECT_EQ(run("plot " + out + " --png " + folder + "/plots --pixel 0").code, 0);
    Outcome const unknown = run(base + "poison");
    EXPECT_EQ(unknown.code, 2);
    EXPECT_THAT(unknown.err, HasSubstr("poisson"));
}

TEST_F(FitCommand, AJournalInTheWayIsRefused)
{
    write_file(out + ".journal", "left behind");
    Outcome const outcome = run("fit " + model + " " + data("line.hspy") + " -o " + out);
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("warpfit resume"));
    EXPECT_EQ(read_file(out + ".journal"), "left behind");
    EXPECT_EQ(run("resume " + out).code, 3) << "it is no journal";
    EXPECT_EQ(run("resume " + folder + "/other.hspy").code, 3);
}

TEST_F(FitCommand, AFailedStartLeavesNoJournal)
{
    EXPECT_NE(run("fit " + model + " " + data("stack.hspy") + " -o " + out).code, 0) << "a 1D model for images";
    EXPECT_FALSE(std::filesystem::exists(out + ".journal"));
    EXPECT_FALSE(std::filesystem::exists(out));
}

TEST_F(FitCommand, ExportWritesEveryMap)
{
    ASSERT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + out).code, 0);
    Outcome const outcome = run("export " + out + " " + folder + "/maps --format csv");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("centre"));
    EXPECT_EQ(run("export " + out + " " + folder + "/maps --format bmp").code, 2);
    EXPECT_EQ(run("export " + model + " " + folder + "/maps").code, 3);
}

TEST_F(FitCommand, InitWritesAModelThatFits)
{
    for (std::string const name : {"line", "eels", "stack", "volume"}) {
        std::string const starter = folder + "/" + name + ".toml";
        Outcome const init = run("init " + data(name + ".hspy") + " -o " + starter);
        ASSERT_EQ(init.code, 0) << name << init.err;
        EXPECT_EQ(init.out, "");
        Outcome const fit = run("fit " + starter + " " + data(name + ".hspy") + " --json --max-bad 0.2");
        ASSERT_EQ(fit.code, 0) << name << fit.err << read_file(starter);
    }
    Outcome const printed = run("init " + data("eels.hspy"));
    EXPECT_THAT(printed.out, HasSubstr("type = \"PowerLaw\""));
    EXPECT_THAT(printed.out, HasSubstr("Energy loss"));
}

/// The EELS line scan of the examples with its low loss: three pixels.
TEST_F(FitCommand, ConvolvesWithALowLossThatComesBackFromTheResult)
{
    std::string const examples = WARPFIT_TEST_DIR "/../examples/";
    std::string const scan = examples + "data/eels_lsmo_core.hspy";
    std::string const set = " --set data.low_loss=" + examples + "data/eels_lsmo_lowloss.hspy";
    Outcome const outcome =
        run("fit " + examples + "models/lsmo_lowloss.toml " + scan + set + " --inav 3:6 --json -o " + out);
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    nlohmann::json const result = parse(outcome.out);
    EXPECT_EQ(result.at("status"), (nlohmann::json{{"converged", 3}}));
    Outcome const shown = run("plot " + out + " --png " + folder + "/plots --pixel 1");
    EXPECT_EQ(shown.code, 0) << shown.err;
    EXPECT_EQ(
        run("plot " + examples + "models/lsmo_lowloss.toml " + scan + set + " --png " + folder + "/plots --pixel 1")
            .code,
        0);
    // The result fitted again: the low loss lies in another file still.
    Outcome const again = run("fit " + examples + "models/lsmo_lowloss.toml " + out + set + " --json");
    EXPECT_EQ(again.code, 2);
    EXPECT_THAT(again.err, HasSubstr("the low loss has navigation shape [40] (the signal has [3])"));
}

}  // namespace
}  // namespace warpfit::cli::testing_support
