#pragma once

#include "warpfit/fit.hpp"

#include <cstddef>
#include <vector>

namespace warpfit {

/// The order in which `auto` visits the map. A start is a pure function of the plan, the phase and completed earlier
/// phases, ties by pixel index.
///
///   phase 0    a sparse grid (a small map: all pixels), each from its own start
///   phase 1    pixels of the grid that failed, or fit much worse than is usual, from an estimate of everything free
///   phase 2    all other pixels from the nearest good pixel of the grid
///   phase 3    as phase 1, for the whole map
///   phase 4..  pixels that failed, or fit much worse than a neighbour, once more from their best neighbour, until
///              nothing is left to try
class SeededOrder
{
  public:
    static constexpr int num_phases = 12;
    static constexpr std::size_t pitch = 8;       ///< of the grid, in every navigation dimension
    static constexpr std::size_t small_map = 64;  ///< pixels

    enum class From { own, estimate, pixel };
    struct Visit
    {
        std::size_t pixel;
        From from;
        std::size_t source;  ///< From::pixel: whose result is the start
    };

    /// masked [num_pixels]: 1 leave out; empty: none. weighted: chi2 per degree of freedom has an absolute scale.
    /// estimates: an estimate of everything free differs from a pixel's own start.
    SeededOrder(std::vector<std::size_t> shape, std::vector<unsigned char> const& masked, bool weighted,
                bool estimates);

    /// Pixels of a phase, ascending. status, chisq, dof [num_pixels]: what earlier phases left. Call it phase by phase.
    std::vector<Visit> visits(int phase, std::vector<FitStatus> const& status, std::vector<double> const& chisq,
                              std::vector<int> const& dof);

  private:
    bool on_grid(std::size_t pixel) const;
    bool left_out(std::size_t pixel) const { return !masked_.empty() && masked_[pixel] != 0; }
    std::vector<std::size_t> const& neighbours(std::size_t pixel);
    std::vector<std::ptrdiff_t> nearest_good(std::vector<unsigned char> const& good);
    std::vector<Visit> suspects(std::vector<FitStatus> const& status, std::vector<double> const& misfit) const;
    std::vector<Visit> retries(std::vector<FitStatus> const& status, std::vector<double> const& misfit);

    std::vector<std::size_t> shape_;
    std::size_t num_pixels_;
    std::vector<unsigned char> const& masked_;
    double much_worse_;  ///< ratio of misfits
    bool estimates_;
    std::vector<std::size_t> around_;  ///< scratch of neighbours()
    struct Tried
    {
        std::ptrdiff_t source = -1;
        double misfit = 0.0;
    };
    std::vector<Tried> tried_;
};

}  // namespace warpfit
