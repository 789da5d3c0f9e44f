#include "tests/oracles/nist_set.hpp"

#include <cmath>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

namespace warpfit::testing {
namespace {

/// models.json writes powers as ^, and predictors as x1, x2.
std::string hyperspy_formula(std::string const& formula)
{
    std::string out;
    for (std::size_t i = 0; i < formula.size(); ++i) {
        if (formula[i] == '^') {
            out += "**";
        } else if (formula.compare(i, 2, "x1") == 0 || formula.compare(i, 2, "x2") == 0) {
            out += formula[++i] == '1' ? "x" : "y";
        } else {
            out += formula[i];
        }
    }
    return out;
}

}  // namespace

NistSet read_nist(std::string const& name)
{
    std::string const folder = std::string(WARPFIT_TEST_DIR) + "/oracles/nist/";
    std::ifstream models(folder + "models.json");
    nlohmann::json const given = nlohmann::json::parse(models).at(name);
    NistSet set;
    set.name = name;
    set.formula = hyperspy_formula(given.at("formula"));
    given.at("parameters").get_to(set.parameters);
    given.at("start1").get_to(set.start1);
    given.at("start2").get_to(set.start2);
    given.at("certified").get_to(set.certified);
    given.at("certified_sd").get_to(set.certified_sd);
    given.at("rss").get_to(set.rss);
    given.at("columns").get_to(set.columns);

    std::ifstream file(folder + given.at("file").get<std::string>());
    int const first = given.at("first_data_line");
    int const last = given.at("last_data_line");
    set.data.resize(set.columns.size());
    std::string line;
    for (int number = 1; number <= last && std::getline(file, line); ++number) {
        if (number < first) continue;
        std::istringstream words(line);
        for (auto& column : set.data) {
            double v;
            if (!(words >> v)) throw std::runtime_error(name + ": line " + std::to_string(number));
            column.push_back(v);
        }
    }
    if (set.data[0].size() != given.at("n_observations").get<std::size_t>())
        throw std::runtime_error(name + ": wrong number of observations");
    if (given.at("response") == "log(y)")
        for (double& y : set.data[0]) y = std::log(y);
    return set;
}

Model NistSet::model(int start_number) const
{
    std::map<std::string, double> values;
    for (std::size_t i = 0; i < parameters.size(); ++i) values[parameters[i]] = start(start_number)[i];
    Model model;
    model.append(Component::expression(formula, name, values));
    return model;
}

NistErrors nist_tolerance(std::string const& name)
{
    // Lanczos1 is a sum of exponentials to 14 digits: residuals are of the size of double's rounding of the data, so
    // the sum of their squares and the errors made from it are noise in any double arithmetic (certified 1.4e-25; the
    // certified parameters themselves give 4e-21). Parameters keep 9 digits.
    if (name == "Lanczos1") return {1e-9, INFINITY, INFINITY};
    return {1e-6, 1e-4, 1e-8};
}

}  // namespace warpfit::testing
