#include "src/cli/peaks.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::cli {

namespace {

/// Running mean over 2 half + 1 channels, shorter at the ends.
std::vector<double> smooth(std::span<double const> values, std::size_t half)
{
    std::vector<double> smoothed(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) {
        std::size_t const reach = std::min({half, i, values.size() - 1 - i});
        double sum = 0.0;
        for (std::size_t j = i - reach; j <= i + reach; ++j) sum += values[j];
        smoothed[i] = sum / static_cast<double>(2 * reach + 1);
    }
    return smoothed;
}

/// Height above the higher of the lowest points between this maximum and a higher one on either side.
double prominence_at(std::span<double const> values, std::size_t top)
{
    double left = values[top];
    for (std::size_t i = top; i-- > 0 && values[i] <= values[top];) left = std::min(left, values[i]);
    double right = values[top];
    for (std::size_t i = top + 1; i < values.size() && values[i] <= values[top]; ++i)
        right = std::min(right, values[i]);
    return values[top] - std::max(left, right);
}

/// Where the values fall to `level` on the way from `top`, in axis units, interpolated.
double crossing(std::span<double const> x, std::span<double const> values, std::size_t top, double level, bool to_left)
{
    std::size_t i = top;
    while (to_left ? i > 0 : i + 1 < values.size()) {
        std::size_t const next = to_left ? i - 1 : i + 1;
        if (values[next] <= level) {
            double const share = (values[i] - level) / (values[i] - values[next]);
            return x[i] + share * (x[next] - x[i]);
        }
        i = next;
    }
    return x[i];
}

/// Full width at a level; the half that reaches its end before the level is mirrored.
double width_at(std::span<double const> x, std::span<double const> values, std::size_t top, double level)
{
    double const left = std::abs(x[top] - crossing(x, values, top, level, true));
    double const right = std::abs(x[top] - crossing(x, values, top, level, false));
    bool const left_ends = values.front() > level && left == std::abs(x[top] - x.front());
    bool const right_ends = values.back() > level && right == std::abs(x[top] - x.back());
    if (left_ends) return 2.0 * right;
    if (right_ends) return 2.0 * left;
    return left + right;
}

std::vector<Peak> candidates(std::span<double const> x, std::span<double const> net, double threshold)
{
    std::vector<Peak> peaks;
    for (std::size_t i = 1; i + 1 < net.size(); ++i) {
        if (!(net[i] > net[i - 1] && net[i] >= net[i + 1])) continue;
        double const prominence = prominence_at(net, i);
        if (!(prominence > threshold)) continue;
        // Parabola through three points: u = -b / 2a.
        double const curvature = net[i - 1] - 2.0 * net[i] + net[i + 1];
        double const shift = curvature < 0.0 ? 0.5 * (net[i - 1] - net[i + 1]) / curvature : 0.0;
        double const centre = x[i] + shift * 0.5 * (x[i + 1] - x[i - 1]);
        double const base = net[i] - prominence;
        peaks.push_back({centre, net[i], width_at(x, net, i, base + 0.5 * prominence),
                         width_at(x, net, i, base + 0.25 * prominence), prominence});
    }
    return peaks;
}

}  // namespace

std::vector<double> clipped_baseline(std::span<double const> values, std::size_t half_window)
{
    double const low = values.empty() ? 0.0 : std::min(0.0, *std::min_element(values.begin(), values.end()));
    std::vector<double> baseline(values.size());
    for (std::size_t i = 0; i < values.size(); ++i) baseline[i] = std::sqrt(values[i] - low);
    std::vector<double> next = baseline;
    for (std::size_t reach = half_window; reach >= 1; --reach) {
        for (std::size_t i = reach; i + reach < baseline.size(); ++i)
            next[i] = std::min(baseline[i], 0.5 * (baseline[i - reach] + baseline[i + reach]));
        baseline = next;
    }
    for (double& v : baseline) v = v * v + low;
    return baseline;
}

double noise_estimate(std::span<double const> values)
{
    std::vector<double> differences;
    for (std::size_t i = 1; i + 1 < values.size(); ++i)
        differences.push_back(std::abs(values[i - 1] - 2.0 * values[i] + values[i + 1]));
    if (differences.empty()) return 0.0;
    auto const middle = differences.begin() + static_cast<std::ptrdiff_t>(differences.size() / 2);
    std::nth_element(differences.begin(), middle, differences.end());
    // var(second difference) = 6 sigma^2; median |normal| = 0.6745 sigma.
    return *middle / (0.6745 * std::sqrt(6.0));
}

std::vector<Peak> find_peaks(std::span<double const> x, std::span<double const> values, std::size_t max_count)
{
    if (values.size() < 5) return {};
    double const noise = noise_estimate(values);
    std::size_t const half_smooth = std::clamp<std::size_t>(values.size() / 200, 1, 4);
    std::vector<double> net = smooth(values, half_smooth);
    std::vector<double> const baseline = clipped_baseline(net, std::max<std::size_t>(values.size() / 6, 2));
    for (std::size_t i = 0; i < net.size(); ++i) net[i] -= baseline[i];
    double const highest = *std::max_element(net.begin(), net.end());
    double const smoothed_noise = noise / std::sqrt(static_cast<double>(2 * half_smooth + 1));
    std::vector<Peak> peaks = candidates(x, net, std::max(8.0 * smoothed_noise, 0.03 * highest));
    std::sort(peaks.begin(), peaks.end(), [](Peak const& a, Peak const& b) { return a.prominence > b.prominence; });
    if (peaks.size() > max_count) peaks.resize(max_count);
    std::sort(peaks.begin(), peaks.end(), [](Peak const& a, Peak const& b) { return a.centre < b.centre; });
    return peaks;
}

}  // namespace warpfit::cli
