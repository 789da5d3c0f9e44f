#pragma once

#include "src/backends/cpu/points.hpp"

#include <cstring>

/// One pixel a lane: for signals too small to fill the lanes with channels. A lane is refilled as soon as its fit ends;
/// what is left to do for ended fits (errors, chi2 at the end) waits until a whole pack of them is there.
namespace warpfit::cpu {

template<class B, class B32, class B64, int Block>
class PixelsFit
{
  public:
    using T = typename B::Element;
    static constexpr int W = B::size;

    /// wide: serves pixels whose sums leave the range of T.
    PixelsFit(program::Plan const& plan, Channels<B> const& channels, PointsFit<B32, B64, Block>& wide, Arena& arena)
        : plan_(plan)
        , channels_(channels)
        , fallback_(wide)
        , engine_(plan, channels, arena)
        , y_(arena.take<double>(padded_channels<B64>(plan.num_channels)))
        , w_(arena.take<double>(padded_channels<B64>(plan.num_channels)))
        , ys_(arena.take<T>(static_cast<long long>(plan.num_channels) * W))
        , weight_(arena.take<T>(static_cast<long long>(plan.num_channels) * W))
        , registers_(arena.take<B>(program::max_scalar_registers))
        , pixel_values_(arena.take<B>(plan.num_pixel_values))
        , arrays_(carve(arena))
        , ended_(carve(arena))
        , variances_(arena.take<B>(plan.num_free))
        , column_(arena.take<B>(plan.num_free))
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index first, Index last)
    {
        weighted_ = is_weighted(plan_, batch);
        next_ = first;
        last_ = last;
        num_ended_ = 0;
        int const P = plan_.num_free;
        solver::Lm<B, SerialTeam> lm({}, P, arrays_, plan_.bmin, plan_.bmax, plan_.linear, nullptr, options());

        Flags fresh{};
        Flags running{};
        Flags corrected{};
        for (int l = 0; l < W; ++l) {
            lane_[l].pixel = -1;
            for (int i = 0; i < P; ++i) lanes(arrays_.q[i])[l] = T(1);
            for (int i = 0; i < plan_.num_channels; ++i) ys_[i * W + l] = weight_[i * W + l] = T(0);
            for (int k = 0; k < plan_.num_pixel_values; ++k) lanes(pixel_values_[k])[l] = T(1);
            fresh.v[l] = fill(batch, out, l) ? T(1) : T(0);
        }
        while (any_busy()) {
            products();
            B const is_fresh = B::load(fresh.v);
            B const is_running = B::load(running.v);
            // A lane whose trial is corrected waits for one more pass; it is not corrected twice.
            B const was_corrected = B::load(corrected.v);
            auto const wait = lm.correct((is_running > B(0)) & (was_corrected <= B(0)));
            corrected = flags(wait);
            B const judged = math::select(wait, B(0), is_running);
            auto const limit = lm.judge(judged > B(0));
            alignas(64) T energy[W];
            for (int l = 0; l < W; ++l) energy[l] = lane_[l].energy;
            auto const good = lm.start(is_fresh > B(0), B::load(energy));
            Flags const started = flags(good & in_range());
            Flags const limited = flags(limit);

            // A lane whose step count is spent reports what it has accepted.
            Flags const done = flags(lm.propose((judged > B(0)) | (is_fresh > B(0))));
            alignas(64) T predicted[W], steps[W];
            lm.predicted().store(predicted);
            lm.iterations().store(steps);
            for (int l = 0; l < W; ++l) {
                if (lane_[l].pixel < 0 || corrected.v[l] > T(0)) continue;
                bool ended = false;
                if (fresh.v[l] > T(0) && started.v[l] == T(0)) {
                    fallback_.fit(batch, out, lane_[l].pixel);
                    ended = true;
                } else if (limited.v[l] > T(0) || done.v[l] > T(0)) {
                    end(out, l, limited.v[l] > T(0), predicted[l], steps[l]);
                    ended = true;
                }
                fresh.v[l] = running.v[l] = T(0);
                if (!ended)
                    running.v[l] = T(1);
                else
                    fresh.v[l] = fill(batch, out, l) ? T(1) : T(0);
            }
        }
        report(out);
    }

