#pragma once

#include "kernels/solver/outcome.hpp"
#include "src/backends/cpu/channels.hpp"
#include "src/backends/cpu/load.hpp"

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

/// Runs the solver with `passes` from q (in arrays) to an end. Returns max_iterations, converged, or bad_start where
/// the first sums are not `usable`.
template<class Passes, class Solver, class Usable>
program::Status iterate(Passes& passes, Solver& lm, solver::LmArrays<double> const& arrays, double energy,
                        Usable usable)
{
    passes.products(arrays.q, arrays.trial);
    if (!lm.start(true, energy) || !usable(arrays.trial)) return program::Status::bad_start;
    for (;;) {
        if (lm.propose(true)) return program::Status::converged;
        passes.products(arrays.q, arrays.trial);
        if (lm.correct(true)) passes.products(arrays.q, arrays.trial);
        if (lm.judge(true)) return program::Status::max_iterations;
    }
}

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
        , arrays_(solver::LmArrays<double>::carve(arena.take<double>(solver::LmArrays<double>::size(plan.num_free)),
                                                  plan.num_free))
        , variances_(arena.take<double>(plan.num_free))
        , column_(arena.take<double>(plan.num_free))
        , excluded_(arena.take<unsigned char>(plan.num_free))
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
        bool const partly = exclude(active);
        double const* const pixel_values =
            batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr;
        for (int i = 0; i < P; ++i) {
            double v = batch.start[pixel * P + i];
            if (!std::isfinite(v)) return solver::write_failure(plan_, out, pixel, Status::bad_start);
            if (plan_.options.bounded) v = std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
            arrays_.q[i] = v;
        }
        unsigned char const* const excluded = partly ? excluded_ : nullptr;

        int iterations = 0;
        bool const polish = plan_.options.precision == program::Precision::mixed;
        if (floats) {
            narrow_.load(y_, w_, loaded.weighted);
            narrow_.set_pixel(pixel_values, active);
            solver::Lm<double, SerialTeam> lm({}, P, arrays_, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                              solver::lm_options<float>(plan_.options));
            Status const status =
                iterate(narrow_, lm, arrays_, loaded.energy, [&](double const* sums) { return floats_can_hold(sums); });
            iterations = static_cast<int>(lm.iterations());
            if (status != Status::bad_start) {
                if (!polish) return finish(lm, narrow_, status, loaded, iterations, out, pixel);
                if (status == Status::max_iterations || !lm.foreseeable()) lm.settle(solver::not_a_number());
            } else {
                // Sums or values that a float cannot hold: the same fit in double.
                for (int i = 0; i < P; ++i) arrays_.q[i] = clamped_start(batch, pixel, i);
            }
        }
        wide_.load(y_, w_, loaded.weighted);
        wide_.set_pixel(pixel_values, active);
        solver::Lm<double, SerialTeam> lm({}, P, arrays_, plan_.bmin, plan_.bmax, plan_.linear, excluded,
                                          solver::lm_options<double>(plan_.options));
        Status status = iterate(wide_, lm, arrays_, loaded.energy, [](double const*) { return true; });
        iterations += static_cast<int>(lm.iterations());
        if (status == Status::bad_start) return solver::write_failure(plan_, out, pixel, status);
        finish(lm, wide_, status, loaded, iterations, out, pixel);
    }

  private:
    static constexpr Channels<B32> nothing{};

    double clamped_start(program::PixelBatch const& batch, Index pixel, int i) const
    {
        double const v = batch.start[pixel * plan_.num_free + i];
        return plan_.options.bounded ? std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]) : v;
    }

    /// Products of float columns must neither vanish nor overflow at the start.
    bool floats_can_hold(double const* sums) const
    {
        for (int i = 0; i < plan_.num_free; ++i) {
            double const d = sums[solver::packed(i, i)];
            if (!(d < 1e30) || (d < 1e-28 && !excluded_[i])) return false;
        }
        return true;
    }

    bool exclude(unsigned long long active)
    {
        bool any = false;
        for (int i = 0; i < plan_.num_free; ++i) excluded_[i] = 0;
        for (int t = 0; t < plan_.num_terms; ++t) {
            program::Term const& term = plan_.terms[t];
            if (term.active_bit < 0 || (active >> term.active_bit & 1u)) continue;
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
                if (plan_.slots[s].kind == program::SlotKind::free) excluded_[plan_.slots[s].index] = 1;
            any = true;
        }
        // A parameter of a component that is off may still move others through twins.
        for (int t = 0; any && t < plan_.num_twins; ++t) include_parent(plan_.twins[t], active);
        return any;
    }

    void include_parent(program::Twin const& twin, unsigned long long active)
    {
        for (int t = 0; t < plan_.num_terms; ++t) {
            program::Term const& term = plan_.terms[t];
            bool const mine = twin.slot >= term.first_slot && twin.slot < term.first_slot + term.num_slots;
            if (!mine || (term.active_bit >= 0 && !(active >> term.active_bit & 1u))) continue;
            int parent = twin.parent;
            for (int k = plan_.num_twins - 1; k >= 0; --k)
                if (plan_.twins[k].slot == parent) parent = plan_.twins[k].parent;
            if (plan_.slots[parent].kind == program::SlotKind::free) excluded_[plan_.slots[parent].index] = 0;
        }
    }

    template<class Solver, class Passes>
    void finish(Solver& lm, Passes& passes, program::Status status, LoadedPixel const& loaded, int iterations,
                program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        double const chisq = lm.settle(status == Status::converged ? passes.value(arrays_.q) : solver::not_a_number()) /
                             (loaded.scale * loaded.scale);
        bool const singular = lm.covariance(true, variances_, column_);
        int held = 0;
        bool at_bound = false;
        for (int i = 0; i < P; ++i) {
            held += lm.held(i) != 0.0;
            at_bound = at_bound || (lm.held(i) != 0.0 && !excluded_[i]);
        }
        int const dof = loaded.num_weighted - (P - held);
        for (int i = 0; i < P; ++i) {
            double const variance = variances_[i] * loaded.scale * loaded.scale;
            out.parameters[pixel * P + i] = excluded_[i] ? solver::not_a_number() : arrays_.q[i];
            out.standard_errors[pixel * P + i] =
                excluded_[i] ? solver::not_a_number() : solver::standard_error(plan_.options, variance, chisq, dof);
        }
        if (status == Status::converged && singular) status = Status::singular;
        if (status == Status::converged && at_bound) status = Status::converged_at_bound;
        out.chisq[pixel] = chisq;
        out.dof[pixel] = dof;
        out.iterations[pixel] = iterations;
        out.status[pixel] = status;
    }

    program::Plan const& plan_;
    bool has_narrow_;
    Narrow narrow_;
    Wide wide_;
    double* y_;
    double* w_;
    solver::LmArrays<double> arrays_;
    double* variances_;
    double* column_;
    unsigned char* excluded_;
};

}  // namespace warpfit::cpu
