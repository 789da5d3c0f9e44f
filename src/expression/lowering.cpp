#include "src/expression/lowering.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/operators.hpp"
#include "src/expression/curve.hpp"
#include "src/expression/expression.hpp"
#include "src/text/text.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace warpfit::expression {

namespace {

constexpr int largest_multiplied_power = 32;
// From this exponent on x**n * w**-n is computed as (x / w)**n: its factors leave the range of float.
constexpr int smallest_paired_power = 3;

File joined(File a, File b)
{
    return static_cast<File>(static_cast<int>(a) | static_cast<int>(b));
}

bool is_integer(double v)
{
    return std::floor(v) == v;
}

}  // namespace

Lowering::Lowering(Graph const& graph, std::span<Id const> roots, std::span<std::string const> slots)
    : graph_(graph)
    , of_node_(static_cast<std::size_t>(graph.size()), -1)
    , parts_of_node_(static_cast<std::size_t>(graph.size()))
    , popularity_(static_cast<std::size_t>(graph.size()), 0)
{
    std::vector<Id> const ids = graph.reachable(roots);
    for (Id id : ids) {
        if (graph[id].kind != Kind::product) continue;
        for (Id base : graph[id].args) ++popularity_[static_cast<std::size_t>(base)];
    }
    for (Id id : ids) {
        GraphNode const& node = graph[id];
        int& result = of_node_[static_cast<std::size_t>(id)];
        Parts& parts = parts_of_node_[static_cast<std::size_t>(id)];
        switch (node.kind) {
        case Kind::number:
            result = constant(node.value);
            break;
        case Kind::symbol:
            result = symbol(node.name, slots);
            break;
        case Kind::sum:
            result = sum(node);
            break;
        case Kind::product:
            parts = product(node);
            result = combined(parts);
            continue;
        case Kind::call:
            result = call(node);
            break;
        }
        switch (file_of(result)) {
        case File::constant:
            parts.factor = values_[static_cast<std::size_t>(result)].number;
            break;
        case File::pixel:
            parts.pixel = result;
            break;
        case File::channel:
            parts.channel = result;
            break;
        case File::local:
            parts.local = result;
            break;
        }
    }
}

int Lowering::leaf(Value const& value)
{
    auto const [it, inserted] =
        leaves_.emplace(std::tuple(value.file, value.index, value.number), static_cast<int>(values_.size()));
    if (inserted) values_.push_back(value);
    return it->second;
}

int Lowering::constant(double v)
{
    return leaf({.number = v});
}

int Lowering::symbol(std::string const& name, std::span<std::string const> slots)
{
    auto const it = std::find(slots.begin(), slots.end(), name);
    if (it != slots.end()) return leaf({.file = File::pixel, .index = static_cast<int>(it - slots.begin())});
    if (name == "x") return leaf({.file = File::channel, .index = 0});
    if (name == "y") return leaf({.file = File::channel, .index = 1});
    std::string const near = closest(name, slots);
    throw InvalidArgument("unknown symbol '" + name + "' (neither a parameter nor an axis) " +
                          (near.empty() ? "add it to the parameters" : "did you mean '" + near + "'?"));
}

int Lowering::emit(OpCode op, int a, int b, int c)
{
    if ((op == OpCode::add || op == OpCode::mul) && a > b) std::swap(a, b);
    auto const [it, inserted] = index_.emplace(std::tuple(op, a, b, c), static_cast<int>(values_.size()));
    if (!inserted) return it->second;

    Value value{.op = op, .a = a, .b = b, .c = c};
    double numbers[3] = {};
    int i = 0;
    for (int operand : {a, b, c}) {
        if (operand >= 0) {
            value.file = joined(value.file, file_of(operand));
            numbers[i] = values_[static_cast<std::size_t>(operand)].number;
        }
        ++i;
    }
    if (value.file == File::constant && op < OpCode::curve) {
        double const folded = program::apply<double>(op, numbers[0], numbers[1], numbers[2]);
        if (std::isfinite(folded)) return it->second = constant(folded);
        value.file = File::pixel;  // 1 / 0 and its like: computed where the plan can see it
    }
    values_.push_back(value);
    return it->second;
}

