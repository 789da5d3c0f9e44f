#include "src/backends/cuda/estimate_image.hpp"

#include "src/backends/cuda/image_writer.hpp"
#include "src/backends/cuda/plan_image.hpp"

#include <utility>

namespace warpfit::cuda {

EstimateImage make_estimate_image(estimate::Plan const& plan, std::uintptr_t address)
{
    PlanImage model = make_plan_image(plan.model, address);
    EstimateImage image{std::move(model.bytes), plan};
    ImageWriter writer(image.bytes, address);
    auto const add = [&](auto const*& array, int count) { array = writer.add(array, static_cast<std::size_t>(count)); };
    estimate::Plan& to = image.plan;
    to.model = model.plan;
    add(to.backgrounds, plan.num_backgrounds);
    add(to.edges, plan.num_edges);
    add(to.peaks, plan.num_peaks);
    add(to.spots, plan.num_spots);
    add(to.keeps, plan.model.num_slots);
    add(to.given, plan.num_given);
    add(to.start, plan.model.num_free);
    return image;
}

}  // namespace warpfit::cuda
