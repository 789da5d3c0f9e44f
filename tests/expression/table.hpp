#pragma once

#include <map>
#include <ostream>
#include <string>
#include <vector>

namespace warpfit::expression::tests {

struct Point
{
    std::map<std::string, double> values;
    double value;
    std::vector<double> gradient;  ///< one for each of Row::parameters; NaN: not known
};

/// A formula with reference values from tests/oracles.
struct Row
{
    std::string formula;
    std::vector<std::string> symbols;
    std::vector<std::string> parameters;  ///< symbols but x and y
    std::vector<Point> points;
};

/// How GoogleTest names a row.
inline void PrintTo(Row const& row, std::ostream* out)
{
    *out << row.formula;
}

std::vector<Row> read_table(std::string const& file_name);

}  // namespace warpfit::expression::tests
