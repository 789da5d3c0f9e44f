// Every component at random parameters, as lanes, plain doubles and a team evaluate it, against dual numbers of its
// formula's tree. Compiled once for each instruction set.

#include "src/backends/cpu/channels.hpp"
#include "src/model/fit_plan.hpp"
#include "src/model/formula.hpp"
#include "tests/support/dual_tree.hpp"
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
using B = lanes::Lanes<double, WARPFIT_TEST_LANES>;

constexpr int num_sets = 1000;
constexpr int num_compared = 2;  ///< channels a set
constexpr int team_size = 2;     ///< what waits for more members takes minutes on a busy machine

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
        std::string const& type = info.type;
        ComponentOptions options;
        auto const add = [&](std::string const& name) { all.push_back({type + name, Component(type, type, options)}); };
        if (type == "ScalableFixedPattern") {
            options.pattern.offset = -12.0;
            options.pattern.scale = 0.25;
            for (int i = 0; i < 100; ++i) options.pattern.values.push_back(3.0 + std::sin(0.3 * i) + 0.02 * i);
        }
        if (type == "EELSCLEdge") {
            options.edge.element_subshell = "Fe_L3";
            options.edge.microscope = {200.0, 10.0, 20.0};
            options.edge.energy_scale = 0.5;
            add("WithoutFineStructure");
            options.edge.fine_structure_active = true;
            options.edge.fine_structure_spline_active = false;
            add("WithoutSplines");
            options.edge.fine_structure_spline_active = true;
        }
        add("");
        if (type == "ScalableFixedPattern") {
            options.interpolate = false;
            add("AsItIs");
        }
        if (type == "Polynomial" || type == "Polynomial2D") {
            options.order = 5;
            add("Of5");
        }
        if (type == "Gaussian2D" || type == "Lorentzian2D") {
            options.add_rotation = true;
            add("Rotated");
            options.hyperspy_compat = true;
            add("Sheared");
            options.hyperspy_compat = false;
        }
        if (type == "Gaussian2D" || type == "Disk2D") {
            options.add_rotation = true;
            options.rotation_center = {0.5, -1.25};
            add("RotatedAboutAPoint");
        }
        if (type == "PESVoigt") {
            options.line.spin_orbit_splitting = true;
            add("Split");
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

/// Where set number `set` is looked at for the k-th time.
int channel_of(program::Plan const& plan, int set, int k)
{
    return (set * num_compared + k) * 13 % plan.num_channels;
}

/// The same of all sets at once, by one team that stays: [set * num_compared + k][value, slopes by slot].
class ByTeam
{
  public:
    explicit ByTeam(program::Plan const& plan)
        : plan_(plan)
        , channels_(plan)
        , even_(size(Program::shared_size(plan)))
        , odd_(even_.size())
    {}

    std::vector<std::vector<double>> const& run(std::vector<std::vector<double>> const& sets, int members)
    {
        out.assign(sets.size() * num_compared, std::vector<double>(size(plan_.num_free) + 1));
        if (members == 1)
            member(SerialTeam{}, sets);
        else
            run_team(members, members, [&](ThreadTeam const& team) { member(team, sets); });
        return out;
    }

    std::vector<std::vector<double>> out;

  private:
    using Program = program::InterpreterProgram<double>;
    static std::size_t size(int n) { return static_cast<std::size_t>(n); }

    /// Two programs take turns: who prepares one may find others still at the set before, never at that before it.
    template<class T>
    void member(T const& team, std::vector<std::vector<double>> const& sets)
    {
        std::vector<double> scratch(size(Program::private_size(plan_)));
        Program even(plan_, channels_.data, even_.data(), scratch.data());
        Program odd(plan_, channels_.data, odd_.data(), scratch.data());
        for (std::size_t set = 0; set < sets.size(); ++set) {
            Program& program = set % 2 == 0 ? even : odd;
            program.prepare(team, sets[set].data(), {nullptr, ~0ull});
            for (int k = 0; k < num_compared; ++k) {
                // Not always by the member that prepared it.
                if (team.rank() != (static_cast<int>(set / 2) + k) % team.size()) continue;
                std::vector<double>& row = out[set * num_compared + size(k)];
                row[0] = program.evaluate(channel_of(plan_, static_cast<int>(set), k), row.data() + 1);
            }
        }
    }

    program::Plan const& plan_;
    ChannelCopy<double> const channels_;
    std::vector<double> even_, odd_;  ///< what the members share
};

class ComponentWalk : public ::testing::TestWithParam<Case>
{};

TEST_P(ComponentWalk, ValueAndGradientAreThoseOfDualNumbers)
{
    Problem problem(GetParam().component);
    program::Plan const& plan = problem.view;
    std::vector<Parameter> const& parameters = problem.model.components().front().parameters();
    std::vector<std::string> names;
    for (Parameter const& p : parameters) names.push_back(p.name());
    std::vector<std::vector<double>> sets(num_sets);
    for (std::vector<double>& set : sets)
        for (Parameter const& p : parameters) set.push_back(problem.random.value(p));
    InLanes in_lanes(plan);
    ByTeam plain(plan), team(plan);
    plain.run(sets, 1);
    team.run(sets, team_size);
    DualTree dual(problem.formula);
    int compared = 0;
    for (int set = 0; set < num_sets; ++set) {
        std::vector<double> const& p = sets[static_cast<std::size_t>(set)];
        std::map<std::string, double> values;
        for (std::size_t s = 0; s < p.size(); ++s) values[names[s]] = p[s];
        in_lanes.evaluate(p);
        for (int k = 0; k < num_compared; ++k) {
            int const channel = channel_of(plan, set, k);
            values["x"] = plan.x[channel];
            if (plan.y) values["y"] = plan.y[channel];
            dual.evaluate(values, names);
            bool defined = std::isfinite(dual.value);
            for (double const slope : dual.gradient) defined = defined && std::isfinite(slope);
            if (!defined) continue;  // a power of a negative number
            ++compared;
            auto const row = static_cast<std::size_t>(set * num_compared + k);
            auto const near = [&](std::string const& what, double wanted, double lanes, std::size_t column) {
                double const tolerance = 1e-10 * (std::fabs(wanted) + 1e-3 * std::fabs(dual.value) + 1e-3);
                std::string const where = what + ", set " + std::to_string(set) + ", x " + std::to_string(values["x"]);
                EXPECT_NEAR(lanes, wanted, tolerance) << "in lanes: " << where;
                EXPECT_NEAR(plain.out[row][column], wanted, tolerance) << "plain: " << where;
                EXPECT_NEAR(team.out[row][column], wanted, tolerance) << "by team: " << where;
            };
            near("value", dual.value, in_lanes.value(channel), 0);
            for (std::size_t s = 0; s < names.size(); ++s)
                near(names[s], dual.gradient[s], in_lanes.slope(static_cast<int>(s), channel), s + 1);
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(compared, num_sets * num_compared / 3);
}

INSTANTIATE_TEST_SUITE_P(All, ComponentWalk, ::testing::ValuesIn(cases()),
                         [](auto const& all) { return all.param.name; });

}  // namespace
}  // namespace warpfit::testing
