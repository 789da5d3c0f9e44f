#include "tests/cli/program_support.hpp"
#include "tests/oracles/nist_set.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>

namespace warpfit::testing {
namespace {

namespace program = cli::testing_support;

struct ProgramCase
{
    char const* name;
    int start;
};

void PrintTo(ProgramCase const& given, std::ostream* out)
{
    *out << given.name << " start " << given.start;
}

class NistProgram : public ::testing::TestWithParam<ProgramCase>
{};

TEST_P(NistProgram, ReachesTheCertifiedValues)
{
    NistSet const set = read_nist(GetParam().name);
    std::string const folder = program::fresh_folder();
    std::ostringstream text;
    text << "# x y\n" << std::setprecision(17);
    for (std::size_t i = 0; i < set.data[0].size(); ++i) text << set.data[1][i] << ' ' << set.data[0][i] << '\n';
    std::string const data = program::write_file(folder + "/data.txt", text.str());

    nlohmann::json component = {{"type", "Expression"}, {"name", "nist"}, {"expression", set.formula}};
    for (std::size_t i = 0; i < set.parameters.size(); ++i)
        component["parameters"][set.parameters[i]] = set.start(GetParam().start)[i];
    nlohmann::json const model = {{"schema", 1}, {"fit", {{"start", "model"}}}, {"component", {component}}};
    std::string const model_path = program::write_file(folder + "/model.json", model.dump());

    auto const outcome = program::run("fit '" + model_path + "' '" + data + "' --json");
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    auto const result = program::parse(outcome.out);
    EXPECT_EQ(result.at("status"), (nlohmann::json{{"converged", 1}})) << result.at("status");
    EXPECT_EQ(result.at("num_channels"), set.data[0].size());
    EXPECT_EQ(result.at("dof"), nlohmann::json::array({set.dof()}));

    NistErrors const tolerance = nist_tolerance(set.name);
    auto const& parameters = result.at("components").at(0).at("parameters");
    ASSERT_EQ(parameters.size(), set.parameters.size());
    for (std::size_t i = 0; i < set.parameters.size(); ++i) {
        auto const found = std::find_if(parameters.begin(), parameters.end(),
                                        [&](auto const& p) { return p.at("name") == set.parameters[i]; });
        ASSERT_NE(found, parameters.end()) << set.parameters[i];
        EXPECT_NEAR(found->at("values").at(0).template get<double>(), set.certified[i],
                    tolerance.parameter * std::abs(set.certified[i]));
        if (std::isfinite(tolerance.sd)) {
            EXPECT_NEAR(found->at("standard_errors").at(0).template get<double>(), set.certified_sd[i],
                        tolerance.sd * set.certified_sd[i]);
        }
    }
    double const chisq = result.at("chisq").at(0);
    if (std::isfinite(tolerance.rss)) {
        EXPECT_NEAR(chisq, set.rss, tolerance.rss * set.rss);
        EXPECT_NEAR(result.at("red_chisq").at(0).get<double>(), set.rss / set.dof(),
                    tolerance.rss * set.rss / set.dof());
    } else {
        EXPECT_LT(chisq, 1e-20);
    }
}

std::vector<ProgramCase> cases()
{
    std::vector<ProgramCase> out;
    for (char const* name : nist_names)
        for (int start : {1, 2}) out.push_back({name, start});
    return out;
}

INSTANTIATE_TEST_SUITE_P(Strd, NistProgram, ::testing::ValuesIn(cases()), [](auto const& given) {
    return std::string(given.param.name) + "_start" + std::to_string(given.param.start);
});

}  // namespace
}  // namespace warpfit::testing
