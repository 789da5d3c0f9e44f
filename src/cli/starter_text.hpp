#pragma once

#include <string>

/// Lines of a starter model (TOML).
namespace warpfit::cli {

/// A TOML float: always with a point or an exponent.
std::string toml_number(double v, int digits = 6);

/// One line, whatever the file's strings hold.
std::string toml_comment(std::string text);

/// The head of a component; `why` becomes a comment.
std::string toml_component(std::string const& type, std::string const& name, std::string const& why);

/// parameter = { start = value, ... }
std::string toml_start(std::string const& parameter, double value, std::string const& more = {}, int digits = 6);

}  // namespace warpfit::cli
