#pragma once

#include "src/backends/cpu/points.hpp"

#include <bit>
#include <utility>

/// One pixel a lane: for signals too small to fill the lanes with channels. A lane is refilled as soon as its fit ends.
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
        , arrays_(solver::LmArrays<B>::carve(arena.take<B>(solver::LmArrays<B>::size(plan.num_free)), plan.num_free))
        , variances_(arena.take<B>(plan.num_free))
        , column_(arena.take<B>(plan.num_free))
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index first, Index last)
    {
        weighted_ = is_weighted(plan_, batch);
        narrow_ = sizeof(T) == 4 && floats_hold(batch);
        next_ = first;
        last_ = last;
        if (!run_fixed(std::make_integer_sequence<int, most_fixed>{}, batch, out)) run(plan_.num_free, batch, out);
    }

  private:
    /// Up to so many free parameters the solver is compiled for their number: it has no loops then. Builds for
    /// debugging and sanitizers are spared most of that.
#ifdef NDEBUG
    static constexpr int most_fixed = 7;
#else
    static constexpr int most_fixed = 2;
#endif

    using Bits = unsigned;  ///< one a lane
    using Mask = math::MaskOf<B>;

    struct Lane
    {
        Index pixel;
        int num_weighted;
    };

    static T* lanes(B& pack)
    {
        return reinterpret_cast<T*>(&pack);
    }

    /// false: more free parameters than the solver was compiled for.
    template<int... I>
    bool run_fixed(std::integer_sequence<int, I...>, program::PixelBatch const& batch, program::BatchResults const& out)
    {
        return ((plan_.num_free == I + 1 && (run(solver::Fixed<I + 1>{}, batch, out), true)) || ...);
    }

    template<class Count>
    void run(Count P, program::PixelBatch const& batch, program::BatchResults const& out)
    {
        solver::Lm<B, SerialTeam, Count> lm({}, P, arrays_, plan_.bmin, plan_.bmax, plan_.linear, nullptr, options());
        Bits busy = 0;
        for (int l = 0; l < W; ++l) {
            for (int i = 0; i < P; ++i) lanes(arrays_.q[i])[l] = T(1);
            for (int i = 0; i < plan_.num_channels; ++i) ys_[i * W + l] = weight_[i * W + l] = T(0);
            for (int k = 0; k < plan_.num_pixel_values; ++k) lanes(pixel_values_[k])[l] = T(1);
            energy_[l] = T(0);
            if (fill(P, batch, out, l)) busy |= 1u << l;
        }
        Bits fresh = busy;   // the next pass is their first
        Bits corrected = 0;  // wait for one more pass before their trial is judged; no trial is corrected twice
        while (busy != 0) {
            products();
            corrected = lane_bits(lm.correct(Mask::of(busy & ~fresh & ~corrected)));
            Bits const judged = busy & ~fresh & ~corrected;
            Mask const limit = lm.judge(Mask::of(judged));
            Bits bad = 0;
            if (fresh != 0) bad = fresh & ~lane_bits(lm.start(Mask::of(fresh), B::load(energy_)) & in_range(P));
            // A lane whose step count is spent reports what it has accepted.
            Bits const done = lane_bits(lm.propose(Mask::of(judged | fresh)));
            Bits const ended = bad | lane_bits(limit) | done;
            fresh = 0;
            if (ended == 0) continue;
            report(P, lm, out, ended & ~bad, limit);
            for (Bits rest = ended; rest != 0; rest &= rest - 1) {
                int const l = std::countr_zero(rest);
                Bits const bit = 1u << l;
                if (bad & bit) fallback_.fit(batch, out, lane_[l].pixel);
                if (fill(P, batch, out, l))
                    fresh |= bit;
                else
                    busy &= ~bit;
            }
        }
    }

    solver::LmOptions options() const
    {
        return solver::lm_options<T, T>(plan_.options);
    }

    /// Whether data, variances and weights are floats in all but name: what is read from them loses nothing.
    static bool floats_hold(program::PixelBatch const& batch)
    {
        using program::VarianceKind;
        auto const ordinary = [](double v) { return v > 1e-12 && v < 1e12; };
        if (!is_float_exact(batch.signal.type)) return false;
        switch (batch.variance_kind) {
        case VarianceKind::none:
            return true;
        case VarianceKind::stored:
            return is_float_exact(batch.variance.type);
        case VarianceKind::number:
            return ordinary(batch.variance_number);
        case VarianceKind::poisson:  // of counts; a float times the gain may be none
            return batch.signal.type != program::Type::f32 && ordinary(batch.variance_number) &&
                   (batch.variance_offset == 0.0 || ordinary(batch.variance_offset));
        default:
            return false;
        }
    }

    /// Puts the next pixel that can be fitted into lane l; false: none is left.
    template<class Count>
    bool fill(Count P, program::PixelBatch const& batch, program::BatchResults const& out, int l)
    {
        using program::Status;
        for (; next_ < last_; ++next_) {
            Index const pixel = next_;
            if (batch.masked && batch.masked[pixel]) {
                solver::write_failure(plan_, out, pixel, Status::masked);
                continue;
            }
            LoadedPixel const loaded = narrow_ ? read<B32>(batch, pixel, l) : read<B64>(batch, pixel, l);
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
            lane_[l] = {pixel, loaded.num_weighted};
            energy_[l] = static_cast<T>(loaded.energy);
            for (int i = 0; i < P; ++i) {
                double v = batch.start[pixel * P + i];
                if (plan_.options.bounded) v = std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
                lanes(arrays_.q[i])[l] = static_cast<T>(v);
            }
            for (int k = 0; k < plan_.num_pixel_values; ++k)
                lanes(pixel_values_[k])[l] = static_cast<T>(batch.pixel_values[pixel * plan_.num_pixel_values + k]);
            ++next_;
            return true;
        }
        lane_[l].pixel = -1;
        return false;
    }

    /// Data and weights of a pixel into lane l, by way of the element type of In.
    template<class In>
    LoadedPixel read(program::PixelBatch const& batch, Index pixel, int l)
    {
        using Element = typename In::Element;
        Element* const y = reinterpret_cast<Element*>(y_);
        Element* const w = reinterpret_cast<Element*>(w_);
        LoadedPixel const loaded = load_pixel<T, In>(plan_, batch, pixel, y, w);
        for (int i = 0; i < plan_.num_channels; ++i) ys_[i * W + l] = static_cast<T>(y[i]);
        if (weighted_)
            for (int i = 0; i < plan_.num_channels; ++i) weight_[i * W + l] = static_cast<T>(w[i]);
        return loaded;
    }

    void products()
    {
        program::evaluate_slots(plan_, arrays_.q, pixel_values_, engine_.values(), engine_.factors(), engine_.targets(),
                                registers_);
        engine_.prepare(~0ull, nullptr);
        engine_.products(reinterpret_cast<B const*>(ys_), weighted_ ? reinterpret_cast<B const*>(weight_) : nullptr,
                         arrays_.trial, [] {});
    }

    /// Lanes whose products a T can hold.
    template<class Count>
    Mask in_range(Count P) const
    {
        double const limit = sizeof(T) == 4 ? 1e28 : 1e280;
        Mask good = B(0) < B(1);
        for (int i = 0; i < P; ++i) {
            B const d = arrays_.trial[solver::packed(i, i)];
            good = good & (d < B(limit)) & (d > B(1.0 / limit));
        }
        return good;
    }

    /// Values, errors and status of the lanes that ended; those of `limit` have spent their iterations.
    template<class Count, class Solver>
    void report(Count P, Solver& lm, program::BatchResults const& out, Bits ended, Mask const& limit)
    {
        using program::Status;
        if (ended == 0) return;
        for (int i = 0; i < P; ++i) arrays_.q[i] = math::select(limit, arrays_.p[i], arrays_.q[i]);
        // The last step is not followed by a pass: its decrease is known to the tolerance times itself.
        B const predicted = math::select(math::is_finite(lm.predicted()), lm.predicted(), B(0));
        B const left = math::select(limit, lm.chi2(), math::max(lm.chi2() - predicted, B(0)));
        alignas(64) T chi2[W], steps[W];
        left.store(chi2);
        lm.iterations().store(steps);
        Bits const limited = lane_bits(limit);
        Bits const singular = lane_bits(lm.covariance(Mask::of(ended), variances_, column_));
        for (; ended != 0; ended &= ended - 1) {
            int const l = std::countr_zero(ended);
            Index const pixel = lane_[l].pixel;
            int num_held = 0;
            for (int i = 0; i < P; ++i) num_held += lanes(arrays_.open[i])[l] == T(0);
            int const dof = lane_[l].num_weighted - (P - num_held);
            auto const chisq = static_cast<double>(chi2[l]);
            for (int i = 0; i < P; ++i) {
                bool const is_held = lanes(arrays_.open[i])[l] == T(0);
                out.parameters[pixel * P + i] = inside(static_cast<double>(lanes(arrays_.q[i])[l]), i, is_held);
                out.standard_errors[pixel * P + i] =
                    solver::standard_error(plan_.options, static_cast<double>(lanes(variances_[i])[l]), chisq, dof);
            }
            Status status = Status::converged;
            if (limited >> l & 1u)
                status = Status::max_iterations;
            else if (singular >> l & 1u)
                status = Status::singular;
            else if (num_held > 0)
                status = Status::converged_at_bound;
            out.chisq[pixel] = chisq;
            out.dof[pixel] = dof;
            out.iterations[pixel] = static_cast<int>(steps[l]);
            out.status[pixel] = status;
        }
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
    B* variances_;
    B* column_;
    Lane lane_[W];
    alignas(64) T energy_[W];
    bool weighted_ = false;
    bool narrow_ = false;  ///< data are read by way of floats
    Index next_ = 0;
    Index last_ = 0;
};

}  // namespace warpfit::cpu
