#include "src/expression/expression.hpp"
#include "src/model/builtin.hpp"
#include "src/model/own_component.hpp"
#include "src/model/schema.hpp"
#include "src/text/text.hpp"
#include "warpfit/components.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::schema {

namespace {

/// What an EELSCLEdge is told besides its parameters.
std::vector<std::string> const& edge_keys()
{
    static std::vector<std::string> const keys{"element_subshell",
                                               "GOS",
                                               "gos_file_path",
                                               "beam_energy",
                                               "convergence_angle",
                                               "collection_angle",
                                               "energy_scale",
                                               "fine_structure_active",
                                               "fine_structure_spline_active",
                                               "fine_structure_spline_onset",
                                               "fine_structure_width",
                                               "fine_structure_smoothing",
                                               "fine_structure_components"};
    return keys;
}

}  // namespace

std::vector<std::string> const& reserved_keys()
{
    static std::vector<std::string> const keys = [] {
        std::vector<std::string> all{"type",
                                     "name",
                                     "active",
                                     "convolved",
                                     "parameters",
                                     "expression",
                                     "position",
                                     "order",
                                     "add_rotation",
                                     "rotation_center",
                                     "hyperspy_compat",
                                     "own_component",
                                     "rename_pars",
                                     "rename_parameters",
                                     "module",
                                     "compute_gradients",
                                     "linear_parameter_list",
                                     "signal",
                                     "interpolation",
                                     "interpolate"};
        all.insert(all.end(), edge_keys().begin(), edge_keys().end());
        return all;
    }();
    return keys;
}

bool is_reserved(std::string_view key)
{
    return std::find(reserved_keys().begin(), reserved_keys().end(), key) != reserved_keys().end();
}

