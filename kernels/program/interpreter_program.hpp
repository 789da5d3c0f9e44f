#pragma once

#include "kernels/components/builtins.hpp"
#include "kernels/program/program.hpp"
#include "kernels/program/slots.hpp"
#include "kernels/program/spread_program.hpp"

namespace warpfit::program {

namespace detail {

constexpr unsigned long long larger(unsigned long long a, unsigned long long b)
{
    return a < b ? b : a;
}

template<class C, class Real>
constexpr unsigned long long prepared_bytes()
{
    unsigned long long bytes = sizeof(typename C::template Prepared<Real>);
    if constexpr (requires { typename C::Hoisted; })
        bytes = larger(bytes, sizeof(typename C::Hoisted::template Prepared<Real>));
    return bytes;
}

/// Doubles that hold what any built-in component prepares.
template<class Real, class... C>
constexpr int prepared_doubles(components::TypeList<C...>)
{
    unsigned long long bytes = 0;
    ((bytes = larger(bytes, prepared_bytes<C, Real>())), ...);
    return static_cast<int>((bytes + 7) / 8);
}

/// Calls f(Tag<C>{}) for the component at position `index`.
template<class F, class... C>
WARPFIT_HD void dispatch(components::TypeList<C...>, int index, F const& f)
{
    int i = 0;
    (void)((i++ == index ? (f(components::Tag<C>{}), true) : false) || ...);
}

}  // namespace detail

/// Runs a part of any plan without code generation. Memory is the caller's: shared_size() doubles of the team,
/// private_size() doubles of each member, all aligned to 8 bytes.
template<class RealType>
class InterpreterProgram
{
  public:
    using Real = RealType;

    WARPFIT_HD static int shared_size(Plan const& plan)
    {
        int size = 5 * plan.num_slots + max_scalar_registers;
        for (int t = 0; t < plan.num_terms; ++t) size += storage_size(plan, plan.terms[t]);
        return size;
    }

    WARPFIT_HD static int private_size(Plan const& plan) { return num_columns(plan) + 2 * num_registers(plan); }

    WARPFIT_HD InterpreterProgram(Plan const& plan, ChannelData<Real> const& channels, double* shared, double* mine,
                                  Part part = Part::channels)
        : plan_(plan)
        , channels_(channels)
        , part_(part)
    {
        int const n = plan.num_slots;
        values_ = shared;
        factors_ = values_ + n;
        registers_ = factors_ + n;
        slot_values_ = reinterpret_cast<Real*>(registers_ + max_scalar_registers);
        slot_factors_ = reinterpret_cast<Real*>(registers_ + max_scalar_registers + n);
        targets_ = reinterpret_cast<int*>(registers_ + max_scalar_registers + 2 * n);
        storage_ = registers_ + max_scalar_registers + 3 * n;
        columns_ = reinterpret_cast<Real*>(mine);
        channel_ = reinterpret_cast<Real*>(mine + num_columns(plan));
        local_ = reinterpret_cast<Real*>(mine + num_columns(plan) + num_registers(plan));
    }

    InterpreterProgram(InterpreterProgram const&) = delete;
    InterpreterProgram& operator=(InterpreterProgram const&) = delete;

    WARPFIT_HD int num_free() const { return plan_.num_free; }

    template<Team T>
    WARPFIT_HD void prepare(T const& team, double const* free, PixelInputs const& inputs)
    {
        active_ = inputs.active;
        if (team.rank() == 0) evaluate_slots(plan_, free, inputs.values, values_, factors_, targets_, registers_);
        team.sync();
        for (int t = team.rank(); t < plan_.num_terms; t += team.size()) set_slots(plan_.terms[t]);
        double* storage = storage_;
        for (int t = 0; t < plan_.num_terms; ++t) {
            bool const mine = t % team.size() == team.rank() && is_of(plan_, t, part_);
            if (mine) prepare_term(plan_.terms[t], storage);
            storage += storage_size(plan_, plan_.terms[t]);
        }
        team.sync();
    }

    WARPFIT_HD Real evaluate(int channel, Real* grad) const
    {
        for (int i = 0; i < plan_.num_free; ++i) grad[i] = Real(0);
        Real f = Real(0);
        double const* storage = storage_;
        for (int t = 0; t < plan_.num_terms; ++t) {
            Term const& term = plan_.terms[t];
            if (shows(t, storage, channel)) {
                f = f + evaluate_term(term, storage, channel, true);
                for (int k = 0; k < term.num_slots; ++k) {
                    int const s = term.first_slot + k;
                    if (targets_[s] >= 0) grad[targets_[s]] = grad[targets_[s]] + columns_[k] * slot_factors_[s];
                }
            }
            storage += storage_size(plan_, term);
        }
        return f;
    }

