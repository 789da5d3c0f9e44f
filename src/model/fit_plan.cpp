#include "src/model/fit_plan.hpp"

namespace warpfit {

program::Plan FitPlan::view() const
{
    // Filled once: an earlier view's pointer must stay valid.
    if (codes_.size() != expressions.size()) {
        codes_.clear();
        for (expression::CompiledExpression const& compiled : expressions) codes_.push_back(compiled.view());
    }
    if (functions_.size() != own_calls.size()) {
        functions_.clear();
        for (auto const& call : own_calls) functions_.push_back(call->function());
    }
    auto const or_null = [](std::vector<double> const& v) { return v.empty() ? nullptr : v.data(); };
    program::Plan plan{};
    plan.dimension = dimension;
    plan.num_channels = static_cast<int>(x.size());
    plan.stored_channels = stored_channels;
    plan.runs = runs.data();
    plan.num_runs = static_cast<int>(runs.size());
    plan.x = x.data();
    plan.y = or_null(y);
    plan.width = or_null(width);
    plan.tables = or_null(tables);
    plan.num_tables = num_tables;
    plan.terms = terms.data();
    plan.num_terms = static_cast<int>(terms.size());
    plan.slots = slots.data();
    plan.num_slots = static_cast<int>(slots.size());
    plan.twins = twins.data();
    plan.num_twins = static_cast<int>(twins.size());
    plan.codes = codes_.data();
    plan.num_codes = static_cast<int>(codes_.size());
    plan.functions = functions_.data();
    plan.num_functions = static_cast<int>(functions_.size());
    plan.num_free = static_cast<int>(free_slots.size());
    plan.bmin = bmin.data();
    plan.bmax = bmax.data();
    plan.linear = linear.data();
    plan.num_pixel_values = num_pixel_values;
    plan.convolution = view_convolution();
    plan.pairs = pairs.data();
    plan.num_pairs = static_cast<int>(pairs.size());
    plan.options = options;
    return plan;
}

program::Convolution const* FitPlan::view_convolution() const
{
    if (convolved.num_low_loss == 0) return nullptr;
    if (!convolution_) {
        convolution_ = std::make_unique<program::Convolution>();
        convolution_->num_low_loss = convolved.num_low_loss;
        convolution_->first = convolved.first;
        convolution_->num_values = convolved.num_values;
        convolution_->num_x = static_cast<int>(convolved.x.size());
        convolution_->x = convolved.x.data();
        convolution_->tables = convolved.tables.data();
        convolution_->num_tables = convolved.num_tables;
        convolution_->forms = convolved.forms.data();
        convolution_->linear = convolved.linear.data();
        convolution_->products = convolved.products.data();
        convolution_->num_products = static_cast<int>(convolved.products.size());
        convolution_->factors = convolved.factors.data();
        convolution_->num_factors = static_cast<int>(convolved.factors.size());
        convolution_->product_columns = convolved.product_columns.data();
        convolution_->value_of = convolved.value_of.data();
        convolution_->moved = convolved.moved.data();
        convolution_->num_moved = static_cast<int>(convolved.moved.size());
    }
    return convolution_.get();
}

}  // namespace warpfit
