#pragma once

#include "src/text/text.hpp"

#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit::testing {

/// One case of a table of tests/physics/data (its form: make_data.py there).
struct TableCase
{
    std::string title{};
    std::map<std::string, std::vector<double>> figures{};

    std::vector<double> const& of(std::string const& key) const { return figures.at(key); }
    double one(std::string const& key) const { return of(key).at(0); }
    bool has(std::string const& key) const { return figures.count(key) != 0; }
};

inline std::string data_file(std::string const& name)
{
    return std::string(WARPFIT_TEST_DIR) + "/physics/data/" + name;
}

inline std::vector<TableCase> read_cases(std::string const& name)
{
    std::ifstream file(data_file(name));
    if (!file) throw std::runtime_error("no table " + name);
    std::vector<TableCase> cases;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        std::string word;
        words >> key;
        if (key == "case") {
            words >> word;
            cases.push_back({word});
            continue;
        }
        std::vector<double>& values = cases.back().figures[key];
        while (words >> word) {
            values.push_back(0.0);
            if (!parse_number(word, values.back())) throw std::runtime_error(name + ": no number: " + word);
        }
    }
    if (cases.empty()) throw std::runtime_error("table " + name + " is empty");
    return cases;
}

}  // namespace warpfit::testing
