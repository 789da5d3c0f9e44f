#include "src/fit/session.hpp"
#include "src/fit/slice.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

/// Where each pixel's fit starts.
namespace warpfit {

void Session::set_starts()
{
    std::vector<unsigned char> keeps(plan_.slots.size(), 1), keeps_over_holes(plan_.slots.size(), 1);
    for (int const s : plan_.free_slots) {
        Parameter const& parameter = model_.parameter(plan_.slot_paths[static_cast<std::size_t>(s)]);
        bool const mapped = options_.start != Start::model || !parameter.map().empty();
        start_maps_.push_back(mapped && !parameter.map().empty() ? &parameter.map() : nullptr);
        if (start_maps_.back() && start_maps_.back()->size() != num_pixels_)
            throw InvalidArgument("start map of '" + plan_.slot_paths[static_cast<std::size_t>(s)] + "' has " +
                                  std::to_string(start_maps_.back()->size()) + " pixels (signal has " +
                                  std::to_string(num_pixels_) + ")");
        if (!seeded_ || parameter.is_value_set()) continue;
        // Where a map has holes it is put over the estimates.
        if (!is_whole(parameter.map())) keeps_over_holes[static_cast<std::size_t>(s)] = 0;
        if (!start_maps_.back()) keeps[static_cast<std::size_t>(s)] = 0;
    }
    for (int const s : plan_.pixel_slots) {
        std::string const& path = plan_.slot_paths[static_cast<std::size_t>(s)];
        pixel_maps_.push_back(&model_.parameter(path).map());
        if (pixel_maps_.back()->size() != num_pixels_)
            throw InvalidArgument("map of '" + path + "' has " + std::to_string(pixel_maps_.back()->size()) +
                                  " pixels (signal has " + std::to_string(num_pixels_) + ")");
    }
    if (seeded_) {
        std::vector<unsigned char> not_free(plan_.slots.size(), 1);
        for (int const s : plan_.free_slots) not_free[static_cast<std::size_t>(s)] = 0;
        bool const differs = keeps != not_free;
        peak_order_.emplace(plan_, keeps);
        if (keeps_over_holes != keeps) prepare(over_holes, std::move(keeps_over_holes));
        prepare(not_given, std::move(keeps));
        if (differs) prepare(all_free, std::move(not_free));
        order_.emplace(signal_.navigation_shape(), options_.mask, variance_.kind != Variance::Kind::none,
                       own_[all_free].estimates != nullptr);
    }

    for (program::Term const& term : plan_.terms) {
        if (term.active_bit < 0) continue;
        if (active_.empty()) active_.assign(num_pixels_, ~0ull);
        std::string const& path = plan_.slot_paths[static_cast<std::size_t>(term.first_slot)];
        std::string const name = path.substr(0, path.rfind('.'));
        std::vector<unsigned char> const& map = model_[name].active_map();
        if (map.size() != num_pixels_)
            throw InvalidArgument("active map of '" + name + "' has " + std::to_string(map.size()) +
                                  " pixels (signal has " + std::to_string(num_pixels_) + ")");
        for (std::size_t p = 0; p < num_pixels_; ++p)
            if (!map[p]) active_[p] &= ~(1ull << term.active_bit);
    }

    if (!seeded_)
        notes_.push_back(options_.start == Start::model ? "Every pixel starts from the model's values."
                                                        : "Every pixel starts from the stored maps.");
    else
        notes_.push_back(std::string("Seeded starts: a sparse grid from ") +
                         (own_[not_given].estimates ? "estimates where no value is given" : "the given values") +
                         ", the rest from the nearest good pixel, then retries.");
}

/// keeps [num_slots]: what stays as it is.
void Session::prepare(Extent extent, std::vector<unsigned char> keeps)
{
    OwnStarts& own = own_[extent];
    own.estimator.emplace(plan_, std::move(keeps));
    if (!own.estimator->has_work()) return;
    try {
        own.estimates = backend_->make_estimates(own.estimator->view());
    } catch (Error const& error) {
        if (options_.device == "cuda" || backend_->device() == "cpu") throw;
        notes_.push_back(std::string("Start values are estimated on the CPU (") + error.what() + ").");
        own.estimates = make_cpu_estimates(own.estimator->view(), options_.threads);
    }
}

/// What is estimated of a pixel.
Session::Extent Session::extent_of(Visit const& visit, std::size_t pixel) const
{
    if (visit.from == SeededOrder::From::estimate) return own_[all_free].estimator ? all_free : not_given;
    auto const has_hole = [&](auto const* map) { return map && !std::isfinite((*map)[pixel]); };
    bool const is_holed = own_[over_holes].estimator && std::any_of(start_maps_.begin(), start_maps_.end(), has_hole);
    return is_holed ? over_holes : not_given;
}

/// Fills what the starts [pixels of the chunk, num_free] lack: a neighbour lends what it has, and a component switched
/// off there has nothing to lend. batch: the chunk's.
void Session::complete_starts(program::PixelBatch const& batch, PixelChunk const& chunk, Visit const* visits,
                              std::vector<double>& starts)
{
    std::size_t const n = chunk.pixels.size();
    batch_own_.resize(n * num_free_);
    for (Extent const extent : {not_given, over_holes, all_free}) {
        std::vector<unsigned char> left_out(n);
        for (std::size_t i = 0; i < n; ++i) {
            double const* const start = starts.data() + i * num_free_;
            bool const is_whole = std::all_of(start, start + num_free_, [](double v) { return std::isfinite(v); });
            left_out[i] = extent_of(visits[i], chunk.pixels[i]) != extent ||
                          (visits[i].from == SeededOrder::From::pixel && is_whole);
        }
        if (std::all_of(left_out.begin(), left_out.end(), [](unsigned char out) { return out != 0; })) continue;
        own_starts(batch, chunk, left_out, extent);
        for (std::size_t i = 0; i < n; ++i) {
            if (left_out[i]) continue;
            for (std::size_t k = 0; k < num_free_; ++k)
                if (double& start = starts[i * num_free_ + k]; !std::isfinite(start))
                    start = batch_own_[i * num_free_ + k];
        }
    }
}

/// Given value, estimate, default, the first that exists, into batch_own_ [pixels of the batch, num_free].
/// left_out [pixels of the batch]: 1: not wanted.
void Session::own_starts(program::PixelBatch const& batch, PixelChunk const& chunk,
                         std::vector<unsigned char> const& left_out, Extent extent)
{
    auto const take_given = [&](std::vector<double>& rows) {
        if (extent == all_free) return;
        for (std::size_t i = 0; i < left_out.size(); ++i)
            if (!left_out[i]) take_maps(chunk.pixels[i], rows.data() + i * num_free_);
    };
    std::vector<double> starts(left_out.size() * num_free_);
    for (std::size_t i = 0; i < left_out.size(); ++i)
        std::copy_n(plan_.start.begin(), num_free_, starts.data() + i * num_free_);
    take_given(starts);
    if (!own_[extent].estimates) {
        batch_own_ = std::move(starts);
        return;
    }
    auto const is_wanted = [](unsigned char out) { return out == 0; };
    auto const first = std::find_if(left_out.begin(), left_out.end(), is_wanted) - left_out.begin();
    auto const behind = std::find_if(left_out.rbegin(), left_out.rend(), is_wanted) - left_out.rbegin();
    program::PixelBatch wanted = batch;
    wanted.start = starts.data();
    wanted.masked = left_out.data();
    wanted = slice(wanted, view_, first, std::ssize(left_out) - behind - first);
    std::vector<unsigned char> is_estimated(left_out.size());
    own_[extent].estimates->run(wanted, {batch_own_.data() + first * view_.num_free, is_estimated.data()});
    take_given(batch_own_);  // over estimates, where a map has holes elsewhere in the pixel
}

/// Puts the given starts of a pixel over others, where they are numbers.
void Session::take_maps(std::size_t pixel, double* start) const
{
    for (std::size_t k = 0; k < num_free_; ++k)
        if (start_maps_[k] && std::isfinite((*start_maps_[k])[pixel])) start[k] = (*start_maps_[k])[pixel];
}

}  // namespace warpfit
