#pragma once

#include "kernels/program/interpreter.hpp"
#include "kernels/program/plan.hpp"

namespace warpfit::program {

/// A scalar expression (a twin's function) has at most this many registers.
inline constexpr int max_scalar_registers = 256;

/// Parameter values of every slot, and how each follows the free parameters:
///   values[s]; d values[s] / d free[target[s]] = factors[s]; target -1: depends on none.
/// free [num_free], pixel_values [num_pixel_values], registers [max_scalar_registers] is scratch.
template<class Real>
WARPFIT_HD void evaluate_slots(Plan const& plan, Real const* free, Real const* pixel_values, Real* values,
                               Real* factors, int* targets, Real* registers)
{
    for (int s = 0; s < plan.num_slots; ++s) {
        Slot const& slot = plan.slots[s];
        factors[s] = Real(1);
        targets[s] = -1;
        if (slot.kind == SlotKind::free) {
            values[s] = free[slot.index];
            targets[s] = slot.index;
        } else if (slot.kind == SlotKind::pixel) {
            values[s] = pixel_values[slot.index];
        } else {
            values[s] = Real(slot.value);
        }
    }
    for (int t = 0; t < plan.num_twins; ++t) {
        Twin const& twin = plan.twins[t];
        targets[twin.slot] = targets[twin.parent];
        if (twin.code < 0) {
            values[twin.slot] = values[twin.parent];
            factors[twin.slot] = factors[twin.parent];
            continue;
        }
        ExpressionCode const& code = plan.codes[twin.code];
        registers[0] = values[twin.parent];
        run_pixel(code, registers);
        values[twin.slot] = read<Real>(code, code.value, registers, nullptr, nullptr);
        factors[twin.slot] = factors[twin.parent] * read<Real>(code, code.gradient[0], registers, nullptr, nullptr);
    }
}

}  // namespace warpfit::program
