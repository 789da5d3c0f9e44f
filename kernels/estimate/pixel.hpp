#pragma once

#include "kernels/estimate/best.hpp"
#include "kernels/estimate/plan.hpp"
#include "kernels/estimate/polynomial.hpp"
#include "kernels/estimate/term_values.hpp"
#include "kernels/program/slots.hpp"

namespace warpfit::estimate {

/// Memory of the team and of one member, in doubles.
struct Memory
{
    static constexpr int num_sums = 8;     ///< the longest sum
    static constexpr int num_points = 10;  ///< of a lower envelope

    double* slots;    ///< [num_slots]
    double* sums;     ///< [num_sums]
    double* best;     ///< [2 team size]
    double* scratch;  ///< [scratch_size()], of rank 0 but for what a function shares
    double* left;     ///< [num_channels] data without what is estimated already
    double* values;   ///< [num_channels]
    double* more;     ///< [num_channels]
    TermMemory term;

    WARPFIT_HD Memory(Plan const& plan, int team_size, double* shared, double* channels, double* mine)
        : slots(shared)
        , sums(slots + plan.model.num_slots)
        , best(sums + num_sums)
        , scratch(best + 2 * team_size)
        , left(channels)
        , values(left + row_size(plan))
        , more(values + row_size(plan))
        , term{scratch + scratch_size(plan.model), mine}
    {}

    WARPFIT_HD static Index shared_size(Plan const& plan, int team_size)
    {
        return plan.model.num_slots + num_sums + 2 * team_size + scratch_size(plan.model) +
               TermMemory::pixel_size(plan.model);
    }
    WARPFIT_HD static Index channels_size(Plan const& plan) { return 3 * static_cast<Index>(row_size(plan)); }
    WARPFIT_HD static int private_size(Plan const& plan) { return TermMemory::private_size(plan.model); }

  private:
    /// Of `values` and `more`, which serve an envelope's points, too.
    WARPFIT_HD static int row_size(Plan const& plan)
    {
        return plan.model.num_channels > num_points ? plan.model.num_channels : num_points;
    }

    /// For twins, which evaluate_slots() wants much for; for polynomials with an envelope's points.
    WARPFIT_HD static int scratch_size(program::Plan const& plan)
    {
        int const twins = program::max_scalar_registers + 2 * plan.num_slots;
        int most = 0;
        for (int t = 0; t < plan.num_terms; ++t)
            if (plan.terms[t].num_slots > most) most = plan.terms[t].num_slots;
        int const polynomial = PolynomialFit::size(most) + 4 * num_points;
        return twins > polynomial ? twins : polynomial;
    }
};

/// A pixel whose start values are estimated by a team. Every member holds its own; numbers that they compute from
/// shared arrays are the same for all. Functions end with a sync where they write what others read.
template<Team T>
class Pixel
{
  public:
    WARPFIT_HD Pixel(T const& members, Plan const& estimates, Memory const& arrays)
        : team(members)
        , plan(estimates)
        , model(estimates.model)
        , memory(arrays)
    {}

    T const team;
    Plan const& plan;
    program::Plan const& model;
    Memory const memory;

    WARPFIT_HD int num_channels() const { return model.num_channels; }
    WARPFIT_HD program::Term const& term(Subject const& subject) const { return model.terms[subject.term]; }
    WARPFIT_HD double* slots(Subject const& subject) const { return memory.slots + term(subject).first_slot; }
    WARPFIT_HD bool keeps(Subject const& subject, int slot) const
    {
        return plan.keeps[term(subject).first_slot + slot] != 0;
    }

    /// Calls act(c) for the channels of this member.
    template<class F>
    WARPFIT_HD void for_own(F const& act) const
    {
        for (int c = team.rank(); c < model.num_channels; c += team.size()) act(c);
    }

    /// Totals of add(c, mine) over the channels of [first, last) into memory.sums [N].
    template<int N, class F>
    WARPFIT_HD void sum(int first, int last, F const& add) const
    {
        constexpr int chains = 4;  // of additions that do not wait for each other
        double mine[chains][N] = {};
        int const step = team.size();
        int c = first + team.rank();
        for (; c + (chains - 1) * step < last; c += chains * step) {
            WARPFIT_UNROLL
            for (int k = 0; k < chains; ++k) add(c + k * step, mine[k]);
        }
        for (; c < last; c += step) add(c, mine[0]);
        for (int i = 0; i < N; ++i) mine[0][i] = (mine[0][i] + mine[1][i]) + (mine[2][i] + mine[3][i]);
        team.sum(mine[0], N, memory.sums);
    }

    /// Rank 0 writes slots. Nobody may read them since the last sync.
    template<class F>
    WARPFIT_HD void write(F const& act) const
    {
        if (team.rank() == 0) act();
        team.sync();
    }

    /// Within write(): a value that is not kept, inside its bounds.
    WARPFIT_HD void set(Subject const& subject, int slot, double value) const
    {
        int const s = term(subject).first_slot + slot;
        if (!plan.keeps[s] && math::is_finite(value)) memory.slots[s] = within_bounds(s, value);
    }

    WARPFIT_HD double within_bounds(int slot, double value) const
    {
        double low, high;
        bounds(slot, low, high);
        return value < low ? low : high < value ? high : value;
    }

    WARPFIT_HD void bounds(int slot, double& low, double& high) const
    {
        program::Slot const& at = model.slots[slot];
        bool const has = at.kind == program::SlotKind::free && model.options.bounded;
        low = has ? model.bmin[at.index] : -no_bound;
        high = has ? model.bmax[at.index] : no_bound;
    }

    /// Within write(): a derived quantity that was given (a height) stays, as what it depends on (a width) is
    /// estimated.
    WARPFIT_HD void follow(Subject const& subject) const
    {
        for (int g = 0; g < plan.num_given; ++g) {
            Given const& given = plan.given[g];
            if (given.first_slot != term(subject).first_slot || !plan.keeps[given.slot]) continue;
            program::ExpressionCode const& code = model.codes[given.code];
            double* const registers = memory.term.pixel;
            for (int k = 0; k < code.num_slots; ++k) registers[k] = memory.slots[given.first_slot + k];
            detail::run_code(code, code.pixel_code, code.pixel_size, registers, nullptr, nullptr, registers);
            double const value = program::read<double>(code, code.value, registers, nullptr, nullptr);
            if (math::is_finite(value)) memory.slots[given.slot] = within_bounds(given.slot, value);
        }
    }

    /// The subject's values in the channels of this member into memory.values.
    WARPFIT_HD void evaluate(Subject const& subject) const
    {
        term_values(team, model, subject.term, memory.slots, memory.term, memory.values);
    }

    /// Takes the subject's values from what is left. Ends with a sync.
    WARPFIT_HD void subtract(Subject const& subject) const
    {
        evaluate(subject);
        for_own([&](int c) {
            if (math::is_finite(memory.values[c])) memory.left[c] -= memory.values[c];
        });
        team.sync();
    }
};

}  // namespace warpfit::estimate
