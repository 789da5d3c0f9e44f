#include "tests/cli/program_support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string const line_scan = std::string(WARPFIT_TEST_DIR) + "/io/data/eels_lsmo_core.hspy";
std::string const eds_map = std::string(WARPFIT_TEST_DIR) + "/../examples/data/eds_core_shell_map.hspy";

/// init, fit; returns the result's path.
std::string fitted(std::string const& data, std::string const& elements, std::string const& fine_structure_of = {})
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + data + " --elements " + elements + " -o " + model).code, 0);
    if (!fine_structure_of.empty()) {
        std::string text = read_file(model);
        std::string const line = "element_subshell = \"" + fine_structure_of + "\"\n";
        text.insert(text.find(line), "fine_structure_active = true\n");
        write_file(model, text);
    }
    Outcome const fit = run("fit " + model + " " + data + " -o " + result);
    EXPECT_EQ(fit.code, 0) << fit.err;
    return result;
}

TEST(Elements, MakeAModelOfEdges)
{
    std::string const text = run("init " + line_scan + " --elements O,Mn").out;
    EXPECT_THAT(text, HasSubstr("element_subshell = \"O_K\""));
    EXPECT_THAT(text, HasSubstr("onset_energy = { start = 640.0, free = false }"));
    EXPECT_THAT(text, HasSubstr("type = \"PowerLaw\""));
    EXPECT_THAT(text, Not(HasSubstr("[microscope]")));  // the data name it
}

/// A power law is none of a zero-loss peak and plasmons: the model keeps the channels before its first edge.
TEST(Elements, LeaveOutTheLowLoss)
{
    std::string text;
    for (int energy = -20; energy < 700; energy += 2)
        text +=
            std::to_string(energy) + " " + std::to_string(energy < 10 ? 1e6 : 3e9 / energy / energy / energy) + "\n";
    std::string const spectrum = write_file(fresh_folder() + "/spectrum.txt", text);
    Outcome const init = run("init " + spectrum + " --elements C,O --signal-type EELS");
    EXPECT_EQ(init.code, 0) << init.err;
    EXPECT_THAT(init.out, HasSubstr("range = [[213.0, 698.0]]"));  // C_K: 284 eV
}

TEST(Elements, AreAskedForOnce)
{
    EXPECT_THAT(run("init " + line_scan + " --elements O_K,O").err, HasSubstr("edge 'O_K' is asked for twice"));
    EXPECT_THAT(run("init " + line_scan + " --elements Mn_L3,Mn_L2").err, HasSubstr("are one (a hydrogenic"));
    for (char const* const lines : {"Fe,Fe", "Fe_Ka,Fe"})
        EXPECT_THAT(run("init " + eds_map + " --elements " + lines).err, HasSubstr("'Fe_Ka' are asked for twice"));
}

TEST(Elements, AskForTheMicroscopeWhereTheDataDoNotNameIt)
{
    std::string const folder = fresh_folder();
    std::string text;
    for (int energy = 400; energy < 700; energy += 2) text += std::to_string(energy) + " 1000\n";
    std::string const spectrum = write_file(folder + "/spectrum.txt", text);
    std::string const model = folder + "/model.toml";
    EXPECT_EQ(run("init " + spectrum + " --elements O --signal-type EELS -o " + model).code, 0);
    std::string written = read_file(model);
    EXPECT_THAT(written, HasSubstr("# [microscope]\n# beam_energy"));
    EXPECT_THAT(written, HasSubstr("binned = true"));
    EXPECT_THAT(run("fit " + model + " " + spectrum).err, HasSubstr("the microscope is not known"));
    for (std::string const line : {"# [microscope]", "# beam_energy", "# convergence_angle", "# collection_angle"})
        written.replace(written.find(line), 2, "");
    EXPECT_EQ(run("fit " + write_file(model, written) + " " + spectrum).code, 0);
}

