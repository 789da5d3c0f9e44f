#pragma once

#include "kernels/program/program.hpp"
#include "kernels/solver/lm.hpp"
#include "kernels/solver/load_pixel.hpp"
#include "kernels/solver/outcome.hpp"

/// The fit of one pixel by a team: the passes over the channels, the solver's steps between them, the outcome.
namespace warpfit::solver {

/// Memory of the team and of one member, all aligned to 8 bytes.
struct FitMemory
{
    double* shared;  ///< [shared_size(num_free, team size)]
    double* data;    ///< [2 num_channels], shared
    double* mine;    ///< [private_size(num_free)], of this member

    WARPFIT_HD static constexpr int shared_size(int num_free, int team_size)
    {
        return LmArrays<double>::size(num_free) + sums_size(num_free) + 2 + 2 * num_free + team_size;
    }
    WARPFIT_HD static constexpr int private_size(int num_free) { return sums_size(num_free) + num_free + 1; }
};

/// Stands for the float program of a plan that is fitted in double.
struct NoProgram
{
    using Real = float;
};

/// Narrow: the plan's program in float, or NoProgram. Wide: the same in double, which also takes over where a float
/// cannot hold the sums. Every member makes its own PixelFit with the shared memory of its team.
template<Team T, class Narrow, program::Program Wide>
class PixelFit
{
  public:
    WARPFIT_HD PixelFit(T const& team, program::Plan const& plan, Narrow& narrow, Wide& wide, FitMemory const& memory)
        : team_(team)
        , plan_(plan)
        , narrow_(narrow)
        , wide_(wide)
        , memory_(memory)
    {
        int const P = plan.num_free;
        lm_ = LmArrays<double>::carve(memory.shared, P);
        part_ = memory.shared + LmArrays<double>::size(P);
        variances_ = part_ + sums_size(P) + 2;
        excluded_ = reinterpret_cast<unsigned char*>(variances_ + P);
        largest_ = variances_ + 2 * P;
    }

    /// Writes the outcome of one pixel of the batch. Ends with a sync.
    WARPFIT_HD void fit(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        Status const failure = begin(batch, pixel);
        if (failure == Status::converged)
            run(batch, out, pixel);
        else
            fail(out, pixel, failure);
        team_.sync();
    }

  private:
    static constexpr bool has_narrow = program::Program<Narrow>;

    /// A member sums at most this many channels before the team folds them into double.
    template<class Real>
    static constexpr int longest_sum = sizeof(Real) == 4 ? 64 : 1 << 24;

    /// What can be known before the data are read. converged: go on.
    WARPFIT_HD program::Status begin(program::PixelBatch const& batch, Index pixel)
    {
        using program::Status;
        if (batch.masked && batch.masked[pixel]) return Status::masked;
        inputs_.values = batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr;
        inputs_.active = batch.active ? batch.active[pixel] : ~0ull;
        partly_ = exclude();
        return Status::converged;
    }

    WARPFIT_HD void fail(program::BatchResults const& out, Index pixel, program::Status status) const
    {
        if (team_.rank() == 0) write_failure(plan_, out, pixel, status);
    }

    WARPFIT_HD void run(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int iterations = 0;
        bool started = false;
        if constexpr (has_narrow) {
            bool const polish = plan_.options.precision == program::Precision::mixed;
            Status const status = attempt(narrow_, batch, out, pixel, polish, false, iterations);
            if (status == Status::bad_input || status == Status::too_few_channels) return fail(out, pixel, status);
            if (status != Status::bad_start && !polish) return;
            started = status != Status::bad_start;
        }
        Status const status = attempt(wide_, batch, out, pixel, false, started, iterations);
        if (status == Status::bad_input || status == Status::too_few_channels || status == Status::bad_start)
            fail(out, pixel, status);
    }

