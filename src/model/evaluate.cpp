#include "kernels/program/interpreter.hpp"
#include "src/model/convolution.hpp"
#include "src/model/eels_edge.hpp"
#include "src/model/formula.hpp"
#include "src/model/linearity.hpp"
#include "src/model/own_component.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/model.hpp"

#include <memory>
#include <utility>

namespace warpfit {

using expression::Expression;

namespace {

void check_axes(Model const& model, std::span<double const> x, std::span<double const> y)
{
    if (model.dimension() == 1 && !y.empty())
        throw InvalidArgument("the model has one axis (y has " + std::to_string(y.size()) + " values): give x alone");
    if (model.dimension() == 2 && y.size() != x.size())
        throw InvalidArgument("y has " + std::to_string(y.size()) + " values (x has " + std::to_string(x.size()) +
                              "): a two-dimensional model needs a pair for every point");
}

/// The formula of a component at the model's current values: an edge as it is at the channels.
Expression formula_at_values(Model const& model, Component const& component)
{
    if (component.type() != "EELSCLEdge") return formula_of(component);
    auto const value = [&](char const* name) { return model.value(component.name() + "." + name); };
    double const onset = value("onset_energy"), angle = value("effective_angle");
    return substitute_all(edge_formula(component, onset, angle), {{"onset_energy", Expression::number(onset)},
                                                                  {"effective_angle", Expression::number(angle)}});
}

/// f at the model's current values.
std::vector<double> values_at(Model const& model, Component const& component, Expression const& f,
                              std::span<double const> x, std::span<double const> y)
{
    std::vector<double> out(x.size());
    std::vector<std::string> names;
    for (Parameter const& p : component.parameters()) names.push_back(p.name());
    auto const no_gradient = std::make_unique<bool[]>(names.size());
    expression::CompiledExpression const compiled =
        expression::compile(f, names, std::span<bool const>(no_gradient.get(), names.size()));
    program::ExpressionCode const code = compiled.view();

    // One entry more than asked for, so that an operand nobody uses may point at the first.
    std::vector<double> pixel(static_cast<std::size_t>(code.num_pixel_registers) + 1);
    std::vector<double> channel(static_cast<std::size_t>(code.num_channel_registers) + 1);
    std::vector<double> local(static_cast<std::size_t>(code.num_local_registers) + 1);
    for (std::size_t k = 0; k < names.size(); ++k) pixel[k] = model.value(component.name() + "." + names[k]);
    program::run_pixel(code, pixel.data());
    for (std::size_t i = 0; i < x.size(); ++i) {
        program::run_channel(code, x[i], y.empty() ? 0.0 : y[i], channel.data());
        program::run_value(code, pixel.data(), channel.data(), local.data());
        out[i] = program::read(code, code.value_only, pixel.data(), channel.data(), local.data());
    }
    return out;
}

/// values[i] becomes what those behind it sum up to, of the used ones.
void sum_beyond(std::vector<double>& values, std::span<unsigned char const> used)
{
    double sum = 0.0;
    for (std::size_t i = values.size(); i-- > 0;) {
        double const own = std::exchange(values[i], sum);
        if (used.empty() || used[i] != 0) sum += own;
    }
}

/// Adds factor * f to out, f with its sum over what lies beyond where the component has one.
void accumulate(Model const& model, Component const& component, Expression const& f, double factor,
                std::span<double const> x, std::span<double const> y, std::vector<double>& out,
                std::span<unsigned char const> used = {})
{
    std::vector<double> values = values_at(model, component, f, x, y);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * values[i];
    std::string const& weight = cumulative_of(component);
    if (weight.empty()) return;
    sum_beyond(values, used);
    double const k = model.value(component.name() + "." + weight);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * k * values[i];
}

/// Adds factor * f, or factor * df/d parameter, of a component of one's own.
void accumulate_own(Model const& model, Component const& component, Parameter const* parameter, double factor,
                    std::span<double const> x, std::span<double const> y, std::vector<double>& out)
{
    OwnCall const call(component.own(), component.name(), component.parameters());
    std::vector<double> p, values(x.size()), row(x.size());
    std::vector<double*> rows;
    for (Parameter const& each : component.parameters()) {
        p.push_back(model.value(component.name() + "." + each.name()));
        rows.push_back(&each == parameter ? row.data() : nullptr);
    }
    call.evaluate(x, y, p, values, parameter ? std::span<double* const>(rows) : std::span<double* const>());
    std::vector<double> const& add = parameter ? row : values;
    for (std::size_t i = 0; i < x.size(); ++i) out[i] += factor * add[i];
}

/// Adds a component's values at the model's current ones.
void accumulate(Model const& model, Component const& component, std::span<double const> x, std::span<double const> y,
                std::vector<double>& out, std::span<unsigned char const> used = {})
{
    if (component.own())
        accumulate_own(model, component, nullptr, 1.0, x, y, out);
    else
        accumulate(model, component, formula_at_values(model, component), 1.0, x, y, out, used);
}

struct Positions
{
    std::vector<double> x, y;  ///< y: empty in 1D
};

Positions channel_positions(Signal const& signal)
{
    std::vector<Axis> const& axes = signal.signal_axes();
    Positions at;
    for (std::size_t row = 0; row < (axes.size() == 2 ? axes[0].size : 1); ++row)
        for (std::size_t column = 0; column < axes.back().size; ++column) {
            at.x.push_back(axes.back().value(column));
            if (axes.size() == 2) at.y.push_back(axes[0].value(row));
        }
    return at;
}

/// d value(path) / d value(of), through twins: 0 where path does not follow `of`.
double sensitivity(Model const& model, std::string const& path, std::string_view of)
{
    if (path == of) return 1.0;
    for (Twin const& twin : model.twins()) {
        if (twin.parameter != path) continue;
        double const parent = sensitivity(model, twin.to, of);
        if (parent == 0.0) return 0.0;
        return parent *
               twin_formula(twin.expression).derivative(twin_symbol).evaluate({{twin_symbol, model.value(twin.to)}});
    }
    return 0.0;
}

}  // namespace

std::vector<double> Model::evaluate(std::span<double const> x, std::span<double const> y) const
{
    check_axes(*this, x, y);
    std::vector<double> out(x.size(), 0.0);
    for (Component const& component : components_)
        if (component.is_active()) accumulate(*this, component, x, y, out);
    return out;
}

std::vector<double> Model::evaluate_component(std::string_view name, std::span<double const> x,
                                              std::span<double const> y) const
{
    check_axes(*this, x, y);
    std::vector<double> out(x.size(), 0.0);
    accumulate(*this, (*this)[name], x, y, out);
    return out;
}

std::vector<double> Model::evaluate_component(std::string_view name, Signal const& signal, std::size_t pixel,
                                              std::span<unsigned char const> used) const
{
    if (!used.empty() && used.size() != signal.num_channels())
        throw InvalidArgument("used has " + std::to_string(used.size()) + " channels (the signal has " +
                              std::to_string(signal.num_channels()) + ")");
    Component const& component = (*this)[name];
    if (signal.low_loss() && component.is_convolved()) {
        Signal const& low_loss = *signal.low_loss();
        return convolve(low_loss.pixel(low_loss.num_pixels() > 1 ? pixel : 0),
                        evaluate_component(name, convolution_axis(signal, 0, signal.num_channels())));
    }
    auto const [x, y] = channel_positions(signal);
    check_axes(*this, x, y);
    std::vector<double> out(x.size(), 0.0);
    accumulate(*this, component, x, y, out, used);
    return out;
}

std::vector<double> Model::evaluate(Signal const& signal, std::size_t pixel, std::span<unsigned char const> used) const
{
    std::vector<double> out(signal.num_channels(), 0.0);
    for (Component const& component : components_) {
        std::vector<unsigned char> const& map = component.active_map();
        bool const has_map = pixel < map.size() && map.size() == signal.num_pixels();
        if (has_map ? !map[pixel] : !component.is_active()) continue;
        std::vector<double> const one = evaluate_component(component.name(), signal, pixel, used);
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += one[i];
    }
    return out;
}

std::vector<double> Model::gradient(std::string_view path, std::span<double const> x, std::span<double const> y) const
{
    check_axes(*this, x, y);
    parameter(path);
    std::vector<double> out(x.size(), 0.0);
    for (Component const& component : components_) {
        if (!component.is_active()) continue;
        for (Parameter const& p : component.parameters()) {
            double const factor = sensitivity(*this, component.name() + "." + p.name(), path);
            if (factor == 0.0) continue;
            if (component.own()) {
                accumulate_own(*this, component, &p, factor, x, y, out);
                continue;
            }
            if (p.name() == cumulative_of(component)) {
                std::vector<double> sums = values_at(*this, component, formula_of(component), x, y);
                sum_beyond(sums, {});
                for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * sums[i];
                continue;
            }
            bool const moves_edge = p.name() == "onset_energy" || p.name() == "effective_angle";
            Expression const f = moves_edge ? formula_of(component) : formula_at_values(*this, component);
            accumulate(*this, component, f.derivative(p.name()), factor, x, y, out);
        }
    }
    return out;
}

namespace {

Model alone(Component component)
{
    component.set_active(true);
    Model model;
    model.append(std::move(component));
    return model;
}

}  // namespace

std::vector<double> Component::evaluate(std::span<double const> x, std::span<double const> y) const
{
    return alone(*this).evaluate(x, y);
}

std::vector<double> Component::evaluate_grid(std::span<double const> x, std::span<double const> y) const
{
    std::vector<double> columns, rows;
    for (double const row : y)
        for (double const column : x) {
            columns.push_back(column);
            rows.push_back(row);
        }
    return evaluate(columns, rows);
}

std::vector<double> Component::gradient(std::string_view parameter, std::span<double const> x,
                                        std::span<double const> y) const
{
    Model const model = alone(*this);
    return model.gradient(model.components().front().name() + "." + std::string(parameter), x, y);
}

bool Model::is_linear() const
{
    return is_linear_model(*this, [this](std::string const& path) { return parameter(path).is_free(); });
}

}  // namespace warpfit
