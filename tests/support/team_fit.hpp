#pragma once

#include "kernels/program/interpreter_program.hpp"
#include "kernels/solver/fit_pixel.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/thread_team.hpp"

#include <vector>

namespace warpfit::testing {

struct Fitted
{
    std::vector<double> p, errors, correlations;
    double chisq = 0.0;
    int dof = 0;
    int iterations = 0;
    program::Status status = program::Status::not_run;
};

/// One pixel of data and all that may be said about it.
struct Pixel
{
    explicit Pixel(std::vector<double> values)
        : data(std::move(values))
    {
        batch.count = 1;
        batch.signal = raw();
    }

    program::RawPixels raw() const { return {data.data(), program::Type::f64, 0, 0}; }

    std::vector<double> data;
    program::PixelBatch batch{};
};

/// Fits pixel 0 as the interpreter program, with a team of `members` threads (1: SerialTeam).
class TeamFit
{
  public:
    explicit TeamFit(program::Plan const& plan)
        : plan_(plan)
        , narrow_(plan)
        , wide_(plan)
    {}

    Fitted fit(program::PixelBatch const& batch, int members, DroppedSync const& dropped = {}, int repeats = 1)
    {
        return program::has_spread(plan_) ? fit_as<program::SpreadInterpreter>(batch, members, dropped, repeats)
                                          : fit_as<program::InterpreterProgram>(batch, members, dropped, repeats);
    }

    /// The model's value at the free parameters p in every channel.
    std::vector<double> model(std::vector<double> const& p, program::PixelInputs const& inputs = {nullptr, ~0ull})
    {
        using Wide = program::InterpreterProgram<double>;
        std::vector<double> program(size(Wide::shared_size(plan_)));
        std::vector<double> scratch(size(Wide::private_size(plan_)));
        Wide wide(plan_, wide_.data, program.data(), scratch.data());
        wide.prepare(SerialTeam{}, p.data(), inputs);
        std::vector<double> values;
        for (int c = 0; c < plan_.num_channels; ++c) values.push_back(wide.value(c));
        return values;
    }

    std::set<SyncSite> syncs;  ///< passed by the last team

  private:
    static std::size_t size(Index n) { return static_cast<std::size_t>(n); }

    template<template<class> class Program>
    Fitted fit_as(program::PixelBatch const& batch, int members, DroppedSync const& dropped, int repeats)
    {
        using Narrow = Program<float>;
        using Wide = Program<double>;
        auto const P = static_cast<std::size_t>(plan_.num_free);
        Fitted out;
        out.p.resize(P);
        out.errors.resize(P);
        out.correlations.resize(static_cast<std::size_t>(plan_.num_pairs));
        program::BatchResults const results{out.p.data(),
                                            out.errors.data(),
                                            &out.chisq,
                                            &out.dof,
                                            &out.iterations,
                                            &out.status,
                                            out.correlations.empty() ? nullptr : out.correlations.data()};
        std::vector<double> shared(size(solver::FitMemory::shared_size(plan_.num_free, members)));
        std::vector<double> data(size(solver::FitMemory::data_size(plan_)));
        std::vector<double> columns(size(solver::ColumnProducts<SerialTeam>::size(plan_.num_free + 1, members)));
        std::vector<double> program(size(std::max(Narrow::shared_size(plan_), Wide::shared_size(plan_))));
        std::vector<double> spread(
            program::has_spread(plan_) ? size(program::SpreadInterpreter<double>::scratch_size(plan_)) : 0);
        auto const member = [&](auto const& team) {
            std::vector<double> mine(size(solver::FitMemory::private_size(plan_.num_free)));
            std::vector<double> scratch(size(std::max(Narrow::private_size(plan_), Wide::private_size(plan_))));
            using T = std::decay_t<decltype(team)>;
            solver::FitMemory memory(plan_.num_free, shared.data(), data.data(), columns.data(), mine.data());
            memory.spread = spread.data();
            Wide wide(plan_, wide_.data, program.data(), scratch.data());
            if (plan_.options.precision == program::Precision::float64) {
                solver::NoProgram none;
                solver::ProgramPasses<T, solver::NoProgram, Wide> const passes(team, none, wide, memory.pass);
                for (int i = 0; i < repeats; ++i) solver::PixelFit(team, plan_, passes, memory).fit(batch, results, 0);
            } else {
                Narrow narrow(plan_, narrow_.data, program.data(), scratch.data());
                solver::ProgramPasses<T, Narrow, Wide> const passes(team, narrow, wide, memory.pass);
                for (int i = 0; i < repeats; ++i) solver::PixelFit(team, plan_, passes, memory).fit(batch, results, 0);
            }
        };
        if (members == 1)
            member(SerialTeam{});
        else
            syncs = run_team(members, solver::sums_size(plan_.num_free) + 2, member, dropped);
        return out;
    }

    program::Plan const& plan_;
    ChannelCopy<float> narrow_;
    ChannelCopy<double> wide_;
};

}  // namespace warpfit::testing
