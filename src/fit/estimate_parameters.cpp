#include "src/fit/backend.hpp"
#include "src/fit/estimators.hpp"
#include "src/fit/pixel_reader.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <string>
#include <utility>

namespace warpfit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t chunk_bytes = std::size_t{32} << 20;  // of data read at a time

/// What estimates leave as it is.
enum class Keep {
    nothing,
    given,      ///< parameters with a value or a map that somebody gave: for pixels that all maps have values in
    whole_maps  ///< a map with holes not: for the others, over whose estimates its values are put
};

/// What the pixels of one signal are estimated with.
class Estimation
{
  public:
    Estimation(Model const& model, Signal const& signal, DataOptions const& data, Keep keep)
        : model_(model)
        , plan_(lower(model, signal, FitOptions{}, data))
        , keep_(keep)
        , estimator_(plan_, kept())
    {
        auto const map_of = [&](int slot) {
            return &model.parameter(plan_.slot_paths[static_cast<std::size_t>(slot)]).map();
        };
        for (int const slot : plan_.free_slots) free_maps_.push_back(map_of(slot));
        for (int const slot : plan_.pixel_slots) pixel_maps_.push_back(map_of(slot));
    }

    FitPlan const& plan() const { return plan_; }
    StartEstimator const& estimator() const { return estimator_; }
    bool is_convolved() const { return plan_.convolved.num_low_loss > 0; }
    std::size_t num_free() const { return free_maps_.size(); }
    std::size_t num_pixel_values() const { return pixel_maps_.size(); }

    /// Values before any estimate, given or default: of the free parameters [num_free], and of those fixed to a map.
    void given(std::size_t pixel, double* free, double* pixel_values) const
    {
        auto const at = [&](std::vector<double> const& map, double otherwise) {
            return !map.empty() && std::isfinite(map[pixel]) ? map[pixel] : otherwise;
        };
        for (std::size_t k = 0; k < free_maps_.size(); ++k) free[k] = at(*free_maps_[k], plan_.start[k]);
        for (std::size_t k = 0; k < pixel_maps_.size(); ++k)
            pixel_values[k] = at(*pixel_maps_[k], plan_.slots[static_cast<std::size_t>(plan_.pixel_slots[k])].value);
    }

    /// Whether a map gives free parameter k its value in a pixel.
    bool is_given(std::size_t k, std::size_t pixel) const
    {
        std::vector<double> const& map = *free_maps_[k];
        return keep_ != Keep::nothing && !map.empty() && std::isfinite(map[pixel]);
    }
    double value_given(std::size_t k, std::size_t pixel) const { return (*free_maps_[k])[pixel]; }
    /// Whether a map that gives other pixels their values has none here.
    bool has_hole(std::size_t pixel) const
    {
        return std::any_of(free_maps_.begin(), free_maps_.end(),
                           [&](auto const* map) { return !map->empty() && !std::isfinite((*map)[pixel]); });
    }

  private:
    std::vector<unsigned char> kept() const
    {
        std::vector<unsigned char> keeps(plan_.slots.size(), 1);
        for (int const s : plan_.free_slots) {
            auto const slot = static_cast<std::size_t>(s);
            Parameter const& parameter = model_.parameter(plan_.slot_paths[slot]);
            bool const is_mapped = keep_ == Keep::given ? !parameter.map().empty() : is_whole(parameter.map());
            keeps[slot] = keep_ != Keep::nothing && (parameter.is_value_set() || is_mapped);
        }
        return keeps;
    }

    Model const& model_;
    FitPlan plan_;
    Keep keep_;
    StartEstimator estimator_;
    std::vector<std::vector<double> const*> free_maps_;   ///< [num_free]
    std::vector<std::vector<double> const*> pixel_maps_;  ///< [num_pixel_values]
};

/// Some pixels, from starts to estimates.
class EstimatedBatch
{
  public:
    EstimatedBatch(Estimation const& estimation, Estimates& estimates)
        : estimation_(estimation)
        , estimates_(estimates)
    {}

    /// masked [pixels]: 1: leave out; null: none.
    void run(std::span<std::size_t const> pixels, program::RawPixels signal, program::RawPixels low_loss,
             unsigned char const* masked = nullptr)
    {
        std::size_t const n = pixels.size(), num_free = estimation_.num_free(),
                          columns = estimation_.num_pixel_values();
        starts.resize(n * num_free);
        values.resize(n * num_free);
        is_estimated.resize(n);
        pixel_values_.resize(n * columns);
        for (std::size_t i = 0; i < n; ++i)
            estimation_.given(pixels[i], starts.data() + i * num_free, pixel_values_.data() + i * columns);
        program::PixelBatch batch{};
        batch.count = static_cast<Index>(n);
        batch.signal = signal;
        batch.low_loss = low_loss;
        batch.masked = masked;
        batch.start = starts.data();
        if (columns > 0) batch.pixel_values = pixel_values_.data();
        estimates_.run(batch, {values.data(), is_estimated.data()});
    }

