#include "src/model/builtin.hpp"
#include "src/model/own_component.hpp"
#include "src/model/schema.hpp"
#include "src/text/text.hpp"
#include "warpfit/model_file.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <set>

namespace warpfit {

namespace {

std::string json(std::string_view text)
{
    static constexpr char hex[] = "0123456789abcdef";
    std::string out = "\"";
    for (char const c : text) {
        auto const byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (byte < 0x20) {
            out += std::string("\\u00") + hex[byte >> 4] + hex[byte & 15];
        } else {
            out += c;
        }
    }
    return out + "\"";
}

std::string json(double v)
{
    return std::isfinite(v) ? number_text(v) : json(number_text(v));
}

std::string json(bool v)
{
    return v ? "true" : "false";
}

std::string array(std::vector<std::string> const& items)
{
    std::string out = "[";
    for (std::string const& item : items) out += (out.size() > 1 ? "," : "") + item;
    return out + "]";
}

/// Keys in alphabetical order.
std::string object(std::map<std::string, std::string> const& fields)
{
    std::string out = "{";
    for (auto const& [key, value] : fields) out += (out.size() > 1 ? "," : "") + json(key) + ":" + value;
    return out + "}";
}

std::string ranges(std::vector<std::pair<double, double>> const& pairs)
{
    std::vector<std::string> items;
    for (auto const& [first, last] : pairs) items.push_back(array({json(first), json(last)}));
    return array(items);
}

/// Has the form of a number: INTERFACE's variance may be one.
bool is_number(std::string const& text)
{
    double v = 0.0;
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), v);
    return error == std::errc() && end == text.data() + text.size() && std::isfinite(v);
}

std::string json(DataOptions const& data)
{
    std::map<std::string, std::string> fields;
    fields["variance"] = is_number(data.variance) ? data.variance : json(std::string_view(data.variance));
    if (!data.range.empty()) fields["range"] = ranges(data.range);
    if (!data.exclude.empty()) fields["exclude"] = ranges(data.exclude);
    if (!data.low_loss.empty()) fields["low_loss"] = json(std::string_view(data.low_loss));
    if (data.binned) fields["binned"] = json(*data.binned);
    if (data.variance == "poisson") {
        fields["gain"] = json(data.gain);
        fields["offset"] = json(data.offset);
    }
    if (!data.channel_mask.empty()) {
        std::vector<std::string> items;
        for (unsigned char const keep : data.channel_mask) items.emplace_back(keep ? "1" : "0");
        fields["channel_mask"] = array(items);
    }
    return object(fields);
}

std::string json(FitOptions const& fit, bool smart)
{
    auto const name = [](std::string_view text) { return json(text); };
    std::map<std::string, std::string> fields;
    if (!fit.optimizer.empty()) fields["optimizer"] = name(fit.optimizer);
    fields["loss"] = name(fit.loss);
    if (fit.loss == "huber") fields["huber_delta"] = json(fit.huber_delta);
    fields["start"] = name(fit.start == Start::automatic ? "auto" : fit.start == Start::model ? "model" : "file");
    fields["precision"] = name(fit.precision == Precision::float32 ? "float32"
                               : fit.precision == Precision::mixed ? "mixed"
                                                                   : "float64");
    fields["bounded"] = json(fit.bounded);
    fields["standard_error"] = name(fit.standard_error == StandardError::scaled ? "scaled" : "absolute");
    fields["max_iterations"] = std::to_string(fit.max_iterations);
    fields["tolerance"] = json(fit.tolerance);
    if (!fit.derived) fields["derived"] = json(fit.derived);
    if (smart) fields["smart"] = json(smart);
    return object(fields);
}

/// follows: from a derived quantity that was given, and is written instead.
std::string json(Parameter const& parameter, Parameter const& fresh, bool follows)
{
    std::map<std::string, std::string> fields;
    fields["min"] = json(parameter.bmin());
    fields["max"] = json(parameter.bmax());
    fields["free"] = json(parameter.is_free());
    // A value that nobody gave stays out, so that a reader lets an estimate win over it too.
    double const implied = std::clamp(fresh.value(), parameter.bmin(), parameter.bmax());
    bool const is_given = parameter.is_value_set() || parameter.value() != implied;
    if (is_given && !follows) fields["start"] = json(parameter.value());
    return object(fields);
}

void add_edge(std::map<std::string, std::string>& fields, EdgeOptions const& edge)
{
    auto const number = [&](char const* key, std::optional<double> v) {
        if (v) fields[key] = json(*v);
    };
    fields["element_subshell"] = json(std::string_view(edge.element_subshell));
    fields["GOS"] = json(std::string_view(edge.gos));
    if (!edge.gos_file_path.empty()) fields["gos_file_path"] = json(std::string_view(edge.gos_file_path));
    number("beam_energy", edge.microscope.beam_energy);
    number("convergence_angle", edge.microscope.convergence_angle);
    number("collection_angle", edge.microscope.collection_angle);
    if (edge.energy_scale > 0.0) number("energy_scale", edge.energy_scale);
    if (!edge.fine_structure_components.empty()) {
        std::vector<std::string> names;
        for (std::string const& name : edge.fine_structure_components) names.push_back(json(std::string_view(name)));
        fields["fine_structure_components"] = array(names);
    }
    if (!edge.fine_structure_active) return;
    fields["fine_structure_active"] = json(true);
    fields["fine_structure_spline_active"] = json(edge.fine_structure_spline_active);
    number("fine_structure_spline_onset", edge.fine_structure_spline_onset);
    number("fine_structure_width", edge.fine_structure_width);
    number("fine_structure_smoothing", edge.fine_structure_smoothing);
}

