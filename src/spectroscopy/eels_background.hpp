#pragma once

#include "warpfit/eels.hpp"

namespace warpfit::eels {

/// The model with all edges switched off that begin at or above `onset` [eV], and what describes their fine structure.
Model without_edges_from(Model model, double onset);

/// Sets the starts of every PowerLaw that nobody has set.
void estimate_power_law(Model& model, Signal const& signal, TwoAreas const& areas, DataOptions const& data);

}  // namespace warpfit::eels