int Lowering::multiplied(int a, int b)
{
    if (a < 0) return b;
    if (b < 0) return a;
    return a == b ? emit(OpCode::square, a) : emit(OpCode::mul, a, b);
}

int Lowering::scaled(double factor, int value)
{
    if (value < 0) return constant(factor);
    if (factor == 1) return value;
    if (factor == -1) return emit(OpCode::neg, value);
    return emit(OpCode::mul, constant(factor), value);
}

int Lowering::combined(Parts const& parts)
{
    int const varying = multiplied(parts.local, parts.channel);
    if (varying < 0) return scaled(parts.factor, parts.pixel);
    if (parts.pixel < 0) return scaled(parts.factor, varying);
    return multiplied(scaled(parts.factor, parts.pixel), varying);
}

int Lowering::integer_power(int value, int exponent)
{
    switch (exponent) {
    case 1:
        return value;
    case 2:
        return emit(OpCode::square, value);
    case 3:
        return emit(OpCode::cube, value);
    default:
        break;
    }
    if (exponent % 2 == 0) return emit(OpCode::square, integer_power(value, exponent / 2));
    return emit(OpCode::mul, integer_power(value, exponent - 1), value);
}

int Lowering::power(int base, double exponent)
{
    double const magnitude = std::abs(exponent);
    if (magnitude <= largest_multiplied_power && is_integer(magnitude)) {
        int const root = exponent < 0 ? emit(OpCode::reciprocal, base) : base;
        return integer_power(root, static_cast<int>(magnitude));
    }
    if (magnitude <= largest_multiplied_power && is_integer(2 * magnitude)) {
        int const root = emit(OpCode::sqrt, base);
        if (exponent < 0) return integer_power(emit(OpCode::reciprocal, root), static_cast<int>(2 * magnitude));
        int const whole = static_cast<int>(magnitude);
        return whole == 0 ? root : emit(OpCode::mul, integer_power(base, whole), root);
    }
    return emit(OpCode::pow, base, constant(exponent));
}

int Lowering::symbolic_power(int base, int exponent)
{
    double const number = values_[static_cast<std::size_t>(base)].number;
    if (is_constant(base) && number > 0) return emit(OpCode::exp, scaled(std::log(number), exponent));
    return emit(OpCode::pow, base, exponent);
}

Lowering::Parts Lowering::product(GraphNode const& node)
{
    struct Factor
    {
        int value;
        int popularity;
    };
    struct IntegerPower
    {
        int base;
        int exponent;
        int popularity;
    };
    Parts parts{.factor = node.value};
    std::vector<Factor> factors;
    std::vector<IntegerPower> pixel, varying;  // high ones only
    for (std::size_t i = 0; i < node.args.size(); ++i) {
        int const popularity = popularity_[static_cast<std::size_t>(node.args[i])];
        int const base = (*this)[node.args[i]];
        if (!graph_.is_number(node.exponents[i])) {
            factors.push_back({symbolic_power(base, (*this)[node.exponents[i]]), popularity});
            continue;
        }
        double const exponent = graph_[node.exponents[i]].value;
        if (is_integer(exponent) && std::abs(exponent) >= smallest_paired_power &&
            std::abs(exponent) <= largest_multiplied_power) {
            bool const varies = file_of(base) == File::channel || file_of(base) == File::local;
            (varies ? varying : pixel).push_back({base, static_cast<int>(exponent), popularity});
        } else {
            factors.push_back({power(base, exponent), popularity});
        }
    }
    for (IntegerPower& u : varying) {
        for (IntegerPower& w : pixel) {
            int const common = u.exponent > 0 ? std::min(u.exponent, -w.exponent) : std::min(-u.exponent, w.exponent);
            if (common < smallest_paired_power) continue;
            int const sign = u.exponent > 0 ? 1 : -1;
            int const ratio = multiplied(power(u.base, sign), power(w.base, -sign));
            factors.push_back({power(ratio, common), u.popularity});
            u.exponent -= sign * common;
            w.exponent += sign * common;
        }
    }
    for (std::vector<IntegerPower> const* rest : {&pixel, &varying}) {
        for (IntegerPower const& p : *rest) {
            if (p.exponent != 0) factors.push_back({power(p.base, p.exponent), p.popularity});
        }
    }

    // Factors that other products have as well come first: their common beginning is computed once.
    std::stable_sort(factors.begin(), factors.end(),
                     [](Factor const& a, Factor const& b) { return a.popularity > b.popularity; });
    for (Factor const& factor : factors) {
        switch (file_of(factor.value)) {
        case File::constant:
            parts.factor *= values_[static_cast<std::size_t>(factor.value)].number;
            break;
        case File::pixel:
            parts.pixel = multiplied(parts.pixel, factor.value);
            break;
        case File::channel:
            parts.channel = multiplied(parts.channel, factor.value);
            break;
        case File::local:
            parts.local = multiplied(parts.local, factor.value);
            break;
        }
    }
    return parts;
}

