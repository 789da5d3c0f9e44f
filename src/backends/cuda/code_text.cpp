#include "src/backends/cuda/code_text.hpp"

#include "kernels/program/interpreter.hpp"
#include "kernels/program/operators.hpp"

#include <cctype>
#include <cmath>
#include <cstdio>
#include <set>
#include <string_view>

namespace warpfit::cuda {

using program::File;
using program::Instruction;
using program::Operand;

namespace {

/// The operator's spelling with Real, a, b, c replaced.
std::string spelled(program::OpCode op, std::string const& real, std::string const& a, std::string const& b,
                    std::string const& c)
{
    std::string_view const spelling = program::operators[static_cast<int>(op)].spelling;
    auto const is_word = [](char ch) { return std::isalnum(static_cast<unsigned char>(ch)) || ch == '_'; };
    std::string text;
    for (std::size_t i = 0; i < spelling.size();) {
        std::size_t end = i + 1;
        while (is_word(spelling[i]) && end < spelling.size() && is_word(spelling[end])) ++end;
        std::string_view const word = spelling.substr(i, end - i);
        if (word == "a")
            text += a;
        else if (word == "b")
            text += b;
        else if (word == "c")
            text += c;
        else if (word == "Real")
            text += real;
        else
            text += word;
        i = end;
    }
    return text;
}

}  // namespace

std::string literal(double v)
{
    if (std::isnan(v)) return "__builtin_bit_cast(double, 0x7ff8000000000000ull)";
    if (std::isinf(v)) return v > 0.0 ? "__builtin_huge_val()" : "-__builtin_huge_val()";
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%.17g", v);
    std::string text = buffer;
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

CodeText::CodeText(program::ExpressionCode const& code, std::string prefix, std::function<std::string(int)> channel,
                   std::string curves, std::string real)
    : pixel(static_cast<std::size_t>(code.num_pixel_registers))
    , code_(code)
    , prefix_(std::move(prefix))
    , curves_(std::move(curves))
    , real_(std::move(real))
    , channel_(std::move(channel))
    , local_(static_cast<std::size_t>(code.num_local_registers))
{}

std::string CodeText::operand(Operand operand) const
{
    auto const index = static_cast<std::size_t>(operand.index());
    switch (operand.file()) {
    case File::constant:
        return real_ + "(" + literal(code_.constants[index]) + ")";
    case File::pixel:
        return pixel[index];
    case File::channel:
        return channel_(operand.index());
    default:
        return local_[index];
    }
}

bool CodeText::is_zero(Operand operand) const
{
    return operand.file() == File::constant && code_.constants[operand.index()] == 0.0;
}

std::string CodeText::right_side(Instruction const& in) const
{
    if (program::is_curve(in.op)) {
        int const index = static_cast<int>(code_.constants[in.b.index()]);
        int const order = static_cast<int>(in.op) - static_cast<int>(program::OpCode::curve);
        return "program::curve_at<" + std::to_string(order) + ">(" + curves_ + "[" + std::to_string(index) + "], " +
               operand(in.a) + ")";
    }
    int const arity = program::operators[static_cast<int>(in.op)].arity;
    return spelled(in.op, real_, operand(in.a), arity > 1 ? operand(in.b) : "", arity > 2 ? operand(in.c) : "");
}

std::string CodeText::statements(Instruction const* code, int size, std::vector<std::string>& results,
                                 std::string const& indent)
{
    std::string text;
    for (int i = 0; i < size; ++i) {
        Instruction const& in = code[i];
        std::string const right = right_side(in);
        std::string const name = prefix_ + std::to_string(num_names_++);
        text += indent + real_ + " const " + name + " = " + right + ";\n";
        results[in.result] = name;
    }
    return text;
}

std::string CodeText::pixel_statements(std::string const& indent)
{
    return statements(code_.pixel_code, code_.pixel_size, pixel, indent);
}

std::string CodeText::local_statements(std::string const& indent)
{
    return statements(code_.local_code, code_.local_size, local_, indent);
}

std::string CodeText::value_statements(std::string const& indent)
{
    return statements(code_.value_code, code_.value_size, local_, indent);
}

std::vector<int> CodeText::pixel_registers_read() const
{
    std::set<int> found;
    auto const add = [&](Operand operand) {
        if (operand.file() == File::pixel) found.insert(operand.index());
    };
    auto const add_code = [&](Instruction const* code, int size) {
        for (int i = 0; i < size; ++i) {
            int const arity = program::operators[static_cast<int>(code[i].op)].arity;
            add(code[i].a);
            if (arity > 1) add(code[i].b);
            if (arity > 2) add(code[i].c);
        }
    };
    add_code(code_.local_code, code_.local_size);
    add_code(code_.value_code, code_.value_size);
    add(code_.value);
    add(code_.value_only);
    for (int k = 0; k < code_.num_slots; ++k) add(code_.gradient[k]);
    return {found.begin(), found.end()};
}

}  // namespace warpfit::cuda
