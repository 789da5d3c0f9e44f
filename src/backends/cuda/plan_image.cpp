#include "src/backends/cuda/plan_image.hpp"

#include "src/backends/cuda/image_writer.hpp"
#include "src/backends/cuda/kept_columns.hpp"

#include <algorithm>

namespace warpfit::cuda {

namespace {

std::size_t size(long long n)
{
    return static_cast<std::size_t>(n);
}

double middle(double const* values, int count)
{
    auto const [low, high] = std::minmax_element(values, values + count);
    return 0.5 * (*low + *high);
}

program::ExpressionCode copy(ImageWriter& writer, program::ExpressionCode code)
{
    code.constants = writer.add(code.constants, size(code.num_constants));
    code.channel_code = writer.add(code.channel_code, size(code.channel_size));
    code.pixel_code = writer.add(code.pixel_code, size(code.pixel_size));
    code.local_code = writer.add(code.local_code, size(code.local_size));
    code.value_code = writer.add(code.value_code, size(code.value_size));
    code.gradient = writer.add(code.gradient, size(code.num_slots));
    std::vector<program::Curve> curves(code.curves, code.curves + code.num_curves);
    for (program::Curve& curve : curves) {
        curve.coefficients = writer.add(curve.coefficients, size(curve.num_intervals + curve.degree));
        curve.exact = nullptr;  // the plan's tables hold its values
        curve.context = nullptr;
    }
    code.curves = writer.add(curves.data(), curves.size());
    return code;
}

/// The axis of a convolution in place of the used channels.
program::Plan on_extended_axis(program::Plan plan)
{
    plan.num_channels = plan.convolution->num_x;
    plan.x = plan.convolution->x;
    plan.tables = plan.convolution->tables;
    plan.num_tables = plan.convolution->num_tables;
    plan.convolution = nullptr;
    return plan;
}

/// What a device reads of it; the rest is null.
program::Convolution copy(ImageWriter& writer, program::Plan const& plan)
{
    program::Convolution const& from = *plan.convolution;
    program::Convolution to{};
    to.num_low_loss = from.num_low_loss;
    to.first = from.first;
    to.num_values = from.num_values;
    to.num_x = from.num_x;
    to.forms = writer.add(from.forms, size(plan.num_terms));
    to.linear = writer.add(from.linear, size(plan.num_free));
    to.value_of = writer.add(from.value_of, size(plan.num_channels));
    to.moved = writer.add(from.moved, size(from.num_moved));
    to.num_moved = from.num_moved;
    return to;
}

template<class Real>
program::KeptColumns<Real> const* place(ImageWriter& writer, KeptColumnsOfPlan const& kept)
{
    if (kept.products.empty()) return nullptr;
    std::vector<Real> values(kept.values.size());
    std::transform(kept.values.begin(), kept.values.end(), values.begin(),
                   [](double v) { return static_cast<Real>(v); });
    program::KeptColumns<Real> const placed{static_cast<int>(kept.products.size()),
                                            writer.add(values.data(), values.size()),
                                            writer.add(kept.products.data(), kept.products.size()),
                                            writer.add(kept.factors.data(), kept.factors.size()),
                                            writer.add(kept.targets.data(), kept.targets.size()),
                                            static_cast<int>(kept.factors.size())};
    return writer.add(&placed, 1);
}

template<class Real>
program::ChannelData<Real> channels(ImageWriter& writer, program::Plan const& plan)
{
    int const n = plan.num_channels;
    auto const add = [&](double const* values, double origin, long long count) -> Real const* {
        if (values == nullptr) return nullptr;
        std::vector<Real> shifted(size(count));
        std::transform(values, values + count, shifted.begin(),
                       [origin](double v) { return static_cast<Real>(v - origin); });
        return writer.add(shifted.data(), shifted.size());
    };
    program::ChannelData<Real> data{};
    data.num_channels = n;
    if (sizeof(Real) == 4) {
        data.x_origin = middle(plan.x, n);
        if (plan.y) data.y_origin = middle(plan.y, n);
    }
    data.x = add(plan.x, data.x_origin, n);
    data.x_absolute = add(plan.x, 0.0, n);
    data.y = add(plan.y, data.y_origin, n);
    data.y_absolute = add(plan.y, 0.0, n);
    data.tables = add(plan.num_tables > 0 ? plan.tables : nullptr, 0.0, static_cast<long long>(plan.num_tables) * n);
    if (plan.convolution) {
        program::ChannelData<Real> const extended = channels<Real>(writer, on_extended_axis(plan));
        data.extended = writer.add(&extended, 1);
    }
    return data;
}

}  // namespace

PlanImage make_plan_image(program::Plan const& plan, std::uintptr_t address)
{
    PlanImage image{};
    ImageWriter writer(image.bytes, address);
    image.plan = plan;
    program::Plan& to = image.plan;
    to.runs = writer.add(plan.runs, size(plan.num_runs));
    to.x = writer.add(plan.x, size(plan.num_channels));
    to.y = writer.add(plan.y, size(plan.num_channels));
    to.width = writer.add(plan.width, size(plan.num_channels));
    to.tables = writer.add(plan.tables, size(plan.num_tables) * size(plan.num_channels));
    to.terms = writer.add(plan.terms, size(plan.num_terms));
    to.slots = writer.add(plan.slots, size(plan.num_slots));
    to.twins = writer.add(plan.twins, size(plan.num_twins));
    std::vector<program::ExpressionCode> codes;
    for (int c = 0; c < plan.num_codes; ++c) codes.push_back(copy(writer, plan.codes[c]));
    to.codes = writer.add(codes.data(), codes.size());
    to.functions = nullptr;  // a kernel has their text compiled in
    to.bmin = writer.add(plan.bmin, size(plan.num_free));
    to.bmax = writer.add(plan.bmax, size(plan.num_free));
    to.linear = writer.add(plan.linear, size(plan.num_free));
    to.pairs = writer.add(plan.pairs, size(plan.num_pairs));
    if (plan.convolution) {
        program::Convolution const convolution = copy(writer, plan);
        to.convolution = writer.add(&convolution, 1);
    }
    image.narrow = channels<float>(writer, plan);
    image.wide = channels<double>(writer, plan);
    KeptColumnsOfPlan const kept = keep_columns(plan);
    image.narrow.kept = place<float>(writer, kept);
    image.wide.kept = place<double>(writer, kept);
    return image;
}

}  // namespace warpfit::cuda
