#pragma once

#include "kernels/program/expression_code.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace warpfit::expression {

using program::OpCode;

/// A node in its Graph.
using Id = int;

enum class Kind : unsigned char {
    number,   ///< value
    symbol,   ///< name
    sum,      ///< value + sum_i factors[i] * args[i]; the args are neither numbers nor sums
    product,  ///< value * prod_i args[i] ** exponents[i]
    call      ///< op(args...): what neither sum nor product can say
};

class Curve;

struct GraphNode
{
    Kind kind = Kind::number;
    OpCode op = OpCode::count;
    double value = 0;
    std::string name{};
    std::vector<Id> args{};
    std::vector<double> factors{};
    std::vector<Id> exponents{};
    std::shared_ptr<Curve const> curve{};  ///< of op curve, curve_slope, curve_curvature
    bool is_nonnegative = false;           ///< proved, and 0 is its least value at a kink or without slope
    bool is_nonzero = false;               ///< proved

    bool operator==(GraphNode const&) const = default;
};

/// Formulas as a directed graph without duplicates: equal subtrees are one node. The functions that make nodes also
/// bring them into normal form (constants folded, like terms and like powers collected), so every node is simplified.
/// A node has a larger Id than all it is made of: passes over a formula are loops, never recursion.
///
/// Simplification is that of real algebra where all subexpressions are finite: x / x is 1, 0 * f is 0.
class Graph
{
  public:
    struct ScaledTerm
    {
        double factor;
        Id term;
    };
    struct Power
    {
        Id base;
        Id exponent;
    };

    Id number(double v);
    Id symbol(std::string_view name);
    Id sum(double constant, std::span<ScaledTerm const> terms);
    Id product(double factor, std::span<Power const> powers);
    Id power(Id base, Id exponent);
    Id raised(Id base, double exponent) { return power(base, number(exponent)); }
    /// Any operator; arithmetic ones become sums and products.
    Id call(OpCode op, Id a, Id b = -1, Id c = -1);
    /// op: curve, curve_slope, curve_curvature.
    Id curve(OpCode op, std::shared_ptr<Curve const> curve, Id u);

    Id add(Id a, Id b);
    Id sub(Id a, Id b);
    Id mul(Id a, Id b);
    Id div(Id a, Id b);
    Id scale(double factor, Id a);
    Id neg(Id a) { return scale(-1, a); }

    GraphNode const& operator[](Id id) const { return nodes_[static_cast<std::size_t>(id)]; }
    int size() const { return static_cast<int>(nodes_.size()); }
    bool is_number(Id id) const { return (*this)[id].kind == Kind::number; }
    bool is_number(Id id, double v) const { return is_number(id) && (*this)[id].value == v; }
    /// Always 0 or 1.
    bool is_boolean(Id id) const;

    /// Ids of everything that the roots are made of, roots included, ascending.
    std::vector<Id> reachable(std::span<Id const> roots) const;
    /// Copies a formula of another graph; the symbol `replaced`, if any, becomes the node `by` of this graph.
    Id import(Graph const& from, Id root, std::string_view replaced = {}, Id by = -1);
    /// Products of sums and small powers of sums multiplied out: the form in which a hidden zero shows.
    /// A product that would grow beyond a few thousand terms stays as it is.
    Id expanded(Id root);
    /// At a kink the side that the value comes from decides, steps have 0. Where a power has base 0 its derivative is
    /// the limit, see derivative.cpp.
    Id derivative(Id root, std::string_view symbol);

  private:
    /// A factor**exponent of a power's base; absolute: the |...| that it stands in, or -1.
    struct Part
    {
        Id factor;
        Id exponent;
        Id absolute;
    };

    /// Rebuilds one node from new arguments.
    Id rebuilt(GraphNode const& node, std::vector<Id> const& now);
    Id interned(GraphNode node);
    /// A product with another number in front.
    Id with_factor(Id id, double factor);
    Id folded_call(OpCode op, Id a, Id b, Id c);
    Id expanded_product(Id id);
    std::vector<Power> powers_of(GraphNode const& product) const;
    void find_signs(GraphNode& node) const;
    Id derivative_of_product(GraphNode const& node, std::vector<Id> const& derivatives);
    Id logarithm(Id base, Id exponent);
    std::vector<Part> parts_of(Id base);
    Id slope(Power const& whole, Part const& part, std::vector<Id> const& derivatives);
    bool looks_negative(Id exponent) const;
    bool divides_by_zero_of(Id term, Id f);
    Id zero_where(Id factor, Id term);
    Id derivative_of_call(Id id, std::vector<Id> const& derivatives);

    std::vector<GraphNode> nodes_;
    std::unordered_multimap<std::size_t, Id> index_;
};

/// Immutable formula behind an Expression: a graph that holds nothing but its root.
struct Node
{
    Graph graph;
    Id root;
};

}  // namespace warpfit::expression
