#include "src/spectroscopy/eels_edges.hpp"

#include "src/spectroscopy/stage.hpp"

#include <algorithm>

namespace warpfit::eels {

bool is_edge(Component const& component) noexcept
{
    return component.type() == "EELSCLEdge";
}

std::string element_of(Component const& edge)
{
    std::string const& name = edge.options().edge.element_subshell;
    return name.substr(0, name.find('_'));
}

std::vector<PlacedEdge> edges_by_onset(Model const& model)
{
    std::vector<PlacedEdge> edges;
    for (Component const& component : model.components())
        if (component.is_active() && is_edge(component))
            edges.push_back({component.name(), model.value(component.name() + ".onset_energy")});
    std::stable_sort(edges.begin(), edges.end(),
                     [](PlacedEdge const& a, PlacedEdge const& b) { return a.onset < b.onset; });
    return edges;
}

std::vector<PlacedEdge> edges_above(Model const& model, double first_energy)
{
    std::vector<PlacedEdge> edges = edges_by_onset(model);
    std::erase_if(edges, [&](PlacedEdge const& edge) { return edge.onset < first_energy; });
    return edges;
}

void switch_fine_structure_components(Model& model, Component const& edge)
{
    bool const is_on = edge.is_active() && edge.options().edge.fine_structure_active;
    for (std::string const& name : edge.options().edge.fine_structure_components)
        if (model[name].type() != edge.type()) model[name].set_active(is_on);  // a fit refuses edges among them
}

EdgeClasses classify_edges(Model const& model, Signal const& signal, DataOptions const& data)
{
    double const first = spectroscopy::fitted_range(signal, data).first;
    EdgeClasses classes;
    for (PlacedEdge const& edge : edges_above(model, first)) classes.edges.push_back(edge.name);
    std::vector<std::string> counted = classes.edges;
    for (std::string const& name : classes.edges) {
        std::vector<std::string> const& parts = model[name].options().edge.fine_structure_components;
        counted.insert(counted.end(), parts.begin(), parts.end());
    }
    for (Component const& component : model.components()) {
        bool const is_counted = std::find(counted.begin(), counted.end(), component.name()) != counted.end();
        if (component.is_active() && !is_counted) classes.background.push_back(component.name());
    }
    return classes;
}

}  // namespace warpfit::eels
