#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace warpfit::cli {

/// A peak as `init` sees it, in the unit of the axis.
struct Peak
{
    double centre;
    double height;  ///< above the baseline
    double fwhm;
    double quarter_width;  ///< at a quarter of the height: sqrt(2) fwhm for a Gaussian, sqrt(3) for a Lorentzian
    double prominence;

    bool is_lorentzian() const noexcept { return quarter_width > 1.59 * fwhm; }
};

/// Baseline that peaks stand on: running minimum of pairs of neighbours, windows widening to half_window channels
/// (the statistics-sensitive clipping of Ryan et al., Nucl. Instrum. Methods B 34 (1988) 396, on square-rooted data).
std::vector<double> clipped_baseline(std::span<double const> values, std::size_t half_window);

/// Noise of one channel: median absolute second difference, scaled to a normal distribution's sigma.
double noise_estimate(std::span<double const> values);

/// Up to max_count most prominent local maxima of `values` over their baseline, in the order of the axis. A peak must
/// stand out of the noise by eight sigma and be no lower than 3 % of the highest.
std::vector<Peak> find_peaks(std::span<double const> x, std::span<double const> values, std::size_t max_count);

}  // namespace warpfit::cli
