#pragma once

#include "kernels/program/program.hpp"
#include "kernels/solver/lm.hpp"
#include "kernels/solver/load_pixel.hpp"
#include "kernels/solver/outcome.hpp"
#include "kernels/solver/passes.hpp"

/// The fit of one pixel by a team: loading, the solver's steps between passes over the channels, the outcome.
namespace warpfit::solver {

/// Memory of the team and of one member, all aligned to 8 bytes.
struct FitMemory
{
    double* shared;  ///< [shared_size(num_free, team size)]
    double* data;    ///< [data_size(plan)], shared: weighted data, weights, the low loss
    PassMemory pass;
    double* spread = nullptr;  ///< [SpreadProgram::scratch_size()], shared; null: nothing reaches beyond its channel

    WARPFIT_HD static constexpr int shared_size(int num_free, int team_size)
    {
        return LmArrays<double>::size(num_free) + PassMemory::part_size(num_free) + 2 * num_free + team_size;
    }
    WARPFIT_HD static constexpr int private_size(int num_free) { return num_free + 1; }
    WARPFIT_HD static Index data_size(program::Plan const& plan)
    {
        return 2 * plan.num_channels + (plan.convolution ? plan.convolution->num_low_loss + 1 : 0);
    }

    /// shared_memory [shared_size()], weighted [data_size()], columns and mine: of PassMemory.
    WARPFIT_HD FitMemory(int num_free, double* shared_memory, double* weighted, double* columns, double* mine)
        : shared(shared_memory)
        , data(weighted)
        , pass{shared_memory + LmArrays<double>::size(num_free), columns, mine}
    {}
};

/// Stands for the float program of a plan that is fitted in double.
struct NoProgram
{
    using Real = float;
};

/// Passes: how the model is reached (ProgramPasses, or what stands for it); it has the float program unless the plan is
/// fitted in double, and the double one, which also takes over where a float cannot hold the sums. Every member makes
/// its own PixelFit with the shared memory of its team.
template<Team T, class Passes>
class PixelFit
{
  public:
    WARPFIT_HD PixelFit(T const& team, program::Plan const& plan, Passes const& passes, FitMemory const& memory)
        : team_(team)
        , plan_(plan)
        , passes_(passes)
        , memory_(memory)
        , part_(memory.pass.part)
    {
        int const P = plan.num_free;
        lm_ = LmArrays<double>::carve(memory.shared, P);
        variances_ = part_ + PassMemory::part_size(P);
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
    /// What can be known before the data are read. converged: go on.
    WARPFIT_HD program::Status begin(program::PixelBatch const& batch, Index pixel)
    {
        using program::Status;
        if (batch.masked && batch.masked[pixel]) return Status::masked;
        inputs_.values = batch.pixel_values ? batch.pixel_values + pixel * plan_.num_pixel_values : nullptr;
        inputs_.active = batch.active ? batch.active[pixel] : ~0ull;
        inputs_.spread = memory_.spread;
        inputs_.low_loss = low_loss();
        partly_ = exclude();
        return Status::converged;
    }

    WARPFIT_HD void fail(program::BatchResults const& out, Index pixel, program::Status status) const
    {
        if (team_.rank() == 0) write_failure(plan_, out, pixel, status);
    }

    WARPFIT_HD void run(program::PixelBatch const& batch, program::BatchResults const& out, Index pixel)
    {
        using program::Precision;
        using program::Status;
        Precision const precision = plan_.options.precision;
        bool const mixed = precision == Precision::mixed;
        int iterations = 0;
        bool started = false;
        for (bool narrow = Passes::has_narrow && precision != Precision::float64;; narrow = false) {
            Status const status = attempt(narrow, batch, out, pixel, mixed, started, iterations);
            bool const ends = status == Status::bad_input || status == Status::too_few_channels;
            if (ends || (!narrow && status == Status::bad_start)) return fail(out, pixel, status);
            if (!narrow || (status != Status::bad_start && !mixed)) return;
            started = status != Status::bad_start;
        }
    }

    /// Fits in float (narrow) or double. polish: a float fit leaves what it found in q, for another. started: q is
    /// where to begin.
    WARPFIT_HD program::Status attempt(bool narrow, program::PixelBatch const& batch, program::BatchResults const& out,
                                       Index pixel, bool polish, bool started, int& iterations)
    {
        using program::Status;
        LoadedPixel const loaded = narrow ? load<float>(batch, pixel) : load<double>(batch, pixel);
        if (loaded.status != Status::converged) return loaded.status;
        if (!started && !set_start(batch, pixel)) return Status::bad_start;

        Lm<double, T> lm(team_, plan_.num_free, lm_, plan_.bmin, plan_.bmax, plan_.linear,
                         partly_ ? excluded_ : nullptr,
                         narrow ? lm_options<float>(plan_.options) : lm_options<double>(plan_.options));
        products(narrow);
        bool const usable = !narrow || floats_can_hold();
        if (!lm.start(true, loaded.energy) || !usable) return Status::bad_start;
        Status status = Status::converged;
        while (!lm.propose(true)) {
            products(narrow);
            if (lm.correct(true)) products(narrow);
            if (lm.judge(true)) {
                status = Status::max_iterations;
                break;
            }
        }
        iterations += static_cast<int>(lm.iterations());
        if (narrow && polish) {
            if (status == Status::max_iterations || !lm.foreseeable()) lm.settle(not_a_number());
            return status;
        }
        double const last = status == Status::converged ? chi2(narrow) : not_a_number();
        finish(lm, status, loaded, last, iterations, out, pixel);
        return status;
    }

    WARPFIT_HD double* low_loss() const { return memory_.data + 2 * plan_.num_channels; }

    template<class Real>
    WARPFIT_HD PassInput<Real> pass_input() const
    {
        Real* const y = reinterpret_cast<Real*>(memory_.data);
        Real* const weight = reinterpret_cast<Real*>(memory_.data + plan_.num_channels);
        return {lm_.q, inputs_, plan_.num_channels, y, weight};
    }

    template<class Real>
    WARPFIT_HD LoadedPixel load(program::PixelBatch const& batch, Index pixel)
    {
        Real* const y = reinterpret_cast<Real*>(memory_.data);
        Real* const weight = reinterpret_cast<Real*>(memory_.data + plan_.num_channels);
        LoadedPixel loaded = load_pixel(team_, plan_, batch, pixel, y, weight, part_, largest_);
        if (plan_.convolution && loaded.status == program::Status::converged &&
            !load_low_loss(team_, plan_, batch, pixel, reinterpret_cast<Real*>(low_loss()), part_))
            loaded.status = program::Status::bad_input;
        return loaded;
    }

    /// The sums at q into trial.
    WARPFIT_HD void products(bool narrow) const
    {
        if (Passes::has_narrow && narrow)
            passes_.products(pass_input<float>(), lm_.trial);
        else
            passes_.products(pass_input<double>(), lm_.trial);
    }

    /// chi2 at q.
    WARPFIT_HD double chi2(bool narrow) const
    {
        return Passes::has_narrow && narrow ? passes_.chi2(pass_input<float>()) : passes_.chi2(pass_input<double>());
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
        bool const singular = lm.covariance(true, variances_, memory_.pass.mine);
        if (out.correlations) {
            double* const to = out.correlations + pixel * plan_.num_pairs;
            lm.correlations(plan_.pairs, plan_.num_pairs, variances_, [to](int k, double v) { to[k] = v; });
        }
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
    Passes const& passes_;
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
