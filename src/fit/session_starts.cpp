#include "src/fit/parallel.hpp"
#include "src/fit/session.hpp"
#include "src/signal/convert.hpp"
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
        if (seeded_ && !parameter.is_value_set() && !start_maps_.back()) keeps[static_cast<std::size_t>(s)] = 0;
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
/// off there has nothing to lend.
void Session::complete_starts(PixelChunk const& chunk, Visit const* visits, std::vector<double>& starts) const
{
    constexpr std::size_t grain = 16;
    auto const complete = [&](std::size_t first, std::size_t last) {
        std::vector<double> from_here(num_free_);
        for (std::size_t i = first; i < last; ++i) {
            double* const start = starts.data() + i * num_free_;
            if (visits[i].from == SeededOrder::From::pixel &&
                std::all_of(start, start + num_free_, [](double v) { return std::isfinite(v); }))
                continue;
            own_start(chunk, i, visits[i].from == SeededOrder::From::estimate, from_here.data());
            for (std::size_t k = 0; k < num_free_; ++k)
                if (!std::isfinite(start[k])) start[k] = from_here[k];
        }
    };
    in_parallel(options_.threads, chunk.pixels.size(), complete, grain);
}

/// Map, given value, estimate, default: the first that exists.
void Session::own_start(PixelChunk const& chunk, std::size_t i, bool estimate_all, double* start) const
{
    std::size_t const pixel = chunk.pixels[i];
    std::optional<StartEstimator> const& estimator = estimate_all ? estimator_all_ : estimator_;
    if (estimator && estimator->has_work()) {
        std::size_t const stored = signal_.num_channels();
        std::size_t const bytes = stored * size_of(signal_.type());
        std::vector<double> all(stored);
        signal::convert(signal_.type(), signal_.data().byte_swapped, chunk.signal.data() + i * bytes, stored,
                        all.data());
        std::vector<double> const used = used_values(plan_, all);
        bool const finite = std::all_of(used.begin(), used.end(), [](double v) { return std::isfinite(v); });
        std::vector<double> slots(plan_.slots.size());
        for (std::size_t s = 0; s < slots.size(); ++s) slots[s] = plan_.slots[s].value;
        for (std::size_t k = 0; k < num_free_; ++k)
            slots[static_cast<std::size_t>(plan_.free_slots[k])] = plan_.start[k];
        for (std::size_t k = 0; k < pixel_maps_.size(); ++k)
            slots[static_cast<std::size_t>(plan_.pixel_slots[k])] = pixel_value(k, pixel);
        if (finite) estimator->estimate(used, slots, gain_of(chunk, i));
        for (std::size_t k = 0; k < num_free_; ++k) start[k] = slots[static_cast<std::size_t>(plan_.free_slots[k])];
    } else {
        std::copy_n(plan_.start.begin(), num_free_, start);
    }
    if (!estimate_all) take_maps(pixel, start);
}

/// convolution_gain() of the pixel's low loss; 1 without one.
double Session::gain_of(PixelChunk const& chunk, std::size_t i) const
{
    if (!view_.convolution) return 1.0;
    std::vector<double> low_loss = common_;
    if (low_loss_.source) {
        std::size_t const n = signal_.low_loss()->num_channels();
        low_loss.resize(n);
        signal::convert(low_loss_.type, low_loss_.byte_swapped, chunk.low_loss.data() + i * n * size_of(low_loss_.type),
                        n, low_loss.data());
    }
    return convolution_gain(low_loss);
}

/// Puts the given starts of a pixel over others, where they are numbers.
void Session::take_maps(std::size_t pixel, double* start) const
{
    for (std::size_t k = 0; k < num_free_; ++k)
        if (start_maps_[k] && std::isfinite((*start_maps_[k])[pixel])) start[k] = (*start_maps_[k])[pixel];
}

}  // namespace warpfit
