#include "src/expression/graph.hpp"
#include "src/expression/curve.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/operators.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <utility>

namespace warpfit::expression {

namespace {

std::size_t mixed(std::size_t seed, std::size_t v)
{
    return seed ^ (v + 0x9e3779b97f4a7c15ULL + (seed << 6) + (seed >> 2));
}

std::size_t hash_of(GraphNode const& node)
{
    std::size_t h = mixed(static_cast<std::size_t>(node.kind), static_cast<std::size_t>(node.op));
    h = mixed(h, std::hash<double>{}(node.value));
    h = mixed(h, std::hash<std::string>{}(node.name));
    for (Id id : node.args) h = mixed(h, static_cast<std::size_t>(id));
    for (double f : node.factors) h = mixed(h, std::hash<double>{}(f));
    for (Id id : node.exponents) h = mixed(h, static_cast<std::size_t>(id));
    return mixed(h, std::hash<std::shared_ptr<Curve const>>{}(node.curve));
}

bool is_integer(double v)
{
    return std::floor(v) == v && std::abs(v) < 1e9;
}

/// A sum of numbers whose parts cancel to rounding is zero.
struct CancellingSum
{
    double value = 0;
    double magnitude = 0;

    void add(double v)
    {
        value += v;
        magnitude += std::abs(v);
    }
    double rounded() const { return std::abs(value) <= 4 * 0x1p-52 * magnitude ? 0.0 : value; }
};

/// A number that divides a sum exactly and leaves its first factor positive; 1 for other nodes.
double content(GraphNode const& node)
{
    if (node.kind != Kind::sum) return 1;
    double const first = node.factors[0];
    auto divides = [&](double v) {
        return is_integer(v / first) && v / first * first == v && v * (1 / first) == v / first;
    };
    bool const divides_all = divides(node.value) && std::all_of(node.factors.begin(), node.factors.end(), divides);
    return divides_all ? first : first < 0 ? -1 : 1;
}

void require_finite(double v)
{
    if (!std::isfinite(v)) {
        throw InvalidArgument("a constant of the formula overflows (" + std::to_string(v) +
                              ") write it with numbers that double precision can hold");
    }
}

}  // namespace

Id Graph::interned(GraphNode node)
{
    if (node.value == 0) node.value = 0;  // -0.0
    find_signs(node);
    std::size_t const hash = hash_of(node);
    auto const [first, last] = index_.equal_range(hash);
    for (auto it = first; it != last; ++it) {
        if ((*this)[it->second] == node) return it->second;
    }
    Id const id = size();
    nodes_.push_back(std::move(node));
    index_.emplace(hash, id);
    return id;
}

/// Facts about the new node from those about its arguments. Of exp it is not said that it is nonzero: it underflows.
void Graph::find_signs(GraphNode& node) const
{
    auto nonnegative = [&](std::size_t i) { return (*this)[node.args[i]].is_nonnegative; };
    auto nonzero = [&](std::size_t i) { return (*this)[node.args[i]].is_nonzero; };
    auto positive = [&](std::size_t i) { return nonnegative(i) && nonzero(i); };
    auto numeric = [&](std::size_t i) {
        GraphNode const& exponent = (*this)[node.exponents[i]];
        return exponent.kind == Kind::number ? exponent.value : NAN;
    };
    switch (node.kind) {
    case Kind::number:
        node.is_nonnegative = node.value >= 0;
        node.is_nonzero = node.value != 0;
        return;
    case Kind::symbol:
        return;
    case Kind::sum:
        node.is_nonnegative = node.value >= 0;
        node.is_nonzero = node.value > 0;
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            node.is_nonnegative = node.is_nonnegative && node.factors[i] > 0 && nonnegative(i);
            node.is_nonzero = node.is_nonzero || nonzero(i);
        }
        node.is_nonzero = node.is_nonzero && node.is_nonnegative;
        return;
    case Kind::product:
        node.is_nonnegative = node.value > 0;
        node.is_nonzero = true;
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            node.is_nonnegative = node.is_nonnegative && (nonnegative(i) || std::fmod(numeric(i), 2) == 0);
            node.is_nonzero = node.is_nonzero && (nonzero(i) || numeric(i) < 0);
        }
        return;
    case Kind::call:
        break;
    }
    switch (node.op) {
    case OpCode::exp:
    case OpCode::erfc:
    case OpCode::erfcx:
        node.is_nonnegative = true;
        return;
    case OpCode::cosh:
        node.is_nonnegative = node.is_nonzero = true;
        return;
    case OpCode::abs:
        node.is_nonnegative = true;
        node.is_nonzero = nonzero(0);
        return;
    case OpCode::min:
        node.is_nonnegative = nonnegative(0) && nonnegative(1);
        node.is_nonzero = positive(0) && positive(1);
        return;
    case OpCode::max:
        node.is_nonnegative = nonnegative(0) || nonnegative(1);
        node.is_nonzero = positive(0) || positive(1);
        return;
    case OpCode::select:
        node.is_nonnegative = nonnegative(1) && nonnegative(2);
        node.is_nonzero = nonzero(1) && nonzero(2);
        return;
    default:
        return;
    }
}

