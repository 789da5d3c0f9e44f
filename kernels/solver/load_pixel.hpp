#pragma once

#include "kernels/core/math.hpp"
#include "kernels/core/team.hpp"
#include "kernels/program/plan.hpp"
#include "kernels/program/raw.hpp"

namespace warpfit::solver {

/// One pixel ready to fit.
struct LoadedPixel
{
    program::Status status;  ///< converged: fine so far
    int num_weighted;        ///< channels with a positive weight
    double energy;           ///< sum of (y weight)^2, scaled
    double scale;            ///< data and weights were multiplied by this, so that sums stay in range
};

/// Largest weighted value whose square, summed over the channels, is harmless in Real; data beyond are scaled.
template<class Real>
inline constexpr double harmless = sizeof(Real) == 4 ? 1e12 : 1e120;

namespace detail {

/// Data and variance of one channel become data times weight, and weight; a bad variance has weight 0.
struct WeightedChannel
{
    double y;
    double weight;
    bool finite;

    WARPFIT_HD WeightedChannel(program::PixelBatch const& batch, Index pixel, int channel, Index stored)
    {
        using program::VarianceKind;
        y = element(batch.signal, pixel, stored);
        finite = y * 0.0 == 0.0;
        weight = 1.0;
        if (batch.variance_kind == VarianceKind::none) return;
        double variance = batch.variance_number;
        if (batch.variance_kind == VarianceKind::channel) variance = batch.variance_channel[channel];
        if (batch.variance_kind == VarianceKind::stored) variance = element(batch.variance, pixel, stored);
        if (batch.variance_kind == VarianceKind::poisson)
            variance = batch.variance_number * (y > 1.0 ? y : 1.0) + batch.variance_offset;
        bool const good = variance > 0.0 && variance <= 1.7976931348623157e308;
        weight = good ? 1.0 / math::sqrt(variance) : 0.0;
        y *= weight;
    }

    WARPFIT_HD static double element(program::RawPixels const& raw, Index pixel, Index stored)
    {
        auto const* from = static_cast<unsigned char const*>(raw.data) + pixel * raw.pixel_stride;
        return program::raw_value(from, raw.type, raw.swapped != 0, stored);
    }
};

/// Calls f(channel, stored channel) for the used channels of this member: rank, rank + size, ...
template<Team T, class F>
WARPFIT_HD void for_own_channels(T const& team, program::Plan const& plan, F const& f)
{
    int offset = 0;
    int channel = team.rank();
    for (int r = 0; r < plan.num_runs; ++r) {
        program::ChannelRun const& run = plan.runs[r];
        int const end = offset + static_cast<int>(run.count);
        for (; channel < end; channel += team.size()) f(channel, run.first + (channel - offset));
        offset = end;
    }
}

/// 2^-floor(log2(a)) for a > 0.
WARPFIT_HD inline double scale_to_one(double a)
{
    int exponent = 0;
    ::frexp(a, &exponent);
    return ::ldexp(1.0, 1 - exponent);
}

}  // namespace detail

/// y [num_channels]: data times weight; weight [num_channels]: factor of the model and its columns (channel width times
/// 1 / standard deviation). Each member fills its own channels. part [2] and largest [team size] are shared scratch.
template<class Real, Team T>
WARPFIT_HD LoadedPixel load_pixel(T const& team, program::Plan const& plan, program::PixelBatch const& batch,
                                  Index pixel, Real* y, Real* weight, double* part, double* largest)
{
    using program::Status;
    double mine[2] = {0.0, 0.0};  // bad, weighted
    double top = 0.0;
    detail::for_own_channels(team, plan, [&](int channel, Index stored) {
        detail::WeightedChannel const c(batch, pixel, channel, stored);
        if (!c.finite) mine[0] += 1.0;
        if (c.weight > 0.0) mine[1] += 1.0;
        double const a = math::abs(c.y);
        if (a > top) top = a;
    });
    largest[team.rank()] = top;
    team.sum(mine, 2, part);
    for (int k = 0; k < team.size(); ++k) top = math::max(top, largest[k]);
    double const num_bad = part[0];
    LoadedPixel loaded{Status::converged, static_cast<int>(part[1]), 0.0, 1.0};
    if (num_bad > 0.0 || loaded.num_weighted == 0) {
        loaded.status = Status::bad_input;
        return loaded;
    }
    if (loaded.num_weighted < plan.num_free) {
        loaded.status = Status::too_few_channels;
        return loaded;
    }
    if (top > harmless<Real> || (top > 0.0 && top < 1.0 / harmless<Real>)) loaded.scale = detail::scale_to_one(top);

    double energy = 0.0;
    detail::for_own_channels(team, plan, [&](int channel, Index stored) {
        detail::WeightedChannel const c(batch, pixel, channel, stored);
        double const width = plan.width ? plan.width[channel] : 1.0;
        y[channel] = static_cast<Real>(c.y * loaded.scale);
        weight[channel] = static_cast<Real>(c.weight * width * loaded.scale);
        energy += c.y * loaded.scale * c.y * loaded.scale;
    });
    team.sum(&energy, 1, part);
    loaded.energy = part[0];
    return loaded;
}

/// low_loss [num_low_loss + 1]: the pixel's; last 0, for nothing was made of it yet. False: it holds no signal, or what
/// is not a number. part [2]: shared scratch.
template<class Real, Team T>
WARPFIT_HD bool load_low_loss(T const& team, program::Plan const& plan, program::PixelBatch const& batch, Index pixel,
                              Real* low_loss, double* part)
{
    double mine[2] = {0.0, 0.0};  // bad, not zero
    for (int u = team.rank(); u < plan.convolution->num_low_loss; u += team.size()) {
        double const v = detail::WeightedChannel::element(batch.low_loss, pixel, u);
        if (!(v * 0.0 == 0.0)) mine[0] += 1.0;
        if (v != 0.0) mine[1] += 1.0;
        low_loss[u] = static_cast<Real>(v);
    }
    if (team.rank() == 0) low_loss[plan.convolution->num_low_loss] = Real(0);
    team.sum(mine, 2, part);
    return part[0] == 0.0 && part[1] > 0.0;
}

}  // namespace warpfit::solver
