#pragma once

#include "src/backends/cpu/channels.hpp"
#include "src/backends/cpu/load.hpp"
#include "src/backends/cpu/pixel_state.hpp"

/// One pixel at a time, its channels in lanes, an ordinary scalar solver: serves every plan.
namespace warpfit::cpu {

/// Passes of one pixel in the element type of B. Sums arrive in double.
template<class B, int Block>
class PointsPasses
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;

    PointsPasses(program::Plan const& plan, Channels<B> const& channels, Arena& arena)
        : plan_(plan)
        , channels_(channels)
        , engine_(plan, channels, arena)
        , ys_(arena.take<T>(static_cast<long long>(channels.num_packs) * W))
        , weight_(arena.take<T>(static_cast<long long>(channels.num_packs) * W))
        , sums_(arena.take<B>(solver::sums_size(plan.num_free)))
        , folded_(arena.take<double>(static_cast<long long>(solver::sums_size(plan.num_free)) * W))
        , values_(arena.take<double>(plan.num_slots))
        , factors_(arena.take<double>(plan.num_slots))
        , registers_(arena.take<double>(program::max_scalar_registers))
    {}

    /// y, w [num_channels]: data times weight, and weight.
    void load(double const* y, double const* w, bool weighted)
    {
        int const n = plan_.num_channels;
        int const padded = channels_.num_packs * W;
        for (int i = 0; i < n; ++i) ys_[i] = static_cast<T>(y[i]);
        for (int i = n; i < padded; ++i) ys_[i] = T(0);
        // A padded channel needs weight 0, so that it adds nothing.
        weighted_ = weighted || padded != n;
        if (!weighted_) return;
        for (int i = 0; i < n; ++i) weight_[i] = weighted ? static_cast<T>(w[i]) : T(1);
        for (int i = n; i < padded; ++i) weight_[i] = T(0);
    }

    void set_pixel(double const* pixel_values, unsigned long long active)
    {
        pixel_values_ = pixel_values;
        active_ = active;
    }

    /// sums [sums_size(P)] at the free parameters p [P].
    void products(double const* p, double* sums)
    {
        prepare(p);
        int const size = solver::sums_size(plan_.num_free);
        B const* const weight = weighted_ ? reinterpret_cast<B const*>(weight_) : nullptr;
        if constexpr (sizeof(T) == 8) {
            engine_.products(reinterpret_cast<B const*>(ys_), weight, sums_, [] {});
            for (int k = 0; k < size; ++k) sums[k] = sum(sums_[k]);
        } else {
            for (int k = 0; k < size * W; ++k) folded_[k] = 0.0;
            // A lane sums at most 64 values in T.
            int const strips = 64 / channels_.strip > 0 ? 64 / channels_.strip : 1;
            int pending = 0;
            auto const fold = [&] {
                T const* const narrow = reinterpret_cast<T const*>(sums_);
                for (int k = 0; k < size * W; ++k) folded_[k] += static_cast<double>(narrow[k]);
                for (int k = 0; k < size; ++k) sums_[k] = B(0);
                pending = 0;
            };
            engine_.products(reinterpret_cast<B const*>(ys_), weight, sums_, [&] {
                if (++pending == strips) fold();
            });
            if (pending > 0) fold();
            for (int k = 0; k < size; ++k) {
                double total = 0.0;
                for (int l = 0; l < W; ++l) total += folded_[k * W + l];
                sums[k] = total;
            }
        }
    }

    /// chi2 at p.
    double value(double const* p)
    {
        prepare(p);
        double total = 0.0;
        B const* const weight = weighted_ ? reinterpret_cast<B const*>(weight_) : nullptr;
        engine_.value(reinterpret_cast<B const*>(ys_), weight, [&](B squares) {
            alignas(64) T v[W];
            squares.store(v);
            for (int l = 0; l < W; ++l) total += static_cast<double>(v[l]);
        });
        return total;
    }

  private:
    void prepare(double const* p)
    {
        program::evaluate_slots(plan_, p, pixel_values_, values_, factors_, engine_.targets(), registers_);
        for (int t = 0; t < plan_.num_terms; ++t) {
            int x = -1;
            int y = -1;
            if (channels_.x_origin != 0.0 || channels_.y_origin != 0.0) position_slots(plan_.terms[t], x, y);
            if (x >= 0) values_[plan_.terms[t].first_slot + x] -= channels_.x_origin;
            if (y >= 0) values_[plan_.terms[t].first_slot + y] -= channels_.y_origin;
        }
        for (int s = 0; s < plan_.num_slots; ++s) {
            engine_.values()[s] = B(static_cast<T>(values_[s]));
            engine_.factors()[s] = B(static_cast<T>(factors_[s]));
        }
        engine_.prepare(active_, values_);
    }

