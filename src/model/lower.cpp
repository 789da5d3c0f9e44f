#include "kernels/components/eels_cl_edge.hpp"
#include "kernels/program/interpreter.hpp"
#include "kernels/program/slots.hpp"
#include "src/model/builtin.hpp"
#include "src/model/convolution.hpp"
#include "src/model/derived.hpp"
#include "src/model/eels_edge.hpp"
#include "src/model/fit_plan.hpp"
#include "src/model/formula.hpp"
#include "src/model/linearity.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <optional>

namespace warpfit {

using expression::Expression;
using program::SlotKind;

namespace {

constexpr int max_active_bits = 64;
constexpr double onset_reach = 10.0;  // [eV]

/// The channels that a term is evaluated on, and the tables over them.
struct Tabulation
{
    std::vector<double> const& x;
    std::vector<double> const& y;  ///< empty in 1D
    std::vector<double>& tables;   ///< [num_tables, x.size()]
    int& num_tables;

    /// Adds `count` columns; row(i, values) fills those of channel i. Returns the first.
    template<class Row>
    int add(int count, Row const& row)
    {
        int const first = num_tables;
        num_tables += count;
        tables.resize(static_cast<std::size_t>(num_tables) * x.size());
        std::vector<double> values(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < x.size(); ++i) {
            row(i, values.data());
            for (std::size_t t = 0; t < values.size(); ++t)
                tables[(static_cast<std::size_t>(first) + t) * x.size() + i] = values[t];
        }
        return first;
    }

    /// The first of `count` columns that are those from `first`, the last, on: the earliest. What there is twice goes.
    /// Terms of one formula read the same ones then, which stay in the first cache from one to the next.
    int shared(int first, int count)
    {
        auto const column = [&](int k) { return tables.begin() + static_cast<std::ptrdiff_t>(k) * std::ssize(x); };
        auto const same = [](double a, double b) {
            return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
        };
        for (int k = 0; k + count <= first; ++k) {
            if (!std::equal(column(first), tables.end(), column(k), same)) continue;
            tables.erase(column(first), tables.end());
            num_tables = first;
            return k;
        }
        return first;
    }
};

class Lowering
{
  public:
    Lowering(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data)
        : model_(model)
        , signal_(signal)
        , options_(options)
        , data_(data)
        , convolves_(is_convolved(model, signal))
    {}

    FitPlan run()
    {
        lower_options();
        check_fine_structures();
        lower_channels();
        for (Component const& component : model_.components())
            if (may_be_active(component)) lower_slots(component);
        if (plan_.terms.empty())
            throw InvalidArgument("nothing to fit (the model has no active component): append or activate one");
        if (plan_.free_slots.empty())
            throw InvalidArgument("nothing to fit (no parameter of an active component is free): free one");
        lower_twins();
        plan_.linear.assign(plan_.free_slots.size(), 0);
        std::size_t term = 0;
        for (Component const& component : model_.components())
            if (may_be_active(component)) {
                lower_term(component, plan_.terms[term]);
                find_linear(component, plan_.terms[term++]);
            }
        plan_.is_linear = is_linear_model(model_, [this](std::string const& path) {
            return plan_.slots[static_cast<std::size_t>(slot_of_.at(path))].kind == SlotKind::free;
        });
        if (convolves_) {
            std::vector<Component const*> active;
            std::vector<Expression> formulas;
            for (Component const& component : model_.components()) {
                if (!may_be_active(component)) continue;
                formulas.push_back(component.own() ? dependence_of(component)
                                                   : formula_to_lower(component, plan_.terms[active.size()]));
                active.push_back(&component);
            }
            find_term_forms(model_, active, formulas, plan_);
        }
        if (options_.derived) find_derived(model_, plan_);
        find_given(model_, plan_);
        plan_.view();  // fills what later views share
        return std::move(plan_);
    }

  private:
    void lower_options();
    void check_fine_structures() const;
    void lower_channels();
    void lower_slots(Component const& component);
    void bound_onset(int slot);
    void bound_angle(int slot);
    int add_slot(std::string const& path, Parameter const& parameter, bool in_term);
    void lower_twins();
    void add_twin(int slot);
    int slot_for(std::string const& path);
    void lower_term(Component const& component, program::Term& term);
    void lower_builtin(Builtin const& builtin, program::Term& term);
    void lower_expression(Component const& component, program::Term& term);
    void lower_own(Component const& component, program::Term& term);
    Tabulation tabulation_of(program::Term const& term);
    void find_linear(Component const& component, program::Term const& term);
    program::Slot const& root_of(int slot) const;
    bool depends_on_free(int slot) const;
    double reach_of(int slot) const;
    Expression formula_to_lower(Component const& component, program::Term const& term) const;
    program::Slot const& slot_at(int slot) const { return plan_.slots[static_cast<std::size_t>(slot)]; }

