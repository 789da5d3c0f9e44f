#include "src/cli/fit_run.hpp"
#include "tests/cli/program_support.hpp"
#include "warpfit/io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <sys/wait.h>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;

constexpr std::size_t num_rows = 200;
constexpr std::size_t num_columns = 100;
constexpr std::size_t num_channels = 256;

Axis indices(std::size_t size)
{
    Axis axis;
    axis.size = size;
    return axis;
}

/// Enough work for a signal to arrive in the middle of it: peaks that wander through the pixels.
Signal wandering_peaks()
{
    std::mt19937 engine(5);
    std::normal_distribution<float> noise(0.0F, 1.0F);
    std::vector<float> values;
    values.reserve(num_rows * num_columns * num_channels);
    for (std::size_t pixel = 0; pixel < num_rows * num_columns; ++pixel) {
        float const centre = 100.0F + 0.3F * static_cast<float>(pixel / num_columns);
        for (std::size_t i = 0; i < num_channels; ++i) {
            float const u = (static_cast<float>(i) - centre) / 8.0F;
            values.push_back(5.0F + 50.0F * std::exp(-0.5F * u * u) + noise(engine));
        }
    }
    return Signal({indices(num_rows), indices(num_columns)}, {indices(num_channels)}, std::span<float const>(values));
}

/// A data file: a result of a fit that was hardly begun.
std::string write_data(std::string const& path)
{
    ModelFile model;
    model.model.append("Offset");
    FitOptions options;
    options.max_iterations = 1;
    Signal const signal = wandering_peaks();
    io::save_result(path, signal, model, multifit(model.model, signal, options));
    return path;
}

