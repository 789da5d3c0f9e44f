#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace warpfit::bench {

/// Value below which the share q of the values lies; they need not be sorted. NaN for none.
inline double quantile(std::vector<double> values, double q)
{
    if (values.empty()) return NAN;
    std::sort(values.begin(), values.end());
    double const at = q * static_cast<double>(values.size() - 1);
    auto const below = static_cast<std::size_t>(at);
    auto const above = std::min(below + 1, values.size() - 1);
    return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

inline double median(std::vector<double> const& values)
{
    return quantile(values, 0.5);
}

/// (max - min) / median: how far the repeats lie apart.
inline double spread(std::vector<double> const& values)
{
    return (quantile(values, 1.0) - quantile(values, 0.0)) / median(values);
}

/// Median of a[i] / b[i]: repeats taken side by side share the disturbance of the machine.
inline double median_ratio(std::vector<double> const& a, std::vector<double> const& b)
{
    std::vector<double> ratios(std::min(a.size(), b.size()));
    for (std::size_t i = 0; i < ratios.size(); ++i) ratios[i] = a[i] / b[i];
    return median(ratios);
}

}  // namespace warpfit::bench
