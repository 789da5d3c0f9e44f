#pragma once

#include "kernels/components/builtins.hpp"
#include "kernels/program/interpreter.hpp"
#include "kernels/program/plan.hpp"
#include "kernels/program/program.hpp"
#include "src/backends/cuda/kept_columns.hpp"
#include "src/expression/expression.hpp"

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace warpfit::testing {

/// Where a slot of a term gets its value from.
struct SlotSpec
{
    program::SlotKind kind;
    double value;
    double bmin = -no_bound;
    double bmax = no_bound;
    int parent = -1;
    std::string twin{};  ///< expression in x
};

inline SlotSpec free_slot(double start, double bmin = -no_bound, double bmax = no_bound)
{
    return {program::SlotKind::free, start, bmin, bmax};
}
inline SlotSpec fixed_slot(double value)
{
    return {program::SlotKind::fixed, value};
}
inline SlotSpec pixel_slot()
{
    return {program::SlotKind::pixel, 0.0};
}
/// parent: position among all slots of the plan; formula in x, empty: identity.
inline SlotSpec twin_slot(int parent, std::string formula = "")
{
    return {program::SlotKind::twin, 0.0, -no_bound, no_bound, parent, std::move(formula)};
}

/// Plans by hand: what lower.cpp does for a Model, without one.
class PlanBuilder
{
  public:
    std::vector<double> x, y, width, tables, bmin, bmax, start;
    program::Options options{program::Precision::float64, 200, 1e-10, 1, 1};

    /// Terms come after the channels.
    void line(int count, double first, double step)
    {
        for (int i = 0; i < count; ++i) x.push_back(first + step * i);
    }
    void grid(int nx, int ny, double first, double step)
    {
        for (int j = 0; j < ny; ++j)
            for (int i = 0; i < nx; ++i) {
                x.push_back(first + step * i);
                y.push_back(first + step * j);
            }
    }

    /// Comes after line() and before the terms: a low loss of `count` channels, whose zero is the one at `zero`.
    void low_loss(int count, int zero)
    {
        num_low_loss_ = count;
        double const step = x[1] - x[0];
        double const first = x[0] - (count - 1 - zero) * step;
        for (std::size_t i = 0; i < x.size() + static_cast<std::size_t>(count) - 1; ++i)
            extended_x.push_back(first + static_cast<double>(i) * step);
    }
    bool convolved = false;  ///< what is added next
    int cumulative = -1;     ///< slot of what is added next

    template<class C>
    PlanBuilder& add(std::vector<SlotSpec> const& specs, int active_bit = -1)
    {
        program::Term term = new_term(specs, active_bit);
        term.component = components::position_of<C>(components::Builtins{});
        if constexpr (requires { typename C::Hoisted; }) hoist<C>(specs, term);
        terms_.push_back(term);
        return *this;
    }

    PlanBuilder& add_expression(std::string const& text, std::vector<std::string> const& names,
                                std::vector<SlotSpec> const& specs, int active_bit = -1,
                                expression::Curves const& curves = {})
    {
        program::Term term = new_term(specs, active_bit);
        auto const wants = std::make_unique<bool[]>(names.size());
        for (std::size_t k = 0; k < names.size(); ++k)
            wants[k] = specs[k].kind == program::SlotKind::free || specs[k].kind == program::SlotKind::twin;
        term.code = compile(text, names, {wants.get(), names.size()}, curves);
        program::ExpressionCode const code = compiled_.back()->view();
        std::vector<double> row(static_cast<std::size_t>(code.num_channel_registers));
        if (code.num_channel_registers > 2) term.tables = num_own_tables();
        num_own_tables() += code.num_channel_registers - 2;
        for (int k = 2; k < code.num_channel_registers; ++k)
            for (std::size_t i = 0; i < own_x().size(); ++i) {
                program::run_channel(code, own_x()[i], y.empty() ? 0.0 : y[i], row.data());
                own_tables().push_back(row[static_cast<std::size_t>(k)]);
            }
        terms_.push_back(term);
        return *this;
    }

    /// A column of the term added last, of form products: a formula in x, times the values of some of its slots.
    PlanBuilder& add_product(std::string const& formula, std::vector<int> const& slots_of_term)
    {
        int const first = static_cast<int>(factors_.size());
        products_.push_back({static_cast<int>(terms_.size()) - 1, first, static_cast<int>(slots_of_term.size())});
        for (int const k : slots_of_term) factors_.push_back(terms_.back().first_slot + k);
        auto const compiled = expression::compile(expression::Expression::parse(formula), {}, {});
        program::ExpressionCode const code = compiled.view();
        std::vector<double> row(static_cast<std::size_t>(code.num_channel_registers));
        for (double const at : extended_x) {
            program::run_channel(code, at, 0.0, row.data());
            product_columns_.push_back(program::read<double>(code, code.value, nullptr, row.data(), nullptr));
        }
        return *this;
    }

    /// A functor's text for the GPU; function: as the CPU has it.
    PlanBuilder& add_function(program::Function const& function, std::vector<SlotSpec> const& specs,
                              int active_bit = -1)
    {
        program::Term term = new_term(specs, active_bit);
        term.function = static_cast<int>(functions_.size());
        functions_.push_back(function);
        terms_.push_back(term);
        return *this;
    }

    /// Valid while *this lives and is not changed.
    program::Plan view()
    {
        codes_.clear();
        for (auto const& c : compiled_) codes_.push_back(c->view());
        if (runs.empty()) runs = {{0, static_cast<Index>(x.size())}};
        program::Plan plan{};
        plan.dimension = y.empty() ? 1 : 2;
        plan.num_channels = static_cast<int>(x.size());
        plan.stored_channels = runs.back().first + runs.back().count;
        plan.runs = runs.data();
        plan.num_runs = static_cast<int>(runs.size());
        plan.x = x.data();
        plan.y = y.empty() ? nullptr : y.data();
        plan.width = width.empty() ? nullptr : width.data();
        plan.tables = tables.data();
        plan.num_tables = num_tables_;
        plan.terms = terms_.data();
        plan.num_terms = static_cast<int>(terms_.size());
        plan.slots = slots_.data();
        plan.num_slots = static_cast<int>(slots_.size());
        plan.twins = twins_.data();
        plan.num_twins = static_cast<int>(twins_.size());
        plan.codes = codes_.data();
        plan.num_codes = static_cast<int>(codes_.size());
        plan.functions = functions_.data();
        plan.num_functions = static_cast<int>(functions_.size());
        plan.num_free = static_cast<int>(start.size());
        plan.bmin = bmin.data();
        plan.bmax = bmax.data();
        plan.linear = linear.empty() ? nullptr : linear.data();
        plan.num_pixel_values = num_pixel_values_;
        plan.options = options;
        if (num_low_loss_ > 0) plan.convolution = view_convolution(plan);
        return plan;
    }

    std::vector<program::ChannelRun> runs;      ///< default: all channels
    std::vector<unsigned char> linear;          ///< [num_free]; default: nothing is proved
    std::vector<program::TermForm> forms;       ///< of the first terms of a convolved plan; default: evaluated
    std::vector<unsigned char> columns_linear;  ///< program::Convolution::linear; default: none
    std::vector<double> extended_x, extended_tables;

  private:
    std::vector<double> const& own_x() const { return convolved ? extended_x : x; }
    std::vector<double>& own_tables() { return convolved ? extended_tables : tables; }
    int& num_own_tables() { return convolved ? num_extended_tables_ : num_tables_; }

    program::Convolution const* view_convolution(program::Plan const& plan)
    {
        forms_ = forms;
        forms_.resize(terms_.size(), program::TermForm::evaluated);
        column_linear_ = columns_linear;
        column_linear_.resize(start.size(), 0);
        value_of_.clear();
        for (program::ChannelRun const& run : runs)
            for (Index i = run.first; i < run.first + run.count; ++i)
                value_of_.push_back(static_cast<int>(i - runs.front().first));
        std::set<int> moved;
        for (std::size_t t = 0; t < terms_.size(); ++t) {
            program::Term const& term = terms_[t];
            if (!term.convolved || is_kept(term, forms_[t])) continue;
            for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s) {
                int root = s;
                while (plan.slots[root].kind == program::SlotKind::twin)
                    root = plan.twins[plan.slots[root].index].parent;
                if (plan.slots[root].kind == program::SlotKind::free) moved.insert(plan.slots[root].index);
            }
        }
        moved_.assign(moved.begin(), moved.end());
        convolution_ = {};
        convolution_.num_low_loss = num_low_loss_;
        convolution_.first = static_cast<int>(runs.front().first);
        convolution_.num_x = static_cast<int>(extended_x.size());
        convolution_.num_values = convolution_.num_x - num_low_loss_ + 1;
        convolution_.x = extended_x.data();
        convolution_.tables = extended_tables.data();
        convolution_.num_tables = num_extended_tables_;
        convolution_.forms = forms_.data();
        convolution_.linear = column_linear_.data();
        convolution_.products = products_.data();
        convolution_.num_products = forms.empty() ? 0 : static_cast<int>(products_.size());
        convolution_.factors = factors_.data();
        convolution_.num_factors = static_cast<int>(factors_.size());
        convolution_.product_columns = product_columns_.data();
        convolution_.value_of = value_of_.data();
        convolution_.moved = moved_.data();
        convolution_.num_moved = static_cast<int>(moved_.size());
        return &convolution_;
    }

    program::Term new_term(std::vector<SlotSpec> const& specs, int active_bit)
    {
        int const first = static_cast<int>(slots_.size());
        for (SlotSpec const& spec : specs) add_slot(spec);
        program::Term term{-1, -1, first, static_cast<int>(specs.size()), -1, 0, active_bit};
        term.convolved = convolved ? 1 : 0;
        term.cumulative = cumulative;
        return term;
    }

    void add_slot(SlotSpec const& spec)
    {
        program::Slot slot{spec.kind, -1, spec.value};
        if (spec.kind == program::SlotKind::free) {
            slot.index = static_cast<int>(start.size());
            start.push_back(spec.value);
            bmin.push_back(spec.bmin);
            bmax.push_back(spec.bmax);
        } else if (spec.kind == program::SlotKind::pixel) {
            slot.index = num_pixel_values_++;
        } else if (spec.kind == program::SlotKind::twin) {
            slot.index = static_cast<int>(twins_.size());
            bool const wants[] = {true};
            int const code = spec.twin.empty() ? -1 : compile(spec.twin, {"x"}, wants);
            twins_.push_back({static_cast<int>(slots_.size()), spec.parent, code});
        }
        slots_.push_back(slot);
    }

    int compile(std::string const& text, std::vector<std::string> const& names, std::span<bool const> wants,
                expression::Curves const& curves = {})
    {
        compiled_.push_back(std::make_shared<expression::CompiledExpression const>(
            expression::compile(expression::Expression::parse(text, curves), names, wants)));
        return static_cast<int>(compiled_.size()) - 1;
    }

    template<class C>
    void hoist(std::vector<SlotSpec> const& specs, program::Term& term)
    {
        using H = typename C::Hoisted;
        std::vector<double> values;
        for (SlotSpec const& spec : specs) values.push_back(spec.value);
        for (int slot : H::depends_on)
            if (specs[static_cast<std::size_t>(slot)].kind != program::SlotKind::fixed) return;
        term.hoisted = 1;
        term.tables = num_own_tables();
        num_own_tables() += H::num_tables;
        for (int k = 0; k < H::num_tables; ++k)
            for (double channel : own_x()) {
                double row[H::num_tables];
                H::tabulate(channel, values.data(), row);
                own_tables().push_back(row[k]);
            }
    }

    std::vector<program::Term> terms_;
    std::vector<program::Slot> slots_;
    std::vector<program::Twin> twins_;
    std::vector<std::shared_ptr<expression::CompiledExpression const>> compiled_;
    std::vector<program::ExpressionCode> codes_;
    std::vector<program::Function> functions_;
    int num_tables_ = 0;
    int num_pixel_values_ = 0;
    int num_low_loss_ = 0;
    int num_extended_tables_ = 0;
    program::Convolution convolution_{};
    std::vector<program::TermForm> forms_;
    std::vector<unsigned char> column_linear_;
    std::vector<program::Product> products_;
    std::vector<double> product_columns_;
    std::vector<int> factors_, value_of_, moved_;
};

