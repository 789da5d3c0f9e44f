#include "src/expression/expression.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/operators.hpp"
#include "src/expression/curve.hpp"
#include "src/expression/lowering.hpp"

#include <algorithm>
#include <bit>
#include <set>

namespace warpfit::expression {

namespace {

using program::Instruction;
using program::Operand;

constexpr int most_registers = 0x3fff;

/// Assigns registers and writes instructions.
class Assembler
{
  public:
    Assembler(CompiledExpression& code, std::vector<Value> const& values)
        : code_(code)
        , register_of_(values.size(), -1)
    {}

    /// Registers are numbered from `first`; those of `kept` stay valid to the end. Returns how many there are.
    int assemble(Schedule const& schedule, std::span<int const> kept, File file, int first,
                 std::vector<Instruction>& instructions)
    {
        std::vector<std::size_t> last_use(schedule.values.size(), 0);
        for (std::size_t i = 0; i < schedule.order.size(); ++i) {
            for (int operand : operands_of(schedule, schedule.order[i]))
                last_use[static_cast<std::size_t>(operand)] = i;
        }
        for (int id : kept) last_use[static_cast<std::size_t>(id)] = schedule.order.size();

        std::set<int> free;
        int count = first;
        for (std::size_t i = 0; i < schedule.order.size(); ++i) {
            int const id = schedule.order[i];
            Value const& value = schedule.values[static_cast<std::size_t>(id)];
            std::vector<Operand> operands;
            for (int operand : operands_of(schedule, id)) operands.push_back(operand_of(schedule.values, operand));
            for (int operand : operands_of(schedule, id)) {
                Value const& v = schedule.values[static_cast<std::size_t>(operand)];
                if (v.file == file && !v.is_leaf() && last_use[static_cast<std::size_t>(operand)] == i) {
                    free.insert(register_of(operand));
                }
            }
            if (free.empty()) free.insert(count++);
            if (count > most_registers) too_large();
            register_of(id) = *free.begin();
            free.erase(free.begin());
            operands.resize(3, operands.front());
            instructions.push_back(
                {value.op, static_cast<unsigned short>(register_of(id)), operands[0], operands[1], operands[2]});
        }
        return count;
    }

    Operand operand_of(std::vector<Value> const& values, int id)
    {
        Value const& value = values[static_cast<std::size_t>(id)];
        if (!value.is_leaf()) return Operand::of(value.file, register_of(id));
        if (value.file != File::constant) return Operand::of(value.file, value.index);
        auto const it = std::find_if(code_.constants.begin(), code_.constants.end(), [&](double v) {
            return std::bit_cast<unsigned long long>(v) == std::bit_cast<unsigned long long>(value.number);
        });
        auto const index = static_cast<int>(it - code_.constants.begin());
        if (index > most_registers) too_large();
        if (it == code_.constants.end()) code_.constants.push_back(value.number);
        return Operand::of(File::constant, index);
    }

  private:
    int& register_of(int id) { return register_of_[static_cast<std::size_t>(id)]; }

    static std::vector<int> operands_of(Schedule const& schedule, int id)
    {
        Value const& value = schedule.values[static_cast<std::size_t>(id)];
        std::vector<int> operands;
        for (int operand : {value.a, value.b, value.c}) {
            if (operand >= 0) operands.push_back(operand);
        }
        return operands;
    }

    [[noreturn]] static void too_large()
    {
        throw InvalidArgument("formula is too large (more than " + std::to_string(most_registers) +
                              " values of one kind) split it into several components");
    }

    CompiledExpression& code_;
    std::vector<int> register_of_;
};

}  // namespace

CompiledExpression compile(Expression const& f, std::span<std::string const> slots,
                           std::span<bool const> wants_gradient)
{
    if (slots.size() != wants_gradient.size()) {
        throw InvalidArgument("wants_gradient has " + std::to_string(wants_gradient.size()) + " entries (there are " +
                              std::to_string(slots.size()) + " slots) give one for each slot");
    }
    if (slots.size() > most_registers) {
        throw InvalidArgument("expression has " + std::to_string(slots.size()) + " parameters (at most " +
                              std::to_string(most_registers) + ") split it into several components");
    }
    Graph graph = f.node()->graph;
    std::vector<Id> nodes{f.node()->root};
    for (std::size_t k = 0; k < slots.size(); ++k) {
        nodes.push_back(wants_gradient[k] ? graph.derivative(nodes.front(), slots[k]) : graph.number(0));
    }
    Lowering const lowering(graph, nodes, slots);
    std::vector<int> outputs;
    for (Id id : nodes) outputs.push_back(lowering[id]);
    std::span<int const> const value_output(outputs.data(), 1);

    Schedule const local = scheduled(lowering.values(), outputs, File::local);
    Schedule const value = scheduled(lowering.values(), value_output, File::local);
    auto hoisted = [&](File file) {
        std::vector<int> roots = read_from(local, outputs, file);
        std::vector<int> const more = read_from(value, value_output, file);
        roots.insert(roots.end(), more.begin(), more.end());
        std::sort(roots.begin(), roots.end());
        roots.erase(std::unique(roots.begin(), roots.end()), roots.end());
        return roots;
    };
    std::vector<int> const pixel_roots = hoisted(File::pixel);
    std::vector<int> const channel_roots = hoisted(File::channel);

    CompiledExpression code;
    code.owned_curves = lowering.curves();
    for (std::shared_ptr<Curve const> const& curve : code.owned_curves) code.curves.push_back(curve->view());
    code.num_slots = static_cast<int>(slots.size());
    Assembler assembler(code, lowering.values());
    code.num_channel_registers = assembler.assemble(scheduled(lowering.values(), channel_roots, File::channel),
                                                    channel_roots, File::channel, 2, code.channel_code);
    code.num_pixel_registers = assembler.assemble(scheduled(lowering.values(), pixel_roots, File::pixel), pixel_roots,
                                                  File::pixel, code.num_slots, code.pixel_code);
    int const value_registers = assembler.assemble(value, value_output, File::local, 0, code.value_code);
    code.value_only = assembler.operand_of(value.values, outputs.front());
    int const local_registers = assembler.assemble(local, outputs, File::local, 0, code.local_code);
    code.num_local_registers = std::max(value_registers, local_registers);
    code.value = assembler.operand_of(local.values, outputs.front());
    for (std::size_t k = 0; k < slots.size(); ++k) {
        code.gradient.push_back(assembler.operand_of(local.values, outputs[k + 1]));
    }
    return code;
}

program::ExpressionCode CompiledExpression::view() const
{
    return {.constants = constants.data(),
            .num_constants = static_cast<int>(constants.size()),
            .num_slots = num_slots,
            .num_pixel_registers = num_pixel_registers,
            .num_channel_registers = num_channel_registers,
            .num_local_registers = num_local_registers,
            .channel_code = channel_code.data(),
            .channel_size = static_cast<int>(channel_code.size()),
            .pixel_code = pixel_code.data(),
            .pixel_size = static_cast<int>(pixel_code.size()),
            .local_code = local_code.data(),
            .local_size = static_cast<int>(local_code.size()),
            .value_code = value_code.data(),
            .value_size = static_cast<int>(value_code.size()),
            .value = value,
            .value_only = value_only,
            .gradient = gradient.data(),
            .curves = curves.data(),
            .num_curves = static_cast<int>(curves.size())};
}

}  // namespace warpfit::expression
