#include "warpfit/component.hpp"

#include "src/model/builtin.hpp"
#include "src/model/formula.hpp"
#include "src/model/text.hpp"
#include "warpfit/components.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <utility>

namespace warpfit {

namespace {

void check_options(Builtin const& builtin, ComponentOptions const& options)
{
    auto const refuse = [&](std::string const& option, std::string const& why) {
        throw InvalidArgument("option " + quote(option) + " does not fit component " + builtin.type + " (" + why + ")");
    };
    if (!options.expression.empty()) refuse("expression", "its formula is fixed; use the type Expression");
    if (!options.position.empty()) refuse("position", "only an Expression is told what places it");
    if (!options.rename_parameters.empty())
        refuse("rename_parameters", "only an Expression's parameters have other names");
    if (!builtin.has_run_time_slots) {
        if (options.order != default_order) refuse("order", "only a Polynomial has one");
    } else if (options.order < 1 || options.order > max_order()) {
        refuse("order",
               "it is " + std::to_string(options.order) + ", which is not from 1 to " + std::to_string(max_order()));
    }
    if (options.add_rotation && builtin.dimension != 2) refuse("add_rotation", "it has one axis");
}

std::vector<Parameter> builtin_parameters(Builtin const& builtin, ComponentOptions const& options)
{
    std::vector<Parameter> parameters;
    if (builtin.has_run_time_slots) {
        Parameter const& model = builtin.parameters.front();
        for (std::string const& name : polynomial_names(options.order))
            parameters.emplace_back(name, model.units(), model.value(), model.bounds(), model.is_free());
    } else {
        parameters = builtin.parameters;
    }
    if (options.add_rotation) parameters.emplace_back(rotation_parameter, "", 0.0);
    return parameters;
}

}  // namespace

Component::Component(std::string_view type, std::string_view name, ComponentOptions options)
    : type_(type)
    , name_(name)
    , default_name_(name.empty())
    , options_(std::move(options))
{
    if (type_ == "Expression") {
        if (options_.order != default_order)
            throw InvalidArgument("option 'order' does not fit component Expression (only a Polynomial has one)");
        ExpressionFormula const read = read_expression(options_);
        formula_ = read.formula.to_string();
        dimension_ = read.dimension;
        for (std::string const& parameter : read.parameters) parameters_.emplace_back(parameter, "", 0.0);
        return;
    }
    Builtin const* const builtin = find_builtin(type_);
    if (builtin == nullptr) {
        component_type(type_);  // names the closest
        return;
    }
    check_options(*builtin, options_);
    dimension_ = builtin->dimension;
    convolved_ = builtin->convolved;
    parameters_ = builtin_parameters(*builtin, options_);
    if (options_.add_rotation)
        formula_ = formula_of(*this).to_string();
    else
        formula_ = builtin->has_run_time_slots ? polynomial_formula(options_.order) : builtin->expression;
}

Component Component::expression(std::string_view formula, std::string_view name,
                                std::map<std::string, double> const& values)
{
    ComponentOptions options;
    options.expression = formula;
    Component component("Expression", name, std::move(options));
    for (auto const& [parameter, value] : values) component[parameter].set_value(value);
    return component;
}

bool Component::has_parameter(std::string_view name) const noexcept
{
    return std::any_of(parameters_.begin(), parameters_.end(), [&](Parameter const& p) { return p.name() == name; });
}

Parameter const& Component::operator[](std::string_view parameter) const
{
    for (Parameter const& p : parameters_)
        if (p.name() == parameter) return p;
    std::vector<std::string> names;
    for (Parameter const& p : parameters_) names.push_back(p.name());
    throw InvalidArgument("unknown parameter " + quote(parameter) + " of component " +
                          quote(name_.empty() ? type_ : name_) + known_names(parameter, names));
}

Parameter& Component::operator[](std::string_view parameter)
{
    return const_cast<Parameter&>(std::as_const(*this)[parameter]);
}

}  // namespace warpfit
