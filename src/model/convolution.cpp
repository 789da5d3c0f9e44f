#include "src/model/convolution.hpp"

#include "kernels/program/interpreter.hpp"
#include "kernels/program/kept_columns.hpp"
#include "src/model/formula.hpp"
#include "src/model/linearity.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace warpfit {

using expression::Expression;
using program::SlotKind;
using program::TermForm;

bool is_convolved(Model const& model, Signal const& signal)
{
    return signal.low_loss() != nullptr &&
           std::any_of(model.components().begin(), model.components().end(),
                       [](Component const& component) { return component.is_convolved() && may_be_active(component); });
}

std::vector<double> convolution_axis(Signal const& signal, std::size_t first, std::size_t count)
{
    Axis const& core = signal.signal_axes().front();
    Axis const& axis = signal.low_loss()->signal_axes().front();
    // set_low_loss() has seen to it that the zero lies on the axis.
    double const zero = std::round(-axis.offset / axis.scale);
    double const begin = static_cast<double>(first) - (static_cast<double>(axis.size - 1) - zero);
    std::vector<double> x(count + axis.size - 1);
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = core.offset + (begin + static_cast<double>(i)) * core.scale;
    return x;
}

std::vector<double> convolve(std::vector<double> const& low_loss, std::vector<double> const& values)
{
    std::vector<double> out(values.size() + 1 - low_loss.size());
    for (std::size_t t = 0; t < low_loss.size(); ++t) {
        double const factor = low_loss[low_loss.size() - 1 - t];
        double const* const from = values.data() + t;
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += factor * from[i];
    }
    return out;
}

