#pragma once

#include "src/physics/gos.hpp"
#include "warpfit/elements.hpp"

#include <string_view>
#include <vector>

namespace warpfit::physics {

/// K and L shells as those of a hydrogen atom of screened charge, the L shell with Egerton's empirical factor (programs
/// SIGMAK3 and SIGMAL3 of his book). All L subshells are one edge, that of L3 with a step at L1.
class HydrogenicGos final : public Gos
{
  public:
    /// Throws InvalidArgument unless the element has that edge, and it is of the K or L shell.
    HydrogenicGos(Element const& element, std::string_view subshell);

    double table_onset() const noexcept override { return table_onset_; }
    std::span<double const> energies() const noexcept override { return energies_; }
    Interpolation interpolation() const noexcept override { return Interpolation::linear; }
    double cross_section(std::size_t i, double onset_energy, Scattering const& scattering) const override;

    /// d(oscillator strength)/dE [1/eV] at `above` [eV above the onset], at momentum transfer (a0 q)^2 = q2.
    double value(double above, double onset_energy, double q2) const;

  private:
    int atomic_number_;
    bool is_l_shell_;
    double table_onset_;
    double l1_above_ = 0.0;  ///< onset of L1 above that of L3 [eV]
    std::vector<double> energies_;
};

/// Onset [eV] of what HydrogenicGos makes of a subshell: that of the K shell, or of L3, which stands for the whole L
/// shell; its own of another, of which nothing is made.
double hydrogenic_onset(ElementEdge const& edge);

}  // namespace warpfit::physics
