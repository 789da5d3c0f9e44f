#include "warpfit/components.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/json_output.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <string>

namespace warpfit::cli {

namespace {

std::string bound_text(double v)
{
    if (std::isinf(v)) return v < 0.0 ? "-inf" : "inf";
    return fmt::format("{:g}", v);
}

void write(JsonWriter& json, ComponentInfo const& info)
{
    json.begin_object();
    json.member("type", info.type);
    json.member("expression", info.expression);
    json.member("dimension", info.dimension);
    json.member("has_estimator", info.has_estimator);
    json.member("note", info.note);
    json.key("parameters");
    json.begin_array();
    for (ParameterInfo const& parameter : info.parameters) {
        json.begin_object();
        json.member("name", parameter.name);
        json.member("units", parameter.units);
        json.member("value", parameter.value);
        json.member("bmin", parameter.bounds.bmin);
        json.member("bmax", parameter.bounds.bmax);
        json.member("free", parameter.free);
        json.member("linear", parameter.linear);
        json.end_object();
    }
    json.end_array();
    json.key("derived");
    json.begin_array();
    for (DerivedInfo const& derived : info.derived) {
        json.begin_object();
        json.member("name", derived.name);
        json.member("units", derived.units);
        json.member("expression", derived.expression);
        json.member("sets", derived.sets);
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void print(ComponentInfo const& info)
{
    fmt::print("{} ({}D{})\n", info.type, info.dimension, info.has_estimator ? ", estimates its start values" : "");
    if (!info.expression.empty()) fmt::print("  f = {}\n", info.expression);
    if (!info.note.empty()) fmt::print("  {}\n", info.note);
    if (!info.parameters.empty())
        fmt::print("\n  {:<16}{:>12}{:>10}{:>10}  {:<6}{:<8}{}\n", "parameter", "default", "bmin", "bmax", "free",
                   "linear", "units");
    for (ParameterInfo const& parameter : info.parameters)
        fmt::print("  {:<16}{:>12g}{:>10}{:>10}  {:<6}{:<8}{}\n", parameter.name, parameter.value,
                   bound_text(parameter.bounds.bmin), bound_text(parameter.bounds.bmax), parameter.free ? "yes" : "no",
                   parameter.linear ? "yes" : "no", parameter.units);
    if (!info.derived.empty())
        fmt::print(
            "\n  derived quantities, as maps with errors; those that set a parameter may stand in a model file\n");
    for (DerivedInfo const& derived : info.derived)
        fmt::print("  {} = {}{}\n", derived.name, derived.expression,
                   derived.sets.empty() ? "" : "   (sets " + derived.sets + ")");
}

void print_list()
{
    for (ComponentInfo const& info : component_types()) {
        std::string parameters;
        for (ParameterInfo const& parameter : info.parameters)
            parameters += (parameters.empty() ? "" : ", ") + parameter.name;
        fmt::print("{:<22}{}D  {}\n", info.type, info.dimension, parameters);
    }
    fmt::print("\n`warpfit components NAME` shows formula, defaults and bounds.\n");
}

}  // namespace

int run_components(ComponentsCommand const& command)
{
    if (!command.name.empty()) {
        ComponentInfo const& info = component_type(command.name);
        if (!command.json) {
            print(info);
            return exit_ok;
        }
        JsonWriter json;
        write(json, info);
        json.print(stdout);
        return exit_ok;
    }
    if (!command.json) {
        print_list();
        return exit_ok;
    }
    JsonWriter json;
    json.begin_array();
    for (ComponentInfo const& info : component_types()) write(json, info);
    json.end_array();
    json.print(stdout);
    return exit_ok;
}

}  // namespace warpfit::cli
