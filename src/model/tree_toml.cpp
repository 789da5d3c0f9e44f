#include "src/model/tree.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <toml++/toml.h>

namespace warpfit {

namespace {

std::string at_line(std::string const& where, toml::source_region const& source)
{
    return where + ":" + std::to_string(source.begin.line);
}

Tree convert(toml::node const& node, std::string const& where)
{
    Tree tree;
    tree.where = at_line(where, node.source());
    if (toml::table const* const table = node.as_table()) {
        tree.kind = Tree::Kind::table;
        for (auto const& [key, value] : *table)
            tree.entries.push_back({std::string(key.str()), at_line(where, key.source()), convert(value, where)});
        // The table is kept sorted; errors should come in the order of the file.
        auto const line = [&](TreeEntry const& e) { return table->find(e.key)->first.source().begin; };
        std::stable_sort(tree.entries.begin(), tree.entries.end(), [&](auto const& a, auto const& b) {
            return std::pair(line(a).line, line(a).column) < std::pair(line(b).line, line(b).column);
        });
    } else if (toml::array const* const array = node.as_array()) {
        tree.kind = Tree::Kind::array;
        for (toml::node const& item : *array) tree.items.push_back(convert(item, where));
    } else if (auto const* const boolean = node.as_boolean()) {
        tree.kind = Tree::Kind::boolean;
        tree.boolean = boolean->get();
    } else if (auto const* const integer = node.as_integer()) {
        tree.kind = Tree::Kind::number;
        tree.number = static_cast<double>(integer->get());
    } else if (auto const* const number = node.as_floating_point()) {
        tree.kind = Tree::Kind::number;
        tree.number = number->get();
    } else if (auto const* const text = node.as_string()) {
        tree.kind = Tree::Kind::text;
        tree.text = text->get();
    } else {
        throw InvalidArgument(tree.where +
                              ": dates and times have no meaning in a model (unquoted): quote it for a string");
    }
    return tree;
}

}  // namespace

Tree read_toml(std::string_view text, std::string const& where)
{
    try {
        return convert(toml::parse(text, where), where);
    } catch (toml::parse_error const& error) {
        throw InvalidArgument(at_line(where, error.source()) + ": not valid TOML (" + std::string(error.description()) +
                              ")");
    }
}

}  // namespace warpfit
