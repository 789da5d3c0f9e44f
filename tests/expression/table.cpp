#include "tests/expression/table.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace warpfit::expression::tests {

std::vector<Row> read_table(std::string const& file_name)
{
    std::ifstream file(WARPFIT_TEST_DIR "/oracles/" + file_name);
    if (!file) throw std::runtime_error("no table " + file_name);
    std::vector<Row> rows;
    for (std::string line; std::getline(file, line);) {
        std::size_t const space = line.find(' ');
        std::string const key = line.substr(0, space);
        std::string const rest = line.substr(space + 1);
        std::istringstream words(rest);
        std::string word;
        if (key == "formula") {
            rows.push_back({rest, {}, {}, {}});
        } else if (key == "symbols") {
            while (words >> word) {
                rows.back().symbols.push_back(word);
                if (word != "x" && word != "y") rows.back().parameters.push_back(word);
            }
        } else if (key == "point") {
            rows.back().points.push_back({});
            for (std::string const& name : rows.back().symbols) {
                words >> word;
                rows.back().points.back().values[name] = std::strtod(word.c_str(), nullptr);
            }
        } else if (key == "value") {
            rows.back().points.back().value = std::strtod(rest.c_str(), nullptr);
        } else if (key == "gradient") {
            while (words >> word) rows.back().points.back().gradient.push_back(std::strtod(word.c_str(), nullptr));
        }
    }
    return rows;
}

}  // namespace warpfit::expression::tests
