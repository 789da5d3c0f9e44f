#pragma once

#include "kernels/core/portability.hpp"
#include "kernels/program/expression_code.hpp"
#include "kernels/program/operators.hpp"

// Runs ExpressionCode one instruction after the other, on one pixel and channel (or one SIMD pack of channels).
// Register arrays belong to the caller: pixel [num_pixel_registers], channel [num_channel_registers],
// local [num_local_registers].
namespace warpfit::program {

/// The value of an operand. A file that the running program may not read may be null.
template<class Real>
WARPFIT_HD Real read(ExpressionCode const& code, Operand operand, Real const* pixel, Real const* channel,
                     Real const* local)
{
    switch (operand.file()) {
    case File::constant:
        return Real(code.constants[operand.index()]);
    case File::pixel:
        return pixel[operand.index()];
    case File::channel:
        return channel[operand.index()];
    default:
        return local[operand.index()];
    }
}

/// Whether an instruction reads a curve: the one that its operand b names.
WARPFIT_HD constexpr bool is_curve(OpCode op)
{
    return op >= OpCode::curve;
}
WARPFIT_HD inline Curve const& curve_of(ExpressionCode const& code, Instruction const& instruction)
{
    return code.curves[static_cast<int>(code.constants[instruction.b.index()])];
}
template<class Real>
WARPFIT_HD Real curve_at(OpCode op, Curve const& curve, Real const& u)
{
    if (op == OpCode::curve) return curve_at<0>(curve, u);
    return op == OpCode::curve_slope ? curve_at<1>(curve, u) : curve_at<2>(curve, u);
}

namespace detail {

template<class Real>
inline constexpr bool is_double = false;
template<>
inline constexpr bool is_double<double> = true;

/// HasExact: curves may be functions of the host.
template<class Real, bool HasExact = false>
WARPFIT_HD void run(ExpressionCode const& code, Instruction const* instructions, int size, Real const* pixel,
                    Real const* channel, Real const* local, Real* result)
{
    for (int i = 0; i < size; ++i) {
        Instruction const& instruction = instructions[i];
        Real const a = read(code, instruction.a, pixel, channel, local);
        if (is_curve(instruction.op)) {
            Curve const& curve = curve_of(code, instruction);
            if constexpr (HasExact) {
                if (curve.exact) {
                    result[instruction.result] = curve.exact(curve.context, a);
                    continue;
                }
            }
            result[instruction.result] = curve_at(instruction.op, curve, a);
            continue;
        }
        Real const b = read(code, instruction.b, pixel, channel, local);
        Real const c = read(code, instruction.c, pixel, channel, local);
        result[instruction.result] = apply(instruction.op, a, b, c);
    }
}

}  // namespace detail

/// Once per plan and channel, on the host. y is ignored by a 1D expression.
template<class Real>
void run_channel(ExpressionCode const& code, Real x, Real y, Real* channel)
{
    channel[0] = x;
    channel[1] = y;
    detail::run<Real, detail::is_double<Real>>(code, code.channel_code, code.channel_size, nullptr, channel, nullptr,
                                               channel);
}

/// Once per pixel and pass. The first num_slots entries of pixel hold the parameters.
template<class Real>
WARPFIT_HD void run_pixel(ExpressionCode const& code, Real* pixel)
{
    detail::run<Real>(code, code.pixel_code, code.pixel_size, pixel, nullptr, nullptr, pixel);
}

/// Value and gradient at one channel; read them by code.value and code.gradient[slot].
template<class Real>
WARPFIT_HD void run_local(ExpressionCode const& code, Real const* pixel, Real const* channel, Real* local)
{
    detail::run<Real>(code, code.local_code, code.local_size, pixel, channel, local, local);
}

/// The value alone; read it by code.value_only.
template<class Real>
WARPFIT_HD void run_value(ExpressionCode const& code, Real const* pixel, Real const* channel, Real* local)
{
    detail::run<Real>(code, code.value_code, code.value_size, pixel, channel, local, local);
}

}  // namespace warpfit::program