  private:
    struct Flags
    {
        alignas(64) T v[W];
    };
    struct Lane
    {
        Index pixel;
        T energy;
        double scale;
        int num_weighted;
    };
    struct Ended
    {
        Lane lane;
        bool limited;
        T chisq;
        int iterations;
    };

    static T* lanes(B& pack) { return reinterpret_cast<T*>(&pack); }

    static Flags flags(math::MaskOf<B> const& mask)
    {
        Flags f;
        math::select(mask, B(1), B(0)).store(f.v);
        return f;
    }

    solver::LmArrays<B> carve(Arena& arena) const
    {
        return solver::LmArrays<B>::carve(arena.take<B>(solver::LmArrays<B>::size(plan_.num_free)), plan_.num_free);
    }

    solver::LmOptions options() const { return solver::lm_options<T, T>(plan_.options); }

    bool any_busy() const
    {
        for (int l = 0; l < W; ++l)
            if (lane_[l].pixel >= 0) return true;
        return false;
    }

    /// Puts the next pixel that can be fitted into lane l; false: none is left.
    bool fill(program::PixelBatch const& batch, program::BatchResults const& out, int l)
    {
        using program::Status;
        int const P = plan_.num_free;
        for (; next_ < last_; ++next_) {
            Index const pixel = next_;
            if (batch.masked && batch.masked[pixel]) {
                solver::write_failure(plan_, out, pixel, Status::masked);
                continue;
            }
            LoadedPixel const loaded = load_pixel<T, B64>(plan_, batch, pixel, y_, w_);
            Status status = loaded.status;
            for (int i = 0; i < P; ++i)
                if (!std::isfinite(batch.start[pixel * P + i]) && status == Status::converged)
                    status = Status::bad_start;
            if (status != Status::converged) {
                solver::write_failure(plan_, out, pixel, status);
                continue;
            }
            if (loaded.scale != 1.0) {
                fallback_.fit(batch, out, pixel);
                continue;
            }
            lane_[l] = {pixel, static_cast<T>(loaded.energy), loaded.scale, loaded.num_weighted};
            for (int i = 0; i < P; ++i) {
                double v = batch.start[pixel * P + i];
                if (plan_.options.bounded) v = std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
                lanes(arrays_.q[i])[l] = static_cast<T>(v);
            }
            for (int i = 0; i < plan_.num_channels; ++i) ys_[i * W + l] = static_cast<T>(y_[i]);
            if (weighted_)
                for (int i = 0; i < plan_.num_channels; ++i) weight_[i * W + l] = static_cast<T>(w_[i]);
            for (int k = 0; k < plan_.num_pixel_values; ++k)
                lanes(pixel_values_[k])[l] = static_cast<T>(batch.pixel_values[pixel * plan_.num_pixel_values + k]);
            ++next_;
            return true;
        }
        lane_[l].pixel = -1;
        return false;
    }

    void products()
    {
        program::evaluate_slots(plan_, arrays_.q, pixel_values_, engine_.values(), engine_.factors(), engine_.targets(),
                                registers_);
        engine_.prepare(~0ull, nullptr);
        int const size = solver::sums_size(plan_.num_free);
        for (int k = 0; k < size; ++k) arrays_.trial[k] = B(0);
        engine_.products(reinterpret_cast<B const*>(ys_), weighted_ ? reinterpret_cast<B const*>(weight_) : nullptr,
                         [&](B* block) {
                             for (int k = 0; k < size; ++k) {
                                 arrays_.trial[k] = arrays_.trial[k] + block[k];
                                 block[k] = B(0);
                             }
                         });
    }

    /// Lanes whose products a T can hold.
    math::MaskOf<B> in_range() const
    {
        double const limit = sizeof(T) == 4 ? 1e28 : 1e280;
        math::MaskOf<B> good = B(0) < B(1);
        for (int i = 0; i < plan_.num_free; ++i) {
            B const d = arrays_.trial[solver::packed(i, i)];
            good = good & (d < B(limit)) & (d > B(1.0 / limit));
        }
        return good;
    }

