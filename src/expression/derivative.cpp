#include "src/expression/graph.hpp"

#include "include/warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>

namespace warpfit::expression {

Id Graph::derivative(Id root, std::string_view symbol_name)
{
    Id const zero = number(0);
    Id const variable = symbol(symbol_name);
    std::vector<Id> const ids = reachable({&root, 1});
    std::vector<Id> derivatives(nodes_.size(), zero);
    std::vector<bool> depends(nodes_.size(), false);
    auto const does = [&](Id id) { return depends[static_cast<std::size_t>(id)]; };
    for (Id id : ids) {
        GraphNode const& now = (*this)[id];
        depends[static_cast<std::size_t>(id)] = id == variable || std::any_of(now.args.begin(), now.args.end(), does) ||
                                                std::any_of(now.exponents.begin(), now.exponents.end(), does);
        if (!does(id)) continue;
        GraphNode const node = now;  // a copy: making nodes moves them
        Id& result = derivatives[static_cast<std::size_t>(id)];
        switch (node.kind) {
        case Kind::number:
            break;
        case Kind::symbol:
            result = number(1);
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
    auto varies = [&](Id id) { return !is_number(d(id), 0); };
    std::vector<Power> const powers = powers_of(node);
    std::vector<ScaledTerm> terms;
    for (std::size_t i = 0; i < powers.size(); ++i) {
        Power const p = powers[i];
        auto append = [&](std::initializer_list<Id> factors) {
            std::vector<Power> all = powers;
            all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
            for (Id factor : factors) all.push_back({factor, number(1)});
            terms.push_back({node.value, product(1, all)});
        };
        for (Part const& part : parts_of(p.base)) {
            if (varies(part.factor)) append({p.exponent, part.exponent, slope(p, part, derivatives)});
        }
        Id const whole = power(p.base, p.exponent);
        if (varies(p.exponent)) append({whole, d(p.exponent), logarithm(p.base, p.exponent)});
        GraphNode const base = (*this)[p.base];
        if (base.kind != Kind::product) continue;
        for (Power const& inner : powers_of(base)) {
            if (!varies(inner.exponent)) continue;
            Id const log_inner = logarithm(inner.base, mul(p.exponent, inner.exponent));
            append({whole, p.exponent, d(inner.exponent), log_inner});
        }
    }
    return sum(0, terms);
}

/// log(base) for the derivative base**exponent * log(base): where base is 0 it counts as 0, the limit of the product
/// for exponent > 0. For exponent = 0 the derivative becomes 0 there, though base**exponent jumps; for exponent < 0 the
/// power itself is infinite. Exponents that look negative get the bare logarithm.
Id Graph::logarithm(Id base, Id exponent)
{
    Id const log = call(OpCode::log, base);
    return (*this)[base].is_nonzero || looks_negative(exponent) ? log : call(OpCode::select, base, log, number(0));
}

/// What a power's base is made of: its factors, or itself; of |...| what is inside, factors only if they are numeric
/// powers.
std::vector<Graph::Part> Graph::parts_of(Id base)
{
    std::vector<Part> parts;
    auto append = [&](Id id, Id exponent) {
        GraphNode const node = (*this)[id];
        bool const is_abs = node.kind == Kind::call && node.op == OpCode::abs;
        Id const inner = is_abs ? node.args[0] : id;
        GraphNode const product = (*this)[inner];
        auto is_numeric = [&](Id e) { return is_number(e); };
        bool const is_open = is_abs && product.kind == Kind::product &&
                             std::all_of(product.exponents.begin(), product.exponents.end(), is_numeric);
        if (is_open) {
            for (Power const& p : powers_of(product)) parts.push_back({p.base, mul(exponent, p.exponent), id});
        } else {
            parts.push_back({inner, exponent, is_abs ? id : -1});
        }
    };
    GraphNode const node = (*this)[base];
    if (node.kind == Kind::product) {
        for (Power const& p : powers_of(node)) append(p.base, p.exponent);
    } else {
        append(base, number(1));
    }
    return parts;
}

/// d(u**b) / (b * n) by way of the part g**n of u, where whole = {u, b}. By rights that is u**b * g'/g, inside of |...|
/// too. Where g is 0, so that this would be 0 * inf, it is the limit instead:
///   g' = 0        0, for u has no slope there
///   u even in g   0, between the slopes of both sides
///   b*n > 1       0
///   b*n = 1       (u / g**n)**b * g'
///   0 < b*n < 1   infinite
/// For b*n = 0 it becomes 0; for b*n < 0 the power itself is infinite. Exponents that look negative get the bare term.
Id Graph::slope(Power const& whole, Part const& part, std::vector<Id> const& derivatives)
{
    auto const [u, b] = whole;
    auto const [g, n, absolute] = part;
    Id const dg = derivatives[static_cast<std::size_t>(g)];
    Id const over_g = raised(g, -1);
    Id const quotient = mul(power(u, b), over_g);
    Id const exponent = mul(b, n);
    bool const is_finite = (*this)[u].is_nonzero || !divides_by_zero_of(mul(dg, over_g), g);
    if (is_finite || looks_negative(b) || looks_negative(exponent)) return mul(quotient, dg);

    bool const is_even_power = is_number(n) && std::fmod((*this)[n].value, 2) == 0;
    bool const is_even = absolute >= 0 || (*this)[g].is_nonnegative || is_even_power;
    double const number_b = is_number(b) ? (*this)[b].value : -1;
    if (number_b >= 1 || (number_b > 0 && !is_even)) {
        // b * u**(b - 1) * u' has the limits by itself, but for the first where b < 1.
        std::vector<Power> powers{{u, number(number_b - 1)}, {u, number(1)}, {g, number(-1)}, {dg, number(1)}};
        if (absolute >= 0) {
            Id const inside = (*this)[absolute].args[0];
            powers.push_back({absolute, number(-1)});
            powers.push_back({call(OpCode::sign, inside), number(1)});
            powers.push_back({inside, number(1)});
        }
        Id const result = product(1, powers);
        return number_b >= 1 ? result : zero_where(dg, result);
    }
    if (is_even) return mul(call(OpCode::select, g, quotient, number(0)), dg);

    Id const rest = mul(u, power(g, neg(n)));
    Id const at_one = is_number(n, 1) ? rest : power(rest, b);
    // 0 above, infinite below
    Id const only_at_one =
        div(mul(call(OpCode::less_equal, exponent, number(1)), at_one), call(OpCode::less_equal, number(1), exponent));
    Id const at_zero = call(OpCode::select, exponent, only_at_one, number(0));
    return zero_where(dg, mul(call(OpCode::select, g, quotient, at_zero), dg));
}

/// Written with a minus, as in x**-r: taken to be negative, since it then mostly is.
bool Graph::looks_negative(Id exponent) const
{
    GraphNode const& node = (*this)[exponent];
    switch (node.kind) {
    case Kind::number:
    case Kind::product:
        return node.value < 0;
    case Kind::sum:
        return node.value <= 0 && std::all_of(node.factors.begin(), node.factors.end(), [](double f) { return f < 0; });
    default:
        return false;
    }
}

/// Whether the term has a denominator that may be 0 where f is.
bool Graph::divides_by_zero_of(Id term, Id f)
{
    auto denominators = [&](Id id) {
        std::vector<Id> bases;
        GraphNode const& node = (*this)[id];
        if (node.kind != Kind::product) return bases;
        for (Power const& p : powers_of(node)) {
            if (looks_negative(p.exponent) && !(*this)[p.base].is_nonzero) bases.push_back(p.base);
        }
        return bases;
    };
    std::vector<Id> const zeros = denominators(raised(f, -1));
    std::vector<Id> const divisors = denominators(term);
    return std::find_first_of(divisors.begin(), divisors.end(), zeros.begin(), zeros.end()) != divisors.end();
}

/// term, which has the factor `factor`: 0 where that is, even if the rest of the term is infinite there.
Id Graph::zero_where(Id factor, Id term)
{
    if ((*this)[factor].is_nonzero) return term;
    if ((*this)[factor].kind == Kind::product) factor = with_factor(factor, 1);
    GraphNode const node = (*this)[term];
    if (node.kind != Kind::product) return call(OpCode::select, factor, term, number(0));
    return scale(node.value, call(OpCode::select, factor, with_factor(term, 1), number(0)));
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
        return zero_where(d(0), chain(raised(one_plus_square(-1), -0.5)));
    case OpCode::acos:
        return zero_where(d(0), chain(neg(raised(one_plus_square(-1), -0.5))));
    case OpCode::atan:
        return chain(raised(one_plus_square(1), -1));
    case OpCode::sinh:
        return chain(call(OpCode::cosh, u));
    case OpCode::cosh:
        return chain(call(OpCode::sinh, u));
    case OpCode::tanh:
        return chain(sub(one, raised(id, 2)));
    case OpCode::asinh:
        return chain(raised(one_plus_square(1), -0.5));
    case OpCode::acosh:  // by factors: u**2 - 1 cancels next to 1
        return zero_where(d(0), chain(mul(raised(sub(u, one), -0.5), raised(add(u, one), -0.5))));
    case OpCode::atanh:
        return chain(raised(one_plus_square(-1), -1));
    case OpCode::log_gamma:
        return chain(call(OpCode::digamma, u));
    case OpCode::digamma:
        return chain(call(OpCode::trigamma, u));
    case OpCode::trigamma:
        throw InvalidArgument("a third derivative of the gamma function is wanted (two are known) use it once less");
    case OpCode::erf:
        return chain(gaussian(1));
    case OpCode::erfc:
        return chain(gaussian(-1));
    case OpCode::erfcx:
        return chain(call(OpCode::erfcx_slope, u));
    case OpCode::erfcx_slope:
        return chain(scale(2, add(call(OpCode::erfcx, u), mul(u, id))));
    case OpCode::faddeeva_re:
    case OpCode::faddeeva_im: {  // along the imaginary axis i w'
        Id const re = call(OpCode::faddeeva_slope_re, u, v);
        Id const im = call(OpCode::faddeeva_slope_im, u, v);
        return node.op == OpCode::faddeeva_re ? sub(mul(re, d(0)), mul(im, d(1))) : add(mul(im, d(0)), mul(re, d(1)));
    }
    case OpCode::faddeeva_slope_re:
    case OpCode::faddeeva_slope_im: {  // w'' = -2 (w + z w')
        Id const slope_re = call(OpCode::faddeeva_slope_re, u, v);
        Id const slope_im = call(OpCode::faddeeva_slope_im, u, v);
        Id const re = scale(-2, add(call(OpCode::faddeeva_re, u, v), sub(mul(u, slope_re), mul(v, slope_im))));
        Id const im = scale(-2, add(call(OpCode::faddeeva_im, u, v), add(mul(u, slope_im), mul(v, slope_re))));
        return node.op == OpCode::faddeeva_slope_re ? sub(mul(re, d(0)), mul(im, d(1)))
                                                    : add(mul(im, d(0)), mul(re, d(1)));
    }
    case OpCode::abs:
        return chain(call(OpCode::sign, u));
    case OpCode::atan2: {  // 0 at the origin, where there is neither limit nor direction
        Id const square = add(raised(u, 2), raised(v, 2));
        return mul(sub(mul(d(0), v), mul(u, d(1))), zero_where(square, raised(square, -1)));
    }
    case OpCode::min:
        return call(OpCode::select, call(OpCode::less, v, u), d(1), d(0));
    case OpCode::max:
        return call(OpCode::select, call(OpCode::less, u, v), d(1), d(0));
    case OpCode::heaviside:
        return call(OpCode::select, call(OpCode::equal, u, number(0)), d(1), number(0));
    case OpCode::select:
        return call(OpCode::select, u, d(1), d(2));
    case OpCode::curve:
        return chain(curve(OpCode::curve_slope, node.curve, u));
    case OpCode::curve_slope:
        return chain(curve(OpCode::curve_curvature, node.curve, u));
    default:
        return number(0);  // steps: sign, floor, ceil, comparisons, logic
    }
}

}  // namespace warpfit::expression
