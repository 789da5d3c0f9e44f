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
