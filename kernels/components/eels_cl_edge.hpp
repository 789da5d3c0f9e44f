#pragma once

#include "kernels/core/component.hpp"

namespace warpfit::components {

/// Ionisation edge of EELS (eXSpy's `EELSCLEdge`).
///
///   f(x) = intensity edge(x - onset_energy)
///
/// edge: the cross-section [barn/eV/atom] above the onset for the beam's energy and the effective collection angle;
/// with an active fine structure, splines in its place over the first electronvolts, whose coefficients are further
/// parameters. What the model makes of it: src/model/eels_edge.hpp.
struct EELSCLEdge
{
    static constexpr char const* name = "EELSCLEdge";
    static constexpr char const* expression = "intensity * edge(x - onset_energy)";
    static constexpr char const* curve = "edge";
    static constexpr int dimension = 1;

    enum Slot : int { intensity, onset_energy, effective_angle, num_parameters };
    static constexpr int position = onset_energy;

    static constexpr ParameterSpec parameters[num_parameters] = {
        {"intensity", "y eV atom barn^-1", 1.0, 0.0, no_bound},
        {"onset_energy", "x", 0.0, -no_bound, no_bound, false},
        {"effective_angle", "mrad", 0.0, -no_bound, no_bound, false},
    };
};

static_assert(Formula<EELSCLEdge>);

}  // namespace warpfit::components