TEST(Elements, MakeAModelOfLines)
{
    std::string const text = run("init " + eds_map + " --elements Fe,Pt_La").out;
    EXPECT_THAT(text, HasSubstr("name = \"background_order_6\""));
    EXPECT_THAT(text, HasSubstr("centre = { start = 6.4039, free = false }"));
    EXPECT_THAT(text, HasSubstr("parameter = \"Fe_Kb.A\"\nto = \"Fe_Ka.A\"\nexpression = \"x * 0.1272\""));
    EXPECT_THAT(text, Not(HasSubstr("Pt_Ma")));
}

TEST(Elements, SayWhatIsWrong)
{
    Outcome const iron = run("init " + line_scan + " --elements Iron");
    EXPECT_EQ(iron.code, 2);
    EXPECT_THAT(iron.err, HasSubstr("Fe"));
    EXPECT_THAT(run("init " + line_scan + " --elements C").err, HasSubstr("no edge of 'C' lies on the signal axis"));
    EXPECT_THAT(run("init " + data("line.hspy") + " --elements C").err, HasSubstr("say which with --signal-type"));
    EXPECT_EQ(run("init " + line_scan + " --signal-type EELS").code, 2);
    EXPECT_EQ(run("init " + line_scan + " --elements O --signal-type XPS").code, 2);
}

// HyperSpy's hydrogenic edges find 68.7 % of oxygen in this line (convolved, the scale corrected); nominally it is 75
// %, and in the middle the beam has taken some.
TEST(Quantify, SharesOutOxygenAndManganese)
{
    std::string const result = fitted(line_scan, "O,Mn");
    nlohmann::json const all = parse(run("quantify " + result + " --json").out);
    EXPECT_EQ(all.at("shape"), nlohmann::json({40}));
    nlohmann::json const& oxygen = all.at("elements")[0];
    nlohmann::json const& manganese = all.at("elements")[1];
    EXPECT_EQ(oxygen.at("edge"), "O_K");
    EXPECT_EQ(manganese.at("element"), "Mn");
    nlohmann::json const maps = parse(run("show " + result + " --json --maps").out);
    EXPECT_EQ(oxygen.at("intensity"), maps.at("components")[1].at("parameters")[0].at("values"));
    for (std::size_t pixel = 0; pixel < 40; ++pixel) {
        double const share = oxygen.at("atomic_percent")[pixel];
        EXPECT_NEAR(share, 68.7, 10.0);
        EXPECT_NEAR(share + manganese.at("atomic_percent")[pixel].get<double>(), 100.0, 1e-9);
        EXPECT_GT(oxygen.at("atomic_percent_standard_errors")[pixel].get<double>(), 0.0);
    }
    Outcome const table = run("quantify " + result);
    EXPECT_THAT(table.out, HasSubstr("mean of 40 of 40 pixels"));
    EXPECT_THAT(table.out, HasSubstr("atomic %"));
    EXPECT_THAT(run("quantify " + result + " --pixel 3").out, HasSubstr("pixel: converged"));
}

/// The stages of warpfit/eels.hpp, with what their last fit says beside a plain one.
TEST(Elements, FitInStagesWhereTheModelSaysSmart)
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + line_scan + " --elements O,Mn -o " + model).code, 0);
    Outcome const fit = run("fit " + model + " " + line_scan + " --set fit.smart=true --inav 0:6 -o " + result);
    EXPECT_EQ(fit.code, 0) << fit.err;
    std::string const notes = run("show " + result).out;
    EXPECT_THAT(notes, HasSubstr("Stage background"));
    EXPECT_THAT(notes, HasSubstr("Stage O_K"));
    nlohmann::json const staged = parse(run("quantify " + result + " --json").out);
    EXPECT_EQ(run("fit " + model + " " + line_scan + " --inav 0:6 -o " + folder + "/plain.hspy").code, 0);
    nlohmann::json const plain = parse(run("quantify " + folder + "/plain.hspy --json").out);
    for (std::size_t pixel = 0; pixel < 6; ++pixel)
        EXPECT_NEAR(staged.at("elements")[0].at("atomic_percent")[pixel].get<double>(),
                    plain.at("elements")[0].at("atomic_percent")[pixel].get<double>(), 0.01);

    std::string const peak = write_file(folder + "/peak.toml", line_model() + "[fit]\nsmart = true\n");
    Outcome const none = run("fit " + peak + " " + data("line.hspy"));
    EXPECT_EQ(none.code, 2);
    EXPECT_THAT(none.err, HasSubstr("has no EELSCLEdge"));
}

