#pragma once

#include "src/backends/cpu/strip.hpp"

#include <algorithm>
#include <vector>

/// Expression code over a strip: one loop over the strip for each instruction.
namespace warpfit::cpu {

namespace detail {

/// An operand as pointer and step: 0 where the same pack serves the whole strip.
template<class B>
struct Source
{
    B const* at;
    int step;
};

template<class B>
using OperatorLoop = void (*)(B* result, Source<B> a, Source<B> b, Source<B> c, int size);

/// Operators that cost as little as the way to their operands.
template<program::OpCode Op>
inline constexpr bool is_quick = Op == program::OpCode::add || Op == program::OpCode::sub || Op == program::OpCode::mul;

template<program::OpCode Op, class B>
void operator_loop(B* result, Source<B> a, Source<B> b, Source<B> c, int size)
{
    if constexpr (is_quick<Op>) {
        // One of the two changes along the strip, or both do.
        if (b.step == 0) {
            B const v = *b.at;
            for (int s = 0; s < size; ++s) result[s] = program::apply<Op>(a.at[s], v, v);
        } else if (a.step == 0) {
            B const v = *a.at;
            for (int s = 0; s < size; ++s) result[s] = program::apply<Op>(v, b.at[s], v);
        } else {
            for (int s = 0; s < size; ++s) result[s] = program::apply<Op>(a.at[s], b.at[s], a.at[s]);
        }
    } else {
        for (int s = 0; s < size; ++s)
            result[s] = program::apply<Op>(a.at[s * a.step], b.at[s * b.step], c.at[s * c.step]);
    }
}

template<class B, int... I>
constexpr std::array<OperatorLoop<B>, sizeof...(I)> operator_loops(std::integer_sequence<int, I...>)
{
    return {&operator_loop<static_cast<program::OpCode>(I), B>...};
}

template<class B>
inline constexpr auto
    loops = operator_loops<B>(std::make_integer_sequence<int, static_cast<int>(program::OpCode::count)>{});

}  // namespace detail

/// The columns of an expression without its value and without weights: its local code less what only the value needs,
/// and each result that is a derivative, and nothing besides, written where the column is.
class ColumnCode
{
  public:
    struct Step
    {
        program::Instruction instruction;
        int column;  ///< -1: the result goes to its local register
    };

    explicit ColumnCode(program::ExpressionCode const& code)
        : is_written_(static_cast<std::size_t>(code.num_slots), 0)
    {
        auto const n = static_cast<std::size_t>(code.num_local_registers);
        std::vector<int> column(n, -1);
        std::vector<unsigned char> wanted(n, 0), read(n, 0);
        for (int k = 0; k < code.num_slots; ++k) {
            if (code.gradient[k].file() != program::File::local) continue;
            auto const r = static_cast<std::size_t>(code.gradient[k].index());
            read[r] = wanted[r];  // two derivatives that are the same: both are copies
            wanted[r] = 1;
            column[r] = k;
        }
        for (int i = code.local_size - 1; i >= 0; --i) {
            program::Instruction const& in = code.local_code[i];
            std::size_t const r = in.result;
            if (!wanted[r]) continue;
            steps_.push_back({in, read[r] ? -1 : column[r]});
            if (steps_.back().column >= 0) is_written_[static_cast<std::size_t>(column[r])] = 1;
            wanted[r] = 0;
            column[r] = -1;
            for (program::Operand const operand : {in.a, in.b, in.c}) {
                if (operand.file() != program::File::local) continue;
                wanted[static_cast<std::size_t>(operand.index())] = 1;
                read[static_cast<std::size_t>(operand.index())] = 1;
            }
        }
        std::reverse(steps_.begin(), steps_.end());
    }

    std::vector<Step> const& steps() const { return steps_; }
    bool is_written(int slot) const { return is_written_[static_cast<std::size_t>(slot)] != 0; }