    program::Plan const& plan_;
    Channels<B> const& channels_;
    Engine<B, Block> engine_;
    T* ys_;
    T* weight_;
    B* sums_;
    double* folded_;
    double* values_;
    double* factors_;
    double* registers_;
    bool weighted_ = false;
    double const* pixel_values_ = nullptr;
    unsigned long long active_ = ~0ull;
};

template<class B32, class B64, int Block>
class PointsFit
{
  public:
    using Narrow = PointsPasses<B32, Block>;
    using Wide = PointsPasses<B64, Block>;

    PointsFit(program::Plan const& plan, Channels<B32> const* narrow, Channels<B64> const& wide, Arena& arena)
        : plan_(plan)
        , has_narrow_(narrow != nullptr)
        , narrow_(plan, narrow ? *narrow : nothing, arena)
        , wide_(plan, wide, arena)
        , y_(arena.take<double>(padded_channels<B64>(plan.num_channels)))
        , w_(arena.take<double>(padded_channels<B64>(plan.num_channels)))
        , state_(plan, arena)
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        if (batch.masked && batch.masked[pixel]) return solver::write_failure(plan_, out, pixel, Status::masked);

        bool const floats = plan_.options.precision != program::Precision::float64 && has_narrow_;
        LoadedPixel const loaded = floats ? load_pixel<float, B64>(plan_, batch, pixel, y_, w_)
                                          : load_pixel<double, B64>(plan_, batch, pixel, y_, w_);
        if (loaded.status != Status::converged) return solver::write_failure(plan_, out, pixel, loaded.status);

        unsigned long long const active = batch.active ? batch.active[pixel] : ~0ull;
        unsigned char const* const excluded = state_.exclude(active);
        double const* const pixel_values =
            batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr;
        if (!state_.start(batch, pixel)) return solver::write_failure(plan_, out, pixel, Status::bad_start);
        solver::LmArrays<double> const& arrays = state_.arrays();

        int iterations = 0;
        bool const polish = plan_.options.precision == program::Precision::mixed;
        if (floats) {
            narrow_.load(y_, w_, loaded.weighted);
            narrow_.set_pixel(pixel_values, active);
            solver::Lm<double, SerialTeam> lm({}, P, arrays, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                              solver::lm_options<float>(plan_.options));
            Status const status =
                iterate(narrow_, lm, arrays, loaded.energy, [&](double const* sums) { return floats_can_hold(sums); });
            iterations = static_cast<int>(lm.iterations());
            if (status != Status::bad_start) {
                if (!polish) return state_.finish(lm, narrow_, status, loaded, iterations, out, pixel);
                if (status == Status::max_iterations || !lm.foreseeable()) lm.settle(solver::not_a_number());
            } else {
                // Sums or values that a float cannot hold: the same fit in double.
                state_.start(batch, pixel);
            }
        }
        wide_.load(y_, w_, loaded.weighted);
        wide_.set_pixel(pixel_values, active);
        solver::Lm<double, SerialTeam> lm({}, P, arrays, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                          solver::lm_options<double>(plan_.options));
        Status status = iterate(wide_, lm, arrays, loaded.energy, [](double const*) { return true; });
        iterations += static_cast<int>(lm.iterations());
        if (status == Status::bad_start) return solver::write_failure(plan_, out, pixel, status);
        state_.finish(lm, wide_, status, loaded, iterations, out, pixel);
    }

  private:
    static constexpr Channels<B32> nothing{};

    /// Products of float columns must neither vanish nor overflow at the start.
    bool floats_can_hold(double const* sums) const
    {
        for (int i = 0; i < plan_.num_free; ++i) {
            double const d = sums[solver::packed(i, i)];
            if (!(d < 1e30) || (d < 1e-28 && !state_.is_excluded(i))) return false;
        }
        return true;
    }

    program::Plan const& plan_;
    bool has_narrow_;
    Narrow narrow_;
    Wide wide_;
    double* y_;
    double* w_;
    PixelState state_;
};

}  // namespace warpfit::cpu
