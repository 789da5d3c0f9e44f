#pragma once

#include "src/backends/cpu/convolved.hpp"
#include "src/backends/cpu/load.hpp"
#include "src/backends/cpu/pixel_state.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::cpu {

/// Fits of pixels whose components are convolved with a low loss of their own, one at a time, channels in lanes, in
/// double.
template<class B, int Block>
class ConvolvedFit
{
  public:
    ConvolvedFit(program::Plan const& plan, ConvolvedModel<B> const& model, Arena& arena)
        : plan_(plan)
        , passes_(plan, model, arena)
        , y_(arena.take<double>(padded_channels<B>(plan.num_channels)))
        , w_(arena.take<double>(padded_channels<B>(plan.num_channels)))
        , low_loss_(arena.take<double>(plan.convolution->num_low_loss))
        , state_(plan, arena)
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        if (batch.masked && batch.masked[pixel]) return solver::write_failure(plan_, out, pixel, Status::masked);
        LoadedPixel const loaded = load_pixel<double, B>(plan_, batch, pixel, y_, w_);
        if (loaded.status != Status::converged) return solver::write_failure(plan_, out, pixel, loaded.status);
        bool const is_common = batch.low_loss.pixel_stride == 0;
        if (!(is_common && has_low_loss_) && !load_low_loss(batch, pixel))
            return solver::write_failure(plan_, out, pixel, Status::bad_input);

        unsigned long long const active = batch.active ? batch.active[pixel] : ~0ull;
        unsigned char const* const excluded = state_.exclude(active);
        if (!state_.start(batch, pixel)) return solver::write_failure(plan_, out, pixel, Status::bad_start);
        solver::LmArrays<double> const& arrays = state_.arrays();
        passes_.load(y_, w_, loaded.weighted);
        passes_.set_pixel(batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr, active,
                          is_common && has_low_loss_ ? nullptr : low_loss_);
        has_low_loss_ = true;
        solver::Lm<double, SerialTeam> lm({}, P, arrays, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                          solver::lm_options<double>(plan_.options));
        Status const status = iterate(passes_, lm, arrays, loaded.energy, [](double const*) { return true; });
        if (status == Status::bad_start) return solver::write_failure(plan_, out, pixel, status);
        state_.finish(lm, passes_, status, loaded, static_cast<int>(lm.iterations()), out, pixel);
    }

  private:
    /// false: it holds no signal, or what is not a number.
    bool load_low_loss(program::PixelBatch const& batch, Index pixel)
    {
        int const n = plan_.convolution->num_low_loss;
        program::ChannelRun const all{0, n};
        load_runs(batch.low_loss, pixel, &all, 1, low_loss_);
        bool const finite = std::all_of(low_loss_, low_loss_ + n, [](double v) { return std::isfinite(v); });
        return finite && std::any_of(low_loss_, low_loss_ + n, [](double v) { return v != 0.0; });
    }

    program::Plan const& plan_;
    ConvolvedPasses<B, Block> passes_;
    double* y_;
    double* w_;
    double* low_loss_;
    PixelState state_;
    bool has_low_loss_ = false;  ///< the passes have one
};

}  // namespace warpfit::cpu