    WARPFIT_HD Real value(int channel) const
    {
        Real f = Real(0);
        double const* storage = storage_;
        for (int t = 0; t < plan_.num_terms; ++t) {
            if (shows(t, storage, channel)) f = f + evaluate_term(plan_.terms[t], storage, channel, false);
            storage += storage_size(plan_, plan_.terms[t]);
        }
        return f;
    }

    /// values, chains [num_twins]: of the plan's twins, as of the last prepare(). By one member.
    WARPFIT_HD void write_twins(double const*, PixelInputs const&, double* values, double* chains) const
    {
        for (int t = 0; t < plan_.num_twins; ++t) {
            values[t] = values_[plan_.twins[t].slot];
            chains[t] = factors_[plan_.twins[t].slot];
        }
    }

  private:
    static constexpr int prepared_size = detail::prepared_doubles<Real>(components::Builtins{});
    static constexpr int window_size = static_cast<int>(sizeof(Window<Real>) / sizeof(double));

    WARPFIT_HD static int storage_size(Plan const& plan, Term const& term)
    {
        return term.component < 0 ? plan.codes[term.code].num_pixel_registers : prepared_size + window_size;
    }

    WARPFIT_HD static int num_columns(Plan const& plan)
    {
        int most = max_run_time_slots;
        for (int t = 0; t < plan.num_terms; ++t)
            if (plan.terms[t].num_slots > most) most = plan.terms[t].num_slots;
        return most;
    }

    WARPFIT_HD static int num_registers(Plan const& plan)
    {
        int most = 0;
        for (int c = 0; c < plan.num_codes; ++c) {
            if (plan.codes[c].num_channel_registers > most) most = plan.codes[c].num_channel_registers;
            if (plan.codes[c].num_local_registers > most) most = plan.codes[c].num_local_registers;
        }
        return most;
    }

    /// One of those to run, switched on, and not outside its window.
    WARPFIT_HD bool shows(int t, double const* storage, int channel) const
    {
        Term const& term = plan_.terms[t];
        if (!is_of(plan_, t, part_)) return false;
        if (term.active_bit >= 0 && !(active_ >> term.active_bit & 1u)) return false;
        return term.component < 0 ||
               reinterpret_cast<Window<Real> const*>(storage + prepared_size)->holds(channels_.x[channel]);
    }

    /// Slots that place a term on an axis are counted from that axis' origin.
    __attribute__((noinline)) WARPFIT_HD void set_slots(Term const& term)
    {
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
            slot_values_[s] = static_cast<Real>(values_[s]);
            slot_factors_[s] = static_cast<Real>(factors_[s]);
        }
        if (term.component < 0 || term.hoisted) return;
        detail::dispatch(components::Builtins{}, term.component, [&](auto tag) {
            using C = typename decltype(tag)::type;
            if constexpr (C::position >= 0) {
                int const s = term.first_slot + C::position;
                slot_values_[s] = static_cast<Real>(values_[s] - channels_.x_origin);
            }
            if constexpr (C::dimension == 2) {
                int const s = term.first_slot + C::position_y;
                slot_values_[s] = static_cast<Real>(values_[s] - channels_.y_origin);
            }
        });
    }

    template<class C>
    WARPFIT_HD void prepare_as(Term const& term, double* storage)
    {
        using Prepared = typename C::template Prepared<Real>;
        *reinterpret_cast<Prepared*>(storage) =
            C::template prepare<Real>(slot_values_ + term.first_slot, term.num_slots);
        auto& window = *reinterpret_cast<Window<Real>*>(storage + prepared_size);
        window = {static_cast<Real>(-no_bound), static_cast<Real>(no_bound)};
        if constexpr (Windowed<C>) {
            // Beside the channels what is convolved may be larger than what there is of it on them, by any number.
            if (part_ == Part::convolved || part_ == Part::constant) return;
            double p[C::num_parameters];
            for (int k = 0; k < C::num_parameters; ++k)
                p[k] = values_[term.first_slot + k] - (k == C::position ? channels_.x_origin : 0.0);
            window = Window<Real>::template of<C>(p, {channels_.x[0], channels_.x[channels_.num_channels - 1]});
        }
    }