Id Graph::number(double v)
{
    require_finite(v);
    return interned({.kind = Kind::number, .value = v});
}

Id Graph::symbol(std::string_view name)
{
    return interned({.kind = Kind::symbol, .name = std::string(name)});
}

Id Graph::sum(double constant, std::span<ScaledTerm const> terms)
{
    CancellingSum rest;
    rest.add(constant);
    std::map<Id, CancellingSum> collected;

    auto add_term = [&](double factor, Id term) {
        GraphNode const node = (*this)[term];
        if (node.kind == Kind::number) {
            rest.add(factor * node.value);
        } else if (node.kind == Kind::product && node.value != 1) {
            collected[with_factor(term, 1)].add(factor * node.value);
        } else {
            collected[term].add(factor);
        }
    };
    for (auto const [factor, term] : terms) {
        if (factor == 0) continue;
        GraphNode const node = (*this)[term];
        if (node.kind == Kind::sum) {
            rest.add(factor * node.value);
            for (std::size_t i = 0; i < node.args.size(); ++i) add_term(factor * node.factors[i], node.args[i]);
        } else {
            add_term(factor, term);
        }
    }

    GraphNode result{.kind = Kind::sum, .value = rest.rounded()};
    for (auto const& [term, factor] : collected) {
        double const f = factor.rounded();
        require_finite(f);
        if (f == 0) continue;
        result.args.push_back(term);
        result.factors.push_back(f);
    }
    require_finite(result.value);
    if (result.args.empty()) return number(result.value);
    if (result.value == 0 && result.args.size() == 1) return scale(result.factors[0], result.args[0]);
    return interned(std::move(result));
}

