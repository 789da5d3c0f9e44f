#include "src/expression/functions.hpp"

#include "src/expression/expression.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace warpfit::expression {

namespace {

using Args = std::span<Id const>;

template<OpCode Op>
Id one(Graph& g, Args a)
{
    return g.call(Op, a[0]);
}

template<OpCode Op>
Id two(Graph& g, Args a)
{
    return g.call(Op, a[0], a[1]);
}

template<OpCode Op>
Id any_number(Graph& g, Args a)
{
    Id result = a[0];
    for (Id next : a.subspan(1)) result = g.call(Op, result, next);
    return result;
}

Id log(Graph& g, Args a)
{
    Id const numerator = g.call(OpCode::log, a[0]);
    return a.size() == 1 ? numerator : g.div(numerator, g.call(OpCode::log, a[1]));
}

Id log2(Graph& g, Args a)
{
    return g.scale(std::numbers::log2e, g.call(OpCode::log, a[0]));
}

Id log1p(Graph& g, Args a)
{
    return g.call(OpCode::log, g.add(g.number(1), a[0]));
}

Id expm1(Graph& g, Args a)
{
    return g.sub(g.call(OpCode::exp, a[0]), g.number(1));
}

// Reciprocals of functions, and functions of reciprocals: as exact as what they are made of.
template<OpCode Op>
Id inverse_of(Graph& g, Args a)
{
    return g.raised(g.call(Op, a[0]), -1);
}

template<OpCode Op>
Id of_inverse(Graph& g, Args a)
{
    return g.call(Op, g.raised(a[0], -1));
}

// SymPy's, which jumps at 0: -pi/2 < acot(u) <= pi/2.
Id acot(Graph& g, Args a)
{
    Id const side = g.call(OpCode::select, g.call(OpCode::less, a[0], g.number(0)), g.number(-1), g.number(1));
    return g.call(OpCode::atan2, side, g.mul(side, a[0]));
}

// sin(u) / u; next to 0 its series, whose derivative does not cancel. Max error 1e-16, of the derivative 1e-13.
Id sinc(Graph& g, Args a)
{
    Id const quotient = g.div(g.call(OpCode::sin, a[0]), a[0]);
    Graph::ScaledTerm const terms[] = {{-1.0 / 6, g.raised(a[0], 2)}, {1.0 / 120, g.raised(a[0], 4)}};
    Id const is_small = g.call(OpCode::less, g.call(OpCode::abs, a[0]), g.number(5e-3));
    return g.call(OpCode::select, is_small, g.sum(1, terms), quotient);
}

// exp(log |Gamma(u)|), negative between the poles -1 and 0, -3 and -2, ... Max relative error 1e-14 times the larger
// of 1 and log |Gamma(u)|.
Id gamma(Graph& g, Args a)
{
    Id const step = g.call(OpCode::floor, g.call(OpCode::min, a[0], g.number(0)));
    Id const half = g.call(OpCode::floor, g.scale(0.5, step));
    Graph::ScaledTerm const terms[] = {{-2, step}, {4, half}};
    return g.mul(g.sum(1, terms), g.call(OpCode::exp, g.call(OpCode::log_gamma, a[0])));
}

Id factorial(Graph& g, Args a)
{
    Id const next[] = {g.add(a[0], g.number(1))};
    return gamma(g, next);
}

Id itself(Graph&, Args a)
{
    return a[0];
}

// The real root, of negative numbers too.
Id cbrt(Graph& g, Args a)
{
    return g.mul(g.call(OpCode::sign, a[0]), g.raised(g.call(OpCode::abs, a[0]), 1.0 / 3));
}

Id heaviside(Graph& g, Args a)
{
    return g.call(OpCode::heaviside, a[0], a.size() == 2 ? a[1] : g.number(0.5));
}

Id select(Graph& g, Args a)
{
    return g.call(OpCode::select, a[0], a[1], a[2]);
}

Id greater(Graph& g, Args a)
{
    return g.call(OpCode::less, a[1], a[0]);
}

Id greater_equal(Graph& g, Args a)
{
    return g.call(OpCode::less_equal, a[1], a[0]);
}

// Sorted by name within a group; the first name of an operator is the one that to_string() writes.
constexpr Function functions[] = {
    {"exp", 1, 1, one<OpCode::exp>},
    {"log", 1, 2, log},
    {"ln", 1, 1, log},
    {"log10", 1, 1, one<OpCode::log10>},
    {"log2", 1, 1, log2},
    {"log1p", 1, 1, log1p},
    {"expm1", 1, 1, expm1},
    {"sqrt", 1, 1, one<OpCode::sqrt>},
    {"cbrt", 1, 1, cbrt},
    {"pow", 2, 2, two<OpCode::pow>},
    {"Pow", 2, 2, two<OpCode::pow>},
    {"power", 2, 2, two<OpCode::pow>},
    {"sin", 1, 1, one<OpCode::sin>},
    {"cos", 1, 1, one<OpCode::cos>},
    {"tan", 1, 1, one<OpCode::tan>},
    {"asin", 1, 1, one<OpCode::asin>},
    {"acos", 1, 1, one<OpCode::acos>},
    {"atan", 1, 1, one<OpCode::atan>},
    {"atan2", 2, 2, two<OpCode::atan2>},
    {"arcsin", 1, 1, one<OpCode::asin>},
    {"arccos", 1, 1, one<OpCode::acos>},
    {"arctan", 1, 1, one<OpCode::atan>},
    {"arctan2", 2, 2, two<OpCode::atan2>},
    {"sinh", 1, 1, one<OpCode::sinh>},
    {"cosh", 1, 1, one<OpCode::cosh>},
    {"tanh", 1, 1, one<OpCode::tanh>},
    {"asinh", 1, 1, one<OpCode::asinh>},
    {"acosh", 1, 1, one<OpCode::acosh>},
    {"atanh", 1, 1, one<OpCode::atanh>},
    {"arcsinh", 1, 1, one<OpCode::asinh>},
    {"arccosh", 1, 1, one<OpCode::acosh>},
    {"arctanh", 1, 1, one<OpCode::atanh>},
    {"cot", 1, 1, inverse_of<OpCode::tan>, true},
    {"sec", 1, 1, inverse_of<OpCode::cos>, true},
    {"csc", 1, 1, inverse_of<OpCode::sin>, true},
    {"acot", 1, 1, acot, true},
    {"asec", 1, 1, of_inverse<OpCode::acos>, true},
    {"acsc", 1, 1, of_inverse<OpCode::asin>, true},
    {"coth", 1, 1, inverse_of<OpCode::tanh>, true},
    {"sech", 1, 1, inverse_of<OpCode::cosh>, true},
    {"csch", 1, 1, inverse_of<OpCode::sinh>, true},
    {"acoth", 1, 1, of_inverse<OpCode::atanh>, true},
    {"asech", 1, 1, of_inverse<OpCode::acosh>, true},
    {"acsch", 1, 1, of_inverse<OpCode::asinh>, true},
    {"sinc", 1, 1, sinc, true},
    {"loggamma", 1, 1, one<OpCode::log_gamma>, true},
    {"gammaln", 1, 1, one<OpCode::log_gamma>, true},
    {"digamma", 1, 1, one<OpCode::digamma>, true},
    {"trigamma", 1, 1, one<OpCode::trigamma>, true},
    {"gamma", 1, 1, gamma, true},
    {"factorial", 1, 1, factorial, true},
    {"real", 1, 1, itself, true, true},
    {"conjugate", 1, 1, itself, true, true},
    {"erf", 1, 1, one<OpCode::erf>},
    {"erfc", 1, 1, one<OpCode::erfc>},
    {"erfcx", 1, 1, one<OpCode::erfcx>},
    {"Abs", 1, 1, one<OpCode::abs>},
    {"abs", 1, 1, one<OpCode::abs>},
    {"fabs", 1, 1, one<OpCode::abs>},
    {"sign", 1, 1, one<OpCode::sign>},
    {"floor", 1, 1, one<OpCode::floor>},
    {"ceiling", 1, 1, one<OpCode::ceil>},
    {"ceil", 1, 1, one<OpCode::ceil>},
    {"Min", 1, -1, any_number<OpCode::min>},
    {"min", 1, -1, any_number<OpCode::min>},
    {"minimum", 2, 2, two<OpCode::min>},
    {"Max", 1, -1, any_number<OpCode::max>},
    {"max", 1, -1, any_number<OpCode::max>},
    {"maximum", 2, 2, two<OpCode::max>},
    {"Heaviside", 1, 2, heaviside},
    {"heaviside", 2, 2, heaviside},
    {"where", 3, 3, select},
    {"Lt", 2, 2, two<OpCode::less>},
    {"Le", 2, 2, two<OpCode::less_equal>},
    {"Gt", 2, 2, greater},
    {"Ge", 2, 2, greater_equal},
    {"Eq", 2, 2, two<OpCode::equal>},
    {"Ne", 2, 2, two<OpCode::not_equal>},
    {"And", 1, -1, any_number<OpCode::logical_and>},
    {"Or", 1, -1, any_number<OpCode::logical_or>},
    {"Not", 1, 1, one<OpCode::logical_not>},
};

}  // namespace

