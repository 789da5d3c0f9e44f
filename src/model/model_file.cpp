#include "warpfit/model_file.hpp"

#include "src/model/schema.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>
#include <sstream>

namespace warpfit {

namespace {

ModelFile read(Tree root, std::vector<std::string> const& set)
{
    for (std::string const& assignment : set) schema::apply_override(root, assignment);
    return schema::read_model(root);
}

std::string text_of(std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf() || file.eof()) || file.bad())
        throw InputError("cannot read model file " + quote(path) + " (" + std::strerror(errno) + ")");
    return text.str();
}

}  // namespace

ModelFile parse_model_toml(std::string_view text, std::string const& where, std::vector<std::string> const& set)
{
    return read(read_toml(text, where), set);
}

ModelFile parse_model_json(std::string_view text, std::string const& where, std::vector<std::string> const& set)
{
    return read(read_json(text, where), set);
}

ModelFile load_model(std::string const& path, std::vector<std::string> const& set)
{
    if (path == "-") {
        std::ostringstream text;
        text << std::cin.rdbuf();
        return parse_model_json(text.str(), "standard input", set);
    }
    if (path.ends_with(".toml")) return parse_model_toml(text_of(path), path, set);
    if (path.ends_with(".json")) return parse_model_json(text_of(path), path, set);
    throw InvalidArgument("cannot tell what kind of model file " + quote(path) +
                          " is (its name ends in neither .toml nor .json): rename it");
}

}  // namespace warpfit
