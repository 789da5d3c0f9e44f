#include "src/fit/plan_hash.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <string>

namespace warpfit {

namespace {

void add(Hash& hash, program::Operand operand)
{
    hash.add(operand.bits);
}

void add(Hash& hash, std::vector<program::Instruction> const& code)
{
    hash.add(code.size());
    for (program::Instruction const& instruction : code) {
        hash.add(static_cast<unsigned char>(instruction.op));
        hash.add(instruction.result);
        for (program::Operand const operand : {instruction.a, instruction.b, instruction.c}) add(hash, operand);
    }
}

/// An exact curve is called with x alone: its values lie in the plan's tables.
void add(Hash& hash, program::Curve const& curve)
{
    if (curve.exact != nullptr) return;
    hash.add(curve.first);
    hash.add(curve.inverse_step);
    hash.add(curve.degree);
    hash.add(std::vector<double>(curve.coefficients,
                                 curve.coefficients + curve.num_intervals + (curve.degree == 3 ? 3 : 1)));
}

void add(Hash& hash, expression::CompiledExpression const& code)
{
    hash.add(code.constants);
    hash.add(code.num_slots);
    for (auto const* part : {&code.channel_code, &code.pixel_code, &code.local_code, &code.value_code})
        add(hash, *part);
    add(hash, code.value);
    add(hash, code.value_only);
    for (program::Operand const operand : code.gradient) add(hash, operand);
    for (program::Curve const& curve : code.curves) add(hash, curve);
}

/// The values that the component has at its start and an eighth away from there.
void add_values(Hash& hash, OwnCall const& call, FitPlan const& plan, program::Term const& term)
{
    std::vector<double> p(static_cast<std::size_t>(term.num_slots)), values(plan.x.size());
    for (double const away : {0.0, 0.125}) {
        for (std::size_t k = 0; k < p.size(); ++k) {
            program::Slot const& slot = plan.slots[static_cast<std::size_t>(term.first_slot) + k];
            p[k] = slot.value + away * std::max(std::fabs(slot.value), 1.0);
            if (slot.kind != program::SlotKind::free) continue;
            auto const column = static_cast<std::size_t>(slot.index);
            p[k] = std::clamp(p[k], plan.bmin[column], plan.bmax[column]);
        }
        try {
            call.evaluate(plan.x, plan.y, p, values, {});
            hash.add(values);
        } catch (std::exception const& error) {
            hash.add(std::string(error.what()));
        }
    }
}

}  // namespace

void add_code(Hash& hash, FitPlan const& plan)
{
    for (std::string const& type : plan.term_types) hash.add(type);
    for (std::string const& variant : plan.term_variants) hash.add(variant);
    for (expression::CompiledExpression const& code : plan.expressions) add(hash, code);
    for (program::Twin const& twin : plan.twins) {
        hash.add(twin.slot);
        hash.add(twin.parent);
        hash.add(twin.code);
    }
    for (FitPlan::Given const& given : plan.given) {
        hash.add(given.slot);
        hash.add(given.value);
        add(hash, given.code);
    }
    for (program::Term const& term : plan.terms) {
        hash.add(term.num_slots);
        hash.add(term.active_bit);
        hash.add(term.cumulative);
        if (term.function < 0) continue;
        OwnCall const& call = *plan.own_calls[static_cast<std::size_t>(term.function)];
        hash.add(call.own().type);
        hash.add(call.own().functor.text);
        if (call.own().runs_on_cpu()) add_values(hash, call, plan, term);
    }
}

void add_sample(Hash& hash, RawArray const& array, std::size_t num_pixels, std::size_t num_channels)
{
    if (!array.source || num_pixels == 0) return;
    hash.add(static_cast<int>(array.type));
    hash.add(array.byte_swapped);
    std::size_t const count = std::min<std::size_t>(num_pixels, 16);
    std::vector<std::byte> pixel(num_channels * size_of(array.type));
    for (std::size_t i = 0; i < count; ++i) {
        array.source->read(count > 1 ? i * (num_pixels - 1) / (count - 1) : 0, 1, pixel.data());
        hash.add(pixel);
    }
}

}  // namespace warpfit
