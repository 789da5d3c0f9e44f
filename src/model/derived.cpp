#include "src/model/derived.hpp"

#include "src/model/builtin.hpp"
#include "src/model/linearity.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <set>
#include <utility>

namespace warpfit {

using expression::Expression;

namespace {

std::vector<std::string> names_of(Component const& component)
{
    std::vector<std::string> names;
    for (Parameter const& p : component.parameters()) names.push_back(p.name());
    return names;
}

/// Those of its type that its parameters suffice for: rotations need an angle.
std::vector<DerivedInfo const*> derived_of(Component const& component)
{
    std::vector<DerivedInfo const*> found;
    Builtin const* const builtin = find_builtin(component.type());
    if (builtin == nullptr) return found;
    for (DerivedInfo const& info : builtin->derived) {
        std::vector<std::string> const symbols = Expression::parse(info.expression).symbols();
        if (std::all_of(symbols.begin(), symbols.end(), [&](auto const& s) { return component.has_parameter(s); }))
            found.push_back(&info);
    }
    return found;
}

DerivedInfo const& find(Component const& component, std::string_view name)
{
    std::vector<std::string> names;
    for (DerivedInfo const* info : derived_of(component)) {
        if (info->name == name) return *info;
        names.push_back(info->name);
    }
    throw InvalidArgument("component " + quote(component.name().empty() ? component.type() : component.name()) +
                          " has no derived quantity " + quote(name) + known_names(name, names));
}

std::map<std::string, double> values_of(Component const& component)
{
    std::map<std::string, double> values;
    for (Parameter const& p : component.parameters()) values[p.name()] = p.value();
    return values;
}

/// Free parameter that a slot follows; -1: none.
int root_of(FitPlan const& plan, int slot)
{
    auto const at = [&](int s) -> program::Slot const& { return plan.slots[static_cast<std::size_t>(s)]; };
    while (at(slot).kind == program::SlotKind::twin) slot = plan.twins[static_cast<std::size_t>(at(slot).index)].parent;
    return at(slot).kind == program::SlotKind::free ? at(slot).index : -1;
}

}  // namespace

std::vector<std::string> Component::derived_names() const
{
    std::vector<std::string> names;
    for (DerivedInfo const* info : derived_of(*this)) names.push_back(info->name);
    return names;
}

double Component::derived(std::string_view name) const
{
    return Expression::parse(find(*this, name).expression).evaluate(values_of(*this));
}

void Component::set_derived(std::string_view name, double value)
{
    DerivedInfo const& info = find(*this, name);
    if (info.sets.empty())
        throw InvalidArgument(quote(name) + " of component " + quote(name_.empty() ? type_ : name_) +
                              " cannot be set (it follows from several parameters): set those");
    std::map<std::string, double> values = values_of(*this);
    values[info.name] = value;
    double const of_parameter = Expression::parse(info.inverse).evaluate(values);
    (*this)[info.sets].set_value(of_parameter);
    std::erase_if(given_derived_, [&](GivenDerived const& given) { return given.parameter == info.sets; });
    given_derived_.push_back({info.name, value, info.sets, of_parameter});
}

std::vector<GivenDerived> Component::given_derived() const
{
    std::vector<GivenDerived> in_force;
    for (GivenDerived const& given : given_derived_) {
        bool const is_moved = (*this)[given.parameter].value() != given.parameter_value;
        bool const is_met = std::fabs(derived(given.name) - given.value) <= 1e-12 * std::fabs(given.value);
        if (!is_moved && is_met) in_force.push_back(given);
    }
    return in_force;
}

void find_derived(Model const& model, FitPlan& plan)
{
    std::set<std::pair<int, int>> pairs;
    std::size_t term = 0;
    for (Component const& component : model.components()) {
        if (!may_be_active(component)) continue;
        int const first_slot = plan.terms[term].first_slot;
        int const active_bit = plan.terms[term++].active_bit;
        std::vector<std::string> const names = names_of(component);
        auto const wants_gradient = std::make_unique<bool[]>(names.size());
        std::fill_n(wants_gradient.get(), names.size(), true);
        for (DerivedInfo const* info : derived_of(component)) {
            Expression const formula = Expression::parse(info->expression);
            plan.derived.push_back({component.name(), info->name, first_slot, active_bit,
                                    expression::compile(formula, names, {wants_gradient.get(), names.size()})});
            std::vector<int> roots;
            for (std::size_t k = 0; k < names.size(); ++k) {
                int const root = root_of(plan, first_slot + static_cast<int>(k));
                if (root >= 0 && !formula.derivative(names[k]).is_zero()) roots.push_back(root);
            }
            for (int const a : roots)
                for (int const b : roots)
                    if (a < b) pairs.emplace(a, b);
        }
    }
    for (auto const& [first, second] : pairs) plan.pairs.push_back({first, second});
}

void find_given(Model const& model, FitPlan& plan)
{
    std::size_t term = 0;
    for (Component const& component : model.components()) {
        if (!may_be_active(component)) continue;
        int const first_slot = plan.terms[term++].first_slot;
        std::vector<std::string> const names = names_of(component);
        auto const wants_gradient = std::make_unique<bool[]>(names.size());
        for (GivenDerived const& given : component.given_derived()) {
            auto const k = std::find(names.begin(), names.end(), given.parameter) - names.begin();
            int const slot = first_slot + static_cast<int>(k);
            if (plan.slots[static_cast<std::size_t>(slot)].kind != program::SlotKind::free) continue;
            Expression const inverse = Expression::parse(find(component, given.name).inverse)
                                           .substitute(given.name, Expression::number(given.value));
            plan.given.push_back({first_slot, slot, given.value,
                                  expression::compile(inverse, names, {wants_gradient.get(), names.size()})});
        }
    }
}

}  // namespace warpfit