    /// Fits with one program. goes_on: leaves what was found in q, for another. started: q is where to begin.
    template<class P>
    WARPFIT_HD program::Status attempt(P& program, program::PixelBatch const& batch, program::BatchResults const& out,
                                       Index pixel, bool goes_on, bool started, int& iterations)
    {
        using Real = typename P::Real;
        using program::Status;
        Real* const y = reinterpret_cast<Real*>(memory_.data);
        Real* const weight = reinterpret_cast<Real*>(memory_.data + plan_.num_channels);
        LoadedPixel const loaded = load_pixel(team_, plan_, batch, pixel, y, weight, part_, largest_);
        if (loaded.status != Status::converged) return loaded.status;
        if (!started && !set_start(batch, pixel)) return Status::bad_start;

        Lm<double, T> lm(team_, plan_.num_free, lm_, plan_.bmin, plan_.bmax, plan_.linear,
                         partly_ ? excluded_ : nullptr, lm_options<Real>(plan_.options));
        products(program, y, weight);
        bool const usable = sizeof(Real) == 8 || floats_can_hold();
        if (!lm.start(true, loaded.energy) || !usable) return Status::bad_start;
        Status status = Status::converged;
        while (!lm.propose(true)) {
            products(program, y, weight);
            if (lm.correct(true)) products(program, y, weight);
            if (lm.judge(true)) {
                status = Status::max_iterations;
                break;
            }
        }
        iterations += static_cast<int>(lm.iterations());
        if (goes_on) {
            if (status == Status::max_iterations) lm.settle(not_a_number());
            return status;
        }
        double const last = status == Status::converged ? chi2(program, y, weight) : not_a_number();
        finish(lm, status, loaded, last, iterations, out, pixel);
        return status;
    }

    /// False: the start is not finite. Ends with a sync.
    WARPFIT_HD bool set_start(program::PixelBatch const& batch, Index pixel)
    {
        bool finite = true;
        for (int i = 0; i < plan_.num_free; ++i)
            finite = finite && math::is_finite(batch.start[pixel * plan_.num_free + i]);
        if (!finite) return false;
        for (int i = team_.rank(); i < plan_.num_free; i += team_.size()) {
            double v = batch.start[pixel * plan_.num_free + i];
            if (plan_.options.bounded) v = math::min(math::max(v, plan_.bmin[i]), plan_.bmax[i]);
            lm_.q[i] = v;
        }
        team_.sync();
        return true;
    }

    /// Products of float columns must neither vanish nor overflow at the start.
    WARPFIT_HD bool floats_can_hold() const
    {
        for (int i = 0; i < plan_.num_free; ++i) {
            double const d = lm_.trial[packed(i, i)];
            if (!(d < 1e30) || (d < 1e-28 && !excluded_[i])) return false;
        }
        return true;
    }

    /// The sums at q into trial.
    template<class P>
    WARPFIT_HD void products(P& program, typename P::Real const* y, typename P::Real const* weight)
    {
        using Real = typename P::Real;
        program.prepare(team_, lm_.q, inputs_);
        int const num_free = program.num_free();
        int const size = sums_size(num_free);
        Real* const mine = reinterpret_cast<Real*>(memory_.mine);
        Real* const column = reinterpret_cast<Real*>(memory_.mine + size);
        Index const stride = static_cast<Index>(longest_sum<Real>) * team_.size();
        for (Index first = 0; first < plan_.num_channels; first += stride) {
            int const last =
                static_cast<int>(first + stride < plan_.num_channels ? first + stride : plan_.num_channels);
            for (int k = 0; k < size; ++k) mine[k] = Real(0);
            for (int c = static_cast<int>(first) + team_.rank(); c < last; c += team_.size()) {
                Real const f = program.evaluate(c, column);
                Real const w = weight[c];
                for (int i = 0; i < num_free; ++i) column[i] = column[i] * w;
                column[num_free] = y[c] - f * w;
                int k = 0;
                for (int i = 0; i <= num_free; ++i)
                    for (int j = 0; j <= i; ++j, ++k) mine[k] = mine[k] + column[i] * column[j];
            }
            fold(mine, size, first == 0, lm_.trial);
        }
    }

    /// chi2 at q.
    template<class P>
    WARPFIT_HD double chi2(P& program, typename P::Real const* y, typename P::Real const* weight)
    {
        using Real = typename P::Real;
        program.prepare(team_, lm_.q, inputs_);
        double total = 0.0;
        for (int c = team_.rank(); c < plan_.num_channels; c += team_.size()) {
            Real const residual = y[c] - program.value(c) * weight[c];
            total += static_cast<double>(residual) * static_cast<double>(residual);
        }
        team_.sum(&total, 1, part_);
        return part_[0];
    }