/// What is to be known of a component of one's own without its code.
std::string json(OwnComponent const& own)
{
    std::vector<std::string> parameters;
    for (OwnParameter const& p : own.parameters)
        parameters.push_back(object({{"name", json(std::string_view(p.name))},
                                     {"units", json(std::string_view(p.units))},
                                     {"value", json(p.value)},
                                     {"min", json(p.bounds.bmin)},
                                     {"max", json(p.bounds.bmax)},
                                     {"free", json(p.free)},
                                     {"linear", json(p.linear)}}));
    return object({{"dimension", std::to_string(own.dimension)},
                   {"convolved", json(own.convolved)},
                   {"parameters", array(parameters)}});
}

std::string json(Component const& component)
{
    auto const name = [](std::string_view text) { return json(text); };
    ComponentOptions const& options = component.options();
    Component const fresh = component.own() ? Component(component.own(), component.name())
                                            : Component(component.type(), component.name(), options);
    std::map<std::string, std::string> fields;
    fields["type"] = name(component.type());
    fields["name"] = name(component.name());
    fields["active"] = json(component.is_active());
    if (component.is_convolved() != fresh.is_convolved()) fields["convolved"] = json(component.is_convolved());
    Builtin const* const builtin = find_builtin(component.type());
    if (builtin != nullptr && builtin->has_run_time_slots) fields["order"] = std::to_string(options.order);
    if (component.own()) fields["own_component"] = json(*component.own());
    if (options.add_rotation) fields["add_rotation"] = json(true);
    if (options.hyperspy_compat) fields["hyperspy_compat"] = json(true);
    if (!options.rotation_center.empty())
        fields["rotation_center"] = array({json(options.rotation_center[0]), json(options.rotation_center[1])});
    if (!options.pattern.values.empty()) {
        std::vector<std::string> values;
        for (double const v : options.pattern.values) values.push_back(json(v));
        fields["signal"] = object({{"offset", json(options.pattern.offset)},
                                   {"scale", json(options.pattern.scale)},
                                   {"binned", json(options.pattern.is_binned)},
                                   {"values", array(values)}});
    } else if (!options.signal.empty()) {
        fields["signal"] = name(options.signal);
    }
    if (options.line.shirley) fields["Shirley"] = json(true);
    if (options.line.spin_orbit_splitting) {
        fields["spin_orbit_splitting"] = json(true);
        fields["spin_orbit_branching_ratio"] = json(options.line.spin_orbit_branching_ratio);
        fields["spin_orbit_splitting_energy"] = json(options.line.spin_orbit_splitting_energy);
    }
    if (component.type() == "EELSCLEdge") add_edge(fields, options.edge);
    if (!options.interpolate) fields["interpolate"] = json(false);
    if (options.interpolation != "cubic") fields["interpolation"] = name(options.interpolation);
    if (!options.expression.empty()) fields["expression"] = name(options.expression);
    if (!options.position.empty()) {
        std::vector<std::string> items;
        for (std::string const& parameter : options.position) items.push_back(name(parameter));
        fields["position"] = array(items);
    }
    if (!options.rename_parameters.empty()) {
        std::map<std::string, std::string> renames;
        for (auto const& [from, to] : options.rename_parameters) renames[from] = name(to);
        fields["rename_pars"] = object(renames);
    }
    std::map<std::string, std::string> parameters;
    std::set<std::string> followers;
    for (GivenDerived const& given : component.given_derived()) {
        parameters[given.name] = json(given.value);
        followers.insert(given.parameter);
    }
    for (Parameter const& p : component.parameters())
        parameters[p.name()] = json(p, fresh[p.name()], followers.contains(p.name()));
    fields["parameters"] = object(parameters);
    return object(fields);
}

std::string json(Twin const& twin)
{
    std::map<std::string, std::string> fields;
    fields["parameter"] = json(std::string_view(twin.parameter));
    fields["to"] = json(std::string_view(twin.to));
    if (!twin.expression.empty()) fields["expression"] = json(std::string_view(twin.expression));
    if (!twin.inverse.empty()) fields["inverse"] = json(std::string_view(twin.inverse));
    return object(fields);
}

}  // namespace

std::string to_json(ModelFile const& file)
{
    std::vector<std::string> components;
    for (Component const& component : file.model.components()) components.push_back(json(component));
    std::vector<std::string> twins;
    for (Twin const& twin : file.model.twins()) twins.push_back(json(twin));
    std::map<std::string, std::string> fields;
    fields["schema"] = std::to_string(schema::version);
    fields["data"] = json(file.data);
    fields["fit"] = json(file.fit, file.smart);
    fields["component"] = array(components);
    if (!twins.empty()) fields["twin"] = array(twins);
    return object(fields);
}

}  // namespace warpfit
