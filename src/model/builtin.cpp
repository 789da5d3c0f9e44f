#include "src/model/builtin.hpp"

#include "kernels/components/builtins.hpp"
#include "kernels/components/formulas.hpp"

namespace warpfit {

namespace {

template<class C>
void describe_parameters(Builtin& builtin)
{
    if constexpr (C::num_parameters == run_time_slots) {
        ParameterSpec const& spec = C::parameters[0];
        for (std::string const& name : builtin.names(default_order))
            builtin.parameters.emplace_back(name, spec.unit, spec.value, Bounds{spec.bmin, spec.bmax}, spec.free);
    } else {
        for (ParameterSpec const& spec : C::parameters)
            builtin.parameters.emplace_back(spec.name, spec.unit, spec.value, Bounds{spec.bmin, spec.bmax}, spec.free);
    }
}

template<class C>
void describe_positions(Builtin& builtin)
{
    if constexpr (C::num_parameters != run_time_slots) {
        if constexpr (C::position >= 0) builtin.position = C::parameters[C::position].name;
        if constexpr (requires { C::position_y; }) {
            if constexpr (C::position_y >= 0) builtin.position_y = C::parameters[C::position_y].name;
        }
    }
}

template<class C>
void describe_derived(Builtin& builtin)
{
    if constexpr (requires { C::derived[0]; }) {
        for (DerivedSpec const& spec : C::derived)
            builtin.derived.push_back(
                {spec.name, spec.unit, spec.expression, spec.sets ? spec.sets : "", spec.inverse ? spec.inverse : ""});
    }
}

template<class C>
constexpr bool is_convolved()
{
    if constexpr (requires { C::convolved; })
        return C::convolved;
    else
        return true;
}

template<class C>
void describe_hoisted(Builtin& builtin)
{
    if constexpr (requires { typename C::Hoisted; }) {
        for (int const slot : C::Hoisted::depends_on) builtin.hoist_slots.push_back(slot);
        builtin.num_tables = C::Hoisted::num_tables;
        builtin.tabulate = [](double x, double const* p, double* out) { C::Hoisted::tabulate(x, p, out); };
    }
}

template<class C>
Builtin describe(int index)
{
    Builtin builtin;
    builtin.index = index;
    builtin.type = C::name;
    builtin.expression = C::expression;
    builtin.dimension = C::dimension;
    builtin.has_run_time_slots = C::num_parameters == run_time_slots;
    if constexpr (requires { C::curve; }) builtin.curve = C::curve;
    if constexpr (requires { C::cumulative; }) builtin.cumulative = C::parameters[C::cumulative].name;
    builtin.convolved = is_convolved<C>();
    builtin.is_round = requires
    {
        C::is_round;
    };
    describe_parameters<C>(builtin);
    describe_positions<C>(builtin);
    describe_derived<C>(builtin);
    describe_hoisted<C>(builtin);
    return builtin;
}

std::vector<Builtin> describe_all()
{
    using namespace components;
    std::vector<Builtin> all;
    for_each(Builtins{}, [&all](auto tag, int i) { all.push_back(describe<typename decltype(tag)::type>(i)); });
    for_each(Formulas{}, [&all](auto tag, int) { all.push_back(describe<typename decltype(tag)::type>(-1)); });
    return all;
}

/// Exponents of x and y of each summand.
std::vector<std::pair<int, int>> powers_of_order(int dimension, int order)
{
    std::vector<std::pair<int, int>> powers;
    for (int degree = 0; degree <= order; ++degree)
        for (int j = 0; j <= (dimension == 2 ? degree : 0); ++j) powers.emplace_back(degree - j, j);
    return powers;
}

std::string power_text(char axis, int exponent)
{
    if (exponent == 0) return "";
    return std::string("*") + axis + (exponent > 1 ? "**" + std::to_string(exponent) : "");
}

}  // namespace

std::vector<Builtin> const& builtins()
{
    static std::vector<Builtin> const all = describe_all();
    return all;
}

Builtin const* find_builtin(std::string_view type)
{
    for (Builtin const& builtin : builtins())
        if (builtin.type == type) return &builtin;
    return nullptr;
}

int Builtin::max_order() const
{
    return dimension == 2 ? 9 : max_run_time_slots - 1;
}

std::vector<std::string> Builtin::names(int order) const
{
    std::size_t const width = std::to_string(order).size();
    std::vector<std::string> names;
    for (auto const& [i, j] : powers_of_order(dimension, order)) {
        std::string const digits = std::to_string(i);
        names.push_back("a" + std::string(width - digits.size(), '0') + digits +
                        (dimension == 2 ? std::to_string(j) : ""));
    }
    return names;
}

std::string Builtin::formula(int order) const
{
    std::string text;
    std::vector<std::string> const all = names(order);
    std::size_t k = 0;
    for (auto const& [i, j] : powers_of_order(dimension, order)) {
        text += (k == 0 ? "" : " + ") + all[k] + power_text('x', i) + power_text('y', j);
        ++k;
    }
    return text;
}

}  // namespace warpfit
