#include "src/model/own_component.hpp"

#include "src/model/formula.hpp"
#include "src/model/schema.hpp"
#include "src/text/text.hpp"
#include "warpfit/components.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <utility>

namespace warpfit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

bool is_plain_name(std::string_view name)
{
    auto const is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && is_letter(name.front()) &&
           std::all_of(name.begin(), name.end(), [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); });
}

/// A model file could not tell such a name from its own words: --set fit.tolerance=1.
void check_unreserved(std::string const& what, std::string_view name)
{
    std::vector<std::string> const& sections = schema::section_keys();
    if (schema::is_reserved(name) || std::find(sections.begin(), sections.end(), name) != sections.end())
        throw InvalidArgument(what + " " + quote(name) +
                              " is reserved (it is a key of the model file): choose another one");
}

void check(OwnComponent const& own)
{
    if (!is_plain_name(own.type))
        throw InvalidArgument("component type " + quote(own.type) +
                              " is no name (it consists of letters, digits and _): choose another one");
    for (ComponentInfo const& info : component_types())
        if (info.type == own.type)
            throw InvalidArgument("component type " + quote(own.type) +
                                  " is taken (warpfit has one of that name): choose another one");
    if (own.dimension != 1 && own.dimension != 2)
        throw InvalidArgument("component type " + quote(own.type) + " has " + std::to_string(own.dimension) +
                              " axes (1 or 2 can be)");
    if (own.parameters.empty())
        throw InvalidArgument("component type " + quote(own.type) + " has no parameters (nothing could be fitted)");
    std::set<std::string> seen;
    for (OwnParameter const& p : own.parameters) {
        if (!is_plain_name(p.name) || p.name == "x" || p.name == "y")
            throw InvalidArgument("parameter " + quote(p.name) + " of component type " + quote(own.type) +
                                  " is no name (it consists of letters, digits and _; x and y are the axes)");
        if (!seen.insert(p.name).second)
            throw InvalidArgument("parameter " + quote(p.name) + " of component type " + quote(own.type) +
                                  " is declared twice (names must differ): choose another one");
    }
}

}  // namespace

Component make_own(OwnComponent own, std::string_view name)
{
    check(own);
    check_unreserved("component type", own.type);
    check_unreserved("component name", name);
    return Component(std::make_shared<OwnComponent const>(std::move(own)), name);
}

Component host_component(HostFunction function, std::string_view name)
{
    if (!function.evaluate)
        throw InvalidArgument("component type " + quote(function.type) + " has no function (evaluate is empty)");
    OwnComponent own{std::move(function.type), std::move(function.parameters), function.dimension, function.convolved};
    own.evaluate = std::move(function.evaluate);
    return make_own(std::move(own), name);
}

HostFunction pointwise(std::string type, std::vector<OwnParameter> parameters, ScalarFunction f,
                       std::map<std::string, ScalarFunction> gradients)
{
    std::vector<ScalarFunction> rows(parameters.size());
    std::vector<std::string> names;
    for (std::size_t k = 0; k < parameters.size(); ++k) {
        names.push_back(parameters[k].name);
        auto const found = gradients.find(parameters[k].name);
        parameters[k].has_gradient = found != gradients.end() && found->second != nullptr;
        if (parameters[k].has_gradient) rows[k] = found->second;
    }
    for (auto const& [parameter, gradient] : gradients)
        if (std::find(names.begin(), names.end(), parameter) == names.end())
            throw InvalidArgument("a derivative by " + quote(parameter) + " is given, which component type " +
                                  quote(type) + " does not have" + known_names(parameter, names));
    if (!f) throw InvalidArgument("component type " + quote(type) + " has no function (f is empty)");
    auto evaluate = [f = std::move(f), rows = std::move(rows)](HostCall const& call) {
        for (std::size_t i = 0; i < call.x.size(); ++i) call.value[i] = f(call.x[i], call.parameters);
        for (std::size_t k = 0; k < call.gradient.size(); ++k)
            for (std::size_t i = 0; call.gradient[k] && rows[k] && i < call.x.size(); ++i)
                call.gradient[k][i] = rows[k](call.x[i], call.parameters);
    };
    return {std::move(type), std::move(parameters), std::move(evaluate)};
}

Component functor_component(FunctorText functor, std::vector<OwnParameter> parameters, int dimension,
                            std::string_view name)
{
    if (functor.text.empty())
        throw InvalidArgument("functor " + quote(functor.type) + " has no text (it is empty): give that of its header");
    std::size_t const colons = functor.type.rfind("::");
    std::string type = functor.type.substr(colons == std::string::npos ? 0 : colons + 2);
    if (functor.file.empty()) functor.file = type + ".hpp";
    OwnComponent own{std::move(type), std::move(parameters), dimension, true};
    own.functor = std::move(functor);
    return make_own(std::move(own), name);
}

