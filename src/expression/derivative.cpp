#include "src/expression/graph.hpp"

#include <cmath>
#include <numbers>

namespace warpfit::expression {

Id Graph::derivative(Id root, std::string_view symbol_name)
{
    Id const zero = number(0);
    Id const variable = symbol(symbol_name);
    std::vector<Id> const ids = reachable({&root, 1});
    std::vector<Id> derivatives(nodes_.size(), zero);
    for (Id id : ids) {
        GraphNode const node = (*this)[id];  // a copy: making nodes moves them
        Id& result = derivatives[static_cast<std::size_t>(id)];
        switch (node.kind) {
        case Kind::number:
            break;
        case Kind::symbol:
            result = number(id == variable ? 1 : 0);
            break;
        case Kind::sum: {
            std::vector<ScaledTerm> terms;
            for (std::size_t i = 0; i < node.args.size(); ++i) {
                terms.push_back({node.factors[i], derivatives[static_cast<std::size_t>(node.args[i])]});
            }
            result = sum(0, terms);
            break;
        }
        case Kind::product:
            result = derivative_of_product(node, derivatives);
            break;
        case Kind::call:
            result = derivative_of_call(id, derivatives);
            break;
        }
    }
    return derivatives[static_cast<std::size_t>(root)];
}

Id Graph::derivative_of_product(GraphNode const& node, std::vector<Id> const& derivatives)
{
    auto d = [&](Id id) { return derivatives[static_cast<std::size_t>(id)]; };
    std::vector<Power> powers;
    for (std::size_t i = 0; i < node.args.size(); ++i) powers.push_back({node.args[i], node.exponents[i]});

    std::vector<ScaledTerm> terms;
    for (std::size_t i = 0; i < node.args.size(); ++i) {
        auto const [base, exponent] = powers[i];
        if (!is_number(d(base), 0)) {  // exponent * base' / base * product
            std::vector<Power> factors = powers;
            factors.push_back({base, number(-1)});
            factors.push_back({exponent, number(1)});
            factors.push_back({d(base), number(1)});
            terms.push_back({node.value, product(1, factors)});
        }
        if (!is_number(d(exponent), 0)) {  // exponent' * log(base) * product
            std::vector<Power> factors = powers;
            factors.push_back({call(OpCode::log, base), number(1)});
            factors.push_back({d(exponent), number(1)});
            terms.push_back({node.value, product(1, factors)});
        }
    }
    return sum(0, terms);
}

Id Graph::derivative_of_call(Id id, std::vector<Id> const& derivatives)
{
    GraphNode const node = (*this)[id];
    auto d = [&](std::size_t i) { return derivatives[static_cast<std::size_t>(node.args[i])]; };
    Id const u = node.args[0];
    Id const v = node.args.size() > 1 ? node.args[1] : -1;
    Id const one = number(1);
    auto chain = [&](Id outer) { return mul(outer, d(0)); };
    auto one_plus_square = [&](double sign) { return add(one, scale(sign, raised(u, 2))); };
    auto gaussian = [&](double sign) {
        return scale(sign * 2 * std::numbers::inv_sqrtpi, call(OpCode::exp, neg(raised(u, 2))));
    };

    bool depends = false;
    for (std::size_t i = 0; i < node.args.size(); ++i) depends = depends || !is_number(d(i), 0);
    if (!depends) return number(0);

    switch (node.op) {
    case OpCode::exp:
        return chain(id);
    case OpCode::log:
        return chain(raised(u, -1));
    case OpCode::log10:
        return chain(scale(std::numbers::log10e, raised(u, -1)));
    case OpCode::sin:
        return chain(call(OpCode::cos, u));
    case OpCode::cos:
        return chain(neg(call(OpCode::sin, u)));
    case OpCode::tan:
        return chain(add(one, raised(id, 2)));
    case OpCode::asin:
        return chain(raised(one_plus_square(-1), -0.5));
    case OpCode::acos:
        return chain(neg(raised(one_plus_square(-1), -0.5)));
    case OpCode::atan:
        return chain(raised(one_plus_square(1), -1));
    case OpCode::sinh:
        return chain(call(OpCode::cosh, u));
    case OpCode::cosh:
        return chain(call(OpCode::sinh, u));
    case OpCode::tanh:
        return chain(sub(one, raised(id, 2)));
    case OpCode::erf:
        return chain(gaussian(1));
    case OpCode::erfc:
        return chain(gaussian(-1));
    case OpCode::abs:
        return chain(call(OpCode::sign, u));
    case OpCode::atan2:
        return div(sub(mul(d(0), v), mul(u, d(1))), add(raised(u, 2), raised(v, 2)));
    case OpCode::min:
        return call(OpCode::select, call(OpCode::less, v, u), d(1), d(0));
    case OpCode::max:
        return call(OpCode::select, call(OpCode::less, u, v), d(1), d(0));
    case OpCode::heaviside:
        return call(OpCode::select, call(OpCode::equal, u, number(0)), d(1), number(0));
    case OpCode::select:
        return call(OpCode::select, u, d(1), d(2));
    default:
        return number(0);  // steps: sign, floor, ceil, comparisons, logic
    }
}

}  // namespace warpfit::expression
