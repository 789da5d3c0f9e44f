#pragma once

#include "src/physics/cubic_spline.hpp"
#include "src/physics/gos.hpp"
#include "src/physics/microscope.hpp"

#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace warpfit::physics {

/// Cross-section of an ionisation edge as HyperSpy's EELSCLEdge has it (without fine structure and intensity): 0 below
/// the onset, interpolated between the energies of its GOS, beyond the last of them the power law through the last two.
class EdgeCrossSection
{
  public:
    /// beam_energy [keV], onset_energy [eV], effective_angle [mrad]. Throws InvalidArgument unless all are positive and
    /// the beam's energy is above the onset.
    EdgeCrossSection(std::shared_ptr<Gos const> gos, double beam_energy, double onset_energy, double effective_angle);

    /// At the onset of the table of elements, with the effective angle there. Throws besides what
    /// physics::effective_angle() throws, as of a microscope that is not known.
    static EdgeCrossSection at_table_onset(std::shared_ptr<Gos const> gos, Microscope const& microscope);

    /// The same edge elsewhere: the table shifted as a whole, integrated anew.
    EdgeCrossSection remade(double onset_energy, double effective_angle) const;

    /// [barn/eV/atom] at `energy` [eV].
    double value(double energy) const;

    double beam_energy() const noexcept { return beam_energy_; }          ///< [keV]
    double onset_energy() const noexcept { return onset_energy_; }        ///< [eV]
    double effective_angle() const noexcept { return effective_angle_; }  ///< [mrad]
    Gos const& gos() const noexcept { return *gos_; }
    /// At gos().energies() above the onset [num_energies, barn/eV/atom].
    std::span<double const> values() const noexcept { return values_; }

  private:
    std::shared_ptr<Gos const> gos_;
    double beam_energy_;
    double onset_energy_;
    double effective_angle_;
    std::vector<double> above_;   ///< gos().energies()
    std::vector<double> values_;  ///< [above_.size()]
    std::optional<CubicSpline> spline_;
    double tail_exponent_ = 0.0;
};

}  // namespace warpfit::physics
