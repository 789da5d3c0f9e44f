#pragma once

#include "kernels/core/team.hpp"
#include "kernels/program/plan.hpp"

namespace warpfit::program {

template<class Real>
struct KeptColumns;

/// A plan's channels in the precision of the passes, the same for all pixels.
template<class Real>
struct ChannelData
{
    int num_channels;
    Real const* x;           ///< [num_channels] minus x_origin
    Real const* x_absolute;  ///< [num_channels]
    Real const* y;           ///< [num_channels] minus y_origin; null in 1D
    Real const* y_absolute;
    Real const* tables;  ///< [num_tables, num_channels]
    double x_origin;     ///< float keeps its digits of x - centre this way; 0 in double
    double y_origin;
    ChannelData const* extended;              ///< the axis of the plan's convolution; null: none
    KeptColumns<Real> const* kept = nullptr;  ///< columns that are convolved once a pixel; null: none
};

/// What differs from pixel to pixel beside the data.
struct PixelInputs
{
    double const* values;       ///< [num_pixel_values]; null: none
    unsigned long long active;  ///< bit per term with an active map
    void* low_loss = nullptr;   ///< [num_low_loss + 1] of the passes' Real, shared, where terms are convolved; last 0
                                ///< where nothing was made of it yet
    void* spread = nullptr;     ///< shared scratch for what reaches beyond its channel: spread_program.hpp
};

/// Value and gradient of a whole model, as a team's pass over the channels sees them. Each member holds its own object.
///   prepare(team, free, inputs)   once per pixel and pass; free [num_free] is shared; may sync
///   evaluate(channel, grad)       f; writes grad [num_free]
///   value(channel)                f alone
template<class P>
concept Program = requires(P& program, P const& prepared, double const* free, PixelInputs const& inputs,
                           typename P::Real* grad)
{
    prepared.num_free() + 0;
    program.prepare(SerialTeam{}, free, inputs);
    prepared.evaluate(0, grad) + prepared.value(0);
};

}  // namespace warpfit::program
