#include "warpfit/component.hpp"

#include "src/expression/curve.hpp"
#include "src/model/builtin.hpp"
#include "src/model/eels_edge.hpp"
#include "src/model/formula.hpp"
#include "src/model/own_component.hpp"
#include "src/physics/microscope.hpp"
#include "src/text/text.hpp"
#include "warpfit/components.hpp"
#include "warpfit/error.hpp"
#include "warpfit/signal.hpp"

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

namespace warpfit {

namespace {

constexpr int num_plain_edge_parameters = 3;  // intensity, onset_energy, effective_angle; then the fine structure's

void check_options(Builtin const& builtin, ComponentOptions const& options)
{
    auto const refuse = [&](std::string const& option, std::string const& why) {
        throw InvalidArgument("option " + quote(option) + " does not fit component " + builtin.type + " (" + why + ")");
    };
    if (!options.expression.empty()) refuse("expression", "its formula is fixed; use the type Expression");
    if (!options.position.empty()) refuse("position", "only an Expression is told what places it");
    if (!options.rename_parameters.empty())
        refuse("rename_parameters", "only an Expression's parameters have other names");
    bool const is_pattern = builtin.type == "ScalableFixedPattern";
    if (!is_pattern && (!options.signal.empty() || !options.pattern.values.empty()))
        refuse("signal", "only a ScalableFixedPattern has one");
    if (builtin.type != "EELSCLEdge" && !options.edge.element_subshell.empty())
        refuse("element_subshell", "only an EELSCLEdge has one");
    if (builtin.cumulative.empty() && options.line.shirley)
        refuse("Shirley", "only PESCoreLineShape and PESVoigt have one");
    if (builtin.type != "PESVoigt" && options.line.spin_orbit_splitting)
        refuse("spin_orbit_splitting", "only a PESVoigt has one");
    if (options.interpolation != "cubic" && options.interpolation != "linear")
        refuse("interpolation", "it is " + quote(options.interpolation) + "; known: cubic, linear");
    if (!options.interpolate && !is_pattern) refuse("interpolate", "only a ScalableFixedPattern has one");
    if (!builtin.has_run_time_slots) {
        if (options.order != default_order) refuse("order", "only a Polynomial has one");
    } else if (options.order < 1 || options.order > builtin.max_order()) {
        refuse("order", "it is " + std::to_string(options.order) + ", which is not from 1 to " +
                            std::to_string(builtin.max_order()));
    }
    if (options.add_rotation && builtin.dimension != 2) refuse("add_rotation", "it has one axis");
    if (options.add_rotation && builtin.position_y.empty()) refuse("add_rotation", "it has no centre");
    if (options.add_rotation && builtin.is_round && options.rotation_center.empty())
        refuse("add_rotation",
               "it is round: no angle about its own centre changes it; give a rotation_center, or leave "
               "it out");
}

std::vector<Parameter> builtin_parameters(Builtin const& builtin, ComponentOptions const& options)
{
    std::vector<Parameter> parameters;
    if (builtin.has_run_time_slots) {
        Parameter const& model = builtin.parameters.front();
        for (std::string const& name : builtin.names(options.order))
            parameters.emplace_back(name, model.units(), model.value(), model.bounds(), model.is_free());
    } else {
        parameters = builtin.parameters;
    }
    if (options.add_rotation) parameters.emplace_back(rotation_parameter, "", 0.0);
    for (Parameter& p : parameters)
        if (options.line.shirley && p.name() == builtin.cumulative) p.set_free(true);
    if (!options.interpolate)
        for (Parameter& p : parameters)
            if (p.name() != "yscale") p.set_free(false);
    return parameters;
}

}  // namespace

Component::Component(std::string_view type, std::string_view name, ComponentOptions options)
    : type_(type)
    , name_(name)
    , default_name_(name.empty())
    , options_(std::move(options))
{
    if (options_.hyperspy_compat && !options_.add_rotation)
        throw InvalidArgument("option 'hyperspy_compat' does not fit component " + type_ +
                              " (it says how add_rotation turns, which is off): set add_rotation, or leave it out");
    check_rotation_center(options_);
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
    if (type_ == "EELSCLEdge") make_edge();
    if (!options_.pattern.values.empty()) set_pattern(options_.pattern);
    if (options_.add_rotation || options_.line.spin_orbit_splitting)
        formula_ = formula_of(*this).to_string();
    else if (!options_.interpolate)
        formula_ = pattern_as_it_is;
    else
        formula_ = builtin->has_run_time_slots ? builtin->formula(options_.order) : builtin->expression;
}

Component::Component(std::shared_ptr<OwnComponent const> own, std::string_view name)
    : type_(own->type)
    , name_(name)
    , default_name_(name.empty())
    , own_(std::move(own))
    , dimension_(own_->dimension)
    , convolved_(own_->convolved)
{
    for (OwnParameter const& p : own_->parameters) parameters_.emplace_back(p.name, p.units, p.value, p.bounds, p.free);
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

Pattern Pattern::of(Signal const& signal)
{
    if (signal.num_pixels() != 1 || signal.signal_axes().size() != 1)
        throw InvalidArgument("a pattern is one spectrum (the signal has " + std::to_string(signal.num_pixels()) +
                              " pixels and " + std::to_string(signal.signal_axes().size()) +
                              " signal axes): cut it with inav, or sum it");
    Axis const& axis = signal.signal_axes().front();
    if (!axis.is_uniform())
        throw InvalidArgument("a pattern has a uniform axis (that of the signal is given value by value): resample it");
    Pattern pattern{axis.offset, axis.scale, signal.pixel(0), axis.is_binned};
    if (pattern.scale < 0.0) {
        pattern.offset = axis.value(axis.size - 1);
        pattern.scale = -pattern.scale;
        std::reverse(pattern.values.begin(), pattern.values.end());
    }
    return pattern;
}

void Component::make_edge()
{
    parameters_ = edge_parameters(*this, std::move(parameters_));
    if (options_.edge.gos == "hydrogenic") edge_tables_ = hydrogenic_tables(options_.edge);
    set_effective_angle();
    if (name_.empty()) name_ = options_.edge.element_subshell;
}

void Component::set_effective_angle()
{
    Microscope const& m = options_.edge.microscope;
    Parameter& angle = (*this)["effective_angle"];
    if (angle.is_value_set() || !m.beam_energy || !m.convergence_angle || !m.collection_angle) return;
    angle = Parameter("effective_angle", "mrad", physics::effective_angle(m, (*this)["onset_energy"].value()), {},
                      angle.is_free());
}

void Component::take_microscope(Microscope const& microscope)
{
    if (type_ != "EELSCLEdge") return;
    Microscope& own = options_.edge.microscope;
    if (!own.beam_energy) own.beam_energy = microscope.beam_energy;
    if (!own.convergence_angle) own.convergence_angle = microscope.convergence_angle;
    if (!own.collection_angle) own.collection_angle = microscope.collection_angle;
    set_effective_angle();
}

void Component::take_acquisition(Signal const& signal)
{
    if (type_ != "EELSCLEdge") return;
    EdgeOptions& options = options_.edge;
    auto const number = [&](char const* key) -> std::optional<double> {
        auto const found = signal.metadata.find(std::string("Acquisition_instrument.TEM.") + key);
        if (found == signal.metadata.end()) return {};
        double const v = std::strtod(found->second.c_str(), nullptr);
        return v > 0.0 ? std::optional(v) : std::nullopt;
    };
    take_microscope({number("beam_energy"), number("convergence_angle"), number("Detector.EELS.collection_angle")});
    if (!(options.energy_scale > 0.0) && signal.signal_axes().size() == 1) {
        Axis const& axis = signal.signal_axes().front();
        options.energy_scale = axis.width(axis.size / 2);
        std::size_t const first = parameters_.size();
        std::size_t const count = num_fine_structure_coefficients(options);
        for (std::size_t i = first - num_plain_edge_parameters; i < count; ++i)
            parameters_.emplace_back(fine_structure_coefficient(i), "barn eV^-1", 0.0);
    }
}

void Component::set_fine_structure(bool active, double width)
{
    if (type_ != "EELSCLEdge")
        throw InvalidArgument("component " + type_ + " has no fine structure (only an EELSCLEdge has one)");
    EdgeOptions& options = options_.edge;
    if (!(width > options.fine_structure_spline_onset))
        throw InvalidArgument("the fine structure of " + quote(options.element_subshell) + " would have no width (" +
                              number_text(width) + " eV, it begins " +
                              number_text(options.fine_structure_spline_onset) + " eV above the onset): widen it");
    bool const keeps = active && options.fine_structure_active && width == options.fine_structure_width;
    options.fine_structure_active = active;
    options.fine_structure_width = width;
    if (keeps) return;
    parameters_.erase(parameters_.begin() + num_plain_edge_parameters, parameters_.end());
    for (std::size_t i = 0; i < num_fine_structure_coefficients(options); ++i)
        parameters_.emplace_back(fine_structure_coefficient(i), "barn eV^-1", 0.0);
}

void Component::set_gos(std::shared_ptr<physics::Gos const> gos)
{
    if (type_ != "EELSCLEdge") throw InvalidArgument("component " + type_ + " has no GOS (only an EELSCLEdge has one)");
    edge_tables_ = std::make_shared<EdgeTables>(std::move(gos));
}

void Component::set_pattern(Pattern pattern)
{
    if (type_ != "ScalableFixedPattern")
        throw InvalidArgument("component " + type_ + " has no pattern (only a ScalableFixedPattern has one)");
    std::vector<double> values = pattern.values;
    if (pattern.is_binned)
        for (double& v : values) v /= pattern.scale;
    int const degree = options_.interpolation == "linear" ? 1 : 3;
    std::string const name = find_builtin(type_)->curve;
    curves_[name] = expression::Curve::sampled(name, pattern.offset, pattern.scale, values, degree);
    options_.pattern = std::move(pattern);
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