TEST(Quantify, CountsXrayLines)
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + eds_map + " --elements Fe,Cu,Pt -o " + model).code, 0);
    EXPECT_EQ(run("fit " + model + " " + eds_map + " --inav 20:24,20:24 -o " + result).code, 0);
    nlohmann::json const lines = parse(run("quantify " + result + " --json").out).at("lines");
    EXPECT_EQ(lines[0].at("line"), "Fe_Ka");
    EXPECT_EQ(lines[0].at("counts").size(), 16U);
    EXPECT_THAT(run("quantify " + result).out, HasSubstr("Pt_La"));
}

/// A width that nothing determines makes every pixel singular; the counts of the line are known all the same.
TEST(Quantify, TakesSingularPixelsWhoseAmountsAreKnown)
{
    std::string const folder = fresh_folder();
    std::string const model =
        write_file(folder + "/model.toml",
                   "[[component]]\ntype = 'Gaussian'\nname = 'Fe_Ka'\nA = 350.0\ncentre = 17.5\nsigma = 1.625\n"
                   "[[component]]\ntype = 'Offset'\noffset = 20.0\n"
                   "[[component]]\ntype = 'Gaussian'\nname = 'none'\nA = { start = 0.0, free = false }\n"
                   "centre = { start = 17.5, free = false }\nsigma = 1.0\n");
    std::string const result = folder + "/result.hspy";
    EXPECT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + result).code, 0);
    EXPECT_THAT(run("show " + result).out, HasSubstr("singular"));
    Outcome const outcome = run("quantify " + result);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("singular with known amounts"));
}

/// Fe_La and Pt_Ma have no channel here, so that all pixels are singular. Means by SciPy's lsq_linear (A >= 0) of
/// HyperSpy 1.7.3's Gaussians and weights and a polynomial.
TEST(Quantify, LeavesOutLinesOutsideTheFittedChannels)
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + eds_map + " --elements Fe,Pt -o " + model).code, 0);
    EXPECT_EQ(
        run("fit " + model + " " + eds_map + " --set data.range=[[5.5,12.0]] --inav 20:24,20:24 -o " + result).code, 0);
    Outcome const outcome = run("quantify " + result);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("mean of 16 of 16 pixels, those that converged and 16 singular"));
    EXPECT_THAT(outcome.out, HasSubstr("Fe_Ka          6.4039        15.8048 "));
    EXPECT_THAT(outcome.out, HasSubstr("Pt_La          9.4421       0.376968 "));
    EXPECT_THAT(outcome.out, HasSubstr("not determined: Fe_La (outside the fitted channels)\n"
                                       "not determined: Pt_Ma (outside the fitted channels)\n"));
    EXPECT_THAT(run("quantify " + result + " --pixel 1,1").out, HasSubstr("Fe_Ka          6.4039        18.2273 "));
}

TEST(Quantify, NeedsEdgesOrLines)
{
    std::string const folder = fresh_folder();
    std::string const model = write_file(folder + "/model.toml", line_model());
    EXPECT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + folder + "/result.hspy").code, 0);
    Outcome const outcome = run("quantify " + folder + "/result.hspy");
    EXPECT_EQ(outcome.code, 2);
    EXPECT_THAT(outcome.err, HasSubstr("nothing to quantify"));
}