    void end(program::BatchResults const& out, int l, bool limited, T predicted, T steps)
    {
        int const P = plan_.num_free;
        int const e = num_ended_++;
        for (int i = 0; i < P; ++i) {
            lanes(ended_.p[i])[e] = lanes(arrays_.p[i])[l];
            lanes(ended_.q[i])[e] = limited ? lanes(arrays_.p[i])[l] : lanes(arrays_.q[i])[l];
            lanes(ended_.scale[i])[e] = lanes(arrays_.scale[i])[l];
        }
        for (int k = 0; k < solver::sums_size(P); ++k) lanes(ended_.sums[k])[e] = lanes(arrays_.sums[k])[l];
        T const chisq = lanes(arrays_.sums[solver::packed(P, P)])[l];
        // The last step is not followed by a pass: its decrease is known to the tolerance times itself.
        T const left = chisq - predicted;
        ended_lane_[e] = {lane_[l], limited, limited ? chisq : (left > T(0) ? left : T(0)), static_cast<int>(steps)};
        if (num_ended_ == W) report(out);
    }

    /// Errors and status of the ended fits, a pack at once.
    void report(program::BatchResults const& out)
    {
        using program::Status;
        if (num_ended_ == 0) return;
        int const P = plan_.num_free;
        for (int e = num_ended_; e < W; ++e) {
            for (int k = 0; k < solver::sums_size(P); ++k) lanes(ended_.sums[k])[e] = lanes(ended_.sums[k])[0];
            for (int i = 0; i < P; ++i) {
                lanes(ended_.p[i])[e] = lanes(ended_.p[i])[0];
                lanes(ended_.scale[i])[e] = lanes(ended_.scale[i])[0];
            }
        }
        solver::Lm<B, SerialTeam> lm({}, P, ended_, plan_.bmin, plan_.bmax, plan_.linear, nullptr, options());
        Flags const singular = flags(lm.covariance(variances_, column_));
        for (int e = 0; e < num_ended_; ++e) {
            Ended const& ended = ended_lane_[e];
            Index const pixel = ended.lane.pixel;
            int num_held = 0;
            for (int i = 0; i < P; ++i) num_held += lanes(ended_.open[i])[e] == T(0);
            int const dof = ended.lane.num_weighted - (P - num_held);
            auto const chisq = static_cast<double>(ended.chisq);
            for (int i = 0; i < P; ++i) {
                bool const is_held = lanes(ended_.open[i])[e] == T(0);
                out.parameters[pixel * P + i] = inside(static_cast<double>(lanes(ended_.q[i])[e]), i, is_held);
                out.standard_errors[pixel * P + i] =
                    solver::standard_error(plan_.options, static_cast<double>(lanes(variances_[i])[e]), chisq, dof);
            }
            Status status = Status::converged;
            if (ended.limited)
                status = Status::max_iterations;
            else if (singular.v[e] > T(0))
                status = Status::singular;
            else if (num_held > 0)
                status = Status::converged_at_bound;
            out.chisq[pixel] = chisq;
            out.dof[pixel] = dof;
            out.iterations[pixel] = ended.iterations;
            out.status[pixel] = status;
        }
        num_ended_ = 0;
    }

    /// A T rounds the bounds: what is reported obeys them as they were given, and lies on them where it is held.
    double inside(double v, int i, bool is_held) const
    {
        if (!plan_.options.bounded) return v;
        if (is_held)
            return std::fabs(v - plan_.bmin[i]) <= std::fabs(v - plan_.bmax[i]) ? plan_.bmin[i] : plan_.bmax[i];
        return std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
    }

    program::Plan const& plan_;
    Channels<B> const& channels_;
    PointsFit<B32, B64, Block>& fallback_;
    Engine<B, Block> engine_;
    double* y_;
    double* w_;
    T* ys_;
    T* weight_;
    B* registers_;
    B* pixel_values_;
    solver::LmArrays<B> arrays_;
    solver::LmArrays<B> ended_;
    B* variances_;
    B* column_;
    Lane lane_[W];
    Ended ended_lane_[W];
    int num_ended_ = 0;
    bool weighted_ = false;
    Index next_ = 0;
    Index last_ = 0;
};

}  // namespace warpfit::cpu
