#include "src/model/formula.hpp"

#include "src/model/builtin.hpp"
#include "src/model/eels_edge.hpp"
#include "src/model/own_component.hpp"
#include "src/text/text.hpp"
#include "src/text/utf8.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace warpfit {

using expression::Expression;

namespace {

bool contains(std::vector<std::string> const& names, std::string_view name)
{
    return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_plain_name(std::string_view name)
{
    for (std::size_t i = 0; i < name.size();) {
        CodePoint const c = code_point_at(name, i);
        bool const is_digit = c.value >= '0' && c.value <= '9';
        if (!is_letter(c.value) && c.value != '_' && (i == 0 || !is_digit)) return false;
        i += c.size;
    }
    return !name.empty();
}

std::string public_name(ComponentOptions const& options, std::string const& internal)
{
    auto const found = options.rename_parameters.find(internal);
    return found == options.rename_parameters.end() ? internal : found->second;
}

void check_names(ComponentOptions const& options, std::vector<std::string> const& internal)
{
    for (auto const& [from, to] : options.rename_parameters) {
        if (!contains(internal, from))
            throw InvalidArgument("cannot rename " + quote(from) + " in expression " + quote(options.expression) +
                                  known_names(from, internal));
        if (!is_plain_name(to) || to == "x" || to == "y")
            throw InvalidArgument("cannot rename " + quote(from) + " to " + quote(to) +
                                  " (a parameter's name consists of letters, digits and _; x and y are the axes)");
    }
    std::set<std::string> seen;
    for (std::string const& name : internal)
        if (!seen.insert(public_name(options, name)).second)
            throw InvalidArgument("two parameters of expression " + quote(options.expression) + " are named " +
                                  quote(public_name(options, name)) + " (after renaming): choose other names");
}

void check_position(ComponentOptions const& options, std::vector<std::string> const& parameters, int dimension)
{
    auto const size = options.position.size();
    if (size != 0 && size != static_cast<std::size_t>(dimension))
        throw InvalidArgument("position has " + std::to_string(size) + " parameters (expression " +
                              quote(options.expression) + " has " + std::to_string(dimension) + " axes)");
    for (std::string const& name : options.position)
        if (!contains(parameters, name))
            throw InvalidArgument("position " + quote(name) + " is no parameter of expression " +
                                  quote(options.expression) + known_names(name, parameters));
}

}  // namespace

Expression substitute_all(Expression const& f, std::vector<std::pair<std::string, Expression>> const& by)
{
    // Through names that no formula can contain: what one replacement brings in, the next must not touch.
    auto const between = [](std::size_t i) { return "$" + std::to_string(i); };
    Expression result = f;
    for (std::size_t i = 0; i < by.size(); ++i) result = result.substitute(by[i].first, Expression::symbol(between(i)));
    for (std::size_t i = 0; i < by.size(); ++i) result = result.substitute(between(i), by[i].second);
    return result;
}

Expression rotated(Expression const& f, std::vector<std::string> const& position, ComponentOptions const& options)
{
    // x' = x0 + (x - x0) cos t - (y - y0) sin t,   y' = y0 + (x - x0) sin t + (y - y0) cos t
    auto const centre = [&](std::size_t axis) {
        if (!options.rotation_center.empty()) return Expression::number(options.rotation_center[axis]);
        return position.empty() ? Expression::number(0.0) : Expression::symbol(position[axis]);
    };
    auto const turned = [&](std::string const& text) {
        return substitute_all(Expression::parse(text),
                              {{"c_x", centre(0)}, {"c_y", centre(1)}, {"t", Expression::symbol(rotation_parameter)}});
    };
    std::string const dy = options.hyperspy_compat ? "((x - c_x)*sin(t) + (y - c_y)*cos(t))" : "(y - c_y)";
    return substitute_all(f, {{"x", turned("c_x + (x - c_x)*cos(t) - " + dy + "*sin(t)")},
                              {"y", turned("c_y + (x - c_x)*sin(t) + (y - c_y)*cos(t)")}});
}

void check_rotation_center(ComponentOptions const& options)
{
    std::vector<double> const& centre = options.rotation_center;
    if (centre.empty()) return;
    if (!options.add_rotation)
        throw InvalidArgument("option 'rotation_center' has no effect (add_rotation is off): set add_rotation, or "
                              "leave it out");
    if (centre.size() != 2)
        throw InvalidArgument("option 'rotation_center' has " + std::to_string(centre.size()) +
                              " numbers (it is a point): give x and y, such as [12.0, 8.5]");
    for (double const v : centre)
        if (!std::isfinite(v))
            throw InvalidArgument("option 'rotation_center' holds " + number_text(v) +
                                  " (it is a point): give finite x and y, such as [12.0, 8.5]");
}

ExpressionFormula read_expression(ComponentOptions const& options)
{
    if (options.expression.empty())
        throw InvalidArgument("an Expression component needs a formula (option `expression` is empty)");
    Expression formula = Expression::parse(options.expression);
    std::vector<std::string> internal = formula.symbols();
    if (!contains(internal, "x"))
        throw InvalidArgument("expression " + quote(options.expression) +
                              " does not contain x (every component depends on the signal axis): use the component "
                              "Offset for a constant");
    int const dimension = contains(internal, "y") ? 2 : 1;
    std::erase(internal, "x");
    std::erase(internal, "y");
    std::sort(internal.begin(), internal.end());
    check_names(options, internal);

    std::vector<std::pair<std::string, Expression>> renames;
    std::vector<std::string> parameters;
    for (std::string const& name : internal) {
        parameters.push_back(public_name(options, name));
        if (parameters.back() != name) renames.emplace_back(name, Expression::symbol(parameters.back()));
    }
    formula = substitute_all(formula, renames);
    check_position(options, parameters, dimension);

    if (options.add_rotation) {
        if (dimension != 2)
            throw InvalidArgument("add_rotation needs two axes (expression " + quote(options.expression) +
                                  " does not contain y)");
        if (contains(parameters, rotation_parameter))
            throw InvalidArgument("add_rotation adds a parameter " + quote(rotation_parameter) + " (expression " +
                                  quote(options.expression) + " already has it): rename that one");
        formula = rotated(formula, options.position, options);
        parameters.insert(std::upper_bound(parameters.begin(), parameters.end(), rotation_parameter),
                          rotation_parameter);
    }
    return {formula, parameters, dimension};
}

namespace {

/// With a second line.
Expression split(Expression const& f, std::string const& position, LineOptions const& line)
{
    Expression const second = f.substitute(
        position, Expression::parse(position + " - (" + number_text(line.spin_orbit_splitting_energy) + ")"));
    return substitute_all(Expression::parse("a + (" + number_text(line.spin_orbit_branching_ratio) + ")*b"),
                          {{"a", f}, {"b", second}});
}

}  // namespace

std::string const& cumulative_of(Component const& component)
{
    static std::string const none;
    Builtin const* const builtin = find_builtin(component.type());
    return builtin != nullptr && component.options().line.shirley ? builtin->cumulative : none;
}

Expression formula_of(Component const& component)
{
    ComponentOptions const& options = component.options();
    if (component.type() == "Expression") return read_expression(options).formula;
    if (component.type() == "EELSCLEdge")
        return edge_formula(component, component["onset_energy"].value(), component["effective_angle"].value(),
                            EdgeMotion{});
    Builtin const& builtin = *find_builtin(component.type());
    if (!builtin.curve.empty() && !component.curves().contains(builtin.curve))
        throw InvalidArgument(
            "component " + quote(component.name().empty() ? component.type() : component.name()) + " has no pattern" +
            (options.signal.empty()
                 ? " (it needs one): give it a signal"
                 : " (signal " + quote(options.signal) + " is not read yet): io::load_component_files reads it"));
    if (!options.interpolate) return Expression::parse(pattern_as_it_is, component.curves());
    Expression const formula = Expression::parse(
        builtin.has_run_time_slots ? builtin.formula(options.order) : builtin.expression, component.curves());
    if (options.line.spin_orbit_splitting) return split(formula, builtin.position, options.line);
    return options.add_rotation ? rotated(formula, {builtin.position, builtin.position_y}, options) : formula;
}

Expression dependence_of(Component const& component)
{
    if (component.own()) return declared_dependence(*component.own());
    std::string const& factor = cumulative_of(component);
    if (factor.empty()) return formula_of(component);
    return substitute_all(Expression::parse("f*(1 + k)"),
                          {{"f", formula_of(component)}, {"k", Expression::symbol(factor)}});
}

Expression twin_formula(std::string const& text)
{
    if (text.empty()) return Expression::symbol(twin_symbol);
    Expression const formula = Expression::parse(text);
    std::vector<std::string> const symbols = formula.symbols();
    if (symbols.size() != 1)
        throw InvalidArgument("twin expression " + quote(text) + " has " + std::to_string(symbols.size()) +
                              " free symbols" + (symbols.empty() ? "" : " (" + joined(symbols) + ")") +
                              ": it must have exactly one, which stands for the other parameter's value");
    return formula.substitute(symbols.front(), Expression::symbol(twin_symbol));
}

}  // namespace warpfit
