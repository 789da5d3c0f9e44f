#include "src/model/naming.hpp"
#include "src/model/schema.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace warpfit::schema {

namespace {

/// What stands right of "=": JSON where it is JSON, a number in any other spelling, else a string.
Tree read_value(std::string_view text, std::string const& where)
{
    double number = 0.0;
    std::string_view const digits = text.starts_with('+') ? text.substr(1) : text;
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    Tree value;
    if (error == std::errc() && end == digits.data() + digits.size() && std::isfinite(number)) {
        value.kind = Tree::Kind::number;
        value.number = number;
    } else {
        try {
            value = read_json(text, where);
        } catch (InvalidArgument const&) {
            value.kind = Tree::Kind::text;  // a bare word: mixed, poisson, -inf
            value.text = text;
        }
    }
    value.where = where;
    return value;
}

void erase(Tree& table, std::string_view key)
{
    std::erase_if(table.entries, [&](TreeEntry const& entry) { return entry.key == key; });
}

void assign(Tree& table, std::string_view key, Tree value, std::string const& where)
{
    erase(table, key);
    table.entries.push_back({std::string(key), where, std::move(value)});
}

Tree& table_at(Tree& parent, std::string_view key, std::string const& where)
{
    Tree& table = parent.at(key, where);
    if (table.kind == Tree::Kind::null) table.kind = Tree::Kind::table;
    if (table.kind != Tree::Kind::table)
        fail(table.where, "key " + quote(key) + " must be a table (found " + name_of(table.kind) + ")");
    return table;
}

/// The names that the model will give its components; empty where the document is at fault.
std::vector<std::string> component_names(Tree const& root)
{
    std::vector<std::string> names;
    Tree const* const components = root.find("component");
    if (components == nullptr) return names;
    for (Tree const& component : components->items) {
        Tree const* const name = component.find("name");
        Tree const* const type = component.find("type");
        auto const is_taken = [&](std::string const& n) {
            return std::find(names.begin(), names.end(), n) != names.end();
        };
        if (name != nullptr)
            names.push_back(name->text);
        else
            names.push_back(type == nullptr ? std::string() : default_name(type->text, is_taken));
    }
    return names;
}

/// "centre", "centre.start", "active" inside one component.
void assign_in_component(Tree& component, std::string_view path, Tree value, std::string const& where)
{
    std::size_t const dot = path.find('.');
    std::string_view const key = path.substr(0, dot);
    Tree* const canonical = component.find("parameters");
    bool const in_canonical = canonical != nullptr && canonical->find(key) != nullptr;
    if (is_reserved(key) && !in_canonical && dot == std::string_view::npos)
        return assign(component, key, std::move(value), where);

    bool const in_short = !is_reserved(key) && component.find(key) != nullptr;
    Tree& home = in_short ? component : table_at(component, "parameters", where);
    Tree* const given = home.find(key);
    if (dot == std::string_view::npos && (given == nullptr || given->kind != Tree::Kind::table))
        return assign(home, key, std::move(value), where);

    if (given == nullptr || given->kind == Tree::Kind::number) {
        Tree table;
        table.kind = Tree::Kind::table;
        table.where = where;
        if (given != nullptr) assign(table, "start", *given, given->where);
        assign(home, key, std::move(table), where);
    }
    Tree& parameter = table_at(home, key, where);
    std::string_view const field = dot == std::string_view::npos ? "start" : path.substr(dot + 1);
    for (auto const& [word, synonym] : {std::pair{"start", "value"}, {"min", "bmin"}, {"max", "bmax"}}) {
        if (field == word) erase(parameter, synonym);
        if (field == synonym) erase(parameter, word);
    }
    assign(parameter, field, std::move(value), where);
}

}  // namespace

void apply_override(Tree& root, std::string const& assignment)
{
    std::string const where = "set " + quote(assignment);
    std::size_t const equals = assignment.find('=');
    if (equals == std::string::npos || equals == 0)
        fail(where, "not an assignment (there is no path before an =): write path=value");
    expect(root, Tree::Kind::table, "a model");
    std::string const path = assignment.substr(0, equals);
    Tree value = read_value(std::string_view(assignment).substr(equals + 1), where);

    for (char const* const section : {"fit", "data"})
        if (path.starts_with(section + std::string(".")))
            return assign(table_at(root, section, where), path.substr(std::string_view(section).size() + 1),
                          std::move(value), where);

    // A component's name may contain dots: the longest that fits.
    std::vector<std::string> const names = component_names(root);
    std::size_t best = names.size();
    for (std::size_t i = 0; i < names.size(); ++i)
        if (!names[i].empty() && path.starts_with(names[i] + ".") &&
            (best == names.size() || names[i].size() > names[best].size()))
            best = i;
    if (best == names.size()) {
        std::vector<std::string> known{"fit", "data"};
        known.insert(known.end(), names.begin(), names.end());
        fail(where, "unknown path " + quote(path) + known_names(path.substr(0, path.find('.')), known));
    }
    assign_in_component(root.find("component")->items[best], path.substr(names[best].size() + 1), std::move(value),
                        where);
}

}  // namespace warpfit::schema
