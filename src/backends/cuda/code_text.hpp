#pragma once

#include "kernels/program/expression_code.hpp"

#include <functional>
#include <string>
#include <vector>

namespace warpfit::cuda {

/// A number as C++ text that reads back to the same double.
std::string literal(double v);

/// ExpressionCode as C++ statements, one per instruction, each result under a name of its own.
class CodeText
{
  public:
    /// prefix: begins every name. channel(k): the text of channel register k. curves: that of the code's curves. real:
    /// the type of all values.
    CodeText(program::ExpressionCode const& code, std::string prefix, std::function<std::string(int)> channel,
             std::string curves, std::string real = "Real");

    /// The names of the pixel registers: parameters before statements, all after pixel_statements().
    std::vector<std::string> pixel;

    std::string pixel_statements(std::string const& indent);
    /// Value and gradient; or the value alone.
    std::string local_statements(std::string const& indent);
    std::string value_statements(std::string const& indent);

    /// How an operand reads after the last statements.
    std::string operand(program::Operand operand) const;
    /// Whether it is the constant 0, as gradients are that were not asked for.
    bool is_zero(program::Operand operand) const;
    /// Pixel registers that local and value code or their outputs read.
    std::vector<int> pixel_registers_read() const;

  private:
    std::string right_side(program::Instruction const& instruction) const;
    std::string statements(program::Instruction const* code, int size, std::vector<std::string>& results,
                           std::string const& indent);

    program::ExpressionCode code_;
    std::string prefix_;
    std::string curves_;
    std::string real_;
    std::function<std::string(int)> channel_;
    std::vector<std::string> local_;
    int num_names_ = 0;
};

}  // namespace warpfit::cuda