namespace {

/// Keys that a component of this type understands, apart from its parameters.
std::vector<std::string> option_keys(std::string const& type)
{
    std::vector<std::string> keys{
        "type", "name", "active", "convolved", "parameters", "module", "compute_gradients", "linear_parameter_list"};
    if (type == "Expression") {
        keys.insert(keys.end(), {"expression", "position", "add_rotation", "rotation_center", "hyperspy_compat",
                                 "rename_pars", "rename_parameters"});
    } else if (Builtin const* const builtin = find_builtin(type)) {
        if (builtin->has_run_time_slots) keys.push_back("order");
        if (builtin->type == "ScalableFixedPattern")
            keys.insert(keys.end(), {"signal", "interpolation", "interpolate"});
        if (builtin->type == "EELSCLEdge") keys.insert(keys.end(), edge_keys().begin(), edge_keys().end());
        if (!builtin->cumulative.empty()) keys.push_back("Shirley");
        if (builtin->type == "PESVoigt")
            keys.insert(keys.end(),
                        {"spin_orbit_splitting", "spin_orbit_branching_ratio", "spin_orbit_splitting_energy"});
        if (!builtin->position_y.empty())
            keys.insert(keys.end(), {"add_rotation", "rotation_center", "hyperspy_compat"});
    }
    return keys;
}

bool contains(std::vector<std::string> const& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// A reserved key that holds what only a parameter would.
void check_kind(Tree const& table, std::string const& key, std::vector<Tree::Kind> const& kinds)
{
    Tree const* const value = table.find(key);
    if (value == nullptr || std::find(kinds.begin(), kinds.end(), value->kind) != kinds.end()) return;
    std::string wanted;
    for (Tree::Kind const kind : kinds) wanted += (wanted.empty() ? "" : " or ") + std::string(name_of(kind));
    fail(value->where, "key " + quote(key) + " must be " + wanted + " (found " + name_of(value->kind) +
                           "; the key is reserved): a parameter of that name goes under [component.parameters]");
}

/// A pattern written out: what to_json() makes of one that was read from a file.
Pattern read_pattern(Tree const& table)
{
    check_keys(table, {"offset", "scale", "values", "binned"}, "key 'signal'");
    Pattern pattern;
    if (Tree const* const v = table.find("offset")) pattern.offset = number_in(*v, "key 'offset' of 'signal'");
    if (Tree const* const v = table.find("scale")) pattern.scale = number_in(*v, "key 'scale' of 'signal'");
    if (Tree const* const v = table.find("binned")) pattern.is_binned = boolean_in(*v, "key 'binned' of 'signal'");
    Tree const* const values = table.find("values");
    if (values == nullptr) fail(table.where, "key 'signal' lacks its values (needed): write values = [1.0, ...]");
    expect(*values, Tree::Kind::array, "key 'values' of 'signal'");
    for (Tree const& item : values->items) pattern.values.push_back(number_in(item, "each of the values of 'signal'"));
    return pattern;
}

EdgeOptions read_edge(Tree const& table)
{
    EdgeOptions edge;
    auto const number = [&](char const* key, auto& to) {
        if (Tree const* const v = table.find(key)) to = number_in(*v, "key " + quote(key));
    };
    auto const boolean = [&](char const* key, bool& to) {
        if (Tree const* const v = table.find(key)) to = boolean_in(*v, "key " + quote(key));
    };
    auto const text = [&](char const* key, std::string& to) {
        if (Tree const* const v = table.find(key)) to = text_in(*v, "key " + quote(key));
    };
    text("element_subshell", edge.element_subshell);
    text("GOS", edge.gos);
    text("gos_file_path", edge.gos_file_path);
    number("beam_energy", edge.microscope.beam_energy);
    number("convergence_angle", edge.microscope.convergence_angle);
    number("collection_angle", edge.microscope.collection_angle);
    number("energy_scale", edge.energy_scale);
    boolean("fine_structure_active", edge.fine_structure_active);
    boolean("fine_structure_spline_active", edge.fine_structure_spline_active);
    number("fine_structure_spline_onset", edge.fine_structure_spline_onset);
    number("fine_structure_width", edge.fine_structure_width);
    number("fine_structure_smoothing", edge.fine_structure_smoothing);
    if (Tree const* const v = table.find("fine_structure_components")) {
        check_kind(table, "fine_structure_components", {Tree::Kind::array});
        for (Tree const& item : v->items)
            edge.fine_structure_components.push_back(text_in(item, "each entry of key 'fine_structure_components'"));
    }
    return edge;
}

LineOptions read_line(Tree const& table, std::vector<std::string> const& keys)
{
    LineOptions line;
    auto const find = [&](char const* key) { return contains(keys, key) ? table.find(key) : nullptr; };
    if (Tree const* const v = find("Shirley")) line.shirley = boolean_in(*v, "key 'Shirley'");
    if (Tree const* const v = find("spin_orbit_splitting"))
        line.spin_orbit_splitting = boolean_in(*v, "key 'spin_orbit_splitting'");
    if (Tree const* const v = find("spin_orbit_branching_ratio"))
        line.spin_orbit_branching_ratio = number_in(*v, "key 'spin_orbit_branching_ratio'");
    if (Tree const* const v = find("spin_orbit_splitting_energy"))
        line.spin_orbit_splitting_energy = number_in(*v, "key 'spin_orbit_splitting_energy'");
    return line;
}

ComponentOptions read_options(Tree const& table, std::vector<std::string> const& keys)
{
    using Kind = Tree::Kind;
    auto const find = [&](char const* key) { return contains(keys, key) ? table.find(key) : nullptr; };
    check_kind(table, "name", {Kind::text});
    check_kind(table, "active", {Kind::boolean});
    check_kind(table, "convolved", {Kind::boolean});
    check_kind(table, "parameters", {Kind::table});
    ComponentOptions options;
    if (Tree const* const v = find("order")) options.order = integer_in(*v, "key 'order'");
    if (Tree const* const v = find("expression")) {
        check_kind(table, "expression", {Kind::text});
        options.expression = v->text;
    }
    if (Tree const* const v = find("position")) {
        check_kind(table, "position", {Kind::text, Kind::array});
        if (v->kind == Kind::text) options.position = {v->text};
        for (Tree const& item : v->items) options.position.push_back(text_in(item, "each entry of key 'position'"));
    }
    if (Tree const* const v = find("add_rotation")) {
        check_kind(table, "add_rotation", {Kind::boolean});
        options.add_rotation = v->boolean;
    }
    if (Tree const* const v = find("rotation_center")) {
        check_kind(table, "rotation_center", {Kind::array});
        for (Tree const& item : v->items)
            options.rotation_center.push_back(number_in(item, "each entry of key 'rotation_center'"));
        if (options.rotation_center.size() != 2)
            fail(v->where, "key 'rotation_center' has " + std::to_string(options.rotation_center.size()) +
                               " numbers (it is a point): give x and y, such as [12.0, 8.5]");
    }
    if (Tree const* const v = find("hyperspy_compat")) {
        check_kind(table, "hyperspy_compat", {Kind::boolean});
        options.hyperspy_compat = v->boolean;
    }
    if (Tree const* const v = find("signal")) {
        check_kind(table, "signal", {Kind::text, Kind::table});
        if (v->kind == Kind::text)
            options.signal = v->text;
        else
            options.pattern = read_pattern(*v);
    }
    options.line = read_line(table, keys);
    if (contains(keys, "element_subshell")) options.edge = read_edge(table);
    if (Tree const* const v = find("interpolation"))
        options.interpolation = name_in(*v, "key 'interpolation'", {"cubic", "linear"});
    if (Tree const* const v = find("interpolate")) options.interpolate = boolean_in(*v, "key 'interpolate'");
    for (char const* const key : {"rename_pars", "rename_parameters"}) {
        Tree const* const v = find(key);
        if (v == nullptr) continue;
        check_kind(table, key, {Kind::table});
        for (TreeEntry const& entry : v->entries)
            options.rename_parameters[entry.key] = text_in(entry.value, "the new name of " + quote(entry.key));
    }
    return options;
}

/// The value under either of two names of one key.
Tree const* find_synonym(Tree const& table, char const* key, char const* synonym, std::string const& of)
{
    Tree const* const first = table.find(key);
    Tree const* const second = table.find(synonym);
    if (first != nullptr && second != nullptr)
        fail(second->where,
             of + " is given both " + quote(key) + " and " + quote(synonym) + " (they mean the same): keep one");
    return first != nullptr ? first : second;
}

double bound_in(Tree const& tree, std::string const& what)
{
    if (tree.kind == Tree::Kind::text) {
        if (tree.text == "inf" || tree.text == "+inf") return unbounded;
        if (tree.text == "-inf") return -unbounded;
        fail(tree.where, what + " is " + quote(tree.text) + " (known: a number, \"-inf\", \"inf\")");
    }
    double const v = number_in(tree, what);
    if (std::isnan(v)) fail(tree.where, what + " is nan (must be a number)");
    return v;
}

/// A component that a program had of its own: what to_json() tells of it. It has no code here.
OwnComponent read_own(std::string const& type, Tree const& table)
{
    expect(table, Tree::Kind::table, "key 'own_component'");
    check_keys(table, {"dimension", "convolved", "parameters"}, "key 'own_component'");
    OwnComponent own;
    own.type = type;
    if (Tree const* const v = table.find("dimension")) own.dimension = integer_in(*v, "key 'dimension'");
    if (Tree const* const v = table.find("convolved")) own.convolved = boolean_in(*v, "key 'convolved'");
    Tree const* const parameters = table.find("parameters");
    if (parameters == nullptr) fail(table.where, "key 'own_component' lacks its parameters (needed)");
    expect(*parameters, Tree::Kind::array, "key 'parameters' of 'own_component'");
    for (Tree const& item : parameters->items) {
        expect(item, Tree::Kind::table, "each of the parameters of 'own_component'");
        check_keys(item, {"name", "units", "value", "min", "max", "free", "linear"}, "a parameter of 'own_component'");
        OwnParameter p;
        if (Tree const* const v = item.find("name")) p.name = text_in(*v, "the name of a parameter");
        if (Tree const* const v = item.find("units")) p.units = text_in(*v, "the units of a parameter");
        if (Tree const* const v = item.find("value")) p.value = number_in(*v, "the value of a parameter");
        if (Tree const* const v = item.find("min")) p.bounds.bmin = bound_in(*v, "the lower bound of a parameter");
        if (Tree const* const v = item.find("max")) p.bounds.bmax = bound_in(*v, "the upper bound of a parameter");
        if (Tree const* const v = item.find("free")) p.free = boolean_in(*v, "key 'free'");
        if (Tree const* const v = item.find("linear")) p.linear = boolean_in(*v, "key 'linear'");
        own.parameters.push_back(std::move(p));
    }
    return own;
}

void read_parameter(Tree const& tree, Parameter& parameter, std::string const& path, std::vector<std::string>& warnings)
{
    std::string const what = "parameter " + quote(path);
    Tree const* start = nullptr;
    if (tree.kind == Tree::Kind::number) {
        start = &tree;
    } else if (tree.kind == Tree::Kind::table) {
        check_keys(tree, {"start", "min", "max", "free", "value", "bmin", "bmax"}, what);
        start = find_synonym(tree, "start", "value", what);
        Bounds bounds = parameter.bounds();
        Tree const* const lower = find_synonym(tree, "min", "bmin", what);
        Tree const* const upper = find_synonym(tree, "max", "bmax", what);
        if (lower != nullptr) bounds.bmin = bound_in(*lower, "the lower bound of " + what);
        if (upper != nullptr) bounds.bmax = bound_in(*upper, "the upper bound of " + what);
        if (!(bounds.bmin <= bounds.bmax) || bounds.bmin == unbounded || bounds.bmax == -unbounded) {
            auto const source = [](Tree const* given) { return given == nullptr ? " by default" : ""; };
            fail((lower != nullptr ? lower : upper)->where,
                 "bounds of " + what + " are empty (min " + number_text(bounds.bmin) + source(lower) + ", max " +
                     number_text(bounds.bmax) + source(upper) + "): min must not exceed max");
        }
        parameter.set_bounds(bounds);
        if (Tree const* const free = tree.find("free")) parameter.set_free(boolean_in(*free, "key 'free' of " + what));
    } else {
        fail(tree.where, what + " must be a number or a table (found " + std::string(name_of(tree.kind)) +
                             "): write 1.0 or { start = 1.0, min = 0.0, max = 2.0, free = true }");
    }
    if (start == nullptr) return;
    double const v = number_in(*start, "the start value of " + what);
    if (!std::isfinite(v))
        fail(start->where, "the start value of " + what + " is " + number_text(v) + " (must be finite)");
    double const inside = std::clamp(v, parameter.bmin(), parameter.bmax());
    if (inside != v)
        warnings.push_back(start->where + ": start value " + number_text(v) + " of " + what +
                           " is out of bounds (min " + number_text(parameter.bmin()) + ", max " +
                           number_text(parameter.bmax()) + "): moved to " + number_text(inside));
    parameter.set_value(inside);
}

/// A derived quantity that a component's table gives.
struct DerivedKey
{
    TreeEntry const* entry;
    DerivedInfo const* info;
    bool is_set = false;
};

std::vector<DerivedKey> find_derived_keys(Tree const& table, Component const& component)
{
    std::vector<std::string> const names = component.derived_names();
    std::vector<DerivedKey> found;
    for (Tree const* const place : {&table, table.find("parameters")}) {
        if (place == nullptr) continue;
        for (TreeEntry const& entry : place->entries) {
            if (component.has_parameter(entry.key) || !contains(names, entry.key)) continue;
            std::vector<DerivedInfo> const& known = component_type(component.type()).derived;
            auto const info =
                std::find_if(known.begin(), known.end(), [&](DerivedInfo const& d) { return d.name == entry.key; });
            found.push_back({&entry, &*info});
        }
    }
    return found;
}

/// Bounds alone leave room for a quantity that stands for the parameter.
bool gives_value(Tree const* parameter)
{
    return parameter != nullptr && (parameter->kind != Tree::Kind::table || parameter->find("start") != nullptr ||
                                    parameter->find("value") != nullptr);
}

/// fwhm = 2.0 of a Gaussian: after the parameters, and after the quantities that set what it needs (a height is set
/// for a width).
void read_derived(Tree const& table, Component& component)
{
    std::vector<DerivedKey> given = find_derived_keys(table, component);
    Tree const* const canonical = table.find("parameters");
    for (DerivedKey const& one : given) {
        std::string const& parameter = one.info->sets;
        bool const is_given_too = !parameter.empty() && (gives_value(table.find(parameter)) ||
                                                         (canonical && gives_value(canonical->find(parameter))));
        auto const same = std::count_if(given.begin(), given.end(), [&](auto const& g) {
            return g.info == one.info || (!parameter.empty() && g.info->sets == parameter);
        });
        if (is_given_too || same > 1)
            fail(one.entry->where, "key " + quote(one.entry->key) + " of component " + quote(component.name()) +
                                       " stands for its " + quote(parameter) + " (which is given too): keep one");
    }
    auto const waits = [&](DerivedKey const& one) {
        std::vector<std::string> const needs = expression::Expression::parse(one.info->inverse).symbols();
        return std::any_of(given.begin(), given.end(), [&](DerivedKey const& other) {
            return &other != &one && !other.is_set && contains(needs, other.info->sets);
        });
    };
    for (std::size_t round = 0; round < given.size(); ++round)
        for (DerivedKey& one : given) {
            bool const is_last_resort = round + 1 == given.size();
            if (one.is_set || (!one.info->inverse.empty() && waits(one) && !is_last_resort)) continue;
            double const v = number_in(one.entry->value, "quantity " + quote(one.entry->key));
            try {
                component.set_derived(one.entry->key, v);
            } catch (InvalidArgument const& error) {
                fail(one.entry->where, error.what());
            }
            one.is_set = true;
        }
}

void read_parameters(Tree const& table, Component& component, std::vector<std::string> const& keys,
                     std::vector<std::string>& warnings)
{
    std::vector<std::string> names;
    for (Parameter const& p : component.parameters()) names.push_back(p.name());
    std::string const in = "component " + quote(component.name());
    for (TreeEntry const& entry : table.entries) {
        if (contains(keys, entry.key)) continue;
        bool const is_parameter = contains(names, entry.key);
        if (is_reserved(entry.key)) {
            if (is_parameter)
                fail(entry.where, "key " + quote(entry.key) + " is reserved (" + in +
                                      " has a parameter of that name): write it under [component.parameters]");
            fail(entry.where, "key " + quote(entry.key) + " does not fit " + in + " (type " + component.type() +
                                  " takes: " + joined(keys) + ")");
        }
        if (!is_parameter) {
            std::vector<std::string> known = names;
            std::vector<std::string> const derived = component.derived_names();
            if (contains(derived, entry.key)) continue;
            known.insert(known.end(), derived.begin(), derived.end());
            known.insert(known.end(), keys.begin(), keys.end());
            fail(entry.where, "unknown key " + quote(entry.key) + " in " + in + known_names(entry.key, known));
        }
        read_parameter(entry.value, component[entry.key], component.name() + "." + entry.key, warnings);
    }
    Tree const* const canonical = table.find("parameters");
    if (canonical == nullptr) return read_derived(table, component);
    std::vector<std::string> const derived = component.derived_names();
    for (TreeEntry const& entry : canonical->entries) {
        if (!contains(names, entry.key) && contains(derived, entry.key)) continue;
        if (!contains(names, entry.key))
            fail(entry.where, "unknown parameter " + quote(entry.key) + " in " + in + known_names(entry.key, names));
        if (!is_reserved(entry.key) && table.find(entry.key) != nullptr)
            fail(entry.where,
                 "parameter " + quote(entry.key) + " of " + in + " is given twice (in the short form too): keep one");
        read_parameter(entry.value, component[entry.key], component.name() + "." + entry.key, warnings);
    }
    read_derived(table, component);
}

/// Options that nothing switches on.
void warn_of_idle_options(Tree const& table, Component const& component, std::vector<std::string>& warnings)
{
    LineOptions const& line = component.options().line;
    for (char const* const key : {"spin_orbit_branching_ratio", "spin_orbit_splitting_energy"})
        if (Tree const* const v = table.find(key); v != nullptr && !line.spin_orbit_splitting)
            warnings.push_back(v->where + ": key " + quote(key) + " has no effect (spin_orbit_splitting is not true)");
    std::string const factor = component.type() == "PESVoigt" ? "shirley_background" : "shirley";
    bool const has_one = component.type() == "PESVoigt" || component.type() == "PESCoreLineShape";
    if (has_one && !line.shirley && component[factor].is_value_set() && component[factor].value() != 0.0)
        warnings.push_back(table.where + ": " + quote(factor) + " of component " + quote(component.name()) +
                           " has no effect (Shirley is not true)");
}

}  // namespace

void read_component(Tree const& table, Model& model, std::vector<std::string>& warnings)
{
    expect(table, Tree::Kind::table, "a [[component]]");
    Tree const* const type = table.find("type");
    if (type == nullptr)
        fail(table.where,
             "[[component]] lacks its type (needed): write type = \"Gaussian\", or another of warpfit components");
    check_kind(table, "type", {Tree::Kind::text});
    std::vector<std::string> keys = option_keys(type->text);
    Tree const* const own = table.find("own_component");
    if (own != nullptr) keys.emplace_back("own_component");
    ComponentOptions options = read_options(table, keys);
    Tree const* const name = table.find("name");
    if (name != nullptr && name->text.empty())
        fail(name->where, "key 'name' is empty (leave it out for the default name)");

    // An error in a formula is best shown at the formula, one of the name at the name.
    Tree const* const formula = type->text == "Expression" ? table.find("expression") : nullptr;
    std::string place = formula != nullptr ? formula->where : type->where;
    Component* component = nullptr;
    OwnComponent declared;
    if (own != nullptr) declared = read_own(type->text, *own);
    try {
        std::string const called = name == nullptr ? std::string() : name->text;
        Component made =
            own != nullptr ? make_own(std::move(declared), called) : Component(type->text, called, std::move(options));
        place = name != nullptr ? name->where : type->where;
        component = &model.append(std::move(made));
    } catch (InvalidArgument const& error) {
        fail(place, error.what());
    }
    if (Tree const* const active = table.find("active")) component->set_active(active->boolean);
    if (Tree const* const convolved = table.find("convolved")) component->set_convolved(convolved->boolean);
    read_parameters(table, *component, keys, warnings);
    warn_of_idle_options(table, *component, warnings);
}

}  // namespace warpfit::schema
