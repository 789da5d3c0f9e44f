#include "warpfit/model.hpp"

#include "src/model/naming.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/signal.hpp"

#include <algorithm>
#include <utility>

namespace warpfit {

namespace {

std::vector<std::string> names_of(std::deque<Component> const& components)
{
    std::vector<std::string> names;
    for (Component const& component : components) names.push_back(component.name());
    return names;
}

/// "component.parameter", split at the last dot.
std::pair<std::string_view, std::string_view> split(std::string_view path)
{
    std::size_t const dot = path.rfind('.');
    if (dot == std::string_view::npos || dot == 0 || dot + 1 == path.size())
        throw InvalidArgument("path " + quote(path) +
                              " names no parameter (it has no two parts): write component.parameter");
    return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

Component& Model::append(Component component)
{
    auto const is_taken = [this](std::string const& name) {
        return std::any_of(components_.begin(), components_.end(),
                           [&](Component const& c) { return c.name() == name; });
    };
    // A constant has no axis: it goes with either dimension, and takes that of the others.
    auto const is_constant = [](Component const& c) { return c.type() == "Offset"; };
    if (is_constant(component) && !components_.empty())
        component.dimension_ = dimension();
    else if (std::all_of(components_.begin(), components_.end(), is_constant))
        for (Component& c : components_) c.dimension_ = component.dimension();
    else if (component.dimension() != dimension())
        throw InvalidArgument("component " + quote(component.name().empty() ? component.type() : component.name()) +
                              " has " + std::to_string(component.dimension()) + " axes (the model's components have " +
                              std::to_string(dimension()) + "): a model is one- or two-dimensional throughout");
    if (component.default_name_) {
        // An edge is called by what it is of.
        std::string const& subshell = component.options_.edge.element_subshell;
        component.name_ = default_name(subshell.empty() ? component.type_ : subshell, is_taken);
    } else if (is_taken(component.name_))
        throw InvalidArgument("component name " + quote(component.name_) +
                              " is given twice (names must differ): choose another one");
    return components_.emplace_back(std::move(component));
}

void Model::set_microscope_parameters(double beam_energy, double convergence_angle, double collection_angle)
{
    for (Component& component : components_) {
        if (component.type() != "EELSCLEdge") continue;
        component.options_.edge.microscope = {beam_energy, convergence_angle, collection_angle};
        component.set_effective_angle();
    }
}

void Model::take_acquisition(Signal const& signal)
{
    for (Component& component : components_) component.take_acquisition(signal);
}

void Model::remove(std::string_view name)
{
    Component const& removed = (*this)[name];
    std::string const removed_name(name);  // which may be the component's own
    std::vector<std::string> loose;
    for (Twin const& twin : twins_)
        if (split(twin.parameter).first == name || split(twin.to).first == name) loose.push_back(twin.parameter);
    for (std::string const& parameter : loose) remove_twin(parameter);
    auto const at =
        std::find_if(components_.begin(), components_.end(), [&](Component const& c) { return &c == &removed; });
    components_.erase(at);
    for (Component& edge : components_) std::erase(edge.options_.edge.fine_structure_components, removed_name);
}

Component const& Model::operator[](std::string_view name) const
{
    for (Component const& component : components_)
        if (component.name() == name) return component;
    throw InvalidArgument("unknown component " + quote(name) + known_names(name, names_of(components_)));
}

Component& Model::operator[](std::string_view name)
{
    return const_cast<Component&>(std::as_const(*this)[name]);
}

Parameter const& Model::parameter(std::string_view path) const
{
    auto const [component, parameter] = split(path);
    return (*this)[component][parameter];
}

Parameter& Model::parameter(std::string_view path)
{
    return const_cast<Parameter&>(std::as_const(*this).parameter(path));
}

}  // namespace warpfit