void lower_convolution_axis(Signal const& signal, FitPlan& plan)
{
    FitPlan::Convolved& to = plan.convolved;
    Index const first = plan.runs.front().first;
    Index const count = plan.runs.back().first + plan.runs.back().count - first;
    to.num_low_loss = static_cast<int>(signal.low_loss()->num_channels());
    to.first = static_cast<int>(first);
    to.num_values = static_cast<int>(count);
    to.x = convolution_axis(signal, static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    for (program::ChannelRun const& run : plan.runs)
        for (Index i = run.first; i < run.first + run.count; ++i) to.value_of.push_back(static_cast<int>(i - first));
}

namespace {

/// How a parameter follows a free one.
struct Chain
{
    int root = -1;  ///< slot that it follows through twins; itself without
    bool is_affine = true;
    bool is_proportional = true;
};

/// A function of the channel alone, times the values of some slots.
struct Product
{
    std::vector<int> slots;
    Expression column;
};

/// What is proved of one term.
struct Proof
{
    bool is_constant = false;       ///< may have TermForm::constant
    std::vector<Product> products;  ///< of TermForm::products, whose sum it is; none: it may not have it
    std::vector<int> linear;        ///< slots of TermForm::columns; none: it may not have it
};

/// Names and slots of a term's parameters that are not the same everywhere.
struct Moving
{
    std::vector<std::string> names;
    std::vector<int> slots;
};

bool has_any(Expression const& formula, std::vector<std::string> const& names)
{
    std::vector<std::string> const symbols = formula.symbols();
    return std::any_of(names.begin(), names.end(), [&](std::string const& name) {
        return std::find(symbols.begin(), symbols.end(), name) != symbols.end();
    });
}

/// Takes a formula that is linear in each of its parameters apart, f = p df/dp + f(p = 0), one parameter after the
/// other.
class Splitter
{
  public:
    /// More than two columns for each parameter would cost more than the parameters' own.
    explicit Splitter(Moving const& moving)
        : moving_(moving)
        , most_(2 * moving.names.size() + 1)
    {}

    /// None: it is no such formula, or one of too many columns.
    std::vector<Product> split(Expression const& formula)
    {
        products_.clear();
        if (!split(formula, 0, {})) products_.clear();
        return std::move(products_);
    }

  private:
    bool split(Expression const& formula, std::size_t k, std::vector<int> const& factors)
    {
        while (k < moving_.names.size() && !has_any(formula, {moving_.names[k]})) ++k;
        if (k == moving_.names.size()) {
            if (!formula.is_zero()) products_.push_back({factors, formula});
            return products_.size() <= most_;
        }
        std::string const& name = moving_.names[k];
        Expression const slope = formula.derivative(name);
        if (!formula.is_linear_in({&name, 1}) || has_any(slope, {name})) return false;
        std::vector<int> more = factors;
        more.push_back(moving_.slots[k]);
        return split(slope, k + 1, more) &&
               split(formula.substitute(name, Expression::number(0.0)).simplified(), k + 1, factors);
    }

    Moving const& moving_;
    std::size_t most_;
    std::vector<Product> products_;
};

/// A function of the channel alone on an axis.
std::vector<double> values_on(std::vector<double> const& x, Expression const& column)
{
    expression::CompiledExpression const compiled = expression::compile(column, {}, {});
    program::ExpressionCode const code = compiled.view();
    std::vector<double> channel(static_cast<std::size_t>(code.num_channel_registers));
    std::vector<double> values;
    for (double const at : x) {
        program::run_channel(code, at, 0.0, channel.data());
        values.push_back(program::read<double>(code, code.value, nullptr, channel.data(), nullptr));
    }
    return values;
}

class Prover
{
  public:
    Prover(Model const& model, FitPlan const& plan)
        : model_(model)
        , plan_(plan)
    {}

    Chain chain_of(int slot) const
    {
        Chain chain;
        while (plan_.slots[at(slot)].kind == SlotKind::twin) {
            std::string const& path = plan_.slot_paths[at(slot)];
            auto const twin = std::find_if(model_.twins().begin(), model_.twins().end(),
                                           [&](Twin const& t) { return t.parameter == path; });
            Expression const formula = twin_formula(twin->expression);
            double factor = 0.0;
            bool const affine = formula.derivative(twin_symbol).is_constant(factor);
            chain.is_affine = chain.is_affine && affine;
            chain.is_proportional =
                chain.is_proportional && affine && formula.substitute(twin_symbol, Expression::number(0.0)).is_zero();
            slot = plan_.twins[at(plan_.slots[at(slot)].index)].parent;
        }
        chain.root = slot;
        return chain;
    }
    SlotKind root_kind(int slot) const { return plan_.slots[at(chain_of(slot).root)].kind; }
    /// Column of the free parameter that a slot follows; -1: none.
    int free_of(int slot) const
    {
        program::Slot const& root = plan_.slots[at(chain_of(slot).root)];
        return root.kind == SlotKind::free ? root.index : -1;
    }

    /// formula: as it is lowered.
    Proof prove(Component const& component, Expression const& formula, program::Term const& term) const
    {
        std::vector<std::pair<std::string, Expression>> numbers;
        Moving moving;
        for (int k = 0; k < term.num_slots; ++k) {
            int const slot = term.first_slot + k;
            std::string const& name = component.parameters()[at(k)].name();
            if (root_kind(slot) == SlotKind::fixed) {
                numbers.emplace_back(name, Expression::number(plan_.slots[at(slot)].value));
            } else {
                moving.names.push_back(name);
                moving.slots.push_back(slot);
            }
        }
        Expression const f = substitute_all(formula, numbers).simplified();
        Proof proof{is_constant(f, moving, term), {}, {}};
        if (!term.convolved) return proof;
        if (!component.own()) proof.products = Splitter(moving).split(f);  // it only tells what it depends on
        if (proof.products.empty()) proof.linear = linear_slots(f, moving);
        return proof;
    }

  private:
    static std::size_t at(int i) { return static_cast<std::size_t>(i); }

    bool is_constant(Expression const& formula, Moving const& moving, program::Term const& term) const
    {
        if (term.active_bit >= 0) return false;
        for (std::size_t k = 0; k < moving.names.size(); ++k) {
            if (!has_any(formula, {moving.names[k]})) continue;
            Chain const chain = chain_of(moving.slots[k]);
            if (plan_.slots[at(chain.root)].kind != SlotKind::free || !chain.is_affine ||
                has_any(formula.derivative(moving.names[k]), moving.names))
                return false;
        }
        return true;
    }

    std::vector<int> linear_slots(Expression const& formula, Moving const& moving) const
    {
        std::vector<std::string> names;
        std::vector<int> found;
        Expression rest = formula;
        for (std::size_t k = 0; k < moving.names.size(); ++k) {
            if (free_of(moving.slots[k]) < 0 || !chain_of(moving.slots[k]).is_proportional) continue;
            names.push_back(moving.names[k]);
            if (!formula.is_linear_in(names)) {
                names.pop_back();
                continue;
            }
            rest = rest.substitute(moving.names[k], Expression::number(0.0));
            found.push_back(moving.slots[k]);
        }
        return rest.is_zero() ? found : std::vector<int>{};
    }

    Model const& model_;
    FitPlan const& plan_;
};

/// The terms of a plan and the free parameters that stand in them.
class Forms
{
  public:
    Forms(Prover const& prover, std::vector<Proof> proofs, FitPlan& plan)
        : proofs_(std::move(proofs))
        , plan_(plan)
        , free_of_(plan.slots.size())
    {
        for (std::size_t s = 0; s < plan.slots.size(); ++s) free_of_[s] = prover.free_of(static_cast<int>(s));
        for (Proof const& proof : proofs_)
            forms().push_back(proof.is_constant         ? TermForm::constant
                              : !proof.products.empty() ? TermForm::products
                                                        : TermForm::evaluated);
    }

    /// Call when the forms are settled.
    void find_moved()
    {
        std::vector<unsigned char> moves(plan_.free_slots.size(), 0);
        for (std::size_t t = 0; t < forms().size(); ++t)
            if (plan_.terms[t].convolved && !is_kept(plan_.terms[t], forms()[t])) mark(slots_of(t), moves);
        for (std::size_t i = 0; i < moves.size(); ++i)
            if (moves[i]) plan_.convolved.moved.push_back(static_cast<int>(i));
    }

    /// A parameter that stands in other terms too (twins) moves what is constant, unless those are products.
    void settle_constant()
    {
        for (bool changed = true; changed;) {
            changed = false;
            std::vector<unsigned char> moves(plan_.free_slots.size(), 0);
            for (std::size_t t = 0; t < forms().size(); ++t)
                if (forms()[t] == TermForm::evaluated) mark(slots_of(t), moves);
            for (std::size_t t = 0; t < forms().size(); ++t) {
                if (forms()[t] != TermForm::constant || !any(slots_of(t), moves)) continue;
                forms()[t] = proofs_[t].products.empty() ? TermForm::evaluated : TermForm::products;
                changed = true;
            }
        }
    }

    /// The columns of products, on the axis of the convolution.
    void place_products()
    {
        FitPlan::Convolved& to = plan_.convolved;
        for (std::size_t t = 0; t < forms().size(); ++t) {
            if (forms()[t] != TermForm::products) continue;
            for (Product const& product : proofs_[t].products) {
                std::vector<double> const values = values_on(to.x, product.column);
                to.products.push_back(
                    {static_cast<int>(t), static_cast<int>(to.factors.size()), static_cast<int>(product.slots.size())});
                to.factors.insert(to.factors.end(), product.slots.begin(), product.slots.end());
                to.product_columns.insert(to.product_columns.end(), values.begin(), values.end());
            }
        }
    }

    /// Likewise for the linear parameters of a sum of columns.
    void settle_columns()
    {
        for (std::size_t t = 0; t < forms().size(); ++t)
            if (forms()[t] == TermForm::evaluated && !proofs_[t].linear.empty()) forms()[t] = TermForm::columns;
        for (bool changed = true; changed;) {
            changed = false;
            std::vector<unsigned char> bends(plan_.free_slots.size(), 0);
            for (std::size_t t = 0; t < forms().size(); ++t) {
                if (forms()[t] == TermForm::products) continue;
                std::vector<int> slots = slots_of(t);
                if (forms()[t] == TermForm::columns)
                    for (int const linear : proofs_[t].linear) std::erase(slots, linear);
                mark(slots, bends);
            }
            for (std::size_t t = 0; t < forms().size(); ++t) {
                if (forms()[t] != TermForm::columns || !any(proofs_[t].linear, bends)) continue;
                forms()[t] = TermForm::evaluated;
                changed = true;
            }
        }
        plan_.convolved.linear.assign(plan_.free_slots.size(), 0);
        for (std::size_t t = 0; t < forms().size(); ++t)
            if (forms()[t] == TermForm::columns) mark(proofs_[t].linear, plan_.convolved.linear);
    }

  private:
    std::vector<TermForm>& forms() { return plan_.convolved.forms; }

    std::vector<int> slots_of(std::size_t t) const
    {
        std::vector<int> slots(static_cast<std::size_t>(plan_.terms[t].num_slots));
        std::iota(slots.begin(), slots.end(), plan_.terms[t].first_slot);
        return slots;
    }
    void mark(std::vector<int> const& slots, std::vector<unsigned char>& marks) const
    {
        for (int const s : slots)
            if (int const free = free_of_[static_cast<std::size_t>(s)]; free >= 0)
                marks[static_cast<std::size_t>(free)] = 1;
    }
    bool any(std::vector<int> const& slots, std::vector<unsigned char> const& marks) const
    {
        return std::any_of(slots.begin(), slots.end(), [&](int s) {
            int const free = free_of_[static_cast<std::size_t>(s)];
            return free >= 0 && marks[static_cast<std::size_t>(free)] != 0;
        });
    }

    std::vector<Proof> proofs_;
    FitPlan& plan_;
    std::vector<int> free_of_;  ///< [num_slots] column of the free parameter that a slot follows; -1: none
};

}  // namespace

void find_term_forms(Model const& model, std::vector<Component const*> const& components,
                     std::vector<Expression> const& formulas, FitPlan& plan)
{
    Prover const prover(model, plan);
    std::vector<Proof> proofs;
    for (std::size_t t = 0; t < plan.terms.size(); ++t)
        proofs.push_back(prover.prove(*components[t], formulas[t], plan.terms[t]));
    Forms forms(prover, std::move(proofs), plan);
    forms.settle_constant();
    forms.place_products();
    forms.settle_columns();
    forms.find_moved();
}

}  // namespace warpfit
