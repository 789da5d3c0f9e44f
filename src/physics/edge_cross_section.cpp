#include "src/physics/edge_cross_section.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::physics {

EdgeCrossSection::EdgeCrossSection(std::shared_ptr<Gos const> gos, double beam_energy, double onset_energy,
                                   double effective_angle)
    : gos_(std::move(gos))
    , beam_energy_(beam_energy)
    , onset_energy_(onset_energy)
    , effective_angle_(effective_angle)
    , above_(gos_->energies().begin(), gos_->energies().end())
{
    Scattering const scattering(beam_energy, effective_angle);
    if (!(onset_energy > 0.0) || !(onset_energy < 1e3 * beam_energy))
        throw InvalidArgument("onset energy is " + number_text(onset_energy) +
                              " eV (must be positive and below the beam's energy, " + number_text(beam_energy) +
                              " keV): give the onset in eV and the beam's energy in keV");
    for (std::size_t i = 0; i < above_.size(); ++i) values_.push_back(gos_->cross_section(i, onset_energy, scattering));
    if (gos_->interpolation() == Gos::Interpolation::cubic_spline) spline_.emplace(above_, values_);
    // A E^-r through the last two points
    std::size_t const last = values_.size() - 1;
    if (values_[last] > 0.0 && values_[last - 1] > 0.0)
        tail_exponent_ = std::log(values_[last] / values_[last - 1]) /
                         std::log((onset_energy_ + above_[last - 1]) / (onset_energy_ + above_[last]));
}

EdgeCrossSection EdgeCrossSection::at_table_onset(std::shared_ptr<Gos const> gos, Microscope const& microscope)
{
    double const onset = gos->table_onset();
    double const angle = physics::effective_angle(microscope, onset);
    return {std::move(gos), *microscope.beam_energy, onset, angle};
}

EdgeCrossSection EdgeCrossSection::remade(double onset_energy, double effective_angle) const
{
    return {gos_, beam_energy_, onset_energy, effective_angle};
}

double EdgeCrossSection::value(double energy) const
{
    if (!(energy >= onset_energy_)) return energy < onset_energy_ ? 0.0 : energy;
    double const above = energy - onset_energy_;
    if (above >= above_.back())
        return values_.back() > 0.0
                   ? values_.back() * std::pow((onset_energy_ + above_.back()) / energy, tail_exponent_)
                   : 0.0;
    if (spline_) return spline_->value(above);
    std::size_t const i = interval_of(above_, above);
    double const share = (above - above_[i]) / (above_[i + 1] - above_[i]);
    return values_[i] + share * (values_[i + 1] - values_[i]);
}

}  // namespace warpfit::physics
