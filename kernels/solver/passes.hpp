#pragma once

#include "kernels/program/program.hpp"
#include "kernels/solver/column_products.hpp"
#include "kernels/solver/packed.hpp"

/// The passes of a team over the channels of one pixel: all that a fit asks of its model.
namespace warpfit::solver {

/// Up to this many free parameters, if the compiler knows their number, each member keeps all sums in registers; with
/// more of them a device thread spills beside an ordinary model (of 255 registers, 91 and 110 hold the sums).
template<class Real>
inline constexpr int most_in_registers = sizeof(Real) == 4 ? 12 : 9;

/// The pixel and the parameters of a pass.
template<class Real>
struct PassInput
{
    double const* free;  ///< [num_free], shared
    program::PixelInputs inputs;
    int num_channels;
    Real const* y;       ///< [num_channels] data times weight
    Real const* weight;  ///< [num_channels]
};

/// Scratch of a pass.
struct PassMemory
{
    double* part;     ///< [part_size(num_free)], shared
    double* columns;  ///< [ColumnProducts::size(num_free + 1, team size)], shared; unused where sums are in registers
    double* mine;     ///< [num_free + 1], of this member

    WARPFIT_HD static constexpr int part_size(int num_free)
    {
        return sums_size(num_free < most_in_registers<float> ? num_free : most_in_registers<float>) + 2;
    }
};

/// A program whose number of free parameters the compiler knows.
template<class P>
concept FixedProgram = program::Program<P> && requires
{
    typename Fixed<P::num_free()>;
};

/// One that knows where some of its columns are all zeros: each run of columns with window_of(i) >= 0 is, in the
/// channels where shows(window, channel) is false.
template<class P>
concept WindowedProgram = FixedProgram<P> && requires(P const& program)
{
    typename Fixed<P::window_of(0)>;
    program.shows(0, 0);
};

namespace detail {

/// The window of column i, up to num_free; -1: none.
template<FixedProgram P>
WARPFIT_HD constexpr int window_of(int i)
{
    if constexpr (WindowedProgram<P>)
        return i < P::num_free() ? P::window_of(i) : -1;
    else
        return -1;
}

/// The first column after I with another window.
template<FixedProgram P>
WARPFIT_HD constexpr int end_of_run(int i)
{
    int end = i + 1;
    while (end <= P::num_free() && window_of<P>(end) == window_of<P>(i)) ++end;
    return end;
}

/// Adds the products of columns I and on with all up to themselves; those outside their window are zeros.
template<int I, FixedProgram P, class Real>
WARPFIT_HD void add_products(P const& program, int channel, Real const* column, Real* sums)
{
    if constexpr (I <= P::num_free()) {
        constexpr int end = end_of_run<P>(I);
        bool shows = true;
        if constexpr (window_of<P>(I) >= 0) shows = program.shows(window_of<P>(I), channel);
        if (shows) {
            WARPFIT_UNROLL
            for (int i = I; i < end; ++i) {
                WARPFIT_UNROLL
                for (int j = 0; j <= i; ++j) sums[packed(i, j)] = sums[packed(i, j)] + column[i] * column[j];
            }
        }
        add_products<end>(program, channel, column, sums);
    }
}

/// A member sums at most this many channels in Real before the team folds them into double.
template<class Real>
inline constexpr int longest_sum = sizeof(Real) == 4 ? 64 : 1 << 24;

/// The weighted gradient and, last, the residual of one channel.
template<class P, class Real>
WARPFIT_HD void evaluate_column(P const& program, PassInput<Real> const& in, int channel, int num_free, Real* column)
{
    Real const f = program.evaluate(channel, column);
    Real const w = in.weight[channel];
    for (int i = 0; i < num_free; ++i) column[i] = column[i] * w;
    column[num_free] = in.y[channel] - f * w;
}

/// Hides from a device compiler how c came about: it would keep a pointer of two registers for each array that c
/// indexes and move them all on (72 instructions for a channel of a Gaussian instead of 65).
WARPFIT_HD inline void opaque([[maybe_unused]] int& c)
{
#if defined(__CUDA_ARCH__)
    asm volatile("" : "+r"(c));
#endif
}

template<Team T, FixedProgram P, class Real>
WARPFIT_HD void sum_in_registers(T const& team, P const& program, PassInput<Real> const& in, PassMemory const& memory,
                                 double* total)
{
    constexpr int num_free = P::num_free();
    constexpr int size = sums_size(num_free);
    Index const stride = static_cast<Index>(longest_sum<Real>) * team.size();
    for (Index first = 0; first < in.num_channels; first += stride) {
        int const last = static_cast<int>(first + stride < in.num_channels ? first + stride : in.num_channels);
        Real sums[size] = {};
        for (int c = static_cast<int>(first) + team.rank(); c < last; c += team.size()) {
            opaque(c);
            Real column[num_free + 1];
            evaluate_column(program, in, c, num_free, column);
            add_products<0>(program, c, column, sums);
        }
        // A copy in memory for the team, or the sums would lie there from the start.
        Real mine[size];
        WARPFIT_UNROLL
        for (int k = 0; k < size; ++k) mine[k] = sums[k];
        if (first == 0) {
            team.sum(mine, size, total);
        } else {
            team.sum(mine, size, memory.part);
            for (int k = team.rank(); k < size; k += team.size()) total[k] += memory.part[k];
            team.sync();
        }
    }
}

template<Team T, class P, class Real, class Columns>
WARPFIT_HD void sum_columns(T const& team, P const& program, PassInput<Real> const& in, int num_free, Real* column,
                            Columns const& columns)
{
    for (int first = 0; first < in.num_channels; first += team.size()) {
        int const c = first + team.rank();
        if (c < in.num_channels) {
            evaluate_column(program, in, c, num_free, column);
        } else {
            for (int i = 0; i <= num_free; ++i) column[i] = Real(0);
        }
        columns.add(column, first == 0);
    }
    columns.store();
}

}  // namespace detail

/// The sums at in.free into total [sums_size(num_free)], shared. Columns: ColumnProducts, or what stands for it. Ends
/// with a sync.
template<template<class> class Columns = ColumnProducts, Team T, program::Program P>
WARPFIT_HD void products(T const& team, P& program, PassInput<typename P::Real> const& in, PassMemory const& memory,
                         double* total)
{
    using Real = typename P::Real;
    program.prepare(team, in.free, in.inputs);
    int const num_free = program.num_free();
    if constexpr (FixedProgram<P>) {
        if constexpr (P::num_free() <= most_in_registers<Real>) {
            detail::sum_in_registers(team, program, in, memory, total);
        } else {
            Real column[P::num_free() + 1];
            Columns<T> const columns(team, num_free + 1, memory.columns, total);
            detail::sum_columns(team, program, in, P::num_free(), column, columns);
        }
    } else {
        Columns<T> const columns(team, num_free + 1, memory.columns, total);
        detail::sum_columns(team, program, in, num_free, reinterpret_cast<Real*>(memory.mine), columns);
    }
}

/// chi2 at in.free.
template<Team T, program::Program P>
WARPFIT_HD double chi2(T const& team, P& program, PassInput<typename P::Real> const& in, PassMemory const& memory)
{
    using Real = typename P::Real;
    program.prepare(team, in.free, in.inputs);
    double total = 0.0;
    for (int c = team.rank(); c < in.num_channels; c += team.size()) {
        Real const residual = in.y[c] - program.value(c) * in.weight[c];
        total += static_cast<double>(residual) * static_cast<double>(residual);
    }
    team.sum(&total, 1, memory.part);
    return memory.part[0];
}

/// The passes of programs that the compiler sees. Narrow: the plan's program in float, or NoProgram. Wide: the same in
/// double. Every member holds its own.
template<Team T, class Narrow, program::Program Wide>
class ProgramPasses
{
  public:
    static constexpr bool has_narrow = program::Program<Narrow>;

    WARPFIT_HD ProgramPasses(T const& team, Narrow& narrow, Wide& wide, PassMemory const& memory)
        : team_(team)
        , narrow_(narrow)
        , wide_(wide)
        , memory_(memory)
    {}

    __attribute__((noinline)) WARPFIT_HD void products(PassInput<float> const& in, double* total) const
    {
        if constexpr (has_narrow) solver::products(team_, narrow_, in, memory_, total);
    }
    __attribute__((noinline)) WARPFIT_HD void products(PassInput<double> const& in, double* total) const
    {
        solver::products(team_, wide_, in, memory_, total);
    }
    __attribute__((noinline)) WARPFIT_HD double chi2(PassInput<float> const& in) const
    {
        if constexpr (has_narrow)
            return solver::chi2(team_, narrow_, in, memory_);
        else
            return 0.0;
    }
    __attribute__((noinline)) WARPFIT_HD double chi2(PassInput<double> const& in) const
    {
        return solver::chi2(team_, wide_, in, memory_);
    }

  private:
    T team_;
    Narrow& narrow_;
    Wide& wide_;
    PassMemory memory_;
};

}  // namespace warpfit::solver
