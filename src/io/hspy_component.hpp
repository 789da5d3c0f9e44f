#pragma once

#include "warpfit/component.hpp"

#include <map>
#include <string>
#include <vector>

namespace warpfit::io {

/// How a component is stored so that HyperSpy 1.7.3 and 2.x both rebuild it with the same formula: under its own class
/// where both know it alike, else as an Expression with the same parameter names.
struct HyperspyForm
{
    std::string id_name;          ///< "Gaussian", "Expression"
    bool has_class_dump = false;  ///< Gaussian2D: found through a pickle, not through the list of 1D components
    // Of an Expression:
    std::string expression;
    std::vector<std::string> position;
    std::map<std::string, std::string>
        rename;  ///< name in `expression` -> public name, where SymPy has taken the latter
    bool needs_scipy = false;

    bool is_expression() const noexcept { return !expression.empty(); }
};

HyperspyForm hyperspy_form(Component const& component);

/// A twin's function of one symbol in words that SymPy knows.
std::string hyperspy_twin_expression(std::string const& expression);

}  // namespace warpfit::io
