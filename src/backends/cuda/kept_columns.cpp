#include "src/backends/cuda/kept_columns.hpp"

#include "kernels/program/interpreter_program.hpp"

#include <algorithm>
#include <cstddef>

namespace warpfit::cuda {

namespace {

using program::Convolution;
using program::Plan;
using program::Product;
using program::SlotKind;
using program::TermForm;

std::size_t size(long long n)
{
    return static_cast<std::size_t>(n);
}

/// Slot of each free parameter, and the free parameter that each slot follows; -1: none.
struct Roots
{
    std::vector<int> slots, targets;

    explicit Roots(Plan const& plan)
        : slots(size(plan.num_free), -1)
    {
        for (int s = 0; s < plan.num_slots; ++s) {
            int root = s;
            while (plan.slots[root].kind == SlotKind::twin) root = plan.twins[plan.slots[root].index].parent;
            bool const is_free = plan.slots[root].kind == SlotKind::free;
            targets.push_back(is_free ? plan.slots[root].index : -1);
            if (root == s && is_free) slots[size(targets.back())] = s;
        }
    }
};

/// The terms of form constant that are kept, on the axis of the convolution.
class ConstantTerms
{
  public:
    explicit ConstantTerms(Plan const& plan)
        : plan_(plan)
        , axis_{plan.convolution->num_x,
                plan.convolution->x,
                plan.convolution->x,
                nullptr,
                nullptr,
                plan.convolution->tables,
                0.0,
                0.0,
                nullptr}
        , shared_(size(Interpreter::shared_size(plan)))
        , mine_(size(Interpreter::private_size(plan)))
    {}

    bool are_none() const
    {
        bool none = true;
        for (int t = 0; t < plan_.num_terms; ++t) none = none && !is_of(plan_, t, program::Part::constant);
        return none;
    }

    /// d f / d p [num_free, num_x]: the same wherever it is taken, but where a parameter is 0 a formula may divide by
    /// it, so at the plan's own values.
    std::vector<double> columns()
    {
        std::vector<double> free(size(plan_.num_free)), gradient(free), columns(free.size() * num_x());
        for (int s = 0; s < plan_.num_slots; ++s)
            if (plan_.slots[s].kind == SlotKind::free) free[size(plan_.slots[s].index)] = plan_.slots[s].value;
        Interpreter& terms = prepared(free);
        for (std::size_t i = 0; i < num_x(); ++i) {
            terms.evaluate(static_cast<int>(i), gradient.data());
            for (std::size_t k = 0; k < free.size(); ++k) columns[k * num_x() + i] = gradient[k];
        }
        return columns;
    }

    /// f where all free parameters are 0 [num_x].
    std::vector<double> rest()
    {
        Interpreter& terms = prepared(std::vector<double>(size(plan_.num_free)));
        std::vector<double> values;
        for (std::size_t i = 0; i < num_x(); ++i) values.push_back(terms.value(static_cast<int>(i)));
        return values;
    }

  private:
    using Interpreter = program::InterpreterProgram<double>;

    std::size_t num_x() const { return size(plan_.convolution->num_x); }

    Interpreter& prepared(std::vector<double> const& free)
    {
        std::vector<double> const pixel_values(size(plan_.num_pixel_values));  // no constant term has one
        interpreter_.prepare(SerialTeam{}, free.data(), {pixel_values.data(), ~0ull});
        return interpreter_;
    }

    Plan const& plan_;
    program::ChannelData<double> axis_;
    std::vector<double> shared_, mine_;
    Interpreter interpreter_{plan_, axis_, shared_.data(), mine_.data(), program::Part::constant};
};

void append(KeptColumnsOfPlan& to, int term, std::vector<int> const& factors, Roots const& roots, double const* first,
            double const* last)
{
    to.products.push_back({term, static_cast<int>(to.factors.size()), static_cast<int>(factors.size())});
    to.factors.insert(to.factors.end(), factors.begin(), factors.end());
    for (int const s : factors) to.targets.push_back(roots.targets[size(s)]);
    to.values.insert(to.values.end(), first, last);
}

}  // namespace

KeptColumnsOfPlan keep_columns(Plan const& plan)
{
    KeptColumnsOfPlan kept;
    if (!plan.convolution) return kept;
    Convolution const& by = *plan.convolution;
    Roots const roots(plan);
    auto const append_unless_zero = [&](std::vector<int> const& factors, double const* first) {
        double const* const last = first + by.num_x;
        if (std::any_of(first, last, [](double v) { return v != 0.0; })) append(kept, -1, factors, roots, first, last);
    };
    ConstantTerms terms(plan);
    if (!terms.are_none()) {
        std::vector<double> const columns = terms.columns();
        for (int i = 0; i < plan.num_free; ++i)
            append_unless_zero({roots.slots[size(i)]}, columns.data() + size(i) * size(by.num_x));
        append_unless_zero({}, terms.rest().data());
    }
    for (int j = 0; j < by.num_products; ++j) {
        Product const& product = by.products[j];
        int const* const first = by.factors + product.first_factor;
        double const* const values = by.product_columns + size(j) * size(by.num_x);
        append(kept, product.term, {first, first + product.num_factors}, roots, values, values + by.num_x);
    }
    return kept;
}

}  // namespace warpfit::cuda
