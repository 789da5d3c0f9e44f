#include "kernels/program/slots.hpp"
#include "src/fit/estimators.hpp"
#include "src/fit/parallel.hpp"
#include "src/fit/pixel_reader.hpp"
#include "src/signal/convert.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

namespace warpfit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t chunk_bytes = std::size_t{32} << 20;  // of data read at a time
constexpr std::size_t grain = 16;

/// The estimates of one model for the pixels of one signal.
class Estimation
{
  public:
    Estimation(Model const& model, Signal const& signal, DataOptions const& data, bool keep_given)
        : model_(model)
        , plan_(lower(model, signal, FitOptions{}, data))
        , view_(plan_.view())
        , estimator_(plan_, kept(keep_given))
    {
        auto const map_of = [&](int slot) {
            return &model.parameter(plan_.slot_paths[static_cast<std::size_t>(slot)]).map();
        };
        for (int const slot : plan_.free_slots) free_maps_.push_back(map_of(slot));
        for (int const slot : plan_.pixel_slots) pixel_maps_.push_back(map_of(slot));
    }

    FitPlan const& plan() const { return plan_; }
    bool is_convolved() const { return plan_.convolved.num_low_loss > 0; }

    /// Values before any estimate [num_slots]: given, default, or what a twin makes of them.
    void given(std::size_t pixel, std::vector<double>& slots) const
    {
        auto const at = [&](std::vector<double> const& map, double otherwise) {
            return !map.empty() && std::isfinite(map[pixel]) ? map[pixel] : otherwise;
        };
        std::vector<double> free, of_pixel, factors(plan_.slots.size()), registers(program::max_scalar_registers);
        std::vector<int> targets(plan_.slots.size());
        for (std::size_t k = 0; k < free_maps_.size(); ++k) free.push_back(at(*free_maps_[k], plan_.start[k]));
        for (std::size_t k = 0; k < pixel_maps_.size(); ++k)
            of_pixel.push_back(at(*pixel_maps_[k], plan_.slots[static_cast<std::size_t>(plan_.pixel_slots[k])].value));
        slots.resize(plan_.slots.size());
        program::evaluate_slots(view_, free.data(), of_pixel.data(), slots.data(), factors.data(), targets.data(),
                                registers.data());
    }

    /// Replaces what there is an estimate of. False where the data are not finite.
    bool estimate(std::span<double const> stored, double gain, std::vector<double>& slots) const
    {
        std::vector<double> const used = used_values(plan_, stored);
        if (!std::all_of(used.begin(), used.end(), [](double v) { return std::isfinite(v); })) return false;
        estimator_.estimate(used, slots, gain);
        return true;
    }

  private:
    std::vector<unsigned char> kept(bool keep_given) const
    {
        std::vector<unsigned char> keeps(plan_.slots.size(), 1);
        for (int const s : plan_.free_slots) {
            auto const slot = static_cast<std::size_t>(s);
            Parameter const& parameter = model_.parameter(plan_.slot_paths[slot]);
            keeps[slot] = keep_given && (parameter.is_value_set() || !parameter.map().empty());
        }
        return keeps;
    }

    Model const& model_;
    FitPlan plan_;
    program::Plan view_;
    StartEstimator estimator_;
    std::vector<std::vector<double> const*> free_maps_;   ///< [num_free]
    std::vector<std::vector<double> const*> pixel_maps_;  ///< [num_pixel_values]
};

Signal with_binning(Signal signal, DataOptions const& data)
{
    if (data.binned) signal.set_binned(*data.binned);
    return signal;
}

void check_mask(EstimateOptions const& options, Signal const& signal)
{
    if (!options.mask.empty() && options.mask.size() != signal.num_pixels())
        throw InvalidArgument("mask has " + std::to_string(options.mask.size()) + " pixels (signal has " +
                              std::to_string(signal.num_pixels()) + "): give one entry a pixel");
    if (options.threads < 0)
        throw InvalidArgument("threads is " + std::to_string(options.threads) + " (0 means all cores)");
}

/// All pixels: what an Estimation finds, by free parameter.
class EstimatedMaps
{
  public:
    EstimatedMaps(Estimation const& estimation, Model const& model, Signal const& signal,
                  EstimateOptions const& options)
        : estimation_(estimation)
        , signal_(signal)
        , options_(options)
        , values_(plan().free_slots.size(), std::vector<double>(signal.num_pixels(), nan))
        , changed_(plan().free_slots.size())
    {
        for (program::Term const& term : plan().terms)
            for (std::size_t k = 0; k < values_.size(); ++k) {
                int const slot = plan().free_slots[k];
                if (slot < term.first_slot || slot >= term.first_slot + term.num_slots || term.active_bit < 0) continue;
                std::string const& path = plan().slot_paths[static_cast<std::size_t>(slot)];
                switched_.push_back({k, &model[path.substr(0, path.rfind('.'))].active_map()});
            }
    }

    void run()
    {
        std::vector<std::size_t> pixels;
        for (std::size_t p = 0; p < signal_.num_pixels(); ++p)
            if (options_.mask.empty() || !options_.mask[p]) pixels.push_back(p);
        if (estimation_.is_convolved()) {
            low_loss_ = signal_.low_loss().get();
            if (low_loss_->navigation_axes().empty()) common_gain_ = convolution_gain(low_loss_->pixel(0));
        }
        bool const reads_low_loss = low_loss_ && !low_loss_->navigation_axes().empty();
        PixelArray low_loss;
        if (reads_low_loss) low_loss = {&low_loss_->data(), low_loss_->num_channels()};
        PixelReader reader({&signal_.data(), signal_.num_channels()}, {}, low_loss, pixels, chunk_pixels());
        PixelChunk chunk;
        while (reader.next(chunk))
            in_parallel(
                options_.threads, chunk.pixels.size(),
                [&](std::size_t first, std::size_t last) { estimate(chunk, first, last, reads_low_loss); }, grain);
    }

