#include "src/expression/lowering.hpp"

#include <algorithm>
#include <functional>

namespace warpfit::expression {

namespace {

/// Operands of a value that are computed in the same file.
std::vector<int> inner_operands(std::vector<Value> const& values, int id, File file)
{
    Value const& value = values[static_cast<std::size_t>(id)];
    std::vector<int> inner;
    for (int operand : {value.a, value.b, value.c}) {
        if (operand < 0) continue;
        Value const& v = values[static_cast<std::size_t>(operand)];
        if (v.file == file && !v.is_leaf()) inner.push_back(operand);
    }
    return inner;
}

/// How often each value of the file is used, from the roots; 0: not needed.
std::vector<int> count_uses(std::vector<Value> const& values, std::span<int const> roots, File file)
{
    std::vector<int> uses(values.size(), 0);
    for (int root : roots) {
        Value const& v = values[static_cast<std::size_t>(root)];
        if (v.file == file && !v.is_leaf()) ++uses[static_cast<std::size_t>(root)];
    }
    for (int id = static_cast<int>(values.size()) - 1; id >= 0; --id) {
        if (uses[static_cast<std::size_t>(id)] == 0) continue;
        for (int operand : inner_operands(values, id, file)) ++uses[static_cast<std::size_t>(operand)];
    }
    return uses;
}

void fuse_multiply_add(std::vector<Value>& values, std::span<int const> roots, File file)
{
    std::vector<int> const uses = count_uses(values, roots, file);
    for (std::size_t id = 0; id < values.size(); ++id) {
        Value& sum = values[id];
        if (uses[id] == 0 || sum.op != OpCode::add) continue;
        for (auto const& [product, rest] : {std::pair{sum.a, sum.b}, std::pair{sum.b, sum.a}}) {
            Value const& p = values[static_cast<std::size_t>(product)];
            bool const is_product = p.op == OpCode::mul || p.op == OpCode::square;
            if (!is_product || p.file != file || uses[static_cast<std::size_t>(product)] != 1) continue;
            sum.op = OpCode::fused_multiply_add;
            sum.a = p.a;
            sum.b = p.op == OpCode::square ? p.a : p.b;
            sum.c = rest;
            break;
        }
    }
}

}  // namespace

Schedule scheduled(std::vector<Value> const& values, std::span<int const> roots, File file)
{
    Schedule result{.values = values, .order = {}};
    fuse_multiply_add(result.values, roots, file);
    std::vector<int> const uses = count_uses(result.values, roots, file);

    // Sethi-Ullman: the operand that needs most registers first. Exact for trees, a good guess for graphs.
    std::vector<int> need(values.size(), 0);
    auto operands = [&](int id) {
        std::vector<int> inner = inner_operands(result.values, id, file);
        std::stable_sort(inner.begin(), inner.end(), [&](int a, int b) {
            return need[static_cast<std::size_t>(a)] > need[static_cast<std::size_t>(b)];
        });
        return inner;
    };
    for (int id = 0; id < static_cast<int>(values.size()); ++id) {
        if (uses[static_cast<std::size_t>(id)] == 0) continue;
        int most = 1, held = 0;
        for (int operand : operands(id)) most = std::max(most, need[static_cast<std::size_t>(operand)] + held++);
        need[static_cast<std::size_t>(id)] = most;
    }

    std::vector<bool> done(values.size(), false);
    for (int root : roots) {
        if (uses[static_cast<std::size_t>(root)] == 0) continue;
        std::vector<int> pending{root};
        while (!pending.empty()) {
            int const id = pending.back();
            if (done[static_cast<std::size_t>(id)]) {
                pending.pop_back();
                continue;
            }
            std::vector<int> missing = operands(id);
            std::erase_if(missing, [&](int operand) { return done[static_cast<std::size_t>(operand)]; });
            if (missing.empty()) {
                done[static_cast<std::size_t>(id)] = true;
                result.order.push_back(id);
                pending.pop_back();
            } else {
                pending.push_back(missing.front());
            }
        }
    }
    return result;
}

std::vector<int> read_from(Schedule const& schedule, std::span<int const> roots, File file)
{
    std::vector<int> read;
    auto append = [&](int id) {
        if (id < 0) return;
        Value const& v = schedule.values[static_cast<std::size_t>(id)];
        if (v.file == file && !v.is_leaf()) read.push_back(id);
    };
    for (int id : schedule.order) {
        Value const& v = schedule.values[static_cast<std::size_t>(id)];
        append(v.a);
        append(v.b);
        append(v.c);
    }
    for (int root : roots) append(root);
    std::sort(read.begin(), read.end());
    read.erase(std::unique(read.begin(), read.end()), read.end());
    return read;
}

}  // namespace warpfit::expression
