#pragma once

#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace warpfit {

/// What a model file says: INTERFACE.md's schema 1.
struct ModelFile
{
    Model model;
    DataOptions data;
    FitOptions fit;
    bool smart = false;                 ///< [fit]: eels::smart_fit() instead of multifit()
    std::vector<std::string> warnings;  ///< start values moved to a bound, keys accepted without effect
};

/// By the ending: `.toml`, `.json`; "-" reads JSON from standard input. `set`: overrides "path=value", such as
/// "fit.precision=mixed" or "Gaussian.centre.start=532".
/// Throws InvalidArgument with file and line (TOML) or path (JSON) and the closest valid name; InputError if
/// unreadable.
ModelFile load_model(std::string const& path, std::vector<std::string> const& set = {});
/// `where` names the text in errors.
ModelFile parse_model_toml(std::string_view text, std::string const& where, std::vector<std::string> const& set = {});
ModelFile parse_model_json(std::string_view text, std::string const& where, std::vector<std::string> const& set = {});

/// The same model as canonical JSON (sorted keys, canonical parameter form): what result files store and hash.
std::string to_json(ModelFile const& file);

}  // namespace warpfit
