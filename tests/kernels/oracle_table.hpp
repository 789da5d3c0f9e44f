#pragma once

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit::testing {

struct OraclePoint
{
    double x, y;
    double function;
    std::vector<double> gradient;
};

struct OracleCase
{
    std::vector<std::string> names;
    std::vector<double> values;
    std::vector<double> tolerances;  ///< of the gradient columns
    std::vector<OraclePoint> points;
};

/// A table of tests/oracles/components (its form: convert.py there).
inline std::vector<OracleCase> read_oracle(std::string const& component)
{
    std::ifstream file(std::string(WARPFIT_TEST_DIR) + "/oracles/components/" + component + ".txt");
    if (!file) throw std::runtime_error("no table of component " + component);
    std::vector<OracleCase> cases;
    int dimension = 0;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key, name;
        words >> key;
        // operator>> does not read "nan".
        auto const number = [&words] {
            std::string word;
            words >> word;
            return std::stod(word);
        };
        if (key == "component") {
            words >> name >> dimension;
        } else if (key == "case") {
            cases.emplace_back();
        } else if (key == "parameter") {
            words >> name;
            cases.back().names.push_back(name);
            cases.back().values.push_back(number());
            cases.back().tolerances.push_back(number());
        } else if (key == "point") {
            OraclePoint point{};
            point.x = number();
            if (dimension == 2) point.y = number();
            point.function = number();
            for (std::size_t k = 0; k < cases.back().names.size(); ++k) point.gradient.push_back(number());
            cases.back().points.push_back(point);
        }
    }
    return cases;
}

}  // namespace warpfit::testing
