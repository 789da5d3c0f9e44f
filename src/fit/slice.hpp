#pragma once

#include "kernels/program/plan.hpp"

namespace warpfit {

/// `count` pixels of a batch from pixel `first` on.
inline program::PixelBatch slice(program::PixelBatch batch, program::Plan const& plan, Index first, Index count)
{
    auto const skip = [first](program::RawPixels& raw) {
        if (raw.data) raw.data = static_cast<unsigned char const*>(raw.data) + first * raw.pixel_stride;
    };
    batch.count = count;
    skip(batch.signal);
    skip(batch.variance);
    skip(batch.low_loss);
    if (batch.start) batch.start += first * plan.num_free;
    if (batch.pixel_values) batch.pixel_values += first * plan.num_pixel_values;
    if (batch.active) batch.active += first;
    if (batch.masked) batch.masked += first;
    return batch;
}

/// The results of the same pixels.
inline program::BatchResults slice(program::BatchResults results, program::Plan const& plan, Index first)
{
    results.parameters += first * plan.num_free;
    results.standard_errors += first * plan.num_free;
    results.chisq += first;
    results.dof += first;
    results.iterations += first;
    results.status += first;
    if (results.correlations) results.correlations += first * plan.num_pairs;
    return results;
}

}  // namespace warpfit