    /// Adds what all members summed to total, which the first call sets. Ends with a sync.
    template<class Real>
    WARPFIT_HD void fold(Real const* mine, int size, bool first, double* total)
    {
        if (first) return team_.sum(mine, size, total);
        team_.sum(mine, size, part_);
        for (int k = team_.rank(); k < size; k += team_.size()) total[k] += part_[k];
        team_.sync();
    }

    /// Marks the parameters that do not take part here because their component is off. False: all do. Others may read
    /// the marks after the next sync, of which load_pixel() has several.
    WARPFIT_HD bool exclude()
    {
        bool any = false;
        for (int t = 0; t < plan_.num_terms; ++t) any = any || !is_on(plan_.terms[t]);
        if (team_.rank() == 0) {
            for (int i = 0; i < plan_.num_free; ++i) excluded_[i] = 0;
            for (int t = 0; t < plan_.num_terms; ++t) exclude_own(plan_.terms[t]);
            // A parameter of a component that is off may still move others through twins.
            for (int t = 0; any && t < plan_.num_twins; ++t) include_parent(plan_.twins[t]);
        }
        return any;
    }

    WARPFIT_HD bool is_on(program::Term const& term) const
    {
        return term.active_bit < 0 || (inputs_.active >> term.active_bit & 1u);
    }

    WARPFIT_HD void exclude_own(program::Term const& term)
    {
        if (is_on(term)) return;
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
            if (plan_.slots[s].kind == program::SlotKind::free) excluded_[plan_.slots[s].index] = 1;
    }

    WARPFIT_HD void include_parent(program::Twin const& twin)
    {
        bool moves = false;
        for (int t = 0; t < plan_.num_terms; ++t) {
            program::Term const& term = plan_.terms[t];
            moves =
                moves || (twin.slot >= term.first_slot && twin.slot < term.first_slot + term.num_slots && is_on(term));
        }
        if (!moves) return;
        int parent = twin.parent;
        for (int k = plan_.num_twins - 1; k >= 0; --k)
            if (plan_.twins[k].slot == parent) parent = plan_.twins[k].parent;
        if (plan_.slots[parent].kind == program::SlotKind::free) excluded_[plan_.slots[parent].index] = 0;
    }

    template<class Solver>
    WARPFIT_HD void finish(Solver& lm, program::Status status, LoadedPixel const& loaded, double value, int iterations,
                           program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        double const chisq = lm.settle(value) / (loaded.scale * loaded.scale);
        bool const singular = lm.covariance(true, variances_, memory_.mine);
        int held = 0;
        bool at_bound = false;
        for (int i = 0; i < P; ++i) {
            held += lm.held(i) != 0.0;
            at_bound = at_bound || (lm.held(i) != 0.0 && !excluded_[i]);
        }
        int const dof = loaded.num_weighted - (P - held);
        for (int i = team_.rank(); i < P; i += team_.size()) {
            double const variance = variances_[i] * loaded.scale * loaded.scale;
            out.parameters[pixel * P + i] = excluded_[i] ? not_a_number() : lm_.q[i];
            out.standard_errors[pixel * P + i] =
                excluded_[i] ? not_a_number() : standard_error(plan_.options, variance, chisq, dof);
        }
        if (team_.rank() != 0) return;
        if (status == Status::converged && singular) status = Status::singular;
        if (status == Status::converged && at_bound) status = Status::converged_at_bound;
        out.chisq[pixel] = chisq;
        out.dof[pixel] = dof;
        out.iterations[pixel] = iterations;
        out.status[pixel] = status;
    }

    T team_;
    program::Plan const& plan_;
    Narrow& narrow_;
    Wide& wide_;
    FitMemory memory_;
    LmArrays<double> lm_;
    double* part_;             // shared
    double* variances_;        // shared
    double* largest_;          // shared
    unsigned char* excluded_;  // shared
    program::PixelInputs inputs_{nullptr, ~0ull};
    bool partly_ = false;
};

}  // namespace warpfit::solver
