#include "src/model/formula.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/model.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace warpfit {

namespace {

Twin const* find_twin(std::vector<Twin> const& twins, std::string_view parameter)
{
    for (Twin const& twin : twins)
        if (twin.parameter == parameter) return &twin;
    return nullptr;
}

double apply(expression::Expression const& formula, double v)
{
    return formula.evaluate({{twin_symbol, v}});
}

double follow(std::string const& text, double v)
{
    return text.empty() ? v : apply(twin_formula(text), v);
}

/// The value of `to` for which the twin is v.
double invert(Twin const& twin, double v)
{
    if (!twin.inverse.empty()) return follow(twin.inverse, v);
    if (twin.expression.empty()) return v;
    // f(u) = slope u + f(0)
    expression::Expression const formula = twin_formula(twin.expression);
    double slope = 0.0;
    if (formula.derivative(twin_symbol).is_constant(slope) && slope != 0.0) return (v - apply(formula, 0.0)) / slope;
    throw InvalidArgument("twin " + quote(twin.parameter) + " cannot be set (its expression " + quote(twin.expression) +
                          " has no inverse): give `inverse`, or set " + quote(twin.to));
}

}  // namespace

void Model::set_twin(Twin twin)
{
    std::as_const(*this).parameter(twin.parameter);
    std::as_const(*this).parameter(twin.to);
    if (is_twin(twin.parameter))
        throw InvalidArgument("parameter " + quote(twin.parameter) + " is a twin already (of " +
                              quote(find_twin(twins_, twin.parameter)->to) + "): remove that twin first");
    std::string chain = quote(twin.parameter);
    for (std::string_view at = twin.to;;) {
        chain += " -> " + quote(at);
        if (at == twin.parameter)
            throw InvalidArgument("twins form a cycle (" + chain + "): one parameter must keep its own value");
        Twin const* const next = find_twin(twins_, at);
        if (next == nullptr) break;
        at = next->to;
    }
    twin_formula(twin.expression);
    twin_formula(twin.inverse);
    twins_.push_back(std::move(twin));
}

void Model::remove_twin(std::string_view parameter)
{
    auto const at = std::find_if(twins_.begin(), twins_.end(), [&](Twin const& t) { return t.parameter == parameter; });
    if (at == twins_.end()) throw InvalidArgument("parameter " + quote(parameter) + " is no twin (nothing to remove)");
    // It keeps its last value, as in HyperSpy, as far as its bounds allow.
    double const last = value(parameter);
    twins_.erase(at);
    Parameter& own = this->parameter(parameter);
    if (std::isfinite(last)) own.set_value(std::clamp(last, own.bmin(), own.bmax()));
}

bool Model::is_twin(std::string_view path) const noexcept
{
    return find_twin(twins_, path) != nullptr;
}

double Model::value(std::string_view path) const
{
    Twin const* const twin = find_twin(twins_, path);
    return twin == nullptr ? parameter(path).value() : follow(twin->expression, value(twin->to));
}

void Model::set_value(std::string_view path, double v)
{
    Twin const* const twin = find_twin(twins_, path);
    if (twin == nullptr)
        parameter(path).set_value(v);
    else
        set_value(twin->to, invert(*twin, v));
}

}  // namespace warpfit
