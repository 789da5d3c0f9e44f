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

EdgeClasses classify_edges(Model const& model, Signal const& signal, DataOptions const& data)
{
    double const first = spectroscopy::fitted_range(signal, data).first;
    EdgeClasses classes;
    for (PlacedEdge const& edge : edges_above(model, first)) classes.edges.push_back(edge.name);
    for (Component const& component : model.components()) {
        bool const is_counted =
            std::find(classes.edges.begin(), classes.edges.end(), component.name()) != classes.edges.end();
        if (component.is_active() && !is_counted) classes.background.push_back(component.name());
    }
    return classes;
}

}  // namespace warpfit::eels
