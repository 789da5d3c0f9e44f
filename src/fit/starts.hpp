#pragma once

#include "warpfit/fit.hpp"

#include <cstddef>
#include <vector>

namespace warpfit {

/// The order in which `auto` visits the map. A start is a pure function of the plan, the phase and completed earlier
/// phases, ties by pixel index.
///
///   phase 0    a sparse grid (a small map: all pixels), each from its own start
///   phase 1    all other pixels from the nearest converged pixel of the grid
///   phase 2..  pixels that failed, or fit much worse than a neighbour, once more from their best neighbour
class SeededOrder
{
  public:
    static constexpr int num_phases = 6;
    static constexpr std::size_t pitch = 8;       ///< of the grid, in every navigation dimension
    static constexpr std::size_t small_map = 64;  ///< pixels
    static constexpr double much_worse = 1.5;     ///< chi2 per degree of freedom against the best neighbour

    /// masked [num_pixels]: 1 leave out; empty: none.
    SeededOrder(std::vector<std::size_t> shape, std::vector<unsigned char> const& masked);

    struct Visit
    {
        std::size_t pixel;
        std::ptrdiff_t from;  ///< pixel whose result is the start; -1: its own start
    };

    /// Pixels of a phase, ascending. status, chisq, dof [num_pixels]: what earlier phases left.
    std::vector<Visit> visits(int phase, std::vector<FitStatus> const& status, std::vector<double> const& chisq,
                              std::vector<int> const& dof) const;

  private:
    bool on_grid(std::size_t pixel) const;
    std::vector<std::size_t> neighbours(std::size_t pixel) const;
    std::vector<std::ptrdiff_t> nearest_converged(std::vector<FitStatus> const& status) const;

    std::vector<std::size_t> shape_;
    std::size_t num_pixels_;
    std::vector<unsigned char> const& masked_;
};

}  // namespace warpfit
