#include "src/io/load_hartree_slater.hpp"

#include "src/io/reading.hpp"
#include "src/physics/hartree_slater.hpp"
#include "src/physics/subshell.hpp"
#include "warpfit/error.hpp"

#include <filesystem>

namespace warpfit::io {

physics::GosTable load_hartree_slater(std::string const& directory, Element const& element, std::string_view subshell)
{
    namespace fs = std::filesystem;
    ElementEdge const edge = eels_edge(std::string(element.symbol) + "_" + std::string(subshell));
    std::string const file = std::string(element.symbol) + "." + physics::table_of_subshell(subshell).table;
    fs::path const path = fs::path(directory) / file;
    std::error_code error;
    if (!fs::exists(path, error))
        throw InputError(path.string() + ": is not there (the Hartree-Slater table of " + edge.name() +
                         "): give the folder of the Hartree-Slater tables that DigitalMicrograph 1 or 2 installs");
    return physics::parse_hartree_slater(read_text_file(path.string()), path.string(), element, subshell);
}

}  // namespace warpfit::io
