#include "src/expression/printer.hpp"

#include "src/expression/curve.hpp"
#include "src/expression/functions.hpp"

#include <charconv>
#include <cmath>

namespace warpfit::expression {

namespace {

/// How tightly a text holds together; looser ones need parentheses inside tighter ones.
enum class Tightness { comparison, sum, product, unary, power, atom };

struct Text
{
    std::string text;
    Tightness tightness = Tightness::atom;

    std::string at_least(Tightness wanted) const { return tightness >= wanted ? text : "(" + text + ")"; }
};

class Printer
{
  public:
    explicit Printer(Graph const& graph)
        : graph_(graph)
        , texts_(static_cast<std::size_t>(graph.size()))
    {}

    std::string print(Id root)
    {
        for (Id id : graph_.reachable({&root, 1})) texts_[static_cast<std::size_t>(id)] = text_of(graph_[id]);
        return at(root).text;
    }

  private:
    Text const& at(Id id) const { return texts_[static_cast<std::size_t>(id)]; }

    Text text_of(GraphNode const& node) const
    {
        switch (node.kind) {
        case Kind::number:
            return {printed(node.value), node.value < 0 ? Tightness::unary : Tightness::atom};
        case Kind::symbol:
            return {node.name};
        case Kind::sum:
            return sum(node);
        case Kind::product:
            return product(node);
        case Kind::call:
            break;
        }
        return call(node);
    }

    Text sum(GraphNode const& node) const
    {
        std::string text;
        auto append = [&](bool negative, std::string const& term) {
            if (text.empty()) {
                text = (negative ? "-" : "") + term;
            } else {
                text += (negative ? " - " : " + ") + term;
            }
        };
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            double const f = node.factors[i];
            std::string const term = at(node.args[i]).at_least(Tightness::product);
            append(f < 0, std::abs(f) == 1 ? term : printed(std::abs(f)) + "*" + term);
        }
        if (node.value != 0) append(node.value < 0, printed(std::abs(node.value)));
        return {text, Tightness::sum};
    }

    Text product(GraphNode const& node) const
    {
        std::string numerator, denominator;
        int num_denominators = 0;
        Tightness only = Tightness::product;
        if (std::abs(node.value) != 1) numerator = printed(std::abs(node.value));
        for (std::size_t i = 0; i < node.args.size(); ++i) {
            Text const& base = at(node.args[i]);
            bool const is_numeric = graph_.is_number(node.exponents[i]);
            double const e = is_numeric ? graph_[node.exponents[i]].value : 0;
            std::string const magnitude =
                is_numeric ? printed(std::abs(e)) : at(node.exponents[i]).at_least(Tightness::power);
            Text factor = base;
            if (e == 0.5 || e == -0.5) {
                factor = {"sqrt(" + base.text + ")"};
            } else if (std::abs(e) != 1) {
                factor = {base.at_least(Tightness::atom) + "**" + magnitude, Tightness::power};
            }
            std::string& side = e < 0 ? denominator : numerator;
            if (e < 0) ++num_denominators;
            if (!side.empty()) side += "*";
            side += factor.at_least(Tightness::power);
            if (side.size() == factor.text.size()) only = factor.tightness;
        }
        if (numerator.empty()) numerator = "1";
        std::string text = node.value < 0 ? "-" + numerator : numerator;
        if (num_denominators == 1) text += "/" + denominator;
        if (num_denominators > 1) text += "/(" + denominator + ")";
        bool const is_single = num_denominators == 0 && node.args.size() == 1 && node.value == 1;
        return {text, is_single ? only : Tightness::product};
    }

    Text call(GraphNode const& node) const
    {
        auto argument = [&](std::size_t i) { return at(node.args[i]).text; };
        auto infix = [&](char const* sign, Tightness inner) {
            return Text{at(node.args[0]).at_least(inner) + sign + at(node.args[1]).at_least(inner),
                        Tightness::comparison};
        };
        switch (node.op) {
        case OpCode::less:
            return infix(" < ", Tightness::sum);
        case OpCode::less_equal:
            return infix(" <= ", Tightness::sum);
        case OpCode::equal:
            return infix(" == ", Tightness::sum);
        case OpCode::not_equal:
            return infix(" != ", Tightness::sum);
        case OpCode::logical_and:
            return {"And(" + argument(0) + ", " + argument(1) + ")"};
        case OpCode::logical_or:
            return {"Or(" + argument(0) + ", " + argument(1) + ")"};
        case OpCode::logical_not:
            return {"Not(" + argument(0) + ")"};
        case OpCode::select:
            if (graph_.is_boolean(node.args[0])) {
                return {"Piecewise((" + argument(1) + ", " + argument(0) + "), (" + argument(2) + ", True))"};
            }
            return {"where(" + argument(0) + ", " + argument(1) + ", " + argument(2) + ")"};
        case OpCode::faddeeva_re:
        case OpCode::faddeeva_im:
            return {(node.op == OpCode::faddeeva_re ? "re(wofz(" : "im(wofz(") + at(node.args[0]).text + " + I*" +
                    at(node.args[1]).at_least(Tightness::power) + "))"};
        case OpCode::erfcx_slope: {
            std::string const x = at(node.args[0]).at_least(Tightness::product);
            return {"2*" + x + "*erfcx(" + at(node.args[0]).text + ") - 2/sqrt(pi)", Tightness::sum};
        }
        case OpCode::faddeeva_slope_re:
        case OpCode::faddeeva_slope_im: {
            std::string const x = at(node.args[0]).at_least(Tightness::product);
            std::string const y = at(node.args[1]).at_least(Tightness::power);
            std::string const w = "(wofz(" + at(node.args[0]).text + " + I*" + y + "))";
            return node.op == OpCode::faddeeva_slope_re
                       ? Text{"2*" + y + "*im" + w + " - 2*" + x + "*re" + w, Tightness::sum}
                       : Text{"2/sqrt(pi) - 2*" + x + "*im" + w + " - 2*" + y + "*re" + w, Tightness::sum};
        }
        case OpCode::curve:
        case OpCode::curve_slope:
        case OpCode::curve_curvature:
            return {node.curve->name() +
                    std::string(static_cast<std::size_t>(node.op) - static_cast<std::size_t>(OpCode::curve), '\'') +
                    "(" + argument(0) + ")"};
        default:
            break;
        }
        std::string text = std::string(name_of(node.op)) + "(";
        for (std::size_t i = 0; i < node.args.size(); ++i) text += (i > 0 ? ", " : "") + argument(i);
        return {text + ")"};
    }

    Graph const& graph_;
    std::vector<Text> texts_;
};

}  // namespace

std::string printed(double v)
{
    char buffer[32];
    auto const [end, error] = std::to_chars(buffer, buffer + sizeof buffer, v);
    return {buffer, end};
}

std::string printed(Graph const& graph, Id root)
{
    return Printer(graph).print(root);
}

}  // namespace warpfit::expression
