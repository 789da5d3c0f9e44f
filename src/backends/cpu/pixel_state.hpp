#pragma once

#include "kernels/solver/outcome.hpp"
#include "src/backends/cpu/arena.hpp"
#include "src/backends/cpu/load.hpp"

#include <cmath>

/// What a fit of one pixel in double keeps besides its passes: from start values to results.
namespace warpfit::cpu {

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

class PixelState
{
  public:
    PixelState(program::Plan const& plan, Arena& arena)
        : plan_(plan)
        , arrays_(solver::LmArrays<double>::carve(arena.take<double>(solver::LmArrays<double>::size(plan.num_free)),
                                                  plan.num_free))
        , variances_(arena.take<double>(plan.num_free))
        , column_(arena.take<double>(plan.num_free))
        , excluded_(arena.take<unsigned char>(plan.num_free))
    {}

    solver::LmArrays<double> const& arrays() const { return arrays_; }
    bool is_excluded(int i) const { return excluded_[i] != 0; }

    /// Puts the start values, within bounds, where the solver looks for them. false: one is not finite.
    bool start(program::PixelBatch const& batch, Index pixel)
    {
        for (int i = 0; i < plan_.num_free; ++i) {
            double v = batch.start[pixel * plan_.num_free + i];
            if (!std::isfinite(v)) return false;
            if (plan_.options.bounded) v = std::fmin(std::fmax(v, plan_.bmin[i]), plan_.bmax[i]);
            arrays_.q[i] = v;
        }
        return true;
    }

    /// Marks the parameters of terms that are off. active: bit per term with an active map. Null: all take part.
    unsigned char const* exclude(unsigned long long active)
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
        return any ? excluded_ : nullptr;
    }

    /// Writes the results of a pixel whose iterations ended as `status`: not bad_start.
    template<class Solver, class Passes>
    void finish(Solver& lm, Passes& passes, program::Status status, LoadedPixel const& loaded, int iterations,
                program::BatchResults const& out, Index pixel)
    {
        using program::Status;
        int const P = plan_.num_free;
        double const chisq = lm.settle(status == Status::converged ? passes.value(arrays_.q) : solver::not_a_number()) /
                             (loaded.scale * loaded.scale);
        bool const singular = lm.covariance(true, variances_, column_);
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

  private:
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

    program::Plan const& plan_;
    solver::LmArrays<double> arrays_;
    double* variances_;
    double* column_;
    unsigned char* excluded_;
};

}  // namespace warpfit::cpu
