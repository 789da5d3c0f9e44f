#include "src/spectroscopy/eels_edges.hpp"
#include "src/spectroscopy/stage.hpp"

namespace warpfit::eels {

void set_fine_structure(Model& model, std::string_view edge, bool active, double width)
{
    Component& component = model[edge];
    component.set_fine_structure(active, width);
    switch_fine_structure_components(model, component);
}

void resolve_fine_structure(Model& model, Signal const& signal, DataOptions const& data, double safe_window)
{
    double const first = spectroscopy::fitted_range(signal, data).first;
    Component* before = nullptr;  // the last edge that keeps its fine structure
    double onset_before = 0.0;
    for (PlacedEdge const& edge : edges_by_onset(model)) {
        Component& component = model[edge.name];
        EdgeOptions const& options = component.options().edge;
        if (!options.fine_structure_active) continue;
        double const left = edge.onset - safe_window - onset_before;
        bool const has_room = before == nullptr || left > before->options().edge.fine_structure_spline_onset;
        if (edge.onset < first || !has_room) {
            set_fine_structure(model, edge.name, false, options.fine_structure_width);
            continue;
        }
        if (before != nullptr && before->options().edge.fine_structure_width > left)
            before->set_fine_structure(true, left);
        before = &component;
        onset_before = edge.onset;
    }
}

}  // namespace warpfit::eels