/// constant + sum of the terms; -1 if there is nothing. Starts with something positive where it can.
int Lowering::added(double number, std::vector<Scaled> const& terms)
{
    int result = number != 0 || terms.empty() ? constant(number) : -1;
    std::vector<Scaled> ordered = terms;
    std::stable_partition(ordered.begin(), ordered.end(), [](Scaled const& t) { return t.factor > 0; });
    for (auto const [factor, value] : ordered) {
        if (result < 0) {
            result = scaled(factor, value);
        } else if (factor == -1) {
            result = emit(OpCode::sub, result, value);
        } else {
            result = emit(OpCode::add, result, scaled(factor, value));
        }
    }
    return result;
}

int Lowering::sum(GraphNode const& node)
{
    std::vector<Scaled> pixel, channel, local;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
        Parts const& parts = parts_of_node_[static_cast<std::size_t>(node.args[i])];
        double const factor = node.factors[i] * parts.factor;
        int const varying = multiplied(parts.local, parts.channel);
        if (varying < 0) {
            pixel.push_back({factor, parts.pixel < 0 ? constant(1) : parts.pixel});
        } else if (parts.pixel < 0) {
            (file_of(varying) == File::channel ? channel : local).push_back({factor, varying});
        } else {
            local.push_back({1, multiplied(scaled(factor, parts.pixel), varying)});
        }
    }
    // The number joins what is computed least often.
    double in_local = 0, in_pixel = 0, in_channel = 0;
    (!pixel.empty() ? in_pixel : !channel.empty() ? in_channel : in_local) = node.value;

    // A group that is negative throughout is subtracted, if there is something to subtract it from.
    auto is_negative = [](std::vector<Scaled> const& group, double number) {
        return number <= 0 && std::all_of(group.begin(), group.end(), [](Scaled const& t) { return t.factor < 0; });
    };
    auto append_group = [&](std::vector<Scaled> group, double number) {
        if (group.empty()) return;
        bool const has_positive = std::any_of(local.begin(), local.end(), [](Scaled const& t) { return t.factor > 0; });
        if (is_negative(group, number) && has_positive) {
            for (Scaled& t : group) t.factor = -t.factor;
            local.push_back({-1, added(-number, group)});
        } else {
            local.insert(local.begin(), {1, added(number, group)});
        }
    };
    if (local.empty() && channel.empty()) return added(in_pixel, pixel);
    if (local.empty() && pixel.empty()) return added(in_channel, channel);
    if (is_negative(channel, in_channel)) {
        append_group(pixel, in_pixel);
        append_group(channel, in_channel);
    } else {
        append_group(channel, in_channel);
        append_group(pixel, in_pixel);
    }
    return added(in_local, local);
}

int Lowering::call(GraphNode const& node)
{
    int args[3] = {-1, -1, -1};
    for (std::size_t i = 0; i < node.args.size(); ++i) args[i] = (*this)[node.args[i]];
    if (!node.curve) return emit(node.op, args[0], args[1], args[2]);
    if (node.curve->is_exact() && values_[static_cast<std::size_t>(args[0])].file != File::channel)
        throw InvalidArgument("function " + node.curve->name() + " is known at the channels alone (its argument " +
                              "depends on a parameter): sample it first");
    return emit(node.op, args[0], curve(node.curve));
}

int Lowering::curve(std::shared_ptr<Curve const> const& curve)
{
    auto const it = std::find(curves_.begin(), curves_.end(), curve);
    int const index = static_cast<int>(it - curves_.begin());
    if (it == curves_.end()) curves_.push_back(curve);
    return constant(index);
}

}  // namespace warpfit::expression
