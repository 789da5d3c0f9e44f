#pragma once

#include "kernels/components/builtins.hpp"
#include "kernels/core/team.hpp"
#include "kernels/program/interpreter.hpp"
#include "kernels/program/interpreter_program.hpp"

namespace warpfit::estimate {

/// Memory of what evaluates a term.
struct TermMemory
{
    double* pixel;  ///< [pixel_size()], shared by the team
    double* mine;   ///< [private_size()], of this member

    WARPFIT_HD static int pixel_size(program::Plan const& plan)
    {
        int most = 0;
        for (int c = 0; c < plan.num_codes; ++c)
            if (plan.codes[c].num_pixel_registers > most) most = plan.codes[c].num_pixel_registers;
        return most;
    }
    WARPFIT_HD static int private_size(program::Plan const& plan)
    {
        int most = 0;
        for (int c = 0; c < plan.num_codes; ++c) {
            int const size = plan.codes[c].num_channel_registers + plan.codes[c].num_local_registers;
            if (size > most) most = size;
        }
        return most;
    }
};

namespace detail {

// Device compilers take long over the switch of all operators: it stands in one function.
__attribute__((noinline)) WARPFIT_HD inline void run_code(program::ExpressionCode const& code,
                                                          program::Instruction const* instructions, int size,
                                                          double const* pixel, double const* channel,
                                                          double const* local, double* result)
{
    program::detail::run<double>(code, instructions, size, pixel, channel, local, result);
}

/// The registers that depend on the parameters alone. Ends with a sync.
template<Team T>
WARPFIT_HD void prepare_expression(T const& team, program::ExpressionCode const& code, double const* p, double* pixel)
{
    if (team.rank() == 0) {
        for (int k = 0; k < code.num_slots; ++k) pixel[k] = p[k];
        run_code(code, code.pixel_code, code.pixel_size, pixel, nullptr, nullptr, pixel);
    }
    team.sync();
}

template<Team T>
WARPFIT_HD void expression_values(T const& team, program::Plan const& plan, program::Term const& term, double const* p,
                                  TermMemory const& memory, double* values)
{
    program::ExpressionCode const& code = plan.codes[term.code];
    prepare_expression(team, code, p, memory.pixel);
    double* const channel = memory.mine;
    double* const local = channel + code.num_channel_registers;
    for (int c = team.rank(); c < plan.num_channels; c += team.size()) {
        channel[0] = plan.x[c];
        channel[1] = plan.y ? plan.y[c] : 0.0;
        for (int k = 2; k < code.num_channel_registers; ++k)
            channel[k] = plan.tables[static_cast<Index>(term.tables + k - 2) * plan.num_channels + c];
        run_code(code, code.value_code, code.value_size, memory.pixel, channel, local, local);
        values[c] = program::read<double>(code, code.value_only, memory.pixel, channel, local);
    }
}

/// What a component's derivatives are written to where nobody wants them: a compiler drops them.
inline constexpr int unread_slots = max_run_time_slots;

template<class C, Team T>
WARPFIT_HD void builtin_values(T const& team, program::Plan const& plan, program::Term const& term, double const* p,
                               double* values)
{
    double unread[unread_slots];
    if constexpr (requires { typename C::Hoisted; }) {
        using H = typename C::Hoisted;
        if (term.hoisted) {
            auto const q = H::template prepare<double>(p, term.num_slots);
            for (int c = team.rank(); c < plan.num_channels; c += team.size()) {
                double t[H::num_tables];
                for (int k = 0; k < H::num_tables; ++k)
                    t[k] = plan.tables[static_cast<Index>(term.tables + k) * plan.num_channels + c];
                values[c] = H::evaluate_tables(q, t, unread);
            }
            return;
        }
    }
    auto const q = C::template prepare<double>(p, term.num_slots);
    Window<double> window{-no_bound, no_bound};
    if constexpr (Windowed<C>) window = Window<double>::template of<C>(p, {plan.x[0], plan.x[plan.num_channels - 1]});
    for (int c = team.rank(); c < plan.num_channels; c += team.size()) {
        values[c] = 0.0;
        if constexpr (Windowed<C>) {
            if (!window.holds(plan.x[c])) continue;
        }
        if constexpr (C::dimension == 1)
            values[c] = C::evaluate(q, plan.x[c], unread);
        else
            values[c] = C::evaluate(q, plan.x[c], plan.y[c], unread);
    }
}

}  // namespace detail

/// Values of a term that is no function in the channels of this member, at the shared slots [num_slots], into
/// values [num_channels].
template<Team T>
__attribute__((noinline)) WARPFIT_HD void term_values(T const& team, program::Plan const& plan, int t,
                                                      double const* slots, TermMemory const& memory, double* values)
{
    program::Term const& term = plan.terms[t];
    double const* const p = slots + term.first_slot;
    if (term.component < 0) return detail::expression_values(team, plan, term, p, memory, values);
    program::detail::dispatch(components::Builtins{}, term.component, [&](auto tag) {
        detail::builtin_values<typename decltype(tag)::type>(team, plan, term, p, values);
    });
}

}  // namespace warpfit::estimate
