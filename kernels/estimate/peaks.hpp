#pragma once

#include "kernels/estimate/peak_shape.hpp"
#include "kernels/estimate/pixel.hpp"

/// Peaks of spectra, by what stands out.
namespace warpfit::estimate {

namespace detail {

/// Width, strength and position of a peak from what it shows; what is kept stays and counts. Ends with a sync.
template<Team T>
WARPFIT_HD void shape_peak(Pixel<T> const& pixel, Subject const& subject, double top, double fwhm, double height)
{
    pixel.write([&] {
        PeakSlots const peak = peak_slots(subject.kind);
        double const* const p = pixel.slots(subject);
        for (int k = 0; k < peak.num_widths; ++k)
            pixel.set(subject, peak.widths[k], peak_width(subject.kind, k, fwhm, p));
        pixel.set(subject, peak.centre, peak_centre(subject.kind, top, p));
        pixel.set(subject, peak.strength, peak_strength(subject.kind, height, p));
        pixel.follow(subject);
    });
}

/// The data smoothed over five channels, so that one loud channel is no peak.
template<Team T>
WARPFIT_HD double smoothed(Pixel<T> const& pixel, int c)
{
    int const n = pixel.num_channels();
    int const first = c < 2 ? 0 : c - 2;
    int const last = c + 3 < n ? c + 3 : n;
    double total = 0.0;
    for (int k = first; k < last; ++k) total += pixel.memory.left[k];
    return total / (last - first);
}

/// The channel whose x is nearest to `position`, the first of two.
template<Team T>
WARPFIT_HD int nearest_channel(Pixel<T> const& pixel, double position)
{
    auto const nearness = [&](int c) { return -math::abs(pixel.model.x[c] - position); };
    int const found = find_best(pixel.team, 0, pixel.num_channels(), pixel.memory.best, nearness).index;
    return found < 0 ? 0 : found;
}

/// The highest channel inside the bounds of a slot.
template<Team T>
WARPFIT_HD int highest_channel(Pixel<T> const& pixel, int slot)
{
    double low, high;
    pixel.bounds(slot, low, high);
    Best mine;
    pixel.for_own([&](int c) {
        if (!(pixel.model.x[c] < low || pixel.model.x[c] > high)) mine.offer(smoothed(pixel, c), c);
    });
    int const found = best_of(pixel.team, mine, pixel.memory.best).index;
    return found < 0 ? 0 : found;
}

/// Channels from the top to the nearer side that falls below half of the height; none: -1.
template<Team T>
WARPFIT_HD int half_width(Pixel<T> const& pixel, int top, double height)
{
    int const n = pixel.num_channels();
    auto const is_low = [&](int d) {
        return (top >= d && smoothed(pixel, top - d) < 0.5 * height) ||
               (top + d < n && smoothed(pixel, top + d) < 0.5 * height);
    };
    return find_first(pixel.team, 1, n, pixel.memory.best, is_low);
}

/// HyperSpy's estimate from three moments (Lin, Lee and Yen, Statistica Sinica 17 (2007) 909). False where the data are
/// too skewed for it.
template<Team T>
WARPFIT_HD bool estimate_skewed(Pixel<T> const& pixel, Subject const& subject, double mean, double variance,
                                double third)
{
    using components::SkewNormal;
    double const a1 = math::sqrt(2.0 / math::pi);
    double const b1 = (4.0 / math::pi - 1.0) * a1;
    double const root = ::cbrt(third / b1);
    double const scale = math::sqrt(variance + a1 * a1 * root * root);
    double const delta = root / scale;
    if (!(math::abs(delta) < 0.995)) return false;
    double const x0 = mean - a1 * root;
    double const height = pixel.memory.left[nearest_channel(pixel, x0)];
    pixel.write([&] {
        pixel.set(subject, SkewNormal::x0, x0);
        pixel.set(subject, SkewNormal::scale, scale);
        pixel.set(subject, SkewNormal::shape, delta / math::sqrt(1.0 - delta * delta));
        pixel.set(subject, SkewNormal::A, height * math::sqrt_2pi);
    });
    return true;
}

/// Where the running sum of the data reaches three quarters of the way to `sum`: quarters [3], axis values.
/// Each member sums channels that follow each other.
template<Team T>
WARPFIT_HD void find_quarters(Pixel<T> const& pixel, double sum, double* quarters)
{
    T const& team = pixel.team;
    double const* const y = pixel.memory.left;
    double* const shared = pixel.memory.best;
    int const n = pixel.num_channels();
    auto const edge = [&](int rank) { return static_cast<int>(static_cast<Index>(n) * rank / team.size()); };
    double own = 0.0;
    for (int c = edge(team.rank()); c < edge(team.rank() + 1); ++c) own += y[c];
    shared[team.rank()] = own;
    team.sync();
    double running = 0.0;
    for (int k = 0; k < team.rank(); ++k) running += shared[k];
    team.sync();
    int found[3] = {-1, -1, -1};
    for (int c = edge(team.rank()); c < edge(team.rank() + 1); ++c) {
        running += y[c];
        for (int q = 0; q < 3; ++q)
            if (found[q] < 0 && running >= 0.25 * (q + 1) * sum) found[q] = c;
    }
    for (int q = 0; q < 3; ++q) {
        int const first = first_of(team, found[q], shared);
        quarters[q] = first < 0 ? 0.0 : pixel.model.x[first];
    }
}

/// Median and half the interquartile range of the running sum.
template<Team T>
WARPFIT_HD void estimate_by_quarters(Pixel<T> const& pixel, Subject const& subject, double sum, double highest)
{
    int const n = pixel.num_channels();
    double const* const x = pixel.model.x;
    double const span = math::abs(x[n - 1] - x[0]);
    if (!(sum > 0.0)) return shape_peak(pixel, subject, x[n / 2], 0.25 * span, highest);
    double at[3];
    find_quarters(pixel, sum, at);
    double const gamma = math::max(0.5 * math::abs(at[2] - at[0]), 0.5 * span / n);
    shape_peak(pixel, subject, at[1], 2.0 * gamma, highest);
}

}  // namespace detail

/// The one component of a model, by HyperSpy's formulas.
template<Team T>
WARPFIT_HD void estimate_by_moments(Pixel<T> const& pixel, Subject const& subject)
{
    double const* const x = pixel.model.x;
    double const* const y = pixel.memory.left;
    int const n = pixel.num_channels();
    double const height = largest_of(pixel.team, 0, n, 0.0, pixel.memory.best, [&](int c) { return y[c]; });
    pixel.template sum<2>(0, n, [&](int c, double* sum) {
        sum[0] += y[c];
        sum[1] += x[c] * y[c];
    });
    double const sum = pixel.memory.sums[0];
    double const mean = pixel.memory.sums[1] / sum;
    if (subject.kind == Kind::lorentzian) return detail::estimate_by_quarters(pixel, subject, sum, height);
    pixel.template sum<2>(0, n, [&](int c, double* sums) {
        double const d = x[c] - mean;
        sums[0] += d * d * y[c];
        sums[1] += d * d * d * y[c];
    });
    double const variance = pixel.memory.sums[0] / sum;
    double const third = pixel.memory.sums[1] / sum;
    if (subject.kind == Kind::skew_normal && detail::estimate_skewed(pixel, subject, mean, variance, third)) return;
    detail::shape_peak(pixel, subject, mean, math::sqrt(math::abs(variance)) * fwhm_per_sigma, height);
}

/// One of several: the tallest thing that is left, inside the bounds of its centre. Ends with a sync.
template<Team T>
WARPFIT_HD void estimate_peak(Pixel<T> const& pixel, Subject const& subject)
{
    double const* const x = pixel.model.x;
    int const n = pixel.num_channels();
    int const centre = peak_slots(subject.kind).centre;
    double const span = math::abs(x[n - 1] - x[0]);
    double const step = span / (n - 1);
    int const top = pixel.keeps(subject, centre)
                        ? detail::nearest_channel(pixel, pixel.slots(subject)[centre])
                        : detail::highest_channel(pixel, pixel.term(subject).first_slot + centre);
    double const height = math::max(detail::smoothed(pixel, top), 0.0);
    int const d = detail::half_width(pixel, top, height);
    double const half = d < 0 ? 0.125 * span : math::max(d - 0.5, 0.5) * step;
    double const tiny = 1e-3 * (height > 0.0 ? height : 1.0);
    detail::shape_peak(pixel, subject, x[top], 2.0 * half, math::max(height, tiny));
}

}  // namespace warpfit::estimate
