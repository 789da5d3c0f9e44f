#pragma once

#include "kernels/estimate/backgrounds.hpp"
#include "kernels/estimate/edges.hpp"
#include "kernels/estimate/load.hpp"
#include "kernels/estimate/peaks.hpp"
#include "kernels/estimate/spots.hpp"

/// The start values of one pixel by a team: backgrounds first, from the level where nothing stands out; then each peak
/// from what is left over. A pure function of the pixel's data and start.
namespace warpfit::estimate {

namespace detail {

/// The pixel's data by channel width into memory.left. False: not all of them are finite. Ends with a sync.
template<Team T>
WARPFIT_HD bool load(Pixel<T> const& pixel, program::PixelBatch const& batch, Index at)
{
    program::Plan const& model = pixel.model;
    bool has_bad = false;
    int offset = 0;
    for (int r = 0; r < model.num_runs; ++r) {
        program::ChannelRun const& run = model.runs[r];
        int const count = static_cast<int>(run.count);
        for_own_values(pixel.team, batch.signal, at, run.first, offset, count, [&](int c, double v) {
            has_bad |= !math::is_finite(v);
            pixel.memory.left[c] = v;
        });
        offset += count;
    }
    if (model.width) pixel.for_own([&](int c) { pixel.memory.left[c] /= model.width[c]; });
    double const num_bad = has_bad ? 1.0 : 0.0;
    pixel.team.sum(&num_bad, 1, pixel.memory.sums);
    return pixel.memory.sums[0] == 0.0;
}

/// What a convolution makes of a broad component, about: the sum of the low loss; 1 where that is no positive number.
template<Team T>
WARPFIT_HD double convolution_gain(Pixel<T> const& pixel, program::PixelBatch const& batch, Index at)
{
    if (pixel.plan.num_low_loss == 0) return 1.0;
    double sum = 0.0;
    for_own_values(pixel.team, batch.low_loss, at, 0, 0, pixel.plan.num_low_loss, [&](int, double v) { sum += v; });
    pixel.team.sum(&sum, 1, pixel.memory.sums);
    double const total = pixel.memory.sums[0];
    return total > 0.0 && math::is_finite(total) ? total : 1.0;
}

/// The start of every slot. Ends with a sync.
template<Team T>
WARPFIT_HD void set_slots(Pixel<T> const& pixel, program::PixelBatch const& batch, Index at)
{
    program::Plan const& model = pixel.model;
    pixel.write([&] {
        double const* const start = batch.start ? batch.start + at * model.num_free : pixel.plan.start;
        double const* const values = batch.pixel_values ? batch.pixel_values + at * model.num_pixel_values : nullptr;
        double* const registers = pixel.memory.scratch;
        double* const factors = registers + program::max_scalar_registers;
        int* const targets = reinterpret_cast<int*>(factors + model.num_slots);
        program::evaluate_slots(model, start, values, pixel.memory.slots, factors, targets, registers);
    });
}

/// What is left, times a factor.
template<Team T>
WARPFIT_HD void divide_left(Pixel<T> const& pixel, double by)
{
    if (by == 1.0) return;
    pixel.for_own([&](int c) { pixel.memory.left[c] /= by; });
    pixel.team.sync();
}
template<Team T>
WARPFIT_HD void multiply_left(Pixel<T> const& pixel, double by)
{
    if (by == 1.0) return;
    pixel.for_own([&](int c) { pixel.memory.left[c] *= by; });
    pixel.team.sync();
}

/// Every background, edge, peak and spot in turn, in the units of its own function.
template<Team T>
WARPFIT_HD void estimate_all(Pixel<T> const& pixel, double gain)
{
    Plan const& plan = pixel.plan;
    auto const factor_of = [&](Subject const& subject) { return subject.convolved ? gain : 1.0; };
    if (is_alone(plan) && plan.num_peaks > 0) {
        divide_left(pixel, factor_of(plan.peaks[0]));
        return estimate_by_moments(pixel, plan.peaks[0]);
    }
    // What nobody looks at any more is not evaluated.
    int num_left = plan.num_backgrounds + plan.num_edges + plan.num_peaks + plan.num_spots;
    for (int i = 0; i < plan.num_backgrounds; ++i) {
        Subject const& subject = plan.backgrounds[i];
        divide_left(pixel, factor_of(subject));
        estimate_background(pixel, subject);
        if (--num_left > 0) pixel.subtract(subject);
        multiply_left(pixel, factor_of(subject));
    }
    if (plan.num_edges > 0) {
        divide_left(pixel, factor_of(plan.edges[0]));
        estimate_edges(pixel);
        num_left -= plan.num_edges;
        multiply_left(pixel, factor_of(plan.edges[0]));
    }
    for (int i = 0; i < plan.num_peaks; ++i) {
        divide_left(pixel, factor_of(plan.peaks[i]));
        estimate_peak(pixel, plan.peaks[i]);
        if (--num_left > 0) pixel.subtract(plan.peaks[i]);
        multiply_left(pixel, factor_of(plan.peaks[i]));
    }
    for (int i = 0; i < plan.num_spots; ++i) {
        bool const stands_out = estimate_spot(pixel, plan.spots[i]);
        if (--num_left > 0 && stands_out) pixel.subtract(plan.spots[i]);
    }
}

}  // namespace detail

/// Pixel `at` of a batch: the plan's raw data, starts, values of fixed parameters, mask and low loss count. Writes one
/// row of the results; ends with a sync.
template<Team T>
WARPFIT_HD void estimate_pixel(T const& team, Plan const& plan, Memory const& memory, program::PixelBatch const& batch,
                               Results const& results, Index at)
{
    Pixel<T> const pixel(team, plan, memory);
    program::Plan const& model = plan.model;
    detail::set_slots(pixel, batch, at);
    bool const is_wanted = !(batch.masked && batch.masked[at]);
    bool const is_fine = is_wanted && detail::load(pixel, batch, at);
    if (is_fine) detail::estimate_all(pixel, detail::convolution_gain(pixel, batch, at));
    for (int s = team.rank(); s < model.num_slots; s += team.size())
        if (model.slots[s].kind == program::SlotKind::free)
            results.values[at * model.num_free + model.slots[s].index] = memory.slots[s];
    if (team.rank() == 0) results.is_estimated[at] = is_fine ? 1 : 0;
    team.sync();
}

}  // namespace warpfit::estimate
