// Writes a program that checks the text of to_cuda(): it holds the generated structs and the reference values.
#include "src/expression/expression.hpp"
#include "tests/expression/limits.hpp"
#include "tests/expression/table.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iomanip>
#include <iostream>

using namespace warpfit::expression;

int main(int argc, char** argv)
{
    if (argc != 2) return 2;
    std::ofstream out(argv[1]);
    out << std::setprecision(17);
    out << "#include \"kernels/core/component.hpp\"\n#include \"kernels/core/gamma.hpp\"\n#include "
           "\"kernels/core/math.hpp\"\n"
           "#include <algorithm>\n"
           "#include <cmath>\n#include <cstdio>\n"
           "int comparisons = 0, failures = 0;\n"
           "void compare(int row, double actual, double expected)\n{\n    ++comparisons;\n"
           "    if (actual == expected || std::abs(actual - expected) <= 1e-12 * std::max(std::abs(expected), 0.01)) "
           "return;\n"
           "    ++failures;\n    std::printf(\"formula %d: %.17g instead of %.17g\\n\", row, actual, expected);\n}\n"
           "namespace warpfit::generated {\n";
    std::string body;
    std::vector<tests::Row> rows = tests::read_table("expression_table.txt");
    for (tests::Row const& row : tests::limits()) rows.push_back(row);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        Expression const f = Expression::parse(rows[i].formula);
        std::vector<std::string> const symbols = f.symbols();
        bool const is_2d = std::find(symbols.begin(), symbols.end(), "y") != symbols.end();
        std::string const name = "F" + std::to_string(i);
        out << to_cuda(f, rows[i].parameters, name) << "static_assert(PixelFunction<" << name << ">);\n\n";
        out << "void check" << i << "()\n{\n";
        for (tests::Point const& p : rows[i].points) {
            out << "    {\n        double const p[] = {0";
            for (std::string const& parameter : rows[i].parameters) out << ", " << p.values.at(parameter);
            out << "};\n        double grad[" << rows[i].parameters.size() + 1
                << "];\n        double const f = " << name << "::evaluate(" << name << "::prepare(p + 1, "
                << rows[i].parameters.size() << "), double(" << p.values.at("x") << ")";
            if (is_2d) out << ", double(" << p.values.at("y") << ")";
            out << ", grad);\n        compare(" << i << ", f, " << p.value << ");\n";
            for (std::size_t k = 0; k < rows[i].parameters.size(); ++k) {
                out << "        compare(" << i << ", grad[" << k << "], ";
                std::isinf(p.gradient[k]) ? out << "HUGE_VAL);\n" : out << p.gradient[k] << ");\n";
            }
            out << "    }\n";
        }
        out << "}\n";
        body += "    warpfit::generated::check" + std::to_string(i) + "();\n";
    }
    out << "}\nint main()\n{\n"
        << body << "    std::printf(\"%d comparisons, %d failures\\n\", comparisons, failures);\n"
        << "    return failures != 0 || comparisons < 500;\n}\n";
    return out ? 0 : 1;
}