    std::vector<double> starts, values;       ///< [pixels, num_free]
    std::vector<unsigned char> is_estimated;  ///< [pixels]

  private:
    Estimation const& estimation_;
    Estimates& estimates_;
    std::vector<double> pixel_values_;
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

/// All pixels: what is estimated, by free parameter.
class EstimatedMaps
{
  public:
    EstimatedMaps(Estimation const& estimation, Model const& model, Signal const& signal,
                  EstimateOptions const& options, std::vector<unsigned char> left_out)
        : estimation_(estimation)
        , signal_(signal)
        , options_(options)
        , left_out_(std::move(left_out))
        , values_(plan().free_slots.size(), std::vector<double>(signal.num_pixels(), nan))
        , changed_(plan().free_slots.size(), 0)
    {
        for (std::size_t k = 0; k < values_.size(); ++k)
            for (std::size_t p = 0; p < signal.num_pixels(); ++p)
                if (estimation.is_given(k, p)) values_[k][p] = estimation.value_given(k, p);
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
        Signal const* const low_loss = estimation_.is_convolved() ? signal_.low_loss().get() : nullptr;
        bool const is_common = low_loss && low_loss->navigation_axes().empty();
        std::vector<double> common;
        if (is_common) common = low_loss->pixel(0);
        program::RawPixels of_all{};  // the low loss where one serves all
        if (is_common) of_all = {common.data(), program::Type::f64, 0, 0};
        Signal const* const low_losses = is_common ? nullptr : low_loss;
        if (signal_.data().source->memory() && (!low_losses || low_losses->data().source->memory()))
            run_in_place(low_losses, of_all);
        else
            run_by_chunks(low_losses, of_all);
    }

