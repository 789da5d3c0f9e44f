// Every component at random parameters, as lanes and as a team evaluate it, against its formula's symbolic derivative,
// node by node. Compiled once for each instruction set.

#include "src/backends/cpu/channels.hpp"
#include "src/model/fit_plan.hpp"
#include "src/model/formula.hpp"
#include "tests/support/plan_builder.hpp"
#include "tests/support/thread_team.hpp"
#include "warpfit/components.hpp"

#include "kernels/program/interpreter_program.hpp"

#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace warpfit::testing {
namespace {

using expression::Expression;
using B = lanes::Lanes<double, xsimd::WARPFIT_WALK_INSTRUCTIONS>;

constexpr int num_sets = 1000;
constexpr int num_compared = 2;  ///< channels a set
constexpr int num_team_sets = 20;

struct Case
{
    std::string name;
    Component component;
};

std::vector<Case> cases()
{
    std::vector<Case> all;
    for (ComponentInfo const& info : component_types()) {
        if (info.type == "Expression") continue;
        ComponentOptions options;
        if (info.type == "ScalableFixedPattern") {
            options.pattern.offset = -12.0;
            options.pattern.scale = 0.25;
            for (int i = 0; i < 100; ++i) options.pattern.values.push_back(3.0 + std::sin(0.3 * i) + 0.02 * i);
        }
        if (info.type == "EELSCLEdge") {
            options.edge.element_subshell = "Fe_L3";
            options.edge.microscope = {200.0, 10.0, 20.0};
            options.edge.energy_scale = 0.5;
            options.edge.fine_structure_active = true;
        }
        all.push_back({info.type, Component(info.type, info.type, options)});
        if (info.type == "Polynomial" || info.type == "Polynomial2D") {
            options.order = 5;
            all.push_back({info.type + "Of5", Component(info.type, info.type, options)});
        }
        if (info.type == "Gaussian2D" || info.type == "Disk2D") {
            options.add_rotation = info.type == "Gaussian2D";
            if (options.add_rotation) all.push_back({info.type + "Rotated", Component(info.type, info.type, options)});
        }
        if (info.type == "PESVoigt") {
            options.line.spin_orbit_splitting = true;
            all.push_back({info.type + "Split", Component(info.type, info.type, options)});
        }
    }
    return all;
}

class Random
{
  public:
    double between(double a, double b) { return std::uniform_real_distribution<double>(a, b)(random_); }
    /// Away from the poles at 0; of both signs where the bounds allow.
    double value(Parameter const& p)
    {
        if (p.name() == "onset_energy") return between(700.0, 716.0);
        if (p.name() == "effective_angle") return between(4.0, 30.0);
        double const v = between(0.2, 3.0) * (p.bmin() < 0.0 && random_() % 2 == 0 ? -1.0 : 1.0);
        return std::clamp(v, p.bmin(), p.bmax());
    }

  private:
    std::mt19937 random_{11};
};

Axis axis_of(std::vector<double> values)
{
    std::sort(values.begin(), values.end());
    Axis axis;
    axis.size = values.size();
    axis.values = std::move(values);
    return axis;
}

/// The component alone, all parameters free, on channels that no vector register holds without rest.
struct Problem
{
    explicit Problem(Component component)
    {
        bool const is_edge = component.type() == "EELSCLEdge";
        for (Parameter& p : component.parameters()) p.set_free(true);
        formula = formula_of(component);
        model.append(std::move(component));
        auto const values = [&](std::size_t n) {
            std::vector<double> v;
            for (std::size_t i = 0; i < n; ++i)
                v.push_back(is_edge ? random.between(690.0, 800.0) : random.between(-6.0, 6.0));
            return v;
        };
        std::vector<Axis> axes{axis_of(values(model.dimension() == 2 ? 7 : 77))};
        if (model.dimension() == 2) axes.insert(axes.begin(), axis_of(values(5)));
        std::size_t const n = axes.back().size * (axes.size() == 2 ? axes[0].size : 1);
        std::vector<double> const data(n, 1.0);
        FitOptions options;
        options.bounded = false;
        plan = lower(model, Signal({}, axes, std::span<double const>(data)), options, {});
        view = plan.view();
    }

    Random random;
    Model model;
    Expression formula = Expression::number(0.0);
    FitPlan plan;
    program::Plan view{};
};

/// Value (negative) and columns by lanes.
class InLanes
{
  public:
    explicit InLanes(program::Plan const& plan)
        : plan_(plan)
        , store_(plan, true)
    {
        cpu::Arena count(nullptr);
        make(count);
        memory_.resize(count.used() / sizeof(double) + 32);
        auto const address = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 63) / 64 * 64;
        cpu::Arena arena(reinterpret_cast<void*>(address));
        make(arena);
    }

    void evaluate(std::vector<double> const& p)
    {
        cpu::Channels<B> const& channels = store_.channels();
        for (int s = 0; s < plan_.num_slots; ++s) values_[s] = B(p[static_cast<std::size_t>(s)]);
        std::fill_n(zeros_, channels.num_packs, B(0.0));
        terms_->prepare(values_, p.data(), [](int) { return true; });
        for (int n = 0; n < channels.num_strips; ++n) {
            cpu::Strip<B> strip = terms_->strip(n);
            int const first = n * channels.strip;
            strip.from = zeros_ + first;
            strip.residual = less_value_ + first;
            strip.columns = pointers_;
            for (int s = 0; s < plan_.num_slots; ++s) pointers_[s] = column(s) + first;
            if (terms_->reaches(0, n)) {
                terms_->gradient(0, n, strip);
            } else {
                std::fill_n(strip.residual, strip.size, B(0.0));
                for (int s = 0; s < plan_.num_slots; ++s) std::fill_n(pointers_[s], strip.size, B(0.0));
            }
        }
    }