Component functor_component(CompiledFunctor functor, std::string_view name)
{
    OwnComponent own{std::move(functor.type), std::move(functor.parameters), functor.dimension, functor.convolved};
    own.compiled = functor.evaluate;
    own.window = functor.window;
    own.functor = std::move(functor.functor);
    return make_own(std::move(own), name);
}

OwnCall::OwnCall(std::shared_ptr<OwnComponent const> own, std::string name, std::vector<Parameter> const& parameters)
    : own_(std::move(own))
    , name_(std::move(name))
{
    for (Parameter const& p : parameters) {
        bounds_.push_back(p.bounds());
        parameters_ += (parameters_.empty() ? "" : ",") + p.name();
    }
}

program::Function OwnCall::function() const
{
    program::Function function{};
    function.context = this;
    function.evaluate = own_->compiled ? own_->compiled : own_->evaluate ? &OwnCall::call : nullptr;
    function.window = own_->window;
    function.name = name_.c_str();
    if (!own_->runs_on_gpu()) return function;
    function.text = own_->functor.text.c_str();
    function.file = own_->functor.file.c_str();
    function.type = own_->functor.type.c_str();
    function.parameters = parameters_.c_str();
    return function;
}

std::string OwnCall::failure() const
{
    std::lock_guard const lock(mutex_);
    return failure_;
}

void OwnCall::keep_failure(char const* what) const
{
    std::lock_guard const lock(mutex_);
    if (failure_.empty()) failure_ = *what ? what : "something without a message";
}

void OwnCall::call(void const* context, double const* x, double const* y, int count, double const* p, double* value,
                   double* const* gradient) noexcept
{
    auto const& self = *static_cast<OwnCall const*>(context);
    auto const n = static_cast<std::size_t>(count);
    std::size_t const num_parameters = self.own_->parameters.size();
    std::span<double* const> const rows(gradient, gradient ? num_parameters : 0);
    try {
        try {
            self.evaluate({x, n}, {y, y ? n : 0}, {p, num_parameters}, {value, n}, rows);
            return;
        } catch (std::exception const& error) {
            self.keep_failure(error.what());
        } catch (...) {
            self.keep_failure("");
        }
    } catch (...) {
        // The message alone is lost.
    }
    std::fill_n(value, n, nan);
    for (double* const row : rows)
        if (row) std::fill_n(row, n, nan);
}

void OwnCall::evaluate(std::span<double const> x, std::span<double const> y, std::span<double const> p,
                       std::span<double> value, std::span<double* const> gradient) const
{
    need_cpu_code(*this);
    if (own_->compiled) {
        own_->compiled(nullptr, x.data(), y.empty() ? nullptr : y.data(), static_cast<int>(x.size()), p.data(),
                       value.data(), gradient.empty() ? nullptr : gradient.data());
        return;
    }
    std::vector<double*> written(p.size(), nullptr);
    for (std::size_t k = 0; k < gradient.size(); ++k)
        if (own_->parameters[k].has_gradient) written[k] = gradient[k];
    HostCall const call{x, y, p, value, written};
    own_->evaluate(call);
    for (std::size_t k = 0; k < gradient.size(); ++k)
        if (gradient[k] && !own_->parameters[k].has_gradient) difference(call, k, gradient[k]);
}

double OwnCall::scale_of(std::size_t k, double p) const
{
    OwnParameter const& parameter = own_->parameters[k];
    if (parameter.scale > 0.0) return parameter.scale;
    double const size = std::max(std::fabs(p), std::fabs(parameter.value));
    return size > 0.0 && std::isfinite(size) ? size : 1.0;
}