Id Graph::product(double factor, std::span<Power const> powers)
{
    // Numeric exponents of equal bases are added; symbolic ones too, but apart: u**r * u**-1 keeps u**r whole.
    std::map<Id, CancellingSum> numeric;
    std::map<Id, Id> symbolic;
    std::vector<Power> pending(powers.begin(), powers.end());

    auto take_number = [&](double base, double exponent, Id base_id) {
        double const folded = factor * std::pow(base, exponent);
        if (std::isfinite(folded)) {
            factor = folded;
        } else {
            numeric[base_id].add(exponent);
        }
    };
    auto take = [&](Power p) {
        GraphNode const base = (*this)[p.base];
        if (!is_number(p.exponent)) {
            if (base.kind == Kind::number && base.value == 1) return;
            auto const [it, inserted] = symbolic.emplace(p.base, p.exponent);
            if (!inserted) it->second = add(it->second, p.exponent);
            return;
        }
        double const exponent = (*this)[p.exponent].value;
        if (exponent == 0) return;
        if (base.kind == Kind::number) {
            take_number(base.value, exponent, p.base);
        } else if (base.kind == Kind::product && is_integer(exponent)) {
            take_number(base.value, exponent, number(base.value));
            for (std::size_t i = 0; i < base.args.size(); ++i) {
                pending.push_back({base.args[i], scale(exponent, base.exponents[i])});
            }
        } else if (base.kind == Kind::product && std::abs(base.value) != 1) {
            double const magnitude = std::abs(base.value);
            take_number(magnitude, exponent, number(magnitude));
            numeric[with_factor(p.base, base.value < 0 ? -1 : 1)].add(exponent);
        } else if (double const c = content(base); c != 1 && is_integer(exponent)) {
            // (2*b - 2*a)**n and (a - b)**n share their base.
            ScaledTerm const term{1 / c, p.base};
            take_number(c, exponent, number(c));
            numeric[sum(0, {&term, 1})].add(exponent);
        } else if (base.kind == Kind::call && base.op == OpCode::abs && is_integer(exponent / 2)) {
            pending.push_back({base.args[0], p.exponent});
        } else {
            numeric[p.base].add(exponent);
        }
    };

    bool changed = true;
    while (changed) {
        while (!pending.empty()) {
            Power const p = pending.back();
            pending.pop_back();
            take(p);
        }
        // What the addition of exponents has turned into something simpler goes round again.
        changed = false;
        for (auto it = symbolic.begin(); it != symbolic.end();) {
            if (is_number(it->second)) {
                pending.push_back({it->first, it->second});
                it = symbolic.erase(it);
                changed = true;
            } else {
                ++it;
            }
        }
        for (auto it = numeric.begin(); it != numeric.end();) {
            Kind const kind = (*this)[it->first].kind;
            double const e = it->second.rounded();
            bool const opens = kind == Kind::product && is_integer(e);
            bool const folds = kind == Kind::number && std::isfinite(factor * std::pow((*this)[it->first].value, e));
            if (opens || folds) {
                pending.push_back({it->first, number(e)});
                it = numeric.erase(it);
                changed = true;
            } else {
                ++it;
            }
        }
    }
    if (factor == 0) return number(0);

    std::vector<std::pair<Id, Id>> sorted;
    for (auto const& [base, exponent] : numeric) {
        if (double const e = exponent.rounded(); e != 0) sorted.emplace_back(base, number(e));
    }
    for (auto const& [base, exponent] : symbolic) sorted.emplace_back(base, exponent);
    std::sort(sorted.begin(), sorted.end());

    if (sorted.empty()) return number(factor);
    if (sorted.size() == 1 && is_number(sorted[0].second, 1)) {
        Id const base = sorted[0].first;
        if (factor == 1) return base;
        if ((*this)[base].kind == Kind::sum) {
            ScaledTerm const term{factor, base};
            return sum(0, {&term, 1});
        }
    }
    if (sorted.size() == 1 && factor == 1 && !is_number(sorted[0].second)) {
        GraphNode const base = (*this)[sorted[0].first];
        if (base.kind == Kind::number && base.value == std::exp(1.0)) return call(OpCode::exp, sorted[0].second);
    }
    GraphNode result{.kind = Kind::product, .value = factor};
    for (auto const& [base, exponent] : sorted) {
        result.args.push_back(base);
        result.exponents.push_back(exponent);
    }
    return interned(std::move(result));
}

Id Graph::with_factor(Id id, double factor)
{
    std::vector<Power> const powers = powers_of((*this)[id]);
    return product(factor, powers);
}

std::vector<Graph::Power> Graph::powers_of(GraphNode const& product) const
{
    std::vector<Power> powers;
    for (std::size_t i = 0; i < product.args.size(); ++i) powers.push_back({product.args[i], product.exponents[i]});
    return powers;
}

Id Graph::power(Id base, Id exponent)
{
    Power const p{base, exponent};
    return product(1, {&p, 1});
}

Id Graph::scale(double factor, Id a)
{
    Power const p{a, number(1)};
    return product(factor, {&p, 1});
}

Id Graph::add(Id a, Id b)
{
    ScaledTerm const terms[] = {{1, a}, {1, b}};
    return sum(0, terms);
}

Id Graph::sub(Id a, Id b)
{
    ScaledTerm const terms[] = {{1, a}, {-1, b}};
    return sum(0, terms);
}

Id Graph::mul(Id a, Id b)
{
    Power const powers[] = {{a, number(1)}, {b, number(1)}};
    return product(1, powers);
}

