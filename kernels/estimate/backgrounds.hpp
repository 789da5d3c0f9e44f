#pragma once

#include "kernels/components/formulas.hpp"
#include "kernels/estimate/pixel.hpp"
#include "kernels/estimate/select.hpp"

/// What lies below everything else, from the level where nothing stands out.
namespace warpfit::estimate {

namespace detail {

/// The element that a fifth of all is below: no peak reaches it.
template<Team T>
WARPFIT_HD double lowest_fifth(Pixel<T> const& pixel)
{
    Memory const& memory = pixel.memory;
    int const n = pixel.num_channels();
    return kth_smallest(pixel.team, memory.left, n, n / 5, memory.sums, memory.best, memory.values);
}

template<Team T>
WARPFIT_HD double mean_of_all(Pixel<T> const& pixel)
{
    pixel.template sum<1>(0, pixel.num_channels(), [&](int c, double* sum) { sum[0] += pixel.memory.left[c]; });
    return pixel.memory.sums[0] / pixel.num_channels();
}

template<Team T>
WARPFIT_HD void estimate_offset(Pixel<T> const& pixel, Subject const& subject)
{
    bool const is_one_of_several = pixel.plan.num_backgrounds > 1;
    double level = 0.0;
    if (!is_crowded(pixel.plan) && !is_one_of_several)
        level = mean_of_all(pixel);
    else if (!is_one_of_several)
        level = lowest_fifth(pixel);
    pixel.write([&] { pixel.set(subject, components::Offset::offset, level); });
}

/// Two areas (by the trapezoid rule). Peaks only ever add: with peaks in the model the first fifth is split in halves,
/// else all of it.
template<Team T>
WARPFIT_HD void estimate_power_law(Pixel<T> const& pixel, Subject const& subject)
{
    using components::PowerLaw;
    double const* const x = pixel.model.x;
    double const* const y = pixel.memory.left;
    int const n = pixel.num_channels();
    double const origin = pixel.slots(subject)[PowerLaw::origin];
    double const kept_r = pixel.slots(subject)[PowerLaw::r];
    double const from = math::max(origin, 0.0);
    int const found = find_first(pixel.team, 0, n - 4, pixel.memory.best, [&](int c) { return !(x[c] <= from); });
    int const first = found >= 0 ? found : n - 4;
    int last = n;
    if (is_crowded(pixel.plan)) last = first + (n - first < 20 ? 4 : (n - first) / 5);
    last -= (last - first) % 2;
    int const middle = first + (last - first) / 2;
    pixel.template sum<2>(first, last - 1, [&](int c, double* sum) {
        sum[c < middle ? 0 : 1] += 0.5 * (y[c] + y[c + 1]) * math::abs(x[c + 1] - x[c]);
    });
    double const i1 = pixel.memory.sums[0], i2 = pixel.memory.sums[1];
    double const x1 = x[first] - origin, xm = x[middle] - origin, x2 = x[last - 1] - origin;
    double r = 2.0 * math::log(i1 / i2) / math::log(x2 / x1);
    if (!math::is_finite(r)) r = 3.0;
    r = pixel.keeps(subject, PowerLaw::r) ? kept_r
                                          : pixel.within_bounds(pixel.term(subject).first_slot + PowerLaw::r, r);
    if (math::abs(r - 1.0) < 1e-6) r = 1.0 + 1e-6;
    double const area = math::pow(x2, 1.0 - r) - math::pow(xm, 1.0 - r);
    double const a = (1.0 - r) * i2 / (x2 < xm ? -area : area);
    pixel.write([&] {
        pixel.set(subject, PowerLaw::r, r);
        pixel.set(subject, PowerLaw::A, a < 1e-300 ? 1e-300 : a);
    });
}

/// Through the geometric means of two halves, at the means of their positions; through their means where data are not
/// positive.
template<Team T>
WARPFIT_HD void estimate_exponential(Pixel<T> const& pixel, Subject const& subject)
{
    using components::Exponential;
    int const n = pixel.num_channels();
    int const middle = n / 2;
    pixel.template sum<6>(0, n, [&](int c, double* sum) {
        int const half = c < middle ? 0 : 3;
        double const y = pixel.memory.left[c];
        sum[half] += pixel.model.x[c];
        sum[half + 1] += y;
        sum[half + 2] += y > 0.0 ? math::log(y) : -no_bound;
    });
    double const* const sums = pixel.memory.sums;
    bool const is_positive = math::is_finite(sums[2] + sums[5]);
    double const x1 = sums[0] / middle, x2 = sums[3] / (n - middle);
    double const y1 = is_positive ? math::exp(sums[2] / middle) : sums[1] / middle;
    double const y2 = is_positive ? math::exp(sums[5] / (n - middle)) : sums[4] / (n - middle);
    if (!(y1 > 0.0 && y2 > 0.0 && y1 != y2)) return;
    pixel.write([&] {
        pixel.set(subject, Exponential::tau, (x2 - x1) / math::log(y1 / y2));
        double const used = pixel.slots(subject)[Exponential::tau];
        pixel.set(subject, Exponential::A, y1 * math::exp(x1 / used));
    });
}

/// The lowest channel of each of ten parts: u, v [num_points], shared. Ends with a sync.
template<Team T>
WARPFIT_HD void lower_envelope(Pixel<T> const& pixel, double* u, double* v)
{
    int const n = pixel.num_channels();
    for (int i = 0; i < Memory::num_points; ++i) {
        int const first = i * n / Memory::num_points;
        int const end = (i + 1) * n / Memory::num_points;
        int const last = end > first ? end : first + 1;
        auto const depth = [&](int c) { return -pixel.memory.left[c]; };
        int const lowest = find_best(pixel.team, first, last, pixel.memory.best, depth).index;
        if (pixel.team.rank() != 0) continue;
        u[i] = pixel.model.x[lowest < 0 ? first : lowest];
        v[i] = pixel.memory.left[lowest < 0 ? first : lowest];
    }
    pixel.team.sync();
}

/// A line through the lower envelope of ten parts; without peaks, the polynomial itself through all channels.
template<Team T>
WARPFIT_HD void estimate_polynomial(Pixel<T> const& pixel, Subject const& subject)
{
    Memory const& memory = pixel.memory;
    int order = pixel.term(subject).num_slots - 1;
    PolynomialFit fit{pixel.model.x,     memory.left,   pixel.num_channels(), pixel.plan.x_low,
                      pixel.plan.x_high, memory.values, memory.more,          memory.scratch + 4 * Memory::num_points,
                      memory.sums};
    if (is_crowded(pixel.plan)) {
        double* const u = memory.scratch;
        double* const v = u + Memory::num_points;
        lower_envelope(pixel, u, v);
        order = order < 1 ? order : 1;
        fit.u = u;
        fit.v = v;
        fit.num_points = Memory::num_points;
        fit.low = fit.high = u[0];
        for (int i = 1; i < Memory::num_points; ++i) {
            fit.low = math::min(fit.low, u[i]);
            fit.high = math::max(fit.high, u[i]);
        }
    }
    double const* const coefficients = fit_polynomial(pixel.team, fit, order);
    pixel.write([&] {
        for (int k = 0; k <= order; ++k) pixel.set(subject, k, coefficients[k]);
    });
}

/// The level of an image is what its darkest fifth shows.
template<Team T>
WARPFIT_HD void estimate_level(Pixel<T> const& pixel, Subject const& subject)
{
    double const level = is_crowded(pixel.plan) ? lowest_fifth(pixel) : mean_of_all(pixel);
    pixel.write([&] { pixel.set(subject, 0, level); });
}

}  // namespace detail

/// Ends with a sync, or changes nothing.
template<Team T>
WARPFIT_HD void estimate_background(Pixel<T> const& pixel, Subject const& subject)
{
    switch (subject.kind) {
    case Kind::offset:
        return detail::estimate_offset(pixel, subject);
    case Kind::power_law:
        return detail::estimate_power_law(pixel, subject);
    case Kind::exponential:
        return detail::estimate_exponential(pixel, subject);
    case Kind::polynomial:
        return detail::estimate_polynomial(pixel, subject);
    default:
        return detail::estimate_level(pixel, subject);
    }
}

}  // namespace warpfit::estimate
