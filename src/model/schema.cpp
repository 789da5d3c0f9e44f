#include "src/model/schema.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace warpfit::schema {

void fail(std::string const& where, std::string const& message)
{
    throw InvalidArgument(where + ": " + message);
}

void expect(Tree const& tree, Tree::Kind kind, std::string const& what)
{
    if (tree.kind != kind) fail(tree.where, what + " must be " + name_of(kind) + " (found " + name_of(tree.kind) + ")");
}

double number_in(Tree const& tree, std::string const& what)
{
    expect(tree, Tree::Kind::number, what);
    return tree.number;
}

int integer_in(Tree const& tree, std::string const& what)
{
    double const v = number_in(tree, what);
    if (v != std::floor(v) || std::abs(v) > std::numeric_limits<int>::max())
        fail(tree.where, what + " must be a whole number (found " + number_text(v) + ")");
    return static_cast<int>(v);
}

bool boolean_in(Tree const& tree, std::string const& what)
{
    expect(tree, Tree::Kind::boolean, what);
    return tree.boolean;
}

std::string const& text_in(Tree const& tree, std::string const& what)
{
    expect(tree, Tree::Kind::text, what);
    return tree.text;
}

void check_keys(Tree const& table, std::vector<std::string> const& keys, std::string const& in)
{
    for (TreeEntry const& entry : table.entries)
        if (std::find(keys.begin(), keys.end(), entry.key) == keys.end())
            fail(entry.where, "unknown key " + quote(entry.key) + " in " + in + known_names(entry.key, keys));
}

std::string const& name_in(Tree const& tree, std::string const& what, std::vector<std::string> const& names)
{
    std::string const& name = text_in(tree, what);
    if (std::find(names.begin(), names.end(), name) == names.end())
        fail(tree.where, what + " is " + quote(name) + known_names(name, names));
    return name;
}

void read_twin(Tree const& table, Model& model)
{
    expect(table, Tree::Kind::table, "a [[twin]]");
    check_keys(table, {"parameter", "to", "expression", "inverse"}, "[[twin]]");
    auto const text = [&](char const* key, bool required) {
        Tree const* const value = table.find(key);
        if (value == nullptr && required)
            fail(table.where, "[[twin]] lacks " + quote(key) + " (needed): write component.parameter");
        return value == nullptr ? std::string() : text_in(*value, "key " + quote(key));
    };
    Twin twin{text("parameter", true), text("to", true), text("expression", false), text("inverse", false)};
    try {
        model.set_twin(std::move(twin));
    } catch (InvalidArgument const& error) {
        fail(table.where, std::string("[[twin]]: ") + error.what());
    }
}

namespace {

/// [microscope]: of every edge that has no figures of its own.
void read_microscope(Tree const& table, Model& model)
{
    expect(table, Tree::Kind::table, "[microscope]");
    check_keys(table, {"beam_energy", "convergence_angle", "collection_angle"}, "[microscope]");
    Microscope microscope;
    auto const number = [&](char const* key, std::optional<double>& to) {
        if (Tree const* const v = table.find(key)) to = number_in(*v, "key " + quote(key) + " of [microscope]");
    };
    number("beam_energy", microscope.beam_energy);
    number("convergence_angle", microscope.convergence_angle);
    number("collection_angle", microscope.collection_angle);
    for (Component& component : model.components()) component.take_microscope(microscope);
}

/// Components that describe a fine structure are on while it is.
void switch_fine_structures(Model& model, std::vector<Tree> const& tables)
{
    std::size_t table = 0;
    for (Component& edge : model.components()) {
        std::string const& where = tables[table++].where;
        for (std::string const& name : edge.options().edge.fine_structure_components) {
            std::vector<std::string> names;
            for (Component const& c : model.components()) names.push_back(c.name());
            if (std::find(names.begin(), names.end(), name) == names.end())
                fail(where, "fine_structure_components of " + quote(edge.name()) + " name an unknown component, " +
                                quote(name) + known_names(name, names));
            Component& component = model[name];
            if (component.type() == "EELSCLEdge")
                fail(where, "fine_structure_components of " + quote(edge.name()) + " name the edge " + quote(name) +
                                " (an edge describes no other's fine structure): name peaks");
            if (!edge.options().edge.fine_structure_active || !edge.is_active()) component.set_active(false);
        }
    }
}

/// The items of an array of tables; none where the key is absent.
std::vector<Tree> const& items_of(Tree const& root, std::string const& key)
{
    static std::vector<Tree> const none;
    Tree const* const value = root.find(key);
    if (value == nullptr) return none;
    if (value->kind == Tree::Kind::table)
        fail(value->where, "key " + quote(key) + " must be an array of tables (found a table): write [[" + key + "]]");
    expect(*value, Tree::Kind::array, "key " + quote(key));
    return value->items;
}

}  // namespace

std::vector<std::string> const& section_keys()
{
    static std::vector<std::string> const keys{"schema", "data", "fit", "microscope", "component", "twin"};
    return keys;
}

ModelFile read_model(Tree const& root)
{
    expect(root, Tree::Kind::table, "a model");
    check_keys(root, section_keys(), "the model");
    if (Tree const* const schema = root.find("schema"); schema != nullptr) {
        if (integer_in(*schema, "key 'schema'") != version)
            fail(schema->where, "schema " + number_text(schema->number) + " is unknown (this version reads schema " +
                                    std::to_string(version) + "): a newer warpfit may read it");
    }
    ModelFile file;
    if (Tree const* const data = root.find("data"); data != nullptr) file.data = read_data(*data, file.warnings);
    if (Tree const* const fit = root.find("fit"); fit != nullptr) {
        file.fit = read_fit(*fit, file.warnings);
        if (Tree const* const smart = fit->find("smart"); smart != nullptr)
            file.smart = boolean_in(*smart, "key 'smart'");
    }
    for (Tree const& component : items_of(root, "component")) read_component(component, file.model, file.warnings);
    if (file.model.size() == 0) fail(root.where, "the model has no component (nothing to fit): add a [[component]]");
    switch_fine_structures(file.model, items_of(root, "component"));
    if (Tree const* const microscope = root.find("microscope"); microscope != nullptr)
        read_microscope(*microscope, file.model);
    for (Tree const& twin : items_of(root, "twin")) read_twin(twin, file.model);
    return file;
}

}  // namespace warpfit::schema
