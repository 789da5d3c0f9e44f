#pragma once

#include "kernels/components/eels_cl_edge.hpp"
#include "kernels/estimate/pixel.hpp"

/// Intensities of the edges of an EELS spectrum.
namespace warpfit::estimate {

namespace detail {

template<Team T>
WARPFIT_HD double onset_of(Pixel<T> const& pixel, Subject const& edge)
{
    return pixel.slots(edge)[components::EELSCLEdge::onset_energy];
}

/// The edge after `before` in the order of onsets, of equal ones in the model's; before -1: the first; none: -1.
template<Team T>
WARPFIT_HD int next_edge(Pixel<T> const& pixel, int before)
{
    Plan const& plan = pixel.plan;
    int next = -1;
    for (int e = 0; e < plan.num_edges; ++e) {
        double const onset = onset_of(pixel, plan.edges[e]);
        bool comes = before < 0;
        if (!comes) {
            double const last = onset_of(pixel, plan.edges[before]);
            comes = onset > last || (onset == last && e > before);
        }
        if (comes && (next < 0 || onset < onset_of(pixel, plan.edges[next]))) next = e;
    }
    return next;
}

/// By least squares over the channels below `end`, and one beyond if the edge shows there first.
template<Team T>
WARPFIT_HD void estimate_intensity(Pixel<T> const& pixel, Subject const& edge, double end)
{
    constexpr int intensity = components::EELSCLEdge::intensity;
    double const* const shape = pixel.memory.values;
    double const* const x = pixel.model.x;
    double before = 0.0;  // known to rank 0
    pixel.write([&] {
        before = pixel.slots(edge)[intensity];
        pixel.slots(edge)[intensity] = 1.0;
    });
    pixel.evaluate(edge);
    Best shown;
    pixel.for_own([&](int c) {
        if (shown.index < 0 && !(shape[c] * shape[c] == 0.0)) shown.offer(-c, c);
    });
    int const first = best_of(pixel.team, shown, pixel.memory.best).index;
    pixel.template sum<2>(0, pixel.num_channels(), [&](int c, double* sums) {
        if (x[c] >= end && c != first) return;
        sums[0] += shape[c] * pixel.memory.left[c];
        sums[1] += shape[c] * shape[c];
    });
    double const product = pixel.memory.sums[0], square = pixel.memory.sums[1];
    pixel.write([&] {
        pixel.slots(edge)[intensity] = before;
        if (square > 0.0) pixel.set(edge, intensity, math::max(product / square, 1e-6 * math::abs(product) / square));
    });
}

}  // namespace detail

/// Each edge from its channels before the next edge, lowest onset first. Its fine structure, of coefficients 0 so far,
/// counts as nothing there: the cross-section is what tells its intensity. Ends with a sync, or changes nothing.
template<Team T>
WARPFIT_HD void estimate_edges(Pixel<T> const& pixel)
{
    for (int e = detail::next_edge(pixel, -1); e >= 0;) {
        Subject const& edge = pixel.plan.edges[e];
        int const next = detail::next_edge(pixel, e);
        double const end = next < 0 ? no_bound : detail::onset_of(pixel, pixel.plan.edges[next]);
        if (!pixel.keeps(edge, components::EELSCLEdge::intensity)) detail::estimate_intensity(pixel, edge, end);
        if (next >= 0 || pixel.plan.num_peaks > 0) pixel.subtract(edge);
        e = next;
    }
}

}  // namespace warpfit::estimate