TEST(ResumeCommand, GivesTheMapsOfAnUninterruptedRun)
{
    std::string const folder = fresh_folder();
    std::string const data_path = write_data(folder + "/data.hspy");
    std::string const model =
        write_file(folder + "/m.toml", "[[component]]\ntype = \"Expression\"\nname = \"peak\"\n"
                                       "expression = \"h*exp(-0.5*((x-c)/s)**2)*(1+0*x)\"\n[component.parameters]\n"
                                       "h = 40.0\nc = 120.0\ns = { start = 10.0, min = 0.1 }\n"
                                       "[[component]]\ntype = \"Offset\"\noffset = 1.0\n");
    std::string const fit = std::string(WARPFIT_PROGRAM) + " fit " + model + " " + data_path + " --threads 1 -o ";
    std::string const out = folder + "/out.hspy";
    std::string const script = fit + out + " >" + folder + "/1.out 2>" + folder + "/1.err & p=$!; " + "while [ ! -s " +
                               out + ".journal ] && kill -0 $p; do sleep 0.005; done; " + "kill -INT $p; wait $p";
    int const status = std::system(script.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    ASSERT_EQ(WEXITSTATUS(status), 130) << read_file(folder + "/1.err");
    EXPECT_THAT(read_file(folder + "/1.err"), HasSubstr("warpfit resume " + out));
    EXPECT_FALSE(std::filesystem::exists(out));
    ASSERT_TRUE(std::filesystem::exists(out + ".journal"));
    EXPECT_THAT(read_file(out + ".journal"), HasSubstr("\"device\":\"cpu\""))
        << "what auto chose is not for resume to ask";
    EXPECT_EQ(run("fit " + model + " " + data_path + " -o " + out).code, 2) << "the journal is in the way";

    Outcome const resumed = run("resume " + out + " --json");
    ASSERT_EQ(resumed.code, 0) << resumed.err;
    EXPECT_FALSE(std::filesystem::exists(out + ".journal"));
    ASSERT_EQ(run("fit " + model + " " + data_path + " --threads 2 -o " + folder + "/whole.hspy").code, 0);
    nlohmann::json const a = parse(run("show " + out + " --json --maps").out);
    nlohmann::json const b = parse(run("show " + folder + "/whole.hspy --json --maps").out);
    for (char const* key : {"components", "chisq", "red_chisq", "dof", "status_map", "iterations", "shape"})
        EXPECT_TRUE(a.at(key) == b.at(key)) << key;
    EXPECT_EQ(run("resume " + out).code, 3) << "nothing is left to resume";
}

TEST(ResumeCommand, LosesNothingToKill)
{
    std::string const folder = fresh_folder();
    std::string const data_path = write_data(folder + "/data.hspy");
    std::string const model = write_file(folder + "/m.toml", "[[component]]\ntype = \"Gaussian\"\nname = \"peak\"\n"
                                                             "[[component]]\ntype = \"Offset\"\n");
    std::string const arguments = "fit " + model + " " + data_path + " -o " + folder;
    ASSERT_EQ(run(arguments + "/whole.hspy").code, 0);
    nlohmann::json const whole = parse(run("show " + folder + "/whole.hspy --json --maps").out);
    int resumed = 0;
    for (int const delay_ms : {1, 3, 10, 20, 40, 60, 80, 120, 160, 240}) {
        std::string const out = folder + "/out.hspy";
        std::string const script = std::string(WARPFIT_PROGRAM) + " " + arguments +
                                   "/out.hspy >/dev/null 2>&1 & p=$!; sleep " + std::to_string(delay_ms * 1e-3) +
                                   "; kill -KILL $p 2>/dev/null; wait $p 2>/dev/null; true";
        ASSERT_EQ(std::system(script.c_str()), 0);
        if (!std::filesystem::exists(out)) {
            // Killed before the journal's head was whole: there is nothing to resume, and the message says so.
            bool const begun = std::filesystem::exists(out + ".journal");
            Outcome const outcome = run("resume " + out);
            if (outcome.code == 0) {
                ASSERT_TRUE(begun);
                ++resumed;
            } else {
                ASSERT_EQ(outcome.code, 3) << outcome.err;
                std::filesystem::remove(out + ".journal");
                ASSERT_EQ(run(arguments + "/out.hspy").code, 0);
            }
        }
        nlohmann::json const maps = parse(run("show " + out + " --json --maps").out);
        for (char const* key : {"components", "chisq", "red_chisq", "dof", "status_map", "iterations", "shape"})
            EXPECT_TRUE(maps.at(key) == whole.at(key)) << key << " after a kill at " << delay_ms << " ms";
        std::filesystem::remove(out);
        std::filesystem::remove(out + ".journal");
    }
    EXPECT_GT(resumed, 0) << "no kill met a journal: make the map larger";
}

/// What a model names beside itself, tables of oscillator strengths, is read again.
TEST(ResumeCommand, ReadsAStoredModelAgain)
{
    std::string const folder = fresh_folder(), out = folder + "/out.hspy";
    std::string const stored = std::string(WARPFIT_TEST_DIR) + "/io/data/navigation_1d.hspy";
    FitSetup setup;
    setup.data = setup.stored_model = stored;
    setup.set = {"Gaussian.sigma.free=false"};
    setup.device = "cpu";
    setup.model_json = R"({"component": [{"type": "Offset"}]})";
    io::create_journal(journal_path(out), setup_to_json(setup)).reset();
    Outcome const outcome = run("resume " + out + " --json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    nlohmann::json const result = parse(outcome.out);
    EXPECT_EQ(result.at("components").size(), 2U);
    for (nlohmann::json const& component : result.at("components")) {
        if (component.at("name") != "Gaussian") continue;
        for (nlohmann::json const& p : component.at("parameters"))
            EXPECT_EQ(p.at("free").get<bool>(), p.at("name") != "sigma") << p.at("name");
    }
}

TEST(ResumeCommand, ReadsTheFilesOfComponents)
{
    std::string const folder = fresh_folder(), out = folder + "/out.hspy";
    std::string spectrum;
    for (int energy = 600; energy < 900; ++energy) spectrum += std::to_string(energy) + " 1000\n";
    FitSetup setup;
    setup.data = write_file(folder + "/spectrum.txt", spectrum);
    setup.device = "cpu";
    setup.model_json = R"({"component": [{"type": "EELSCLEdge", "element_subshell": "Fe_L3", "GOS": "dft",
        "beam_energy": 200.0, "convergence_angle": 10.0, "collection_angle": 30.0, "gos_file_path": ")" +
                       std::string(WARPFIT_TEST_DIR) + "/physics/data/small.gosh\"}, {\"type\": \"Offset\"}]}";
    io::create_journal(journal_path(out), setup_to_json(setup)).reset();
    Outcome const outcome = run("resume " + out);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_TRUE(std::filesystem::exists(out));
}

}  // namespace
}  // namespace warpfit::cli::testing_support
