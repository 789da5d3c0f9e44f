#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

namespace warpfit::physics {

/// Cubic B-splines that stand for an edge over its first electronvolts, instead of the cross-section.
///
/// Knots: the onset four times, evenly spaced ones, onset + width four times. They begin at the onset even where the
/// splines do so later (HyperSpy's spline_onset).
class FineStructure
{
  public:
    /// Number of coefficients: round(smoothing (width - spline_onset) / energy_scale) + 4, halves rounded to even.
    /// Energies in [eV], energy_scale a channel's width; smoothing is 0 to 1. Throws InvalidArgument unless
    /// 0 <= spline_onset < width, smoothing >= 0 and energy_scale > 0.
    static std::size_t num_coefficients(double smoothing, double width, double spline_onset, double energy_scale);

    /// The splines that are not zero at an energy.
    struct Local
    {
        std::size_t first;             ///< index of the first of the four
        std::array<double, 4> values;  ///< their sum is 1
    };

    /// onset, width and spline_onset [eV]. Throws InvalidArgument unless num_coefficients >= 4 and
    /// 0 <= spline_onset < width.
    FineStructure(double onset_energy, double width, std::size_t num_coefficients, double spline_onset = 0.0);

    /// Whether the splines stand for the edge here: onset + spline_onset <= energy < onset + width.
    bool contains(double energy) const noexcept { return energy >= first_energy_ && energy < end_energy_; }
    /// The cross-section goes on from here on [eV].
    double end_energy() const noexcept { return end_energy_; }
    std::size_t num_coefficients() const noexcept { return knots_.size() - 4; }
    std::span<double const> knots() const noexcept { return knots_; }  ///< [num_coefficients() + 4, eV]

    /// All zero where contains(energy) is false.
    Local basis(double energy) const noexcept;
    /// Sum over coefficients [num_coefficients()] times splines; 0 where contains(energy) is false.
    double value(std::span<double const> coefficients, double energy) const noexcept;

  private:
    double first_energy_;
    double end_energy_;
    std::vector<double> knots_;
};

}  // namespace warpfit::physics
