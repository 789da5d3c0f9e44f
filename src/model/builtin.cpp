#include "src/model/builtin.hpp"

#include "kernels/components/builtins.hpp"

namespace warpfit {

namespace {

template<class C>
void describe_parameters(Builtin& builtin)
{
    if constexpr (C::num_parameters == run_time_slots) {
        ParameterSpec const& spec = C::parameters[0];
        for (std::string const& name : polynomial_names(default_order))
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

std::vector<Builtin> describe_all()
{
    std::vector<Builtin> all;
    components::for_each(components::Builtins{}, [&all](auto tag, int index) {
        using C = typename decltype(tag)::type;
        Builtin& builtin = all.emplace_back();
        builtin.index = index;
        builtin.type = C::name;
        builtin.expression = C::expression;
        builtin.dimension = C::dimension;
        builtin.has_run_time_slots = C::num_parameters == run_time_slots;
        builtin.convolved = is_convolved<C>();
        describe_parameters<C>(builtin);
        describe_positions<C>(builtin);
        describe_hoisted<C>(builtin);
    });
    return all;
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

int max_order() noexcept
{
    return max_run_time_slots - 1;
}

std::vector<std::string> polynomial_names(int order)
{
    std::size_t const width = std::to_string(order).size();
    std::vector<std::string> names;
    for (int j = 0; j <= order; ++j) {
        std::string const digits = std::to_string(j);
        names.push_back("a" + std::string(width - digits.size(), '0') + digits);
    }
    return names;
}

std::string polynomial_formula(int order)
{
    std::string text;
    std::vector<std::string> const names = polynomial_names(order);
    for (int j = 0; j <= order; ++j) {
        text += (j == 0 ? "" : " + ") + names[static_cast<std::size_t>(j)];
        if (j == 1) text += "*x";
        if (j > 1) text += "*x**" + std::to_string(j);
    }
    return text;
}

}  // namespace warpfit