    /// What another found in the pixels that are left out here.
    void take(EstimatedMaps const& other)
    {
        for (std::size_t k = 0; k < values_.size(); ++k) {
            for (std::size_t p = 0; p < left_out_.size(); ++p)
                if (left_out_[p]) values_[k][p] = other.values_[k][p];
            changed_[k] |= other.changed_[k];
        }
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

    /// low_losses: one a pixel; null: none, or of_all.
    void run_by_chunks(Signal const* low_losses, program::RawPixels const& of_all)
    {
        std::vector<std::size_t> pixels;
        for (std::size_t p = 0; p < signal_.num_pixels(); ++p)
            if (!left_out_[p]) pixels.push_back(p);
        std::unique_ptr<Estimates> const estimates = make(pixels.size());
        EstimatedBatch batch(estimation_, *estimates);
        PixelArray low_loss;
        if (low_losses) low_loss = {&low_losses->data(), low_losses->num_channels()};
        PixelReader reader({&signal_.data(), signal_.num_channels()}, {}, low_loss, pixels, chunk_pixels());
        PixelChunk chunk;
        while (reader.next(chunk)) {
            batch.run(chunk.pixels, raw(signal_, chunk.signal.data()),
                      low_losses ? raw(*low_losses, chunk.low_loss.data()) : of_all);
            keep(chunk.pixels, batch);
        }
    }

    /// The same from where they lie: to copy a pixel takes as long as to estimate a level.
    void run_in_place(Signal const* low_losses, program::RawPixels const& of_all)
    {
        auto const from = [](Signal const& signal, std::size_t first) {
            return raw(signal, signal.data().source->memory() + first * signal.num_channels() * size_of(signal.type()));
        };
        std::unique_ptr<Estimates> const estimates = make(signal_.num_pixels());
        EstimatedBatch batch(estimation_, *estimates);
        std::vector<std::size_t> pixels;
        for (std::size_t first = 0; first < signal_.num_pixels(); first += pixels.size()) {
            pixels.resize(std::min(chunk_pixels(), signal_.num_pixels() - first));
            std::iota(pixels.begin(), pixels.end(), first);
            batch.run(pixels, from(signal_, first), low_losses ? from(*low_losses, first) : of_all,
                      left_out_.data() + first);
            keep(pixels, batch);
        }
    }

    std::unique_ptr<Estimates> make(std::size_t num_pixels) const
    {
        FitOptions options;
        options.device = options_.device;
        options.plugin = options_.plugin;
        options.threads = options_.threads;
        return make_estimates(plan().view(), estimation_.estimator().view(), options, static_cast<double>(num_pixels),
                              static_cast<double>(signal_.num_channels() * size_of(signal_.type())));
    }

    std::size_t chunk_pixels() const
    {
        std::size_t const bytes = std::max<std::size_t>(signal_.num_channels() * size_of(signal_.type()), 1);
        std::size_t const chunk = std::max<std::size_t>(chunk_bytes / bytes, 64);
        std::size_t const unit = signal_.data().source->preferred_count();  // whole chunks of the file
        return unit > 1 && unit <= 4 * chunk ? std::max<std::size_t>(chunk / unit, 1) * unit : chunk;
    }

    static program::RawPixels raw(Signal const& from, std::byte const* bytes)
    {
        return {bytes, static_cast<program::Type>(from.type()), from.data().byte_swapped,
                static_cast<Index>(from.num_channels() * size_of(from.type()))};
    }

    void keep(std::span<std::size_t const> pixels, EstimatedBatch const& batch)
    {
        for (std::size_t i = 0; i < pixels.size(); ++i) {
            if (!batch.is_estimated[i]) continue;
            for (std::size_t k = 0; k < values_.size(); ++k) {
                std::size_t const at = i * values_.size() + k;
                double const value = estimation_.is_given(k, pixels[i]) ? batch.starts[at] : batch.values[at];
                values_[k][pixels[i]] = value;
                if (value != batch.starts[at]) changed_[k] = 1;
            }
            for (auto const& [k, active] : switched_)
                if (!(*active)[pixels[i]] && !estimation_.is_given(k, pixels[i])) values_[k][pixels[i]] = nan;
        }
    }

    Estimation const& estimation_;
    Signal const& signal_;
    EstimateOptions const& options_;
    std::vector<unsigned char> left_out_;      ///< [num_pixels]
    std::vector<std::vector<double>> values_;  ///< [num_free][num_pixels]
    std::vector<unsigned char> changed_;       ///< [num_free] an estimate moved it somewhere
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
    Signal const binned = with_binning(signal, data);
    bool const has_hole = Estimation(model, binned, data, Keep::given).has_hole(pixel);
    Estimation const estimation(model, binned, data, has_hole ? Keep::whole_maps : Keep::given);
    auto const raw = [](std::vector<double> const& values) {
        return program::RawPixels{values.data(), program::Type::f64, 0, 0};
    };
    std::vector<double> const data_here = signal.pixel(pixel);
    std::vector<double> low_loss;
    if (estimation.is_convolved()) {
        Signal const& all = *signal.low_loss();
        low_loss = all.pixel(all.num_pixels() > 1 ? pixel : 0);
    }
    std::unique_ptr<Estimates> const estimates = make_cpu_estimates(estimation.estimator().view(), 1);
    EstimatedBatch batch(estimation, *estimates);
    batch.run({&pixel, 1}, raw(data_here), raw(low_loss));
    if (!batch.is_estimated[0]) return;
    FitPlan const& plan = estimation.plan();
    for (std::size_t k = 0; k < plan.free_slots.size(); ++k)
        if (batch.values[k] != batch.starts[k] && !estimation.is_given(k, pixel))
            model.parameter(plan.slot_paths[static_cast<std::size_t>(plan.free_slots[k])]).set_value(batch.values[k]);
}

void estimate_parameters(Model& model, Signal const& signal, EstimateOptions const& options, DataOptions const& data)
{
    check_mask(options, signal);
    model.take_acquisition(signal);
    Signal const binned = with_binning(signal, data);
    Estimation const estimation(model, binned, data, options.keep_given ? Keep::given : Keep::nothing);
    std::vector<unsigned char> masked = options.mask, holes(signal.num_pixels(), 1);
    masked.resize(signal.num_pixels(), 0);
    bool has_holes = false;
    for (std::size_t p = 0; options.keep_given && p < holes.size(); ++p) {
        if (masked[p] || !estimation.has_hole(p)) continue;
        holes[p] = 0;
        masked[p] = has_holes = true;
    }
    EstimatedMaps maps(estimation, model, signal, options, masked);
    maps.run();
    if (has_holes) {
        Estimation const over_holes(model, binned, data, Keep::whole_maps);
        EstimatedMaps of_holes(over_holes, model, signal, options, holes);
        of_holes.run();
        maps.take(of_holes);
    }
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
