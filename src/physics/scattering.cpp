#include "src/physics/scattering.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <cmath>

namespace warpfit::physics {

Scattering::Scattering(double beam_energy, double effective_angle)
{
    if (!(beam_energy > 0.0) || !std::isfinite(beam_energy))
        throw InvalidArgument("beam energy is " + number_text(beam_energy) +
                              " keV (must be positive): give the accelerating voltage in kV");
    if (!(effective_angle > 0.0) || !std::isfinite(effective_angle))
        throw InvalidArgument("effective angle is " + number_text(effective_angle) +
                              " mrad (must be positive): give the effective collection angle in mrad");
    gamma_ = 1.0 + 1e3 * beam_energy / electron_rest_energy;
    incident_energy_ = 0.5 * electron_rest_energy * (1.0 - 1.0 / (gamma_ * gamma_));
    double const sine = std::sin(0.5e-3 * effective_angle);
    sin2_half_angle_ = sine * sine;
}

TransferRange Scattering::transfers(double energy) const noexcept
{
    double const t = incident_energy_;
    // Squares of the momenta before and after, in units of hbar/a0.
    double const p2 = t / (rydberg * (1.0 - 2.0 * t / electron_rest_energy));
    double const p2_after = p2 - energy / rydberg * (gamma_ - energy / (2.0 * electron_rest_energy));
    if (!(p2_after > 0.0)) return {0.0, 0.0};
    double const low = energy * energy / (4.0 * rydberg * t) +
                       energy * energy * energy / (8.0 * gamma_ * gamma_ * gamma_ * rydberg * t * t);
    return {low, low + 4.0 * std::sqrt(p2 * p2_after) * sin2_half_angle_};
}

}  // namespace warpfit::physics