/// df/dp_k from values beside at.parameters, within the bounds.
///
/// central:    (f(p + h) - f(p - h)) / 2h;  at a bound: (-3 f(p) + 4 f(p + h) - f(p + 2h)) / 2h, or its mirror image.
/// h = eps^(1/3) scale balances truncation, h^2, with rounding, eps / h; a linear function has no truncation.
void OwnCall::difference(HostCall const& at, std::size_t k, double* row) const
{
    constexpr double root = 6.055454452393343e-06;  // eps^(1/3)
    double const p = at.parameters[k];
    auto const [bmin, bmax] = bounds_[k];
    bool const is_linear = own_->parameters[k].linear;
    double h = scale_of(k, p) * (is_linear ? 1.0 : root);
    h = std::max(h, std::fabs(p) * 1e-10);  // with digits to spare
    if (bmax - bmin < 3.0 * h && bmax > bmin) h = (bmax - bmin) / 3.0;

    std::vector<double> parameters(at.parameters.begin(), at.parameters.end());
    std::vector<double> values(at.x.size());
    std::vector<double*> const none(parameters.size(), nullptr);
    // row += factor f(p + step)
    auto const add = [&](double step, double factor) {
        parameters[k] = p + step;
        own_->evaluate({at.x, at.y, parameters, values, none});
        for (std::size_t i = 0; i < values.size(); ++i) row[i] += factor * values[i];
    };
    auto const from_here = [&](double factor) {
        for (std::size_t i = 0; i < values.size(); ++i) row[i] = factor * at.value[i];
    };
    double volatile moved = p + h;  // the step that the sum of two doubles makes
    h = moved - p;
    double const side = p + 2.0 * h <= bmax ? 1.0 : -1.0;
    if (is_linear) {
        from_here(-side / h);
        add(side * h, side / h);
    } else if (p - h >= bmin && p + h <= bmax) {
        from_here(0.0);
        add(h, 0.5 / h);
        add(-h, -0.5 / h);
    } else {
        from_here(-1.5 * side / h);
        add(side * h, 2.0 * side / h);
        add(side * 2.0 * h, -0.5 * side / h);
    }
}

void OwnCall::check_linear(std::span<double const> x, std::span<double const> y, std::span<double const> p) const
{
    std::string names;
    std::vector<double> step(p.size(), 0.0);
    for (std::size_t k = 0; k < p.size(); ++k) {
        if (!own_->parameters[k].linear) continue;
        names += (names.empty() ? "" : ", ") + own_->parameters[k].name;
        step[k] = scale_of(k, p[k]) * (1.0 + 0.125 * static_cast<double>(k));
    }
    if (names.empty() || !own_->runs_on_cpu()) return;
    constexpr std::size_t most = 32;
    std::vector<double> few_x, few_y;
    for (std::size_t i = 0; i < std::min(most, x.size()); ++i) {
        std::size_t const at = i * x.size() / std::min(most, x.size());
        few_x.push_back(x[at]);
        if (!y.empty()) few_y.push_back(y[at]);
    }
    auto const values_at = [&](double t) {
        std::vector<double> parameters(p.begin(), p.end()), values(few_x.size());
        for (std::size_t k = 0; k < p.size(); ++k) parameters[k] += t * step[k];
        evaluate(few_x, few_y, parameters, values, {});
        return values;
    };
    std::vector<double> first, middle, last;
    try {
        first = values_at(0.0);
        middle = values_at(0.5);
        last = values_at(1.0);
    } catch (std::exception const&) {
        return;  // the fit will say so
    }
    double largest = 0.0, bend = 0.0;
    for (std::size_t i = 0; i < first.size(); ++i) {
        largest = std::max({largest, std::fabs(first[i]), std::fabs(last[i])});
        bend = std::max(bend, std::fabs(first[i] + last[i] - 2.0 * middle[i]));
    }
    // What is not finite compares false, and is the fit's to find.
    if (bend > 1e-6 * largest)
        throw InvalidArgument("component " + quote(name_) + " is not linear in " + names +
                              " (that is declared, but its values are bent): declare `linear` only where it holds");
}

void need_cpu_code(OwnCall const& call)
{
    if (call.own().runs_on_cpu()) return;
    if (call.own().runs_on_gpu())
        throw InvalidArgument("component " + quote(call.name()) + " cannot run on the CPU (its header " +
                              quote(call.own().functor.file) +
                              " was given at run time, which a GPU's compiler alone can use): use device 'cuda', or "
                              "build it in with warpfit_add_component()");
    throw InvalidArgument("component " + quote(call.name()) + " of type " + call.own().type +
                          " cannot run (its code is a program's own and was not stored with it): fit in the program "
                          "that has it");
}

expression::Expression declared_dependence(OwnComponent const& own)
{
    // sum of p x exp(bent) over the linear ones + x exp(bent): no parameter can be told from another of its kind. Under
    // names of its own, for a parameter may be called as a function is.
    std::string bent = "0", text;
    std::vector<std::pair<std::string, expression::Expression>> names;
    for (OwnParameter const& p : own.parameters) {
        std::string const name = "p_" + std::to_string(names.size());
        names.emplace_back(name, expression::Expression::symbol(p.name));
        if (!p.linear) bent += " + " + name;
    }
    for (std::size_t k = 0; k < names.size(); ++k)
        if (own.parameters[k].linear) text += names[k].first + " * x * exp(" + bent + ") + ";
    return substitute_all(expression::Expression::parse(text + "x * exp(" + bent + ")"), names);
}

}  // namespace warpfit
