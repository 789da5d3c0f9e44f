#include "src/expression/expression.hpp"

#include "include/warpfit/error.hpp"
#include "kernels/program/operators.hpp"
#include "src/expression/curve.hpp"
#include "src/expression/graph.hpp"
#include "src/expression/parser.hpp"
#include "src/expression/printer.hpp"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

namespace warpfit::expression {

namespace {

Expression frozen(Graph const& graph, Id root)
{
    Node node;
    node.root = node.graph.import(graph, root);
    return Expression(std::make_shared<Node const>(std::move(node)));
}

/// Names that some step, kink or condition below root depends on, or a function whose derivatives end.
std::set<std::string> names_in_conditions(Graph const& graph, Id root)
{
    std::vector<Id> conditions;
    for (Id id : graph.reachable({&root, 1})) {
        GraphNode const& node = graph[id];
        if (node.kind != Kind::call) continue;
        switch (node.op) {
        case OpCode::select:
        case OpCode::heaviside:
        case OpCode::abs:
        case OpCode::sign:
        case OpCode::floor:
        case OpCode::ceil:
        case OpCode::logical_not:
        case OpCode::log_gamma:
        case OpCode::digamma:
        case OpCode::trigamma:
            conditions.push_back(node.args[0]);
            break;
        case OpCode::min:
        case OpCode::max:
        case OpCode::less:
        case OpCode::less_equal:
        case OpCode::equal:
        case OpCode::not_equal:
        case OpCode::logical_and:
        case OpCode::logical_or:
            conditions.insert(conditions.end(), node.args.begin(), node.args.end());
            break;
        default:
            break;
        }
    }
    std::set<std::string> names;
    for (Id id : graph.reachable(conditions)) {
        if (graph[id].kind == Kind::symbol) names.insert(graph[id].name);
    }
    return names;
}

std::set<std::string> names_below(Graph const& graph, Id root)
{
    std::set<std::string> names;
    for (Id id : graph.reachable({&root, 1}))
        if (graph[id].kind == Kind::symbol) names.insert(graph[id].name);
    return names;
}

}  // namespace

Expression Expression::parse(std::string_view text, Curves const& curves)
{
    return Expression(expression::parse(text, curves));
}

Expression Expression::number(double v)
{
    Graph graph;
    Id const id = graph.number(v);
    return frozen(graph, id);
}

Expression Expression::symbol(std::string name)
{
    Graph graph;
    Id const id = graph.symbol(name);
    return frozen(graph, id);
}

std::vector<std::string> Expression::symbols() const
{
    std::vector<std::string> names;
    for (Id id : node_->graph.reachable({&node_->root, 1})) {
        if (node_->graph[id].kind == Kind::symbol) names.push_back(node_->graph[id].name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Expression Expression::derivative(std::string_view name) const
{
    Graph graph = node_->graph;
    Id const id = graph.derivative(node_->root, name);
    return frozen(graph, id);
}

Expression Expression::substitute(std::string_view name, Expression const& by) const
{
    Graph graph;
    Id const replacement = graph.import(by.node_->graph, by.node_->root);
    Id const id = graph.import(node_->graph, node_->root, name, replacement);
    return frozen(graph, id);
}

Expression Expression::simplified() const
{
    Expression const direct = frozen(node_->graph, node_->root);
    Graph graph = node_->graph;
    Id const id = graph.expanded(node_->root);
    Expression const multiplied_out = frozen(graph, id);
    return multiplied_out.node_->graph.size() < direct.node_->graph.size() ? multiplied_out : direct;
}

std::string Expression::to_string() const
{
    return printed(node_->graph, node_->root);
}

bool Expression::is_zero() const
{
    double v = 1;
    return is_constant(v) && v == 0;
}

bool Expression::is_constant(double& value) const
{
    Graph graph = node_->graph;
    Id const id = graph.expanded(node_->root);
    if (!graph.is_number(id)) return false;
    value = graph[id].value;
    return true;
}

bool Expression::is_linear_in(std::span<std::string const> names) const
{
    std::set<std::string> const in_conditions = names_in_conditions(node_->graph, node_->root);
    Graph graph = node_->graph;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (in_conditions.contains(names[i])) return false;
        Id const first = graph.derivative(node_->root, names[i]);
        std::set<std::string> const in_first = names_below(graph, first);
        for (std::size_t j = i; j < names.size(); ++j) {
            if (!in_first.contains(names[j])) continue;
            Id const second = graph.derivative(first, names[j]);
            if (!graph.is_number(second, 0) && !graph.is_number(graph.expanded(second), 0)) return false;
        }
    }
    return true;
}

double Expression::evaluate(std::map<std::string, double> const& values) const
{
    Graph const& graph = node_->graph;
    std::vector<double> now(static_cast<std::size_t>(graph.size()), 0.0);
    auto at = [&](Id id) { return now[static_cast<std::size_t>(id)]; };
    for (Id id : graph.reachable({&node_->root, 1})) {
        GraphNode const& node = graph[id];
        double v = node.value;
        switch (node.kind) {
        case Kind::number:
            break;
        case Kind::symbol: {
            auto const it = values.find(node.name);
            if (it == values.end()) {
                throw InvalidArgument("no value for '" + node.name + "' (needed by the formula) add it to the values");
            }
            v = it->second;
            break;
        }
        case Kind::sum:
            for (std::size_t i = 0; i < node.args.size(); ++i) v += node.factors[i] * at(node.args[i]);
            break;
        case Kind::product:
            for (std::size_t i = 0; i < node.args.size(); ++i) v *= std::pow(at(node.args[i]), at(node.exponents[i]));
            break;
        case Kind::call: {
            double args[3] = {};
            for (std::size_t i = 0; i < node.args.size(); ++i) args[i] = at(node.args[i]);
            v = node.curve ? node.curve->at(node.op, args[0])
                           : program::apply<double>(node.op, args[0], args[1], args[2]);
            break;
        }
        }
        now[static_cast<std::size_t>(id)] = v;
    }
    return at(node_->root);
}

}  // namespace warpfit::expression