Function const* find_function(std::string_view name)
{
    auto const it =
        std::find_if(std::begin(functions), std::end(functions), [&](Function const& f) { return f.name == name; });
    return it == std::end(functions) ? nullptr : it;
}

std::vector<std::string> function_names()
{
    std::vector<std::string> names{"Piecewise", "re", "im"};
    for (Function const& f : functions) names.emplace_back(f.name);
    return names;
}

std::string_view name_of(OpCode op)
{
    switch (op) {
    case OpCode::exp:
        return "exp";
    case OpCode::log:
        return "log";
    case OpCode::log10:
        return "log10";
    case OpCode::sin:
        return "sin";
    case OpCode::cos:
        return "cos";
    case OpCode::tan:
        return "tan";
    case OpCode::asin:
        return "asin";
    case OpCode::acos:
        return "acos";
    case OpCode::atan:
        return "atan";
    case OpCode::atan2:
        return "atan2";
    case OpCode::sinh:
        return "sinh";
    case OpCode::cosh:
        return "cosh";
    case OpCode::tanh:
        return "tanh";
    case OpCode::asinh:
        return "asinh";
    case OpCode::acosh:
        return "acosh";
    case OpCode::atanh:
        return "atanh";
    case OpCode::log_gamma:
        return "loggamma";
    case OpCode::digamma:
        return "digamma";
    case OpCode::trigamma:
        return "trigamma";
    case OpCode::erf:
        return "erf";
    case OpCode::erfc:
        return "erfc";
    case OpCode::erfcx:
        return "erfcx";
    case OpCode::abs:
        return "Abs";
    case OpCode::sign:
        return "sign";
    case OpCode::floor:
        return "floor";
    case OpCode::ceil:
        return "ceiling";
    case OpCode::min:
        return "Min";
    case OpCode::max:
        return "Max";
    case OpCode::heaviside:
        return "Heaviside";
    default:
        return {};
    }
}

}  // namespace warpfit::expression