    __attribute__((noinline)) WARPFIT_HD void prepare_term(Term const& term, double* storage)
    {
        if (term.component < 0) {
            Real* const registers = reinterpret_cast<Real*>(storage);
            for (int k = 0; k < term.num_slots; ++k) registers[k] = slot_values_[term.first_slot + k];
            run_pixel(plan_.codes[term.code], registers);
            return;
        }
        detail::dispatch(components::Builtins{}, term.component, [&](auto tag) {
            using C = typename decltype(tag)::type;
            if constexpr (requires { typename C::Hoisted; }) {
                if (term.hoisted) return prepare_as<typename C::Hoisted>(term, storage);
            }
            prepare_as<C>(term, storage);
        });
    }

    WARPFIT_HD Real table(Term const& term, int k, int channel) const
    {
        return channels_.tables[static_cast<Index>(term.tables + k) * channels_.num_channels + channel];
    }

    // Not inlined twice: device compilers take minutes over the switch of all components and operators.
    __attribute__((noinline)) WARPFIT_HD Real evaluate_term(Term const& term, double const* storage, int channel,
                                                            bool with_gradient) const
    {
        if (term.component < 0) return evaluate_expression(term, storage, channel, with_gradient);
        Real f = Real(0);
        detail::dispatch(components::Builtins{}, term.component, [&](auto tag) {
            using C = typename decltype(tag)::type;
            if constexpr (requires { typename C::Hoisted; }) {
                if (term.hoisted) {
                    using H = typename C::Hoisted;
                    Real t[H::num_tables];
                    for (int k = 0; k < H::num_tables; ++k) t[k] = table(term, k, channel);
                    auto const& q = *reinterpret_cast<typename H::template Prepared<Real> const*>(storage);
                    f = H::evaluate_tables(q, t, columns_);
                    return;
                }
            }
            auto const& q = *reinterpret_cast<typename C::template Prepared<Real> const*>(storage);
            constexpr bool is_placed = C::position >= 0;
            Real const x = is_placed ? channels_.x[channel] : channels_.x_absolute[channel];
            if constexpr (C::dimension == 2)
                f = C::evaluate(q, x, is_placed ? channels_.y[channel] : channels_.y_absolute[channel], columns_);
            else
                f = C::evaluate(q, x, columns_);
        });
        return f;
    }

    WARPFIT_HD Real evaluate_expression(Term const& term, double const* storage, int channel, bool with_gradient) const
    {
        ExpressionCode const& code = plan_.codes[term.code];
        Real const* const pixel = reinterpret_cast<Real const*>(storage);
        channel_[0] = channels_.x_absolute[channel];
        channel_[1] = channels_.y_absolute ? channels_.y_absolute[channel] : Real(0);
        for (int k = 2; k < code.num_channel_registers; ++k) channel_[k] = table(term, k - 2, channel);
        // One loop for both programs: device compilers take long over the switch of all operators.
        detail::run<Real>(code, with_gradient ? code.local_code : code.value_code,
                          with_gradient ? code.local_size : code.value_size, pixel, channel_, local_, local_);
        // Cumulative terms are expressions; an expression's first registers are its parameters.
        Real const factor = part_ == Part::beyond ? pixel[term.cumulative] : Real(1);
        if (!with_gradient) return factor * read<Real>(code, code.value_only, pixel, channel_, local_);
        Real const value = read<Real>(code, code.value, pixel, channel_, local_);
        for (int k = 0; k < term.num_slots; ++k)
            columns_[k] = factor * read<Real>(code, code.gradient[k], pixel, channel_, local_);
        if (part_ == Part::beyond) columns_[term.cumulative] = value;
        return factor * value;
    }

    Plan const& plan_;
    ChannelData<Real> const& channels_;
    Part part_;
    double* values_;     // shared
    double* factors_;    // shared
    double* registers_;  // shared, of rank 0
    Real* slot_values_;  // shared
    Real* slot_factors_;
    int* targets_;
    double* storage_;
    Real* columns_;  // private
    Real* channel_;
    Real* local_;
    unsigned long long active_ = ~0ull;
};

static_assert(Program<InterpreterProgram<double>>);

/// What terms add to other channels than their own.
template<class Real>
class InterpreterSpread : public InterpreterProgram<Real>
{
  public:
    WARPFIT_HD InterpreterSpread(Plan const& plan, ChannelData<Real> const& channels, double* shared, double* mine)
        : InterpreterProgram<Real>(plan, channels, shared, mine, plan.convolution ? Part::convolved : Part::beyond)
    {}
};

template<class Real>
using SpreadInterpreter = SpreadProgram<InterpreterProgram<Real>, InterpreterSpread<Real>>;

static_assert(Program<SpreadInterpreter<double>>);

}  // namespace warpfit::program
