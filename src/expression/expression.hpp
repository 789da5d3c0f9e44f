#pragma once

#include "kernels/program/expression_code.hpp"

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Formula text -> tree -> derivative -> simplified program -> {lane code, CUDA text}.
namespace warpfit::expression {

struct Node;
class Curve;
/// Functions that a formula may call besides the known ones.
using Curves = std::map<std::string, std::shared_ptr<Curve const>, std::less<>>;

/// An immutable formula. Cheap to copy; equal subtrees may be shared.
class Expression
{
  public:
    /// HyperSpy's syntax: `^` and `**` power, `;` substitutions applied in the written order, functions of SymPy and
    /// NumPy (see operators.hpp). Throws InvalidArgument: the text, a caret under the character, what was expected, the
    /// closest known function.
    static Expression parse(std::string_view text, Curves const& curves = {});
    static Expression number(double v);
    static Expression symbol(std::string name);

    std::vector<std::string> symbols() const;  ///< free symbols, sorted, x and y included
    /// Simplified. Where a power has base 0 it is the limit, at a kink the slope of one side or 0 between both.
    Expression derivative(std::string_view symbol) const;
    Expression substitute(std::string_view symbol, Expression const& by) const;
    Expression simplified() const;
    std::string to_string() const;  ///< parses back to the same value
    bool is_zero() const;           ///< identically, after simplification
    bool is_constant(double& value) const;
    /// Linear in all of names jointly (second derivatives, mixed ones too, identically zero).
    bool is_linear_in(std::span<std::string const> names) const;
    /// Reference evaluation in double, node by node. Throws InvalidArgument for a symbol without a value.
    double evaluate(std::map<std::string, double> const& values) const;

    std::shared_ptr<Node const> const& node() const noexcept { return node_; }
    explicit Expression(std::shared_ptr<Node const> node)
        : node_(std::move(node))
    {}

  private:
    std::shared_ptr<Node const> node_;
};

/// Owns the arrays that an ExpressionCode views. Copies are independent.
class CompiledExpression
{
  public:
    program::ExpressionCode view() const;  ///< valid while *this lives and is not changed

    std::vector<double> constants;
    int num_slots = 0;
    int num_pixel_registers = 0;
    int num_channel_registers = 2;
    int num_local_registers = 0;
    std::vector<program::Instruction> channel_code;
    std::vector<program::Instruction> pixel_code;
    std::vector<program::Instruction> local_code;
    std::vector<program::Instruction> value_code;
    program::Operand value{};
    program::Operand value_only{};
    std::vector<program::Operand> gradient;
    std::vector<program::Curve> curves;
    std::vector<std::shared_ptr<Curve const>> owned_curves;  ///< what `curves` views
};

/// Code for f and its gradient. `slots`: parameter names in slot order; `wants_gradient[k]`: whether df/dslot k is
/// asked for (fixed parameters: not). Fixed parameters are best substituted by their number before. Common
/// subexpressions of value and gradients are shared; every instruction sits in the file that its dependence allows; x
/// and y are the axes. Throws InvalidArgument for a symbol that is neither a slot nor x, y.
CompiledExpression compile(Expression const& f, std::span<std::string const> slots,
                           std::span<bool const> wants_gradient);

/// CUDA/C++ text of a struct `name` that satisfies kernels/core/component.hpp's PixelFunction for f: templated on Real,
/// prepare() for what depends on the pixel, evaluate() for the rest.
std::string to_cuda(Expression const& f, std::span<std::string const> slots, std::string_view name);

}  // namespace warpfit::expression
