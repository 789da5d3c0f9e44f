#include "src/model/linearity.hpp"

#include "src/model/formula.hpp"

#include <algorithm>

namespace warpfit {

using expression::Expression;

namespace {

constexpr char free_mark = '!';  // no formula contains it, so parameters of different components stay apart

class Resolver
{
  public:
    Resolver(Model const& model, std::function<bool(std::string const&)> const& is_free)
        : model_(model)
        , is_free_(is_free)
    {}

    /// A parameter in terms of free parameters (marked), per-pixel ones and numbers.
    Expression resolve(std::string const& path) const
    {
        for (Twin const& twin : model_.twins())
            if (twin.parameter == path) return twin_formula(twin.expression).substitute(twin_symbol, resolve(twin.to));
        Component const& component = model_[std::string_view(path).substr(0, path.rfind('.'))];
        if (may_be_active(component) && is_free_(path)) return Expression::symbol(free_mark + path);
        Parameter const& parameter = model_.parameter(path);
        return parameter.map().empty() ? Expression::number(parameter.value()) : Expression::symbol("$" + path);
    }

  private:
    Model const& model_;
    std::function<bool(std::string const&)> const& is_free_;
};

}  // namespace

bool may_be_active(Component const& component)
{
    return component.is_active() || !component.active_map().empty();
}

bool is_linear_model(Model const& model, std::function<bool(std::string const& path)> const& is_free)
{
    // A sum is linear if each summand is; that two bent summands straighten each other out is not looked for.
    Resolver const resolver(model, is_free);
    return std::all_of(model.components().begin(), model.components().end(), [&](Component const& component) {
        if (!may_be_active(component)) return true;
        std::vector<std::pair<std::string, Expression>> bindings;
        for (Parameter const& p : component.parameters())
            bindings.emplace_back(p.name(), resolver.resolve(component.name() + "." + p.name()));
        Expression const formula = substitute_all(dependence_of(component), bindings);
        std::vector<std::string> free = formula.symbols();
        std::erase_if(free, [](std::string const& name) { return name.front() != free_mark; });
        return formula.is_linear_in(free);
    });
}

}  // namespace warpfit