    Model const& model_;
    Signal const& signal_;
    FitOptions const& options_;
    DataOptions const& data_;
    bool convolves_;
    FitPlan plan_;
    std::map<std::string, int> slot_of_;
    std::vector<bool> twin_done_;
    int num_active_bits_ = 0;
};

void Lowering::lower_options()
{
    std::array const losses{std::string("ls")};
    std::array const optimizers{std::string("lm")};
    if (options_.loss != losses[0])
        throw InvalidArgument("loss " + quote(options_.loss) + " does not exist yet" +
                              known_names(options_.loss, losses));
    if (!options_.optimizer.empty() && options_.optimizer != optimizers[0])
        throw InvalidArgument("optimizer " + quote(options_.optimizer) + " does not exist yet" +
                              known_names(options_.optimizer, optimizers));
    if (options_.max_iterations < 1)
        throw InvalidArgument("max_iterations is " + std::to_string(options_.max_iterations) + " (must be at least 1)");
    if (!(options_.tolerance > 0.0 && options_.tolerance < 1.0))
        throw InvalidArgument("tolerance is " + number_text(options_.tolerance) + " (must lie between 0 and 1)");
    plan_.options.precision = options_.precision == Precision::float32 ? program::Precision::float32
                              : options_.precision == Precision::mixed ? program::Precision::mixed
                                                                       : program::Precision::float64;
    plan_.options.max_iterations = options_.max_iterations;
    plan_.options.tolerance = options_.tolerance;
    plan_.options.bounded = options_.bounded ? 1 : 0;
    plan_.options.scale_errors = options_.standard_error == StandardError::scaled ? 1 : 0;
}

/// That the components which edges name are there.
void Lowering::check_fine_structures() const
{
    std::vector<std::string> names;
    for (Component const& component : model_.components()) names.push_back(component.name());
    for (Component const& edge : model_.components())
        for (std::string const& name : edge.options().edge.fine_structure_components) {
            if (std::find(names.begin(), names.end(), name) == names.end())
                throw InvalidArgument("fine_structure_components of " + quote(edge.name()) +
                                      " name an unknown component, " + quote(name) + known_names(name, names));
            if (model_[name].type() == edge.type())
                throw InvalidArgument("fine_structure_components of " + quote(edge.name()) + " name the edge " +
                                      quote(name) + " (an edge describes no other's fine structure): name peaks");
        }
}

void Lowering::lower_channels()
{
    if (!data_.low_loss.empty())
        throw InvalidArgument("the low loss " + quote(data_.low_loss) +
                              " is not loaded (the data options name a file): load it with io::load, give it to the "
                              "signal with set_low_loss, and clear the name");
    std::vector<Axis> const& axes = signal_.signal_axes();
    if (axes.empty()) throw InvalidArgument("the signal has no signal axis (it is empty): load or make one first");
    plan_.dimension = static_cast<int>(axes.size());
    if (model_.size() != 0 && model_.dimension() != plan_.dimension)
        throw InvalidArgument("the model has " + std::to_string(model_.dimension()) + " axes (the signal has " +
                              std::to_string(plan_.dimension) + " signal axes)");
    plan_.stored_channels = static_cast<long long>(signal_.num_channels());

    auto const is_binned = [&](Axis const& axis) { return data_.binned.value_or(axis.is_binned); };
    bool const any_binned = std::any_of(axes.begin(), axes.end(), is_binned);
    Axis const& fast = axes.back();
    for (std::size_t const channel : used_channels(signal_, data_)) {
        auto const stored = static_cast<Index>(channel);
        if (!plan_.runs.empty() && plan_.runs.back().first + plan_.runs.back().count == stored)
            ++plan_.runs.back().count;
        else
            plan_.runs.push_back({stored, 1});
        std::size_t const column = channel % fast.size;
        std::size_t const row = channel / fast.size;
        plan_.x.push_back(fast.value(column));
        if (plan_.dimension == 2) plan_.y.push_back(axes.front().value(row));
        if (!any_binned) continue;
        double width = is_binned(fast) ? fast.width(column) : 1.0;
        if (plan_.dimension == 2 && is_binned(axes.front())) width *= axes.front().width(row);
        plan_.width.push_back(width);
    }
    if (convolves_) lower_convolution_axis(signal_, plan_);
}

/// Whether a parameter that is not free may differ between pixels. HyperSpy stores a map of every parameter.
bool varies(Parameter const& parameter)
{
    return std::any_of(parameter.map().begin(), parameter.map().end(),
                       [&](double v) { return std::isfinite(v) && v != parameter.value(); });
}

int Lowering::add_slot(std::string const& path, Parameter const& parameter, bool in_term)
{
    auto const slot = static_cast<int>(plan_.slots.size());
    bool const is_pinned = options_.bounded && parameter.bmin() == parameter.bmax();
    program::Slot entry{SlotKind::fixed, -1, parameter.value()};
    if (!parameter.map().empty() && parameter.map().size() != signal_.num_pixels())
        throw InvalidArgument("the map of " + quote(path) + " has " + std::to_string(parameter.map().size()) +
                              " values (the signal has " + std::to_string(signal_.num_pixels()) + " pixels)");
    if (model_.is_twin(path)) {
        entry = {SlotKind::twin, -1, model_.value(path)};
    } else if (in_term && parameter.is_free() && !is_pinned) {
        entry = {SlotKind::free, static_cast<int>(plan_.free_slots.size()), parameter.value()};
        plan_.free_slots.push_back(slot);
        plan_.bmin.push_back(parameter.bmin());
        plan_.bmax.push_back(parameter.bmax());
        plan_.start.push_back(parameter.value());
    } else if (varies(parameter) && !(parameter.is_free() && is_pinned)) {
        entry = {SlotKind::pixel, plan_.num_pixel_values++, parameter.value()};
        plan_.pixel_slots.push_back(slot);
    }
    plan_.slots.push_back(entry);
    plan_.slot_paths.push_back(path);
    slot_of_.emplace(path, slot);
    return slot;
}

void Lowering::lower_slots(Component const& component)
{
    program::Term term{-1, -1, static_cast<int>(plan_.slots.size()), 0, -1, 0, -1};
    if (!component.active_map().empty()) {
        if (component.active_map().size() != signal_.num_pixels())
            throw InvalidArgument("the active map of component " + quote(component.name()) + " has " +
                                  std::to_string(component.active_map().size()) + " values (the signal has " +
                                  std::to_string(signal_.num_pixels()) + " pixels)");
        if (num_active_bits_ == max_active_bits)
            throw InvalidArgument("more than " + std::to_string(max_active_bits) +
                                  " components are switched pixel by pixel (component " + quote(component.name()) +
                                  " is one too many): leave some on everywhere");
        term.active_bit = num_active_bits_++;
    }
    for (Parameter const& p : component.parameters()) {
        int const slot = add_slot(component.name() + "." + p.name(), p, true);
        if (component.type() != "EELSCLEdge") continue;
        if (p.name() == "effective_angle") bound_angle(slot);
        if (p.name() != "onset_energy") continue;
        bound_onset(slot);
        term.onset = slot - term.first_slot;
        term.rise = begins_before_onset(component.options().edge);
    }
    term.num_slots = static_cast<int>(component.parameters().size());
    term.convolved = convolves_ && component.is_convolved();
    if (std::string const& factor = cumulative_of(component); !factor.empty()) {
        if (convolves_)
            throw InvalidArgument("component " + quote(component.name()) +
                                  " has a Shirley background (the signal has a low loss): fit it without low loss, or "
                                  "without Shirley background");
        for (std::size_t k = 0; k < component.parameters().size(); ++k)
            if (component.parameters()[k].name() == factor) term.cumulative = static_cast<int>(k);
    }
    plan_.terms.push_back(term);
    plan_.term_types.push_back(component.type());
    plan_.term_variants.push_back(component.formula() + " " + cumulative_of(component));
}

/// A free onset without bounds stays near its start: with a fine structure of its own an edge could go anywhere.
void Lowering::bound_onset(int slot)
{
    program::Slot const& at = slot_at(slot);
    if (at.kind != SlotKind::free) return;
    double& low = plan_.bmin.back();
    double& high = plan_.bmax.back();
    if (std::isinf(low)) low = at.value - onset_reach;
    if (std::isinf(high)) high = at.value + onset_reach;
}

/// A free angle stays where its tables are.
void Lowering::bound_angle(int slot)
{
    program::Slot const& at = slot_at(slot);
    if (at.kind != SlotKind::free || !(at.value > 0.0)) return;
    plan_.bmin.back() = std::max(plan_.bmin.back(), at.value / angle_reach);
    plan_.bmax.back() = std::min(plan_.bmax.back(), at.value * angle_reach);
}

/// A twin may follow a parameter of a component that is left out: that one gets a slot of no term.
int Lowering::slot_for(std::string const& path)
{
    auto const found = slot_of_.find(path);
    return found != slot_of_.end() ? found->second : add_slot(path, model_.parameter(path), false);
}

void Lowering::add_twin(int slot)
{
    if (twin_done_.size() < plan_.slots.size()) twin_done_.resize(plan_.slots.size(), false);
    if (slot_at(slot).kind != SlotKind::twin || twin_done_[static_cast<std::size_t>(slot)]) return;
    twin_done_[static_cast<std::size_t>(slot)] = true;
    std::string const path = plan_.slot_paths[static_cast<std::size_t>(slot)];
    Twin const& twin =
        *std::find_if(model_.twins().begin(), model_.twins().end(), [&](Twin const& t) { return t.parameter == path; });
    int const parent = slot_for(twin.to);
    add_twin(parent);

    int code = -1;
    Expression const formula = twin_formula(twin.expression);
    if (formula.to_string() != twin_symbol) {
        std::array const names{std::string(twin_symbol)};
        std::array const wants_gradient{true};
        code = static_cast<int>(plan_.expressions.size());
        plan_.expressions.push_back(expression::compile(formula, names, wants_gradient));
        if (plan_.expressions.back().num_pixel_registers > program::max_scalar_registers)
            throw InvalidArgument("the expression of twin " + quote(path) + " is too long (" +
                                  std::to_string(plan_.expressions.back().num_pixel_registers) +
                                  " registers, at most " + std::to_string(program::max_scalar_registers) +
                                  "): use a shorter one");
    }
    plan_.slots[static_cast<std::size_t>(slot)].index = static_cast<int>(plan_.twins.size());
    plan_.twins.push_back({slot, parent, code});
}

void Lowering::lower_twins()
{
    auto const in_terms = static_cast<int>(plan_.slots.size());
    for (int slot = 0; slot < in_terms; ++slot) add_twin(slot);
}

program::Slot const& Lowering::root_of(int slot) const
{
    while (slot_at(slot).kind == SlotKind::twin)
        slot = plan_.twins[static_cast<std::size_t>(slot_at(slot).index)].parent;
    return slot_at(slot);
}

bool Lowering::depends_on_free(int slot) const
{
    return root_of(slot).kind == SlotKind::free;
}

/// How far from its value a slot may go.
double Lowering::reach_of(int slot) const
{
    program::Slot const& root = root_of(slot);
    if (root.kind == SlotKind::fixed) return 0.0;
    if (slot_at(slot).kind == SlotKind::twin || !options_.bounded) return unbounded;  // by a formula; anywhere
    auto const index = static_cast<std::size_t>(root.index);
    if (root.kind == SlotKind::free) return std::max(plan_.bmax[index] - root.value, root.value - plan_.bmin[index]);
    double reach = 0.0;
    std::string const& path = plan_.slot_paths[static_cast<std::size_t>(plan_.pixel_slots[index])];
    for (double const v : model_.parameter(path).map())
        if (std::isfinite(v)) reach = std::max(reach, std::fabs(v - root.value));
    return reach;
}

/// An edge whose onset and angle stay where they are is taken as it is at the channels.
Expression Lowering::formula_to_lower(Component const& component, program::Term const& term) const
{
    if (component.type() != "EELSCLEdge") return formula_of(component);
    require_axis_in_ev(signal_.signal_axes().front());
    auto const value = [&](char const* name) { return model_.value(component.name() + "." + name); };
    bool const is_fixed = root_of(term.first_slot + components::EELSCLEdge::onset_energy).kind == SlotKind::fixed &&
                          root_of(term.first_slot + components::EELSCLEdge::effective_angle).kind == SlotKind::fixed;
    bool const begins =
        std::any_of(plan_.x.begin(), plan_.x.end(), [&](double x) { return x >= value("onset_energy"); });
    if (is_fixed && !begins && root_of(term.first_slot + components::EELSCLEdge::intensity).kind == SlotKind::free)
        throw InvalidArgument("edge " + quote(component.name()) + " begins at " + number_text(value("onset_energy")) +
                              " eV (the fitted channels end at " +
                              number_text(*std::max_element(plan_.x.begin(), plan_.x.end())) +
                              "): remove it, switch it off, or fix its intensity");
    std::optional<EdgeMotion> motion;
    if (!is_fixed)
        motion = {reach_of(term.first_slot + components::EELSCLEdge::onset_energy),
                  root_of(term.first_slot + components::EELSCLEdge::effective_angle).kind != SlotKind::fixed};
    return edge_formula(component, value("onset_energy"), value("effective_angle"), motion);
}

Tabulation Lowering::tabulation_of(program::Term const& term)
{
    FitPlan::Convolved& convolved = plan_.convolved;
    if (term.convolved) return {convolved.x, plan_.y, convolved.tables, convolved.num_tables};
    return {plan_.x, plan_.y, plan_.tables, plan_.num_tables};
}

void Lowering::lower_builtin(Builtin const& builtin, program::Term& term)
{
    term.component = builtin.index;
    auto const is_fixed = [&](int slot) { return slot_at(term.first_slot + slot).kind == SlotKind::fixed; };
    if (builtin.num_tables == 0 || !std::all_of(builtin.hoist_slots.begin(), builtin.hoist_slots.end(), is_fixed))
        return;
    term.hoisted = 1;
    std::vector<double> values;
    for (int slot = 0; slot < term.num_slots; ++slot) values.push_back(slot_at(term.first_slot + slot).value);
    Tabulation on = tabulation_of(term);
    term.tables =
        on.add(builtin.num_tables, [&](std::size_t i, double* row) { builtin.tabulate(on.x[i], values.data(), row); });
}

void Lowering::lower_expression(Component const& component, program::Term& term)
{
    std::vector<std::string> names;
    std::vector<std::pair<std::string, Expression>> numbers;
    auto const wants_gradient = std::make_unique<bool[]>(component.parameters().size());
    for (Parameter const& p : component.parameters()) {
        int const slot = term.first_slot + static_cast<int>(names.size());
        wants_gradient[names.size()] = depends_on_free(slot);
        if (root_of(slot).kind == SlotKind::fixed)
            numbers.emplace_back(p.name(), Expression::number(model_.value(component.name() + "." + p.name())));
        names.push_back(p.name());
    }
    Expression const formula = substitute_all(formula_to_lower(component, term), numbers);
    term.code = static_cast<int>(plan_.expressions.size());
    plan_.expressions.push_back(
        expression::compile(formula, names, std::span<bool const>(wants_gradient.get(), names.size())));

    program::ExpressionCode const code = plan_.expressions.back().view();
    int const num_columns = code.num_channel_registers - 2;
    if (num_columns == 0) return;
    Tabulation on = tabulation_of(term);
    std::vector<double> registers(static_cast<std::size_t>(code.num_channel_registers));
    int const first = on.add(num_columns, [&](std::size_t i, double* row) {
        program::run_channel(code, on.x[i], on.y.empty() ? 0.0 : on.y[i], registers.data());
        std::copy(registers.begin() + 2, registers.end(), row);
    });
    term.tables = on.shared(first, num_columns);
}

void Lowering::lower_own(Component const& component, program::Term& term)
{
    term.function = static_cast<int>(plan_.own_calls.size());
    plan_.own_calls.push_back(std::make_unique<OwnCall>(component.own(), component.name(), component.parameters()));
    std::vector<double> p;
    for (Parameter const& parameter : component.parameters())
        p.push_back(model_.value(component.name() + "." + parameter.name()));
    plan_.own_calls.back()->check_linear(plan_.x, plan_.y, p);
}

void Lowering::lower_term(Component const& component, program::Term& term)
{
    if (component.own()) return lower_own(component, term);
    Builtin const* const builtin = find_builtin(component.type());
    if (builtin != nullptr && builtin->index >= 0 && !component.options().add_rotation)
        lower_builtin(*builtin, term);
    else
        lower_expression(component, term);
}

/// Marks free parameters in which the term is linear jointly, the last slots first: of an edge the many coefficients of
/// its fine structure, not the intensity that they are multiplied with. Terms are added, so that sets of different
/// terms are linear together; a parameter with twins may stand elsewhere too and is left alone.
void Lowering::find_linear(Component const& component, program::Term const& term)
{
    Expression const formula = dependence_of(component);
    std::vector<std::string> set;
    for (int k = term.num_slots; k-- > 0;) {
        int const slot = term.first_slot + k;
        program::Slot const& at = slot_at(slot);
        bool const has_twin = std::any_of(plan_.twins.begin(), plan_.twins.end(),
                                          [&](program::Twin const& twin) { return twin.parent == slot; });
        if (at.kind != SlotKind::free || has_twin) continue;
        set.push_back(component.parameters()[static_cast<std::size_t>(k)].name());
        if (formula.is_linear_in(set))
            plan_.linear[static_cast<std::size_t>(at.index)] = 1;
        else
            set.pop_back();
    }
}

}  // namespace

FitPlan lower(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data)
{
    return Lowering(model, signal, options, data).run();
}

}  // namespace warpfit