Id Graph::div(Id a, Id b)
{
    Power const powers[] = {{a, number(1)}, {b, number(-1)}};
    return product(1, powers);
}

bool Graph::is_boolean(Id id) const
{
    GraphNode const& node = (*this)[id];
    if (node.kind == Kind::number) return node.value == 0 || node.value == 1;
    if (node.kind != Kind::call) return false;
    switch (node.op) {
    case OpCode::less:
    case OpCode::less_equal:
    case OpCode::equal:
    case OpCode::not_equal:
    case OpCode::logical_and:
    case OpCode::logical_or:
    case OpCode::logical_not:
        return true;
    default:
        return false;
    }
}

Id Graph::call(OpCode op, Id a, Id b, Id c)
{
    switch (op) {
    case OpCode::add:
        return add(a, b);
    case OpCode::sub:
        return sub(a, b);
    case OpCode::mul:
        return mul(a, b);
    case OpCode::div:
        return div(a, b);
    case OpCode::neg:
        return neg(a);
    case OpCode::square:
        return raised(a, 2);
    case OpCode::cube:
        return raised(a, 3);
    case OpCode::reciprocal:
        return raised(a, -1);
    case OpCode::sqrt:
        return raised(a, 0.5);
    case OpCode::pow:
        return power(a, b);
    case OpCode::fused_multiply_add:
        return add(mul(a, b), c);
    default:
        return folded_call(op, a, b, c);
    }
}

Id Graph::curve(OpCode op, std::shared_ptr<Curve const> curve, Id u)
{
    if (is_number(u)) return number(curve->at(op, (*this)[u].value));
    return interned({.kind = Kind::call, .op = op, .args = {u}, .curve = std::move(curve)});
}

Id Graph::folded_call(OpCode op, Id a, Id b, Id c)
{
    int const arity = program::operators[static_cast<int>(op)].arity;
    GraphNode result{.kind = Kind::call, .op = op};
    for (Id id : {a, b, c}) {
        if (static_cast<int>(result.args.size()) < arity) result.args.push_back(id);
    }
    if (std::all_of(result.args.begin(), result.args.end(), [&](Id id) { return is_number(id); })) {
        double v[3] = {};
        for (std::size_t i = 0; i < result.args.size(); ++i) v[i] = (*this)[result.args[i]].value;
        double const folded = program::apply<double>(op, v[0], v[1], v[2]);
        if (std::isfinite(folded)) return number(folded);
    }

    GraphNode const first = (*this)[a];
    switch (op) {
    case OpCode::abs:
        if (first.kind == Kind::product && first.value != 1) {
            return scale(std::abs(first.value), call(OpCode::abs, with_factor(a, 1)));
        }
        if (first.kind == Kind::call && (first.op == OpCode::abs || first.op == OpCode::exp)) return a;
        break;
    case OpCode::log:
        if (first.kind == Kind::call && first.op == OpCode::exp) return first.args[0];
        break;
    case OpCode::min:
    case OpCode::max:
        if (a == b) return a;
        break;
    case OpCode::select:
        if (first.kind == Kind::number) return first.value != 0 ? b : c;
        if (b == c) return b;
        break;
    case OpCode::logical_and:
    case OpCode::logical_or:
        for (auto const& [fixed, other] : {std::pair{a, b}, std::pair{b, a}}) {
            if (!is_number(fixed)) continue;
            bool const truth = (*this)[fixed].value != 0;
            if (truth != (op == OpCode::logical_and)) return number(truth);
            if (is_boolean(other)) return other;
        }
        if (a == b && is_boolean(a)) return a;
        break;
    case OpCode::logical_not:
        if (first.kind == Kind::call && first.op == OpCode::logical_not && is_boolean(first.args[0])) {
            return first.args[0];
        }
        break;
    default:
        break;
    }
    return interned(std::move(result));
}

