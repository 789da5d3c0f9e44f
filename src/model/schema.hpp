#pragma once

#include "src/model/tree.hpp"
#include "warpfit/model_file.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace warpfit::schema {

inline constexpr int version = 1;

/// Keys of the whole document.
std::vector<std::string> const& section_keys();
/// Keys of a component that are never parameters in the short form.
std::vector<std::string> const& reserved_keys();
bool is_reserved(std::string_view key);

/// "path=value" puts a value into the document, as if it had stood there.
/// Throws InvalidArgument for a path that leads to no section and no component, with the closest.
void apply_override(Tree& root, std::string const& assignment);

/// The one reader of schema 1, for TOML and JSON alike.
ModelFile read_model(Tree const& root);

DataOptions read_data(Tree const& table, std::vector<std::string>& warnings);
FitOptions read_fit(Tree const& table, std::vector<std::string>& warnings);
void read_component(Tree const& table, Model& model, std::vector<std::string>& warnings);
void read_twin(Tree const& table, Model& model);

[[noreturn]] void fail(std::string const& where, std::string const& message);
/// `what` names the value in the error: "key 'tolerance'".
double number_in(Tree const& tree, std::string const& what);
int integer_in(Tree const& tree, std::string const& what);
bool boolean_in(Tree const& tree, std::string const& what);
std::string const& text_in(Tree const& tree, std::string const& what);
void expect(Tree const& tree, Tree::Kind kind, std::string const& what);
/// Throws InvalidArgument at the first entry that is none of `keys`.
void check_keys(Tree const& table, std::vector<std::string> const& keys, std::string const& in);
/// One of `names`; throws InvalidArgument with the closest.
std::string const& name_in(Tree const& tree, std::string const& what, std::vector<std::string> const& names);

}  // namespace warpfit::schema
