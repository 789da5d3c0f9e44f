#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

struct TreeEntry;

/// A TOML or JSON document, reduced to what both can say, with the place of everything.
struct Tree
{
    enum class Kind { null, boolean, number, text, array, table };

    Kind kind = Kind::null;
    bool boolean = false;
    double number = 0.0;
    std::string text;
    std::vector<Tree> items;
    std::vector<TreeEntry> entries;  ///< in the order of the file
    std::string where;               ///< "model.toml:12", "model.json: /component/0/r"

    Tree const* find(std::string_view key) const;
    Tree* find(std::string_view key);
    /// The value of key, made as null where it is absent.
    Tree& at(std::string_view key, std::string const& place);
};

struct TreeEntry
{
    std::string key;
    std::string where;
    Tree value;
};

/// "a number", "a table", …
char const* name_of(Tree::Kind kind) noexcept;

/// Throw InvalidArgument with line or byte where the text is malformed or a key is given twice.
Tree read_toml(std::string_view text, std::string const& where);
Tree read_json(std::string_view text, std::string const& where);

}  // namespace warpfit
