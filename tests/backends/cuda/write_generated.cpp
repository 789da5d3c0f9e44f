// Writes a C++ file that holds the generated program of every model.
#include "src/backends/cuda/generate.hpp"
#include "tests/backends/cuda/own_models.hpp"

#include <fstream>

using namespace warpfit;
using namespace warpfit::testing;

int main(int argc, char** argv)
{
    if (argc != 2) return 2;
    std::ofstream out(argv[1]);
    out << "#include \"tests/backends/cuda/compare_generated.hpp\"\n\n";
    std::string names;
    for (auto const& models : {component_models(), composite_models()})
        for (NamedModel const& model : models) {
            PlanBuilder builder = model.builder;
            std::string const name = "Model" + model.name;
            out << cuda::generate_program(builder.view(), name) << '\n';
            names += "    compare<warpfit::generated::" + name + ">(models.at(\"" + model.name + "\"));\n";
        }
    for (OwnModel const& model : own_models()) {
        PlanBuilder builder = model.builder;
        std::string const name = "Model" + model.name;
        out << cuda::generate_program(builder.view(), name) << '\n';
        // In float a formula counts from the axis' own zero, which costs it digits.
        names += "    compare<warpfit::generated::" + name + ">(models.at(\"" + model.name + "\"), 200);\n";
    }
    out << "namespace warpfit::testing {\n\nvoid compare_all(std::map<std::string, PlanBuilder>& models)\n{\n"
        << names << "}\n\n}  // namespace warpfit::testing\n";
    return out ? 0 : 1;
}
