#pragma once

#include "kernels/components/formulas.hpp"
#include "kernels/estimate/pixel.hpp"

/// Peaks of images.
namespace warpfit::estimate {

namespace detail {

/// Moments of what stands out by more than half of the highest value inside the bounds of a spot's centre.
struct SpotMoments
{
    double height;  ///< 0: nothing stands out
    double x, y;
    double xx, yy;  ///< variances
};

template<Team T>
WARPFIT_HD SpotMoments moments_of(Pixel<T> const& pixel, int centre_slot)
{
    double const* const x = pixel.model.x;
    double const* const y = pixel.model.y;
    double const* const left = pixel.memory.left;
    double* const sums = pixel.memory.sums;
    int const n = pixel.num_channels();
    double x_low, x_high, y_low, y_high;
    pixel.bounds(centre_slot, x_low, x_high);
    pixel.bounds(centre_slot + 1, y_low, y_high);
    auto const inside = [&](int c) {
        return x[c] >= x_low && x[c] <= x_high && y[c] >= y_low && y[c] <= y_high ? left[c] : 0.0;
    };
    SpotMoments m{largest_of(pixel.team, 0, n, 0.0, pixel.memory.best, inside), 0.0, 0.0, 0.0, 0.0};
    if (!(m.height > 0.0)) return m;
    pixel.template sum<3>(0, n, [&](int c, double* sum) {
        double const w = left[c] - 0.5 * m.height;
        if (w <= 0.0) return;
        sum[0] += w;
        sum[1] += w * x[c];
        sum[2] += w * y[c];
    });
    double const weight = sums[0];
    m.x = sums[1] / weight;
    m.y = sums[2] / weight;
    pixel.template sum<2>(0, n, [&](int c, double* sum) {
        double const w = left[c] - 0.5 * m.height;
        if (w <= 0.0) return;
        sum[0] += w * (x[c] - m.x) * (x[c] - m.x);
        sum[1] += w * (y[c] - m.y) * (y[c] - m.y);
    });
    m.xx = sums[0] / weight;
    m.yy = sums[1] / weight;
    return m;
}

/// Slots of the strength, the widths and the centre in x; that in y follows.
struct SpotSlots
{
    int strength, width_x, width_y, centre;
};

WARPFIT_HD inline SpotSlots spot_slots(Kind kind)
{
    using namespace components;
    switch (kind) {
    case Kind::gaussian_2d:
        return {Gaussian2D::A, Gaussian2D::sigma_x, Gaussian2D::sigma_y, Gaussian2D::centre_x};
    case Kind::lorentzian_2d:
        return {Lorentzian2D::A, Lorentzian2D::gamma_x, Lorentzian2D::gamma_y, Lorentzian2D::centre_x};
    case Kind::ring_2d:
        return {GaussianRing2D::height, GaussianRing2D::radius, GaussianRing2D::sigma, GaussianRing2D::centre_x};
    default:
        return {Disk2D::height, Disk2D::radius, Disk2D::sigma, Disk2D::centre_x};
    }
}

/// How far from (x, y) lies what stands out by more than half of its height: mean and standard deviation of a ring
/// whose profile is a Gaussian, of which this cut leaves 0.2547 of the variance.
struct RingMoments
{
    double radius, sigma;
};

template<Team T>
WARPFIT_HD RingMoments ring_of(Pixel<T> const& pixel, SpotMoments const& m)
{
    double const* const x = pixel.model.x;
    double const* const y = pixel.model.y;
    double const* const left = pixel.memory.left;
    pixel.template sum<3>(0, pixel.num_channels(), [&](int c, double* sum) {
        double const w = left[c] - 0.5 * m.height;
        if (w <= 0.0) return;
        double const square = (x[c] - m.x) * (x[c] - m.x) + (y[c] - m.y) * (y[c] - m.y);
        sum[0] += w;
        sum[1] += w * math::sqrt(square);
        sum[2] += w * square;
    });
    double const* const sums = pixel.memory.sums;
    double const radius = sums[1] / sums[0];
    double const variance = math::max(sums[2] / sums[0] - radius * radius, 0.0);
    return {radius, math::sqrt(variance / 0.2547416448527434)};
}

/// Of a Gaussian cut at half of its height the variance along an axis is (1 - ln 2) sigma^2.
template<Team T>
WARPFIT_HD void shape_spot(Pixel<T> const& pixel, Subject const& subject, SpotSlots const& at, SpotMoments const& m,
                           RingMoments const& ring)
{
    constexpr double cut_share = 0.30685281944005469;  // 1 - ln 2
    double const across = math::abs(pixel.model.x[1] - pixel.model.x[0]);
    double const step = across > 0.0 ? across : 1.0;
    double const* const p = pixel.slots(subject);
    pixel.set(subject, at.centre, m.x);
    pixel.set(subject, at.centre + 1, m.y);
    if (subject.kind == Kind::ring_2d) {
        pixel.set(subject, at.width_x, ring.radius);
        pixel.set(subject, at.width_y, math::max(ring.sigma, 0.4 * step));
        pixel.set(subject, at.strength, m.height);
        return;
    }
    if (subject.kind == Kind::disk_2d) {
        // A uniform disk's variance along an axis is a quarter of its radius squared.
        pixel.set(subject, at.width_x, math::sqrt(2.0 * (m.xx + m.yy)));
        pixel.set(subject, at.width_y, math::max(0.1 * p[at.width_x], 0.4 * step));
        pixel.set(subject, at.strength, m.height);
        return;
    }
    // (1 + u^2)^(-3/2) is half at u = 0.766 gamma, a Gaussian at 1.177 sigma.
    double const share = subject.kind == Kind::gaussian_2d ? 1.0 : 1.5365;
    pixel.set(subject, at.width_x, share * math::max(math::sqrt(m.xx / cut_share), 0.4 * step));
    pixel.set(subject, at.width_y, share * math::max(math::sqrt(m.yy / cut_share), 0.4 * step));
    pixel.set(subject, at.strength, m.height * 2.0 * math::pi * p[at.width_x] * p[at.width_y]);
}

}  // namespace detail

/// Position and widths of a spot from its moments. False: nothing stands out, and it stays what it was. Ends with a
/// sync.
template<Team T>
WARPFIT_HD bool estimate_spot(Pixel<T> const& pixel, Subject const& subject)
{
    detail::SpotSlots const at = detail::spot_slots(subject.kind);
    detail::SpotMoments const m = detail::moments_of(pixel, pixel.term(subject).first_slot + at.centre);
    if (!(m.height > 0.0)) return false;
    detail::RingMoments ring{};
    if (subject.kind == Kind::ring_2d) ring = detail::ring_of(pixel, m);
    pixel.write([&] {
        detail::shape_spot(pixel, subject, at, m, ring);
        pixel.follow(subject);
    });
    return true;
}

}  // namespace warpfit::estimate
