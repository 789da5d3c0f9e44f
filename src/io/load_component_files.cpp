#include "src/io/load_gosh.hpp"
#include "src/io/load_hartree_slater.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

namespace warpfit::io {

namespace {

void load_gos(Component& component)
{
    EdgeOptions const& options = component.options().edge;
    ElementEdge const edge = eels_edge(options.element_subshell);
    auto const load_table = options.gos == "Hartree-Slater" ? load_hartree_slater : load_gosh;
    component.set_gos(
        std::make_shared<physics::TabulatedGos>(load_table(options.gos_file_path, *edge.element, edge.edge->subshell)));
}

}  // namespace

void load_component_files(Model& model, std::function<Signal(std::string const& path)> const& load_signal)
{
    for (Component& component : model.components()) {
        if (component.type() == "EELSCLEdge" && !component.edge_tables()) load_gos(component);
        std::string const& path = component.options().signal;
        if (path.empty() || !component.options().pattern.values.empty()) continue;
        Signal const signal = load_signal ? load_signal(path) : load(path);
        try {
            component.set_pattern(Pattern::of(signal));
        } catch (InvalidArgument const& error) {
            throw InvalidArgument("component '" + component.name() + "', " + path + ": " + error.what());
        }
    }
}

}  // namespace warpfit::io
