#pragma once

#include "kernels/program/expression_code.hpp"
#include "src/expression/graph.hpp"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace warpfit::expression {

using program::File;

/// One value of the program before registers: an operator on earlier values, or a leaf (op == OpCode::count).
struct Value
{
    OpCode op = OpCode::count;
    File file = File::constant;  ///< what it depends on
    int a = -1, b = -1, c = -1;  ///< operands; unused ones are -1
    int index = 0;               ///< leaf: slot (pixel), 0 for x and 1 for y (channel)
    double number = 0;           ///< leaf: constant

    bool is_leaf() const { return op == OpCode::count; }
};

/// Turns a graph into two- and three-operand code without duplicates. Factors of a product and terms of a sum
/// are grouped by what they depend on, so that everything hoistable is hoisted; powers become multiplications.
class Lowering
{
  public:
    /// Throws InvalidArgument for a symbol below the roots that is neither a slot nor x, y.
    Lowering(Graph const& graph, std::span<Id const> roots, std::span<std::string const> slots);

    /// The value of a node below the roots.
    int operator[](Id id) const { return of_node_[static_cast<std::size_t>(id)]; }
    std::vector<Value> const& values() const { return values_; }
    /// Those that the values with op curve, curve_slope, curve_curvature name by their operand b.
    std::vector<std::shared_ptr<Curve const>> const& curves() const { return curves_; }

  private:
    /// factor * pixel * channel * local, each a value or -1.
    struct Parts
    {
        double factor = 1;
        int pixel = -1;
        int channel = -1;
        int local = -1;
    };
    struct Scaled
    {
        double factor;
        int value;
    };

    int leaf(Value const& value);
    int constant(double v);
    int symbol(std::string const& name, std::span<std::string const> slots);
    int emit(OpCode op, int a, int b = -1, int c = -1);
    int multiplied(int a, int b);
    int scaled(double factor, int value);
    int combined(Parts const& parts);
    int integer_power(int value, int exponent);
    int power(int base, double exponent);
    int symbolic_power(int base, int exponent);
    int sum(GraphNode const& node);
    int added(double constant, std::vector<Scaled> const& terms);
    Parts product(GraphNode const& node);
    int call(GraphNode const& node);
    int curve(std::shared_ptr<Curve const> const& curve);
    File file_of(int value) const { return values_[static_cast<std::size_t>(value)].file; }
    bool is_constant(int value) const { return file_of(value) == File::constant; }

    Graph const& graph_;
    std::vector<Value> values_;
    std::vector<std::shared_ptr<Curve const>> curves_;
    std::map<std::tuple<OpCode, int, int, int>, int> index_;
    std::map<std::tuple<File, int, double>, int> leaves_;
    std::vector<int> of_node_;
    std::vector<Parts> parts_of_node_;
    std::vector<int> popularity_;  ///< how many products a node is a factor of
};

/// The values of one file that the roots need, operands first, ordered for few live values. Multiplications with one
/// use are fused into the addition that uses them: hence an own copy of the values.
struct Schedule
{
    std::vector<Value> values;
    std::vector<int> order;
};

Schedule scheduled(std::vector<Value> const& values, std::span<int const> roots, File file);

/// Values of `file` that the scheduled ones read, and those of `file` among roots; leaves left out.
std::vector<int> read_from(Schedule const& schedule, std::span<int const> roots, File file);

}  // namespace warpfit::expression
