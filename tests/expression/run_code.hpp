#pragma once

#include "kernels/program/interpreter.hpp"
#include "src/expression/expression.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace warpfit::expression::tests {

struct Outcome
{
    double value;
    double value_only;
    std::vector<double> gradient;
};

inline CompiledExpression compile_all(Expression const& f, std::vector<std::string> const& slots)
{
    auto const wanted = std::make_unique<bool[]>(slots.size());
    std::fill_n(wanted.get(), slots.size(), true);
    return compile(f, slots, {wanted.get(), slots.size()});
}

/// The number, or the first of the lanes.
template<class Real>
double first(Real const& v)
{
    if constexpr (std::is_floating_point_v<Real>) {
        return v;
    } else {
        alignas(Real) typename Real::Element elements[Real::size];
        v.store(elements);
        return elements[0];
    }
}

/// Runs compiled code as a backend would. Registers start as NaN: reading one before it is written shows.
template<class Real>
Outcome run_code(CompiledExpression const& compiled, std::vector<std::string> const& slots,
                 std::map<std::string, double> const& values)
{
    program::ExpressionCode const code = compiled.view();
    auto const nan = static_cast<Real>(std::numeric_limits<double>::quiet_NaN());
    std::vector<Real> pixel(static_cast<std::size_t>(code.num_pixel_registers), nan);
    std::vector<Real> channel(static_cast<std::size_t>(code.num_channel_registers), nan);
    std::vector<Real> local(static_cast<std::size_t>(code.num_local_registers), nan);
    auto axis = [&](char const* name) { return static_cast<Real>(values.contains(name) ? values.at(name) : 0.0); };

    for (std::size_t k = 0; k < slots.size(); ++k) pixel[k] = static_cast<Real>(values.at(slots[k]));
    program::run_channel(code, axis("x"), axis("y"), channel.data());
    program::run_pixel(code, pixel.data());
    auto at = [&](program::Operand operand) {
        return first(program::read(code, operand, pixel.data(), channel.data(), local.data()));
    };

    Outcome outcome{};
    program::run_value(code, pixel.data(), channel.data(), local.data());
    outcome.value_only = at(code.value_only);
    std::fill(local.begin(), local.end(), nan);
    program::run_local(code, pixel.data(), channel.data(), local.data());
    outcome.value = at(code.value);
    for (std::size_t k = 0; k < slots.size(); ++k) outcome.gradient.push_back(at(code.gradient[k]));
    return outcome;
}

}  // namespace warpfit::expression::tests