std::vector<Id> Graph::reachable(std::span<Id const> roots) const
{
    std::vector<bool> reached(nodes_.size(), false);
    for (Id root : roots) reached[static_cast<std::size_t>(root)] = true;
    std::vector<Id> ids;
    for (Id id = size() - 1; id >= 0; --id) {
        if (!reached[static_cast<std::size_t>(id)]) continue;
        ids.push_back(id);
        for (Id arg : (*this)[id].args) reached[static_cast<std::size_t>(arg)] = true;
        for (Id exponent : (*this)[id].exponents) reached[static_cast<std::size_t>(exponent)] = true;
    }
    std::reverse(ids.begin(), ids.end());
    return ids;
}

Id Graph::rebuilt(GraphNode const& node, std::vector<Id> const& now)
{
    auto at = [&](Id id) { return now[static_cast<std::size_t>(id)]; };
    switch (node.kind) {
    case Kind::number:
        return number(node.value);
    case Kind::symbol:
        return symbol(node.name);
    case Kind::sum: {
        std::vector<ScaledTerm> terms;
        for (std::size_t i = 0; i < node.args.size(); ++i) terms.push_back({node.factors[i], at(node.args[i])});
        return sum(node.value, terms);
    }
    case Kind::product: {
        std::vector<Power> powers;
        for (std::size_t i = 0; i < node.args.size(); ++i) powers.push_back({at(node.args[i]), at(node.exponents[i])});
        return product(node.value, powers);
    }
    case Kind::call: {
        Id args[3] = {-1, -1, -1};
        for (std::size_t i = 0; i < node.args.size(); ++i) args[i] = at(node.args[i]);
        return node.curve ? curve(node.op, node.curve, args[0]) : call(node.op, args[0], args[1], args[2]);
    }
    }
    return -1;
}

Id Graph::import(Graph const& from, Id root, std::string_view replaced, Id by)
{
    std::vector<Id> now(static_cast<std::size_t>(from.size()), -1);
    for (Id id : from.reachable({&root, 1})) {
        GraphNode const& node = from[id];
        bool const is_replaced = by >= 0 && node.kind == Kind::symbol && node.name == replaced;
        now[static_cast<std::size_t>(id)] = is_replaced ? by : rebuilt(node, now);
    }
    return now[static_cast<std::size_t>(root)];
}

Id Graph::expanded(Id root)
{
    std::vector<Id> now(nodes_.size(), -1);
    for (Id id : reachable({&root, 1})) {
        GraphNode const node = (*this)[id];
        now[static_cast<std::size_t>(id)] = expanded_product(rebuilt(node, now));
    }
    return now[static_cast<std::size_t>(root)];
}

Id Graph::expanded_product(Id id)
{
    constexpr std::size_t most_terms = 4000;
    constexpr double largest_power = 8;
    GraphNode const node = (*this)[id];
    if (node.kind != Kind::product) return id;

    std::vector<Power> rest;
    std::vector<GraphNode> sums;
    double num_terms = 1;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
        GraphNode const base = (*this)[node.args[i]];
        double const exponent = is_number(node.exponents[i]) ? (*this)[node.exponents[i]].value : 0.5;
        if (base.kind == Kind::sum && is_integer(exponent) && exponent > 0 && exponent <= largest_power) {
            for (int n = 0; n < static_cast<int>(exponent); ++n) {
                sums.push_back(base);
                num_terms *= static_cast<double>(base.args.size() + 1);
            }
        } else {
            rest.push_back({node.args[i], node.exponents[i]});
        }
    }
    if (sums.empty() || num_terms > static_cast<double>(most_terms)) return id;

    Id result = product(node.value, rest);
    for (GraphNode const& factor : sums) {
        std::vector<ScaledTerm> terms;
        auto multiply = [&](double scale_of, Id term) {
            terms.push_back({scale_of * factor.value, term});
            for (std::size_t i = 0; i < factor.args.size(); ++i) {
                terms.push_back({scale_of * factor.factors[i], mul(term, factor.args[i])});
            }
        };
        GraphNode const left = (*this)[result];
        if (left.kind == Kind::sum) {
            multiply(left.value, number(1));
            for (std::size_t i = 0; i < left.args.size(); ++i) multiply(left.factors[i], left.args[i]);
        } else {
            multiply(1, result);
        }
        result = sum(0, terms);
    }
    return result;
}

}  // namespace warpfit::expression