    double value(int channel) const { return -at(less_value_, channel); }
    double slope(int slot, int channel) const { return at(column(slot), channel); }

  private:
    void make(cpu::Arena& arena)
    {
        int const packs = store_.channels().num_packs;
        values_ = arena.take<B>(plan_.num_slots);
        zeros_ = arena.take<B>(packs);
        less_value_ = arena.take<B>(packs);
        columns_ = arena.take<B>(static_cast<long long>(packs) * plan_.num_slots);
        pointers_ = arena.take<B*>(plan_.num_slots);
        terms_.emplace(plan_, store_.channels(), arena);
    }
    B* column(int slot) const { return columns_ + static_cast<std::ptrdiff_t>(slot) * store_.channels().num_packs; }
    static double at(B const* packs, int channel)
    {
        alignas(64) double v[B::size];
        packs[channel / B::size].store(v);
        return v[channel % B::size];
    }

    program::Plan const& plan_;
    cpu::ChannelStore<B> store_;
    std::vector<double> memory_;
    B* values_ = nullptr;
    B* zeros_ = nullptr;
    B* less_value_ = nullptr;
    B* columns_ = nullptr;
    B** pointers_ = nullptr;
    std::optional<cpu::Terms<B>> terms_;
};

/// The same by a team of threads: [channel][value, slopes by slot].
std::vector<std::vector<double>> by_team(program::Plan const& plan, std::vector<double> const& p)
{
    using Program = program::InterpreterProgram<double>;
    ChannelCopy<double> const channels(plan);
    auto const size = [](int n) { return static_cast<std::size_t>(n); };
    std::vector<double> shared(size(Program::shared_size(plan)));
    std::vector<std::vector<double>> out(size(plan.num_channels), std::vector<double>(size(plan.num_free) + 1));
    run_team(4, 4, [&](auto const& team) {
        std::vector<double> scratch(size(Program::private_size(plan)));
        Program program(plan, channels.data, shared.data(), scratch.data());
        program.prepare(team, p.data(), {nullptr, ~0ull});
        for (int c = team.rank(); c < plan.num_channels; c += team.size())
            out[size(c)][0] = program.evaluate(c, out[size(c)].data() + 1);
    });
    return out;
}

class ComponentWalk : public ::testing::TestWithParam<Case>
{};

TEST_P(ComponentWalk, GradientsAreTheSymbolicOnes)
{
    Problem problem(GetParam().component);
    program::Plan const& plan = problem.view;
    std::vector<Parameter> const& parameters = problem.model.components().front().parameters();
    std::vector<Expression> derivatives;
    for (Parameter const& p : parameters) derivatives.push_back(problem.formula.derivative(p.name()));
    InLanes in_lanes(plan);
    int compared = 0;
    for (int set = 0; set < num_sets; ++set) {
        std::vector<double> p;
        std::map<std::string, double> values;
        for (Parameter const& parameter : parameters) {
            p.push_back(problem.random.value(parameter));
            values[parameter.name()] = p.back();
        }
        in_lanes.evaluate(p);
        std::vector<std::vector<double>> team;
        if (set < num_team_sets) team = by_team(plan, p);
        for (int k = 0; k < num_compared; ++k) {
            int const channel = (set * num_compared + k) * 13 % plan.num_channels;
            values["x"] = plan.x[channel];
            if (plan.y) values["y"] = plan.y[channel];
            double const expected = problem.formula.evaluate(values);
            std::vector<double> slopes;
            bool defined = std::isfinite(expected);
            for (Expression const& derivative : derivatives) {
                slopes.push_back(derivative.evaluate(values));
                defined = defined && std::isfinite(slopes.back());
            }
            if (!defined) continue;  // a power of a negative number
            ++compared;
            auto const near = [&](double value, double wanted, std::string const& what) {
                double const largest = std::fabs(wanted) + 1e-3 * std::fabs(expected) + 1e-3;
                EXPECT_NEAR(value, wanted, 1e-10 * largest) << what << ", set " << set << ", x " << values["x"];
            };
            near(in_lanes.value(channel), expected, "value in lanes");
            if (!team.empty()) near(team[static_cast<std::size_t>(channel)][0], expected, "value by team");
            for (std::size_t s = 0; s < slopes.size(); ++s) {
                std::string const name = parameters[s].name();
                near(in_lanes.slope(static_cast<int>(s), channel), slopes[s], name + " in lanes");
                if (!team.empty()) near(team[static_cast<std::size_t>(channel)][s + 1], slopes[s], name + " by team");
            }
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(compared, num_sets * num_compared / 3);
}

INSTANTIATE_TEST_SUITE_P(All, ComponentWalk, ::testing::ValuesIn(cases()),
                         [](auto const& all) { return all.param.name; });

}  // namespace
}  // namespace warpfit::testing
