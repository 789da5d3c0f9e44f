#pragma once

#include "kernels/program/interpreter_program.hpp"
#include "tests/support/plan_builder.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>

namespace warpfit::testing {

/// Values and gradients of the generated program against the interpreter's, to so many roundings of Real.
template<class Generated, template<class> class Program>
void compare_in(program::Plan const& plan, std::vector<double> const& free, program::PixelInputs const& inputs,
                int roundings)
{
    using Real = typename Generated::Real;
    using Interpreter = Program<Real>;
    ChannelCopy<Real> const channels(plan);
    std::vector<double> shared(static_cast<std::size_t>(Interpreter::shared_size(plan)));
    std::vector<double> mine(static_cast<std::size_t>(Interpreter::private_size(plan)));
    Interpreter interpreter(plan, channels.data, shared.data(), mine.data());
    Generated generated(plan, channels.data, nullptr, nullptr);
    ASSERT_EQ(generated.num_free(), plan.num_free);
    interpreter.prepare(SerialTeam{}, free.data(), inputs);
    // Each has scratch of its own, and makes its columns itself.
    std::vector<double> spread;
    if constexpr (requires { Generated::scratch_size(plan); })
        spread.resize(static_cast<std::size_t>(Generated::scratch_size(plan)));
    program::PixelInputs own = inputs;
    own.spread = spread.data();
    if (plan.convolution) static_cast<Real*>(inputs.low_loss)[plan.convolution->num_low_loss] = Real(0);
    generated.prepare(SerialTeam{}, free.data(), own);
    auto const P = static_cast<std::size_t>(plan.num_free);
    std::vector<Real> expected(P), actual(P, Real(12345));
    double const few = roundings * math::Limits<Real>::epsilon;
    int num_finite = 0;
    for (int c = 0; c < plan.num_channels; ++c) {
        Real const f = interpreter.evaluate(c, expected.data());
        Real const g = generated.evaluate(c, actual.data());
        if (!std::isfinite(f)) {
            EXPECT_FALSE(std::isfinite(g));
            continue;
        }
        ++num_finite;
        EXPECT_NEAR(f, g, few * (std::abs(f) + 1)) << "channel " << c;
        EXPECT_NEAR(interpreter.value(c), generated.value(c), few * (std::abs(f) + 1)) << "channel " << c;
        for (std::size_t i = 0; i < P; ++i) {
            if (!std::isfinite(expected[i])) continue;
            EXPECT_NEAR(expected[i], actual[i], few * (std::abs(expected[i]) + 1)) << "channel " << c << ", " << i;
        }
    }
    EXPECT_GT(num_finite, plan.num_channels / 2);
}

template<class Generated>
void compare_spread(program::Plan const& plan, std::vector<double> const& free, program::PixelInputs inputs,
                    int roundings)
{
    using Real = typename Generated::Real;
    std::vector<Real> low_loss;
    for (int u = 0; plan.convolution && u < plan.convolution->num_low_loss; ++u)
        low_loss.push_back(Real(1.0 / (1.0 + u * u)));
    low_loss.push_back(Real(0));
    std::vector<double> spread(static_cast<std::size_t>(Generated::scratch_size(plan)));
    inputs.low_loss = low_loss.data();
    inputs.spread = spread.data();
    compare_in<Generated, program::SpreadInterpreter>(plan, free, inputs, roundings);
}

template<template<class> class Generated>
void compare(PlanBuilder& builder, int roundings = 8)
{
    program::Plan const plan = builder.view();
    std::vector<double> const values{0.9, 1.7, 0.3, 2.2};
    for (unsigned long long active : {~0ull, 0ull, 1ull, 2ull}) {
        program::PixelInputs const inputs{values.data(), active};
        if constexpr (requires { Generated<double>::scratch_size(plan); }) {
            ASSERT_TRUE(program::has_spread(plan));
            compare_spread<Generated<double>>(plan, builder.start, inputs, roundings);
            compare_spread<Generated<float>>(plan, builder.start, inputs, roundings);
        } else {
            compare_in<Generated<double>, program::InterpreterProgram>(plan, builder.start, inputs, roundings);
            compare_in<Generated<float>, program::InterpreterProgram>(plan, builder.start, inputs, roundings);
        }
    }
}

}  // namespace warpfit::testing