/// What HyperSpy says of a result, whose chi2 it has checked; empty: there is none here.
std::string through_hyperspy(std::string const& result)
{
    char const* const given = std::getenv("WARPFIT_TEST_PYTHON");
    std::string const python = given ? given : "/usr/bin/python3";
    std::string const report = result + ".report";
    std::string const command =
        python + " " WARPFIT_TEST_DIR "/cli/check_edges.py " + result + " > " + report + " 2>&1";
    int const code = WEXITSTATUS(std::system(command.c_str()));
    return code == 77 || code == 127 ? "" : read_file(report);
}

/// A result whose oxygen edge has two peaks for a fine structure.
std::string fitted_by_components()
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + line_scan + " --elements O,Mn -o " + model).code, 0);
    std::string text = read_file(model);
    std::string const line = "element_subshell = \"O_K\"\n";
    text.insert(text.find(line), "fine_structure_active = true\nfine_structure_spline_active = false\n"
                                 "fine_structure_components = ['white line', 'second line']\n");
    for (char const* const peak : {"white line", "second line"})
        text += std::string("\n[[component]]\ntype = 'GaussianHF'\nname = '") + peak + "'\nfwhm = { max = 20.0 }\n";
    write_file(model, text);
    Outcome const fit = run("fit " + model + " " + line_scan + " --set fit.smart=true -o " + result);
    EXPECT_EQ(fit.code, 0) << fit.err;
    return result;
}

TEST(EdgesByComponents, HaveTheSameChi2InHyperSpy)
{
    std::string const report = through_hyperspy(fitted_by_components());
    if (report.empty()) GTEST_SKIP() << "no HyperSpy";
    EXPECT_EQ(report, "PowerLaw EELSCLEdge EELSCLEdge GaussianHF GaussianHF\n");
}

class EdgesInHyperSpy : public testing::TestWithParam<std::string>
{};

TEST_P(EdgesInHyperSpy, HaveTheSameChi2)
{
    std::string const report = through_hyperspy(fitted(line_scan, "O,Mn", GetParam()));
    if (report.empty()) GTEST_SKIP() << "no HyperSpy";
    EXPECT_EQ(report, "PowerLaw EELSCLEdge EELSCLEdge\n");
}

INSTANTIATE_TEST_SUITE_P(FineStructureOf, EdgesInHyperSpy, testing::Values("", "O_K"));

TEST(LinesInHyperSpy, HaveTheSameChi2AndAreKnownAsLines)
{
    std::string const folder = fresh_folder();
    std::string const model = folder + "/model.toml", result = folder + "/result.hspy";
    EXPECT_EQ(run("init " + eds_map + " --elements Fe_Ka -o " + model).code, 0);
    EXPECT_EQ(run("fit " + model + " " + eds_map + " --inav 20:23,20:22 -o " + result).code, 0);
    std::string const report = through_hyperspy(result);
    if (report.empty()) GTEST_SKIP() << "no HyperSpy";
    EXPECT_EQ(report, "Expression Gaussian Gaussian\nlines Fe_Ka\nbelow background_order_6\n");
}

TEST(EdgesOfAnotherType, AreWrittenWithTheMicroscopeOfTheModel)
{
    std::string const folder = fresh_folder();
    std::string text;
    for (int energy = 400; energy < 700; energy += 2)
        text += std::to_string(energy) + " " + std::to_string(1e12 * std::pow(energy, -3.0) + 30.0 * std::sin(energy)) +
                "\n";
    std::string const spectrum = write_file(folder + "/spectrum.txt", text);
    std::string model = run("init " + spectrum + " --elements O --signal-type EELS").out;
    for (std::string const line : {"# [microscope]", "# beam_energy", "# convergence_angle", "# collection_angle"})
        model.replace(model.find(line), 2, "");
    std::string const result = folder + "/result.hspy";
    EXPECT_EQ(run("fit " + write_file(folder + "/model.toml", model) + " " + spectrum + " -o " + result).code, 0);
    std::string const report = through_hyperspy(result);
    if (report.empty()) GTEST_SKIP() << "no HyperSpy";
    EXPECT_EQ(report, "PowerLaw EELSCLEdge\n");
}

}  // namespace
}  // namespace warpfit::cli::testing_support