/// A plan's channels in Real, as the passes read them.
template<class Real>
class ChannelCopy
{
  public:
    explicit ChannelCopy(program::Plan const& plan)
    {
        auto const n = static_cast<std::size_t>(plan.num_channels);
        bool const shifts = sizeof(Real) == 4;
        data.num_channels = plan.num_channels;
        data.x_origin = shifts ? middle(plan.x, n) : 0.0;
        data.y_origin = shifts && plan.y ? middle(plan.y, n) : 0.0;
        data.x = fill(plan.x, n, data.x_origin);
        data.x_absolute = fill(plan.x, n, 0.0);
        data.y = plan.y ? fill(plan.y, n, data.y_origin) : nullptr;
        data.y_absolute = plan.y ? fill(plan.y, n, 0.0) : nullptr;
        data.tables = fill(plan.tables, n * static_cast<std::size_t>(plan.num_tables), 0.0);
        if (!plan.convolution) return;
        program::Plan extended = plan;
        extended.num_channels = plan.convolution->num_x;
        extended.x = plan.convolution->x;
        extended.tables = plan.convolution->tables;
        extended.num_tables = plan.convolution->num_tables;
        extended.convolution = nullptr;
        extended_ = std::make_unique<ChannelCopy>(extended);
        data.extended = &extended_->data;
        keep(plan);
    }

    program::ChannelData<Real> data{};

  private:
    void keep(program::Plan const& plan)
    {
        columns_ = cuda::keep_columns(plan);
        if (columns_.products.empty()) return;
        kept_ = {static_cast<int>(columns_.products.size()),
                 fill(columns_.values.data(), columns_.values.size(), 0.0),
                 columns_.products.data(),
                 columns_.factors.data(),
                 columns_.targets.data(),
                 static_cast<int>(columns_.factors.size())};
        data.kept = &kept_;
    }

    static double middle(double const* v, std::size_t n)
    {
        auto const [lo, hi] = std::minmax_element(v, v + n);
        return 0.5 * (*lo + *hi);
    }

    Real const* fill(double const* values, std::size_t n, double origin)
    {
        memory_.push_back(std::make_unique<Real[]>(n + 1));
        for (std::size_t i = 0; i < n; ++i) memory_.back()[i] = static_cast<Real>(values[i] - origin);
        return memory_.back().get();
    }

    std::vector<std::unique_ptr<Real[]>> memory_;
    std::unique_ptr<ChannelCopy> extended_;
    cuda::KeptColumnsOfPlan columns_;
    program::KeptColumns<Real> kept_{};
};

}  // namespace warpfit::testing
