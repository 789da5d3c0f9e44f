#pragma once

#include "src/backends/cpu/points.hpp"

#include <algorithm>
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
        , correlations_(arena.take<B>(plan.num_pairs))
    {}

    void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index first, Index last)
    {
        weighted_ = is_weighted(plan_, batch);
        narrow_ = sizeof(T) == 4 && floats_hold(batch);
        in_place_ = !weighted_ && are_floats_in_place(plan_, batch.signal);
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
        // Lanes without a pixel take part in every step, to no effect: not with what the memory held before.
        std::fill_n(arrays_.p, solver::LmArrays<B>::size(P), B(T(0)));
        for (int l = 0; l < W; ++l) {
            for (int i = 0; i < P; ++i) lanes(arrays_.q[i])[l] = T(1);
            for (int i = 0; i < plan_.num_channels; ++i) ys_[i * W + l] = weight_[i * W + l] = T(0);
            for (int k = 0; k < plan_.num_pixel_values; ++k) lanes(pixel_values_[k])[l] = T(1);
            energy_[l] = num_weighted_[l] = T(0);
            if (fill(P, batch, out, l)) busy |= 1u << l;
        }
        Bits fresh = busy;   // the next pass is their first
        Bits corrected = 0;  // wait for one more pass before their trial is judged; no trial is corrected twice
        while (busy != 0) {
            products();
            corrected = lane_bits(lm.correct(Mask::of(busy & ~fresh & ~corrected)));
            Bits const judged = busy & ~fresh & ~corrected;
            Bits bad = 0;
            if (fresh != 0) bad = fresh & ~lane_bits(lm.enter(Mask::of(fresh), B::load(energy_)) & in_range(P));
            Mask const limit = lm.judge(Mask::of(judged), Mask::of(fresh));
            // A lane whose step count is spent reports what it has accepted.
            Bits const done = lane_bits(lm.propose(Mask::of(judged | fresh)));
            Bits const ended = bad | lane_bits(limit) | done;
            fresh = 0;
            if (ended == 0) continue;
            report(P, lm, out, ended & ~bad, limit);
            for (Bits rest = ended; rest != 0; rest &= rest - 1) {
                int const l = std::countr_zero(rest);
                Bits const bit = 1u << l;
                if (bad & bit) fallback_.fit(batch, out, pixel_[l]);
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
            double const* const start = batch.start + pixel * P;
            double check = 0.0;  // a finite number times zero is zero
            for (int i = 0; i < P; ++i) check += start[i] * 0.0;
            if (!(check == 0.0) && status == Status::converged) status = Status::bad_start;
            if (status != Status::converged) {
                solver::write_failure(plan_, out, pixel, status);
                continue;
            }
            if (loaded.scale != 1.0) {
                fallback_.fit(batch, out, pixel);
                continue;
            }
            pixel_[l] = pixel;
            num_weighted_[l] = static_cast<T>(loaded.num_weighted);
            energy_[l] = static_cast<T>(loaded.energy);
            for (int i = 0; i < P; ++i) {
                double v = start[i];
                if (plan_.options.bounded) v = std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
                lanes(arrays_.q[i])[l] = static_cast<T>(v);
            }
            for (int k = 0; k < plan_.num_pixel_values; ++k)
                lanes(pixel_values_[k])[l] = static_cast<T>(batch.pixel_values[pixel * plan_.num_pixel_values + k]);
            ++next_;
            return true;
        }
        return false;
    }

    /// Data and weights of a pixel into lane l, by way of the element type of In.
    template<class In>
    LoadedPixel read(program::PixelBatch const& batch, Index pixel, int l)
    {
        using Element = typename In::Element;
        if (in_place_) {
            auto const* const from = reinterpret_cast<float const*>(static_cast<std::byte const*>(batch.signal.data) +
                                                                    pixel * batch.signal.pixel_stride) +
                                     plan_.runs[0].first;
            double const energy = sum_of_squares<B32>(from, plan_.num_channels);
            if (tells_harmless<T>(energy, plan_.num_channels) && plan_.num_channels >= plan_.num_free) {
                spread(from, ys_ + l);
                return {program::Status::converged, plan_.num_channels, energy, 1.0, false};
            }
        }
        Element* const y = reinterpret_cast<Element*>(y_);
        Element* const w = reinterpret_cast<Element*>(w_);
        LoadedPixel const loaded = load_pixel<T, In>(plan_, batch, pixel, y, w);
        spread(y, ys_ + l);
        if (weighted_) spread(w, weight_ + l);
        return loaded;
    }

    /// One number a channel into a lane of the channels' packs.
    template<class From>
    void spread(From const* from, T* lane) const
    {
        int const n = plan_.num_channels;
#pragma GCC unroll 4
        for (int i = 0; i < n; ++i) lane[i * W] = static_cast<T>(from[i]);
    }

    void products()
    {
        engine_.evaluate_slots(arrays_.q, pixel_values_, registers_);
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
        // The last step is not followed by a pass: its decrease is known to the tolerance times itself, or it is not
        // taken.
        Mask const over = Mask::of(ended);
        Mask const stays = limit | (over & !lm.foreseeable());
        for (int i = 0; i < P; ++i) arrays_.q[i] = math::select(stays, arrays_.p[i], arrays_.q[i]);
        B const predicted = math::select(math::is_finite(lm.predicted()), lm.predicted(), B(0));
        B const left = math::select(stays, lm.chi2(), math::max(lm.chi2() - predicted, B(0)));
        Bits const limited = lane_bits(limit);
        Bits const singular = lane_bits(lm.covariance(over, variances_, column_));
        if (out.correlations)
            lm.correlations(plan_.pairs, plan_.num_pairs, variances_, [&](int k, B const& v) { correlations_[k] = v; });
        B num_held(0);
        for (int i = 0; i < P; ++i) num_held += lm.held(i);
        Bits const at_bound = lane_bits(num_held > B(0));
        B const dof = B::load(num_weighted_) - (B(static_cast<int>(P)) - num_held);
        for (int i = 0; i < P; ++i) variances_[i] = solver::standard_error(plan_.options, variances_[i], left, dof);
        alignas(64) T chi2[W], degrees[W], steps[W];
        left.store(chi2);
        dof.store(degrees);
        lm.iterations().store(steps);
        for (; ended != 0; ended &= ended - 1) {
            int const l = std::countr_zero(ended);
            Index const pixel = pixel_[l];
            double* const parameters = out.parameters + pixel * P;
            double* const errors = out.standard_errors + pixel * P;
            for (int i = 0; i < P; ++i) {
                parameters[i] = static_cast<double>(lanes(arrays_.q[i])[l]);
                errors[i] = static_cast<double>(lanes(variances_[i])[l]);
            }
            if (plan_.options.bounded)
                for (int i = 0; i < P; ++i) parameters[i] = inside(parameters[i], i, lanes(arrays_.open[i])[l] == T(0));
            Status status = Status::converged;
            if (limited >> l & 1u)
                status = Status::max_iterations;
            else if (singular >> l & 1u)
                status = Status::singular;
            else if (at_bound >> l & 1u)
                status = Status::converged_at_bound;
            for (int k = 0; out.correlations && k < plan_.num_pairs; ++k)
                out.correlations[pixel * plan_.num_pairs + k] = static_cast<double>(lanes(correlations_[k])[l]);
            out.chisq[pixel] = static_cast<double>(chi2[l]);
            out.dof[pixel] = static_cast<int>(degrees[l]);
            out.iterations[pixel] = static_cast<int>(steps[l]);
            out.status[pixel] = status;
        }
    }

    /// A T rounds the bounds: what is reported obeys them as they were given, and lies on them where it is held.
    double inside(double v, int i, bool is_held) const
    {
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
    B* correlations_;
    Index pixel_[W];
    alignas(64) T energy_[W];
    alignas(64) T num_weighted_[W];
    bool weighted_ = false;
    bool narrow_ = false;    ///< data are read by way of floats
    bool in_place_ = false;  ///< data are floats that need no more than to be copied
    Index next_ = 0;
    Index last_ = 0;
};

}  // namespace warpfit::cpu
