#include "src/fit/session.hpp"
#include "src/fit/slice.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

/// Where each pixel's fit starts.
namespace warpfit {

void Session::set_starts()
{
    std::vector<unsigned char> keeps(plan_.slots.size(), 1);
    for (int const s : plan_.free_slots) {
        Parameter const& parameter = model_.parameter(plan_.slot_paths[static_cast<std::size_t>(s)]);
        bool const mapped = options_.start != Start::model || !parameter.map().empty();
        start_maps_.push_back(mapped && !parameter.map().empty() ? &parameter.map() : nullptr);
        if (start_maps_.back() && start_maps_.back()->size() != num_pixels_)
            throw InvalidArgument("start map of '" + plan_.slot_paths[static_cast<std::size_t>(s)] + "' has " +
                                  std::to_string(start_maps_.back()->size()) + " pixels (signal has " +
                                  std::to_string(num_pixels_) + ")");
        // A map with holes is put over the estimates where it has values.
        if (seeded_ && !parameter.is_value_set() && !is_whole(parameter.map())) keeps[static_cast<std::size_t>(s)] = 0;
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
        estimator_.emplace(plan_, std::move(keeps));
        estimator_all_.emplace(plan_, std::move(not_free));
        order_.emplace(signal_.navigation_shape(), options_.mask, variance_.kind != Variance::Kind::none,
                       differs && estimator_all_->has_work());
        if (estimator_->has_work()) estimates_ = backend_->make_estimates(estimator_->view());
        if (differs && estimator_all_->has_work()) estimates_all_ = backend_->make_estimates(estimator_all_->view());
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
                         (estimator_->has_work() ? "estimates where no value is given" : "the given values") +
                         ", the rest from the nearest good pixel, then retries.");
}

/// Fills what the starts [pixels of the chunk, num_free] lack: a neighbour lends what it has, and a component switched
/// off there has nothing to lend. batch: the chunk's.
void Session::complete_starts(program::PixelBatch const& batch, PixelChunk const& chunk, Visit const* visits,
                              std::vector<double>& starts)
{
    std::size_t const n = chunk.pixels.size();
    batch_own_.resize(n * num_free_);
    for (bool const estimate_all : {false, true}) {
        std::vector<unsigned char> left_out(n);
        for (std::size_t i = 0; i < n; ++i) {
            double const* const start = starts.data() + i * num_free_;
            bool const is_whole = std::all_of(start, start + num_free_, [](double v) { return std::isfinite(v); });
            bool const is_other = (visits[i].from == SeededOrder::From::estimate) != estimate_all;
            left_out[i] = is_other || (visits[i].from == SeededOrder::From::pixel && is_whole);
        }
        if (std::all_of(left_out.begin(), left_out.end(), [](unsigned char out) { return out != 0; })) continue;
        own_starts(batch, left_out, estimate_all);
        for (std::size_t i = 0; i < n; ++i) {
            if (left_out[i]) continue;
            double* const own = batch_own_.data() + i * num_free_;
            if (!estimate_all) take_maps(chunk.pixels[i], own);
            for (std::size_t k = 0; k < num_free_; ++k)
                if (double& start = starts[i * num_free_ + k]; !std::isfinite(start)) start = own[k];
        }
    }
}

/// Given value, estimate, default, the first that exists, into batch_own_ [pixels of the batch, num_free].
/// left_out [pixels of the batch]: 1: not wanted.
void Session::own_starts(program::PixelBatch const& batch, std::vector<unsigned char> const& left_out,
                         bool estimate_all)
{
    std::unique_ptr<Estimates> const& estimates = estimate_all ? estimates_all_ : estimates_;
    if (!estimates) {
        for (std::size_t i = 0; i < left_out.size(); ++i)
            std::copy_n(plan_.start.begin(), num_free_, batch_own_.data() + i * num_free_);
        return;
    }
    auto const is_wanted = [](unsigned char out) { return out == 0; };
    auto const first = std::find_if(left_out.begin(), left_out.end(), is_wanted) - left_out.begin();
    auto const behind = std::find_if(left_out.rbegin(), left_out.rend(), is_wanted) - left_out.rbegin();
    program::PixelBatch wanted = batch;
    wanted.start = nullptr;  // the plan's
    wanted.masked = left_out.data();
    wanted = slice(wanted, view_, first, std::ssize(left_out) - behind - first);
    std::vector<unsigned char> is_estimated(left_out.size());
    estimates->run(wanted, {batch_own_.data() + first * view_.num_free, is_estimated.data()});
}

/// Puts the given starts of a pixel over others, where they are numbers.
void Session::take_maps(std::size_t pixel, double* start) const
{
    for (std::size_t k = 0; k < num_free_; ++k)
        if (start_maps_[k] && std::isfinite((*start_maps_[k])[pixel])) start[k] = (*start_maps_[k])[pixel];
}

}  // namespace warpfit