    /// Once: moves the maps of what was estimated to the model's parameters.
    void give(Model& model)
    {
        for (std::size_t k = 0; k < values_.size(); ++k) {
            if (!changed_[k]) continue;
            Parameter& parameter = model.parameter(plan().slot_paths[static_cast<std::size_t>(plan().free_slots[k])]);
            if (values_[k].size() == 1) parameter.set_value(values_[k][0]);
            parameter.set_map(std::move(values_[k]));
        }
    }

  private:
    FitPlan const& plan() const { return estimation_.plan(); }

    std::size_t chunk_pixels() const
    {
        std::size_t const bytes = std::max<std::size_t>(signal_.num_channels() * size_of(signal_.type()), 1);
        std::size_t const chunk = std::max<std::size_t>(chunk_bytes / bytes, 64);
        std::size_t const unit = signal_.data().source->preferred_count();  // whole chunks of the file
        return unit > 1 && unit <= 4 * chunk ? std::max<std::size_t>(chunk / unit, 1) * unit : chunk;
    }

    void estimate(PixelChunk const& chunk, std::size_t first, std::size_t last, bool reads_low_loss)
    {
        std::vector<double> stored(signal_.num_channels()), low_loss, slots, before;
        if (reads_low_loss) low_loss.resize(low_loss_->num_channels());
        for (std::size_t i = first; i < last; ++i) {
            std::size_t const pixel = chunk.pixels[i];
            convert(signal_, chunk.signal, i, stored);
            if (reads_low_loss) convert(*low_loss_, chunk.low_loss, i, low_loss);
            estimation_.given(pixel, slots);
            before = slots;
            if (estimation_.estimate(stored, reads_low_loss ? convolution_gain(low_loss) : common_gain_, slots))
                keep(pixel, before, slots);
        }
    }

    static void convert(Signal const& from, RawBytes const& bytes, std::size_t i, std::vector<double>& to)
    {
        signal::convert(from.type(), from.data().byte_swapped, bytes.data() + i * to.size() * size_of(from.type()),
                        to.size(), to.data());
    }

    void keep(std::size_t pixel, std::vector<double> const& before, std::vector<double> const& slots)
    {
        for (std::size_t k = 0; k < values_.size(); ++k) {
            auto const slot = static_cast<std::size_t>(plan().free_slots[k]);
            values_[k][pixel] = slots[slot];
            if (slots[slot] != before[slot]) changed_[k].store(true, std::memory_order_relaxed);
        }
        for (auto const& [k, active] : switched_)
            if (!(*active)[pixel]) values_[k][pixel] = nan;
    }

    Estimation const& estimation_;
    Signal const& signal_;
    EstimateOptions const& options_;
    Signal const* low_loss_ = nullptr;  ///< null: not convolved
    double common_gain_ = 1.0;
    std::vector<std::vector<double>> values_;  ///< [num_free][num_pixels]
    std::vector<std::atomic<bool>> changed_;   ///< [num_free] an estimate moved it somewhere
    std::vector<std::pair<std::size_t, std::vector<unsigned char> const*>>
        switched_;  ///< free parameters with a switch
};

}  // namespace

void estimate_parameters(Model& model, Signal const& signal, std::size_t pixel, DataOptions const& data)
{
    if (pixel >= signal.num_pixels())
        throw InvalidArgument("pixel " + std::to_string(pixel) + " is outside the signal (it has " +
                              std::to_string(signal.num_pixels()) + ")");
    model.take_acquisition(signal);
    Estimation const estimation(model, with_binning(signal, data), data, true);
    double gain = 1.0;
    if (estimation.is_convolved()) {
        Signal const& low_loss = *signal.low_loss();
        gain = convolution_gain(low_loss.pixel(low_loss.num_pixels() > 1 ? pixel : 0));
    }
    std::vector<double> slots;
    estimation.given(pixel, slots);
    std::vector<double> const before = slots;
    if (!estimation.estimate(signal.pixel(pixel), gain, slots)) return;
    FitPlan const& plan = estimation.plan();
    for (int const s : plan.free_slots) {
        auto const slot = static_cast<std::size_t>(s);
        if (slots[slot] != before[slot]) model.parameter(plan.slot_paths[slot]).set_value(slots[slot]);
    }
}

void estimate_parameters(Model& model, Signal const& signal, EstimateOptions const& options, DataOptions const& data)
{
    check_mask(options, signal);
    model.take_acquisition(signal);
    Estimation const estimation(model, with_binning(signal, data), data, options.keep_given);
    EstimatedMaps maps(estimation, model, signal, options);
    maps.run();
    maps.give(model);
}

void estimate_parameters(Component& component, Signal const& signal, EstimateOptions const& options,
                         DataOptions const& data)
{
    component.take_acquisition(signal);
    Model model;
    Component& alone = model.append(component);
    alone.set_active(true);
    alone.set_active_map({});
    estimate_parameters(model, signal, options, data);
    component.parameters() = alone.parameters();
}

}  // namespace warpfit
