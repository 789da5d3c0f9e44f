#include "src/model/tree.hpp"

#include <utility>

namespace warpfit {

Tree const* Tree::find(std::string_view key) const
{
    for (TreeEntry const& entry : entries)
        if (entry.key == key) return &entry.value;
    return nullptr;
}

Tree* Tree::find(std::string_view key)
{
    return const_cast<Tree*>(std::as_const(*this).find(key));
}

Tree& Tree::at(std::string_view key, std::string const& place)
{
    if (Tree* const found = find(key)) return *found;
    TreeEntry& entry = entries.emplace_back(TreeEntry{std::string(key), place, {}});
    entry.value.where = place;
    return entry.value;
}

char const* name_of(Tree::Kind kind) noexcept
{
    switch (kind) {
    case Tree::Kind::null:
        return "null";
    case Tree::Kind::boolean:
        return "true or false";
    case Tree::Kind::number:
        return "a number";
    case Tree::Kind::text:
        return "a string";
    case Tree::Kind::array:
        return "an array";
    default:
        return "a table";
    }
}

}  // namespace warpfit
