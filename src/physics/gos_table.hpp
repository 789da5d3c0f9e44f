#pragma once

#include "src/physics/gos.hpp"
#include "warpfit/elements.hpp"

#include <string>
#include <vector>

namespace warpfit::physics {

/// Figures of a tabulated generalised oscillator strength.
struct GosTable
{
    std::string origin{};            ///< file and place in it; what errors name
    double table_onset = 0.0;        ///< [eV]
    double occupancy_factor = 1.0;   ///< electrons of the subshell over those of the tabulated one
    std::vector<double> energies{};  ///< above the onset [num_energies, eV], ascending, the first 0
    std::vector<double> q{};         ///< momentum transfer [num_q, 1/m], ascending, not negative
    std::vector<double> values{};    ///< GOS [num_energies, num_q, 1/eV], row-major
};

/// GOS from a table, linear between momentum transfers and on to smaller ones; integrated over ln q^2 by Simpson's rule
/// on the table's own points and the ends of the range, an odd last interval by Cartwright's correction. That is
/// HyperSpy's integral with SciPy 1.11 or later, and to rounding with any SciPy where the number of intervals is even.
/// Beyond its last momentum transfer a row goes on as the power law through its last two points; HyperSpy takes one
/// more point there, on a straight line, which may make the integral negative.
class TabulatedGos final : public Gos
{
  public:
    /// Throws InputError naming table.origin unless sizes agree, there are 4 energies and 2 momentum transfers or more,
    /// both ascend, and all figures are finite. Negative values count as 0.
    explicit TabulatedGos(GosTable table);

    double table_onset() const noexcept override { return table_.table_onset; }
    std::span<double const> energies() const noexcept override { return table_.energies; }
    Interpolation interpolation() const noexcept override { return Interpolation::cubic_spline; }
    double cross_section(std::size_t i, double onset_energy, Scattering const& scattering) const override;

    GosTable const& table() const noexcept { return table_; }

  private:
    double integral(std::span<double const> row, double q_low, double q_high) const;

    GosTable table_;
    std::vector<double> log_steps_;  ///< ln(q[j + 1]^2 / q[j]^2) [num_q - 1]
};

}  // namespace warpfit::physics
