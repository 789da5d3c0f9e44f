#pragma once

#include "kernels/core/dual.hpp"
#include "kernels/core/faddeeva.hpp"
#include "src/expression/curve.hpp"
#include "src/expression/expression.hpp"
#include "src/expression/graph.hpp"

#include <cmath>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit::testing {

/// Value and derivatives of a parsed formula by dual numbers, node by node: no rule of src/expression/derivative.cpp is
/// asked. Special functions have theirs written down here; the slope of a curve comes from its values alone.
class DualTree
{
  public:
    explicit DualTree(expression::Expression const& formula)
        : node_(formula.node())
        , order_(node_->graph.reachable({&node_->root, 1}))
    {}

    double value = 0.0;
    std::vector<double> gradient;  ///< by parameters

    /// Values of all symbols; derivatives by `parameters`.
    void evaluate(std::map<std::string, double> const& values, std::vector<std::string> const& parameters)
    {
        gradient.assign(parameters.size(), 0.0);
        for (std::size_t first = 0; first < parameters.size() || first == 0; first += width) {
            Number const f = root(values, parameters, first);
            value = f.v;
            for (std::size_t k = 0; k < width && first + k < parameters.size(); ++k) gradient[first + k] = f.d[k];
        }
    }

  private:
    using Id = expression::Id;
    using Kind = expression::Kind;
    using OpCode = expression::OpCode;
    static constexpr int width = 8;
    using Number = Dual<double, width>;

    Number root(std::map<std::string, double> const& values, std::vector<std::string> const& parameters,
                std::size_t first)
    {
        expression::Graph const& graph = node_->graph;
        now_.resize(static_cast<std::size_t>(graph.size()));
        for (Id const id : order_) {
            expression::GraphNode const& node = graph[id];
            Number f(node.value);
            if (node.kind == Kind::symbol) {
                f = Number(values.at(node.name));
                for (std::size_t k = 0; k < width && first + k < parameters.size(); ++k)
                    if (parameters[first + k] == node.name) f = Number::parameter(f.v, static_cast<int>(k));
            }
            if (node.kind == Kind::sum)
                for (std::size_t i = 0; i < node.args.size(); ++i) f += Number(node.factors[i]) * at(node.args[i]);
            if (node.kind == Kind::product)
                for (std::size_t i = 0; i < node.args.size(); ++i)
                    f *= math::pow(at(node.args[i]), at(node.exponents[i]));
            if (node.kind == Kind::call) f = call(node);
            now_[static_cast<std::size_t>(id)] = f;
        }
        return at(node_->root);
    }

    Number const& at(Id id) const { return now_[static_cast<std::size_t>(id)]; }

    static Number truth(bool b) { return Number(b ? 1.0 : 0.0); }

    Number call(expression::GraphNode const& node) const
    {
        Number const a = at(node.args[0]);
        Number const b = node.args.size() > 1 ? at(node.args[1]) : a;
        switch (node.op) {
        case OpCode::exp:
            return math::exp(a);
        case OpCode::log:
            return math::log(a);
        case OpCode::log10:
            return math::log10(a);
        case OpCode::sin:
            return math::sin(a);
        case OpCode::cos:
            return math::cos(a);
        case OpCode::tan:
            return math::tan(a);
        case OpCode::asin:
            return math::asin(a);
        case OpCode::acos:
            return math::acos(a);
        case OpCode::atan:
            return math::atan(a);
        case OpCode::atan2:
            return math::atan2(a, b);
        case OpCode::sinh:
            return math::sinh(a);
        case OpCode::cosh:
            return math::cosh(a);
        case OpCode::tanh:
            return math::tanh(a);
        case OpCode::erf:
            return math::erf(a);
        case OpCode::erfc:
            return math::erfc(a);
        case OpCode::erfcx: {  // 2 a erfcx(a) - 2 / sqrt(pi)
            double const f = math::erfcx(a.v);
            return a.chain(f, 2.0 * a.v * f - 2.0 * math::inv_sqrt_pi);
        }
        case OpCode::faddeeva_re:
        case OpCode::faddeeva_im:
            return faddeeva(a, b, node.op == OpCode::faddeeva_re);
        case OpCode::abs:
            return math::abs(a);
        case OpCode::min:
            return math::min(a, b);
        case OpCode::max:
            return math::max(a, b);
        case OpCode::sign:
            return Number(a.v > 0.0 ? 1.0 : a.v < 0.0 ? -1.0 : a.v);
        case OpCode::floor:
            return math::floor(a);
        case OpCode::ceil:
            return math::ceil(a);
        case OpCode::heaviside:
            return a.v == 0.0 ? b : truth(a.v > 0.0);
        case OpCode::less:
            return truth(a.v < b.v);
        case OpCode::less_equal:
            return truth(a.v <= b.v);
        case OpCode::equal:
            return truth(a.v == b.v);
        case OpCode::not_equal:
            return truth(a.v != b.v);
        case OpCode::logical_and:
            return truth(a.v != 0.0 && b.v != 0.0);
        case OpCode::logical_or:
            return truth(a.v != 0.0 || b.v != 0.0);
        case OpCode::logical_not:
            return truth(a.v == 0.0);
        case OpCode::select:
            return a.v != 0.0 ? b : at(node.args[2]);
        case OpCode::curve:
            return curve(*node.curve, a);
        default:
            throw std::logic_error("a formula has an operator that this test does not know");
        }
    }

    /// w' = -2 z w + 2 i / sqrt(pi), z = x + i y; along y that is i w'.
    static Number faddeeva(Number const& x, Number const& y, bool is_real_part)
    {
        auto const w = math::faddeeva(x.v, y.v);
        double const re = -2.0 * (x.v * w.re - y.v * w.im);
        double const im = 2.0 * math::inv_sqrt_pi - 2.0 * (x.v * w.im + y.v * w.re);
        return is_real_part ? Number::chain(w.re, re, x, -im, y) : Number::chain(w.im, im, x, re, y);
    }

    /// Its slope is that of the cubic through four values between the same two knots, which it is there; 0 outside.
    static Number curve(expression::Curve const& curve, Number const& u)
    {
        double const f = curve.at(OpCode::curve, u.v);
        bool moves = false;
        for (double const d : u.d) moves = moves || d != 0.0;
        if (!moves) return Number(f);
        program::Curve const view = curve.view();
        double const at = (u.v - view.first) * view.inverse_step;
        if (!(at >= 0.0 && at <= view.num_intervals)) return Number(f);
        double const interval = std::fmin(std::floor(at), view.num_intervals - 1);
        double const t[] = {0.05, 0.35, 0.65, 0.95};
        double slope = 0.0;
        for (int i = 0; i < 4; ++i) {
            double sum = 0.0, divisor = 1.0;  // of Lagrange's polynomial i, whose derivative is sum / divisor
            for (int j = 0; j < 4; ++j) {
                if (j == i) continue;
                divisor *= t[i] - t[j];
                double term = 1.0;
                for (int k = 0; k < 4; ++k)
                    if (k != i && k != j) term *= at - interval - t[k];
                sum += term;
            }
            slope += curve.at(OpCode::curve, view.first + (interval + t[i]) / view.inverse_step) * sum / divisor;
        }
        return u.chain(f, slope * view.inverse_step);
    }

    std::shared_ptr<expression::Node const> node_;
    std::vector<Id> order_;
    std::vector<Number> now_;
};

}  // namespace warpfit::testing