  private:
    std::vector<Step> steps_;
    std::vector<unsigned char> is_written_;  ///< [num_slots] steps write the column
};

/// What an expression keeps for one pixel and pass: its pixel registers, then its constants, as packs.
template<class B>
struct ExpressionPass
{
    program::ExpressionCode const* code;
    ColumnCode const* columns;
    B const* pixel;
    B const* constants;
};

/// registers [num_pixel_registers]: the parameters are set before.
template<class B>
void prepare_expression(program::ExpressionCode const& code, B* registers)
{
    program::run_pixel(code, registers);
}

template<class B>
class ExpressionStrip
{
  public:
    ExpressionStrip(ExpressionPass<B> const& pass, Strip<B> const& strip)
        : pass_(pass)
        , strip_(strip)
    {}

    void gradient() const
    {
        if (!strip_.residual && !strip_.weight) return columns();
        run(pass_.code->local_code, pass_.code->local_size);
        if (strip_.residual) subtract(pass_.code->value);
        for (int k = 0; k < pass_.code->num_slots; ++k) {
            detail::Source<B> const g = source(pass_.code->gradient[k]);
            B* const column = strip_.columns[k];
            if (strip_.weight)
                for (int s = 0; s < strip_.size; ++s) column[s] = g.at[s * g.step] * strip_.weight[s];
            else
                for (int s = 0; s < strip_.size; ++s) column[s] = g.at[s * g.step];
        }
    }

    void value() const
    {
        run(pass_.code->value_code, pass_.code->value_size);
        subtract(pass_.code->value_only);
    }

  private:
    void columns() const
    {
        for (ColumnCode::Step const& step : pass_.columns->steps())
            run(step.instruction, step.column < 0 ? local(step.instruction.result) : strip_.columns[step.column]);
        for (int k = 0; k < pass_.code->num_slots; ++k) {
            if (pass_.columns->is_written(k)) continue;
            detail::Source<B> const g = source(pass_.code->gradient[k]);
            for (int s = 0; s < strip_.size; ++s) strip_.columns[k][s] = g.at[s * g.step];
        }
    }

    void run(program::Instruction const* instructions, int size) const
    {
        for (int i = 0; i < size; ++i) run(instructions[i], local(instructions[i].result));
    }

    void run(program::Instruction const& in, B* result) const
    {
        if (program::is_curve(in.op)) return run_curve(in, result);
        detail::loops<B>[static_cast<std::size_t>(in.op)](result, source(in.a), source(in.b), source(in.c),
                                                          strip_.size);
    }

    void run_curve(program::Instruction const& in, B* result) const
    {
        program::Curve const& curve = program::curve_of(*pass_.code, in);
        detail::Source<B> const u = source(in.a);
        for (int s = 0; s < strip_.size; ++s) result[s] = program::curve_at(in.op, curve, u.at[s * u.step]);
    }

    B* local(int i) const { return strip_.scratch + i * strip_.size; }

    void subtract(program::Operand operand) const
    {
        detail::Source<B> const f = source(operand);
        if (strip_.weight)
            for (int s = 0; s < strip_.size; ++s) detail::subtract<true>(strip_, s, f.at[s * f.step]);
        else
            for (int s = 0; s < strip_.size; ++s) detail::subtract<false>(strip_, s, f.at[s * f.step]);
    }

    detail::Source<B> source(program::Operand operand) const
    {
        int const i = operand.index();
        switch (operand.file()) {
        case program::File::constant:
            return {pass_.constants + i, 0};
        case program::File::pixel:
            return {pass_.pixel + i, 0};
        case program::File::channel:
            if (i == 0) return {strip_.x, 1};
            if (i == 1) return strip_.y ? detail::Source<B>{strip_.y, 1} : detail::Source<B>{strip_.x, 1};
            return {strip_.tables + (i - 2) * strip_.table_stride, 1};
        default:
            return {local(i), 1};
        }
    }

    ExpressionPass<B> const& pass_;
    Strip<B> const& strip_;
};

}  // namespace warpfit::cpu
