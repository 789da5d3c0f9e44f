#pragma once

#include "src/physics/scattering.hpp"

#include <cstddef>
#include <span>

namespace warpfit::physics {

/// Generalised oscillator strength of a subshell: what an edge's cross-section is computed from, at a few energies
/// above the onset.
class Gos
{
  public:
    enum class Interpolation { linear, cubic_spline };

    virtual ~Gos() = default;

    /// Onset of the edge in the table of elements [eV].
    virtual double table_onset() const noexcept = 0;
    /// Energies at which it is tabulated [eV above the onset], ascending, the first 0.
    virtual std::span<double const> energies() const noexcept = 0;
    /// How the cross-section is read between them.
    virtual Interpolation interpolation() const noexcept = 0;
    /// dsigma/dE [barn/eV/atom] at energies()[i] above an onset at `onset_energy` [eV]; 0 where the beam cannot lose as
    /// much energy.
    virtual double cross_section(std::size_t i, double onset_energy, Scattering const& scattering) const = 0;
};

}  // namespace warpfit::physics
