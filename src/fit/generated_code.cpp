#include "src/backends/cuda/generate.hpp"
#include "src/fit/own_code.hpp"
#include "src/model/fit_plan.hpp"
#include "warpfit/device.hpp"
#include "warpfit/error.hpp"

namespace warpfit {

std::string generated_code(Model const& model, Precision precision)
{
    // The text holds components, slots and expressions; positions and widths of channels come with the data.
    constexpr std::size_t size = 64;
    Axis axis;
    axis.size = size;
    axis.offset = 1.0;
    std::vector<Axis> const axes(static_cast<std::size_t>(model.dimension()), axis);
    std::vector<double> const values(model.dimension() == 2 ? size * size : size);
    FitOptions options;
    options.precision = precision;
    FitPlan const plan = lower(model, Signal({}, axes, values), options, {});
    need_gpu_code(plan.view());
    return cuda::generate_kernel(plan.view(), "Model");
}

}  // namespace warpfit
