#pragma once

#include "kernels/core/portability.hpp"
#include "kernels/program/curve.hpp"

namespace warpfit::program {

/// What an instruction does. Comparisons and logic give 1 or 0. Declared once in operators.hpp with
/// arity, spelling and evaluation; src/expression adds name and derivative to the same rows.
enum class OpCode : unsigned char {
    add,         // a + b
    sub,         // a - b
    mul,         // a * b
    div,         // a / b
    neg,         // -a
    square,      // a * a
    cube,        // a * a * a
    reciprocal,  // 1 / a
    sqrt,
    pow,  // a ** b, real powers; 0 ** 0 = 1
    exp,
    log,
    log10,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    atan2,  // atan2(a, b), a is y
    sinh,
    cosh,
    tanh,
    asinh,
    acosh,
    atanh,
    log_gamma,  // log |Gamma(a)|
    digamma,    // its derivative
    trigamma,   // and the derivative of that
    erf,
    erfc,
    erfcx,        // exp(a**2) erfc(a)
    faddeeva_re,  // Re w(a + i b)
    faddeeva_im,  // Im w(a + i b)
    erfcx_slope,  // these three: the derivatives, whose formulas cancel far out
    faddeeva_slope_re,
    faddeeva_slope_im,
    abs,
    sign,  // -1, 0, 1
    floor,
    ceil,
    min,
    max,
    heaviside,           // heaviside(a, b): 0 (a < 0), b (a = 0), 1 (a > 0)
    less,                // a < b
    less_equal,          // a <= b
    equal,               // a == b
    not_equal,           // a != b
    logical_and,         // a != 0 && b != 0
    logical_or,          // a != 0 || b != 0
    logical_not,         // a == 0
    select,              // a != 0 ? b : c
    fused_multiply_add,  // a * b + c
    curve,               // curves[b](a): these three need the ExpressionCode, so that apply() does not know them
    curve_slope,
    curve_curvature,
    count
};

/// Where an operand lives. A value is computed as rarely as what it depends on allows.
enum class File : unsigned char {
    constant,  ///< depends on nothing: a number of the plan
    pixel,     ///< depends on parameters only: once per pixel and pass; entries [0, num_slots) are the parameters
    channel,   ///< depends on x, y only: once per plan; entry 0 is x, entry 1 is y
    local      ///< depends on both: once per pixel, pass and channel
};

/// One input or output of an instruction: file in the two high bits, index below.
struct Operand
{
    unsigned short bits;

    WARPFIT_HD constexpr File file() const { return static_cast<File>(bits >> 14); }
    WARPFIT_HD constexpr int index() const { return bits & 0x3fff; }
    WARPFIT_HD static constexpr Operand of(File file, int index)
    {
        return {static_cast<unsigned short>((static_cast<unsigned>(file) << 14) | static_cast<unsigned>(index))};
    }
};

struct Instruction
{
    OpCode op;
    unsigned short result;  ///< index in the file that the running program writes (pixel, channel or local)
    Operand a, b, c;        ///< unused ones are any valid operand
};

/// Value and gradient of one expression as straight-line code, split by dependence. Plain data: a view
/// on arrays that somebody else owns.
///
/// Run order: channel_code once per plan and channel (reads constant and channel), pixel_code once per
/// pixel and pass (reads constant and pixel), local_code per channel (reads all four files; local
/// registers are reused, an instruction may write the register that it reads).
/// A scalar expression (twin function) has no channel and no local code.
struct ExpressionCode
{
    double const* constants;
    int num_constants;
    int num_slots;              ///< parameters, the first entries of the pixel file
    int num_pixel_registers;    ///< entries of the pixel file, parameters included
    int num_channel_registers;  ///< entries of the channel file, x and y included (>= 2)
    int num_local_registers;    ///< registers that local_code needs at once
    Instruction const* channel_code;
    int channel_size;
    Instruction const* pixel_code;
    int pixel_size;
    Instruction const* local_code;  ///< value and gradient
    int local_size;
    Instruction const* value_code;  ///< the value alone, into the same local registers
    int value_size;
    Operand value;            ///< f, after local_code
    Operand value_only;       ///< f, after value_code
    Operand const* gradient;  ///< [num_slots] df/dp, after local_code; constant 0 where not asked for
    Curve const* curves;      ///< [num_curves]
    int num_curves;
};

}  // namespace warpfit::program
