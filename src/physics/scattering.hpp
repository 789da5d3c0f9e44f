#pragma once

/// Kinematics of inelastic scattering of a fast electron (Egerton, Electron Energy-Loss Spectroscopy in the Electron
/// Microscope, 3rd edition, section 3.6 and program SIGMAK3).
namespace warpfit::physics {

constexpr double rydberg = 13.605693122994;        ///< [eV], CODATA 2018
constexpr double bohr_radius = 5.29177210903e-11;  ///< [m], CODATA 2018
constexpr double electron_rest_energy = 511060.0;  ///< [eV], the figure of Egerton's programs, as HyperSpy has it
constexpr double square_metre_in_barn = 1e28;      ///< [barn/m^2]

/// Range of (a0 q)^2, the square of the momentum transfer in units of 1/Bohr radius.
struct TransferRange
{
    double low;
    double high;

    bool is_empty() const noexcept { return !(high > low); }
};

/// A beam and the cone that the spectrometer collects.
class Scattering
{
  public:
    /// beam_energy [keV], collection angle of a parallel beam [mrad]. Throws InvalidArgument unless both are positive.
    Scattering(double beam_energy, double effective_angle);

    /// T = m0 v^2 / 2 [eV], with v from relativity.
    double incident_energy() const noexcept { return incident_energy_; }
    /// Momentum transfers that the cone collects of electrons that lost `energy` [eV]; empty where they cannot lose as
    /// much.
    TransferRange transfers(double energy) const noexcept;

  private:
    double gamma_;
    double incident_energy_;
    double sin2_half_angle_;
};

}  // namespace warpfit::physics
