#include "src/fit/session.hpp"

#include "kernels/program/slots.hpp"
#include "src/fit/derived_maps.hpp"
#include "src/fit/kept_source.hpp"
#include "src/fit/parallel.hpp"
#include "src/fit/plan_hash.hpp"
#include "src/fit/weighting.hpp"
#include "src/model/linearity.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace warpfit {

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

char const* name_of(Precision precision)
{
    return precision == Precision::float32 ? "float32" : precision == Precision::mixed ? "mixed" : "float64";
}

char const* name_of(Start start)
{
    return start == Start::automatic ? "auto" : start == Start::model ? "model" : "file";
}

void check(FitOptions const& options, std::size_t num_pixels)
{
    if (!(options.tolerance > 0.0 && options.tolerance < 1.0))
        throw InvalidArgument("tolerance is " + std::to_string(options.tolerance) + " (must lie between 0 and 1)");
    if (options.max_iterations < 1)
        throw InvalidArgument("max_iterations is " + std::to_string(options.max_iterations) + " (must be at least 1)");
    if (options.threads < 0)
        throw InvalidArgument("threads is " + std::to_string(options.threads) + " (0 means all cores)");
    if (!options.mask.empty() && options.mask.size() != num_pixels)
        throw InvalidArgument("mask has " + std::to_string(options.mask.size()) + " pixels (signal has " +
                              std::to_string(num_pixels) + ")");
}

std::string exact(double v)
{
    char text[32];
    auto const end = std::to_chars(text, text + sizeof text, v).ptr;
    return std::string(text, end);
}

}  // namespace

Session::Session(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data)
    : model_(model)
    , signal_(signal)
    , options_(options)
    , num_pixels_(signal.num_pixels())
    , num_free_(0)
    , data_choice_(data)
    , seeded_(options.start == Start::automatic)
{
    check(options_, num_pixels_);
    if (data.binned) signal_.set_binned(*data.binned);
    plan_ = lower(model_, signal_, options_, data);
    view_ = plan_.view();
    num_free_ = static_cast<std::size_t>(view_.num_free);
    num_pairs_ = static_cast<std::size_t>(view_.num_pairs);
    variance_ = choose_variance(signal_, data, plan_, notes_.emplace_back());
    data_ = seeded_ ? keep(signal_.data(), num_pixels_, signal_.num_channels()) : signal_.data();
    if (seeded_ && variance_.kind == Variance::Kind::stored)
        variance_.stored = keep(variance_.stored, num_pixels_, signal_.num_channels());
    set_low_loss();
    note_bounds();
    auto bytes = static_cast<double>(signal_.num_channels() * size_of(signal_.type()));
    if (variance_.kind == Variance::Kind::stored) bytes *= 2.0;
    backend_ = make_backend(view_, options_, static_cast<double>(num_pixels_), bytes, notes_);
    set_starts();

    std::size_t const n = num_pixels_;
    values_.assign(n * num_free_, nan);
    errors_.assign(n * num_free_, nan);
    correlations_.assign(n * num_pairs_, 0.0);
    chisq_.assign(n, nan);
    dof_.assign(n, 0);
    iterations_.assign(n, 0);
    status_.assign(n, FitStatus::not_run);
    for (std::size_t p = 0; p < n; ++p)
        if (!options_.mask.empty() && options_.mask[p]) status_[p] = FitStatus::masked;
}

/// Bounds that the model does not have and the plan does: of free onsets.
void Session::note_bounds()
{
    for (std::size_t k = 0; k < num_free_; ++k) {
        std::string const& path = plan_.slot_paths[static_cast<std::size_t>(plan_.free_slots[k])];
        Parameter const& parameter = model_.parameter(path);
        if (parameter.bmin() == plan_.bmin[k] && parameter.bmax() == plan_.bmax[k]) continue;
        notes_.push_back(path + " stays between " + number_text(plan_.bmin[k]) + " and " + number_text(plan_.bmax[k]) +
                         ": a free onset without bounds could go anywhere.");
    }
}

/// Takes the low loss where the plan is convolved with it, and says so.
void Session::set_low_loss()
{
    if (!signal_.low_loss()) return;
    Signal const& low_loss = *signal_.low_loss();
    if (!view_.convolution) {
        notes_.push_back("The low loss has no part in this fit: no active component is convolved.");
        return;
    }
    std::string names;
    for (Component const& component : model_.components())
        if (component.is_convolved() && may_be_active(component))
            names += (names.empty() ? "" : ", ") + component.name();
    bool const is_common = low_loss.navigation_axes().empty() && num_pixels_ > 1;
    notes_.push_back("Convolved with " +
                     std::string(is_common ? "one low loss for all pixels" : "the pixel's low loss") +
                     ", as it is, of " + std::to_string(low_loss.num_channels()) + " channels: " + names + ".");
    if (is_common)
        common_ = low_loss.pixel(0);
    else
        low_loss_ = seeded_ ? keep(low_loss.data(), num_pixels_, low_loss.num_channels()) : low_loss.data();
}

std::string Session::header() const
{
    DataOptions const& data = data_choice_;
    Hash hash;
    hash.add(plan_.x);
    hash.add(plan_.y);
    hash.add(plan_.width);
    hash.add(plan_.tables);
    hash.add(plan_.bmin);
    hash.add(plan_.bmax);
    hash.add(plan_.start);
    hash.add(options_.mask);
    hash.add(active_);
    for (std::string const& path : plan_.slot_paths) hash.add(path);
    add_code(hash, plan_);
    for (program::Slot const& slot : plan_.slots) {
        hash.add(&slot.kind, sizeof slot.kind);
        hash.add(&slot.value, sizeof slot.value);
    }
    for (auto const* map : start_maps_) {
        hash.add(map != nullptr);
        if (map) hash.add(*map);
    }
    hash.add(&variance_.kind, sizeof variance_.kind);
    hash.add(variance_.number);
    hash.add(variance_.offset);
    hash.add(variance_.channel);
    for (auto const* map : pixel_maps_) hash.add(*map);
    for (int const s : plan_.free_slots)  // a value that nobody gave is estimated
        hash.add(model_.parameter(plan_.slot_paths[static_cast<std::size_t>(s)]).is_value_set());
    add_sample(hash, data_, num_pixels_, signal_.num_channels());
    add_sample(hash, variance_.stored, num_pixels_, signal_.num_channels());
    std::string text;
    auto const line = [&](char const* key, std::string const& value) { text += std::string(key) + "=" + value + "\n"; };
    line("version", WARPFIT_VERSION);
    line("device", backend_->device());
    line("instructions", backend_->instructions());
    line("layout", backend_->layout());
    line("precision", name_of(options_.precision));
    line("start", name_of(options_.start));
    line("bounded", options_.bounded ? "true" : "false");
    line("standard_error", options_.standard_error == StandardError::scaled ? "scaled" : "absolute");
    line("max_iterations", std::to_string(options_.max_iterations));
    line("tolerance", exact(options_.tolerance));
    line("variance", data.variance + " " + exact(data.gain) + " " + exact(data.offset));
    if (view_.convolution) {
        FitPlan::Convolved const& convolved = plan_.convolved;
        hash.add(convolved.x);
        hash.add(convolved.tables);
        hash.add(convolved.forms);
        hash.add(convolved.products);
        hash.add(convolved.factors);
        hash.add(convolved.product_columns);
        hash.add(common_);
        if (low_loss_.source) add_sample(hash, low_loss_, num_pixels_, signal_.low_loss()->num_channels());
        for (program::Term const& term : plan_.terms) hash.add(&term.convolved, sizeof term.convolved);
        line("low_loss", std::to_string(convolved.num_low_loss) + (common_.empty() ? " a pixel" : " for all"));
    }
    line("pixels", std::to_string(num_pixels_));
    line("channels", std::to_string(view_.num_channels));
    line("free_parameters", std::to_string(num_free_));
    line("correlations", std::to_string(num_pairs_));
    line("plan", hash.text());
    return text;
}

std::size_t Session::chunk_pixels() const
{
    if (options_.batch_pixels > 0) return options_.batch_pixels;
    std::size_t const bytes = std::max<std::size_t>(signal_.num_channels() * size_of(signal_.type()), 1);
    std::size_t chunk = std::clamp<std::size_t>(backend_->most_bytes() / bytes, 64, backend_->most_pixels());
    bool const has_variance = variance_.kind == Variance::Kind::stored;
    std::size_t pixel_bytes = (has_variance ? 2 : 1) * bytes + result_bytes(view_);
    if (low_loss_.source) pixel_bytes += signal_.low_loss()->num_channels() * size_of(low_loss_.type);
    chunk = std::min(chunk, std::max<std::size_t>(backend_->good_batch(pixel_bytes), 1024));
    // Whole chunks of the file, unless those are huge.
    std::size_t const unit = signal_.data().source->preferred_count();
    if (unit > 1 && unit <= 4 * chunk) chunk = std::max<std::size_t>(chunk / unit, 1) * unit;
    return chunk;
}

std::vector<Session::Visit> Session::visits(int phase)
{
    if (seeded_) return order_->visits(phase, status_, chisq_, dof_);
    std::vector<Visit> list;
    for (std::size_t p = 0; phase == 0 && p < num_pixels_; ++p)
        if (status_[p] != FitStatus::masked) list.push_back({p, SeededOrder::From::own, 0});
    return list;
}

/// Takes over what an interrupted run had finished in this phase.
void Session::recover(int phase, std::vector<Visit>& list, ResultSink* sink)
{
    if (!sink) return;
    std::vector<unsigned char> done(num_pixels_, 0);
    bool any = false;
    for (PixelRecords const& records : recovered_) {
        if (records.phase != phase) continue;
        store(records);
        for (std::uint64_t const p : records.pixels) done[p] = 1;
        if (phase == 0 || phase == 2) num_recovered_ += records.pixels.size();
        any = true;
    }
    if (any) std::erase_if(list, [&](Visit const& v) { return done[v.pixel] != 0; });
}

FitResult Session::run(ResultSink* sink)
{
    if (sink) {
        sink->begin(header());
        recovered_ = sink->recovered();
        for (PixelRecords const& records : recovered_)
            if (records.num_free != num_free_ || records.num_pairs != num_pairs_ ||
                std::any_of(records.pixels.begin(), records.pixels.end(),
                            [&](std::uint64_t p) { return p >= num_pixels_; }))
                throw InvalidArgument("the journal holds records of another fit; delete it and start again");
    }
    bool const in_place = !sink && is_in_memory();
    if (in_place) fit_in_place();
    int const num_phases = in_place ? 0 : seeded_ ? SeededOrder::num_phases : 1;
    for (int phase = 0; phase < num_phases; ++phase) {
        std::vector<Visit> list = visits(phase);
        recover(phase, list, sink);
        if (!list.empty() && !fit_phase(phase, list, sink)) break;
        if (sink) sink->close_phase(phase);
    }
    for (FitStatus& s : status_)
        if (s == FitStatus::not_run) s = FitStatus::cancelled;
    return result();
}

/// Whether every pixel lies ready, and where it starts from does not depend on others.
bool Session::is_in_memory() const
{
    bool const has_stored = variance_.kind == Variance::Kind::stored;
    return !seeded_ && data_.source->memory() && (!has_stored || variance_.stored.source->memory()) &&
           (!low_loss_.source || low_loss_.source->memory());
}

/// All pixels, from and to where they lie: a GPU fits millions a second, and copies would take longer.
void Session::fit_in_place()
{
    auto const raw = [&](RawArray const& array, std::size_t num_channels, std::size_t first) {
        std::size_t const stride = num_channels * size_of(array.type);
        return program::RawPixels{array.source->memory() + first * stride, static_cast<program::Type>(array.type),
                                  array.byte_swapped, static_cast<Index>(stride)};
    };
    auto const begin = std::chrono::steady_clock::now();
    std::size_t const chunk = chunk_pixels();
    std::size_t const columns = pixel_maps_.size();
    std::vector<double> starts(std::min(chunk, num_pixels_) * num_free_);
    batch_pixel_values_.resize(std::min(chunk, num_pixels_) * columns);
    for (std::size_t first = 0; first < num_pixels_ && !cancelled(); first += chunk) {
        std::size_t const n = std::min(chunk, num_pixels_ - first);
        in_parallel(options_.threads, n, [&](std::size_t from, std::size_t to) {
            for (std::size_t i = from; i < to; ++i) {
                std::copy_n(plan_.start.begin(), num_free_, starts.data() + i * num_free_);
                take_maps(first + i, starts.data() + i * num_free_);
                for (std::size_t k = 0; k < columns; ++k)
                    batch_pixel_values_[i * columns + k] = pixel_value(k, first + i);
            }
        });
        program::PixelBatch batch = common_batch();
        batch.count = static_cast<Index>(n);
        std::size_t const channels = signal_.num_channels();
        batch.signal = raw(data_, channels, first);
        if (variance_.kind == Variance::Kind::stored) batch.variance = raw(variance_.stored, channels, first);
        if (low_loss_.source) batch.low_loss = raw(low_loss_, signal_.low_loss()->num_channels(), first);
        batch.start = starts.data();
        if (columns > 0) batch.pixel_values = batch_pixel_values_.data();
        if (!active_.empty()) batch.active = active_.data() + first;
        if (!options_.mask.empty()) batch.masked = options_.mask.data() + first;
        static_assert(sizeof(FitStatus) == sizeof(program::Status));
        backend_->run(batch,
                      {values_.data() + first * num_free_, errors_.data() + first * num_free_, chisq_.data() + first,
                       dof_.data() + first, iterations_.data() + first,
                       reinterpret_cast<program::Status*>(status_.data() + first),
                       num_pairs_ > 0 ? correlations_.data() + first * num_pairs_ : nullptr},
                      options_.cancel);
        seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        fitted_ = first + n;
        report(0, fitted_, num_pixels_);
    }
}

/// False: cancelled.
bool Session::fit_phase(int phase, std::vector<Visit> const& list, ResultSink* sink)
{
    std::vector<std::size_t> pixels(list.size());
    // Starts are taken before the phase runs: it must not see its own results.
    std::vector<double> starts(list.size() * num_free_, nan);
    for (std::size_t i = 0; i < list.size(); ++i) {
        pixels[i] = list[i].pixel;
        if (list[i].from == SeededOrder::From::pixel)
            std::copy_n(values_.begin() + static_cast<std::ptrdiff_t>(list[i].source * num_free_), num_free_,
                        starts.begin() + static_cast<std::ptrdiff_t>(i * num_free_));
    }
    PixelArray variance, low_loss;
    if (variance_.kind == Variance::Kind::stored) variance = {&variance_.stored, signal_.num_channels()};
    if (low_loss_.source) low_loss = {&low_loss_, signal_.low_loss()->num_channels()};
    PixelReader reader({&data_, signal_.num_channels()}, variance, low_loss, pixels, chunk_pixels());
    PixelChunk chunk;
    std::size_t done = 0;
    while (!cancelled() && reader.next(chunk)) {
        auto const begin = std::chrono::steady_clock::now();
        std::size_t const n = chunk.pixels.size();
        std::vector<double> own(starts.begin() + static_cast<std::ptrdiff_t>(done * num_free_),
                                starts.begin() + static_cast<std::ptrdiff_t>((done + n) * num_free_));
        complete_starts(chunk, list.data() + done, own);
        program::PixelBatch batch = common_batch();
        fill_batch(chunk, own, batch);
        program::BatchResults const results{batch_values_.data(),
                                            batch_errors_.data(),
                                            batch_chisq_.data(),
                                            batch_dof_.data(),
                                            batch_iterations_.data(),
                                            batch_status_.data(),
                                            num_pairs_ > 0 ? batch_correlations_.data() : nullptr};
        backend_->run(batch, results, options_.cancel);
        PixelRecords const records = keep_better(phase, chunk);
        seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
        done += n;
        fitted_ += n;
        store(records);
        if (sink && !records.pixels.empty()) sink->append(records);
        report(phase, done, list.size());
    }
    return done == list.size() && !cancelled();
}

/// Value in one pixel of the k-th parameter that is fixed to a map; where that has none, the parameter's own.
double Session::pixel_value(std::size_t k, std::size_t pixel) const
{
    double const v = (*pixel_maps_[k])[pixel];
    return std::isfinite(v) ? v : plan_.slots[static_cast<std::size_t>(plan_.pixel_slots[k])].value;
}

/// What all batches share.
program::PixelBatch Session::common_batch() const
{
    program::PixelBatch batch{};
    batch.variance_kind = static_cast<program::VarianceKind>(variance_.kind);
    batch.variance_number = variance_.number;
    batch.variance_offset = variance_.offset;
    batch.variance_channel = variance_.channel.data();
    if (!common_.empty()) batch.low_loss = {common_.data(), program::Type::f64, 0, 0};
    return batch;
}

void Session::fill_batch(PixelChunk const& chunk, std::vector<double> const& starts, program::PixelBatch& batch)
{
    std::size_t const n = chunk.pixels.size();
    auto const raw = [](RawArray const& array, std::size_t num_channels, RawBytes const& bytes) {
        return program::RawPixels{bytes.data(), static_cast<program::Type>(array.type), array.byte_swapped,
                                  static_cast<Index>(num_channels * size_of(array.type))};
    };
    std::size_t const channels = signal_.num_channels();
    batch.count = static_cast<Index>(n);
    batch.signal = raw(signal_.data(), channels, chunk.signal);
    if (variance_.kind == Variance::Kind::stored) batch.variance = raw(variance_.stored, channels, chunk.variance);
    if (low_loss_.source) batch.low_loss = raw(low_loss_, signal_.low_loss()->num_channels(), chunk.low_loss);
    batch.start = starts.data();

    std::size_t const columns = pixel_maps_.size();
    batch_pixel_values_.resize(n * columns);
    for (std::size_t i = 0; i < n; ++i)
        for (std::size_t k = 0; k < columns; ++k)
            batch_pixel_values_[i * columns + k] = pixel_value(k, chunk.pixels[i]);
    if (columns > 0) batch.pixel_values = batch_pixel_values_.data();
    if (!active_.empty()) {
        batch_active_.resize(n);
        for (std::size_t i = 0; i < n; ++i) batch_active_[i] = active_[chunk.pixels[i]];
        batch.active = batch_active_.data();
    }
    batch_values_.resize(n * num_free_);
    batch_errors_.resize(n * num_free_);
    batch_correlations_.resize(n * num_pairs_);
    batch_chisq_.resize(n);
    batch_dof_.resize(n);
    batch_iterations_.resize(n);
    batch_status_.resize(n);
}

/// A retry replaces what was there only if it converged and fits better; cancelled pixels are left for a resumed run.
PixelRecords Session::keep_better(int phase, PixelChunk const& chunk)
{
    PixelRecords records;
    records.phase = phase;
    records.num_free = num_free_;
    records.num_pairs = num_pairs_;
    for (std::size_t i = 0; i < chunk.pixels.size(); ++i) {
        auto const status = static_cast<FitStatus>(batch_status_[i]);
        std::size_t const pixel = chunk.pixels[i];
        if (status == FitStatus::cancelled) continue;
        if (peak_order_ && has_values(status))
            peak_order_->apply(batch_values_.data() + i * num_free_, batch_errors_.data() + i * num_free_,
                               batch_correlations_.data() + i * num_pairs_);
        bool const first = status_[pixel] == FitStatus::not_run;
        if (!first) {
            bool const settles = !has_values(status_[pixel]) || !is_converged(status_[pixel]);
            bool const lower = batch_chisq_[i] < chisq_[pixel] * (1.0 - 1e-6);
            if (!has_values(status) ||
                !(lower || (settles && is_converged(status) && !(batch_chisq_[i] > chisq_[pixel]))))
                continue;
            if (!is_converged(status) && is_converged(status_[pixel])) continue;
        }
        records.pixels.push_back(pixel);
        auto const row = static_cast<std::ptrdiff_t>(i * num_free_);
        auto const size = static_cast<std::ptrdiff_t>(num_free_);
        records.values.insert(records.values.end(), batch_values_.begin() + row, batch_values_.begin() + row + size);
        records.standard_errors.insert(records.standard_errors.end(), batch_errors_.begin() + row,
                                       batch_errors_.begin() + row + size);
        auto const pairs = batch_correlations_.begin() + static_cast<std::ptrdiff_t>(i * num_pairs_);
        records.correlations.insert(records.correlations.end(), pairs, pairs + static_cast<std::ptrdiff_t>(num_pairs_));
        records.chisq.push_back(batch_chisq_[i]);
        records.dof.push_back(batch_dof_[i]);
        records.iterations.push_back(batch_iterations_[i]);
        records.status.push_back(status);
    }
    return records;
}

void Session::store(PixelRecords const& records)
{
    for (std::size_t i = 0; i < records.pixels.size(); ++i) {
        std::size_t const p = records.pixels[i];
        auto const from = static_cast<std::ptrdiff_t>(i * num_free_);
        auto const to = static_cast<std::ptrdiff_t>(p * num_free_);
        std::copy_n(records.values.begin() + from, num_free_, values_.begin() + to);
        std::copy_n(records.standard_errors.begin() + from, num_free_, errors_.begin() + to);
        std::copy_n(records.correlations.begin() + static_cast<std::ptrdiff_t>(i * num_pairs_), num_pairs_,
                    correlations_.begin() + static_cast<std::ptrdiff_t>(p * num_pairs_));
        chisq_[p] = records.chisq[i];
        dof_[p] = records.dof[i];
        iterations_[p] = records.iterations[i];
        status_[p] = records.status[i];
    }
}

void Session::report(int phase, std::size_t done, std::size_t total)
{
    if (!options_.progress) return;
    auto const now = std::chrono::steady_clock::now();
    if (done < total && now - last_report_ < std::chrono::milliseconds(200)) return;
    last_report_ = now;
    double const rate = seconds_ > 0.0 ? static_cast<double>(fitted_) / seconds_ : 0.0;
    options_.progress({phase, seeded_ ? SeededOrder::num_phases : 1, done, total, rate});
}

FitResult Session::result()
{
    FitResult out;
    fill_maps(out);
    out.shape = signal_.navigation_shape();
    out.num_channels = static_cast<std::size_t>(view_.num_channels);
    out.device = backend_->device();
    out.instructions = backend_->instructions();
    out.layout = backend_->layout();
    out.precision = name_of(options_.precision);
    out.optimizer = "lm";
    out.loss = options_.loss;
    out.start = name_of(options_.start);
    out.threads = backend_->threads();
    out.seconds = seconds_;
    out.num_recovered = num_recovered_;
    out.notes = notes_;
    for (auto const& call : plan_.own_calls)
        if (std::string const failure = call->failure(); !failure.empty())
            out.notes.push_back("Component '" + call->name() + "' threw an error, first \"" + failure +
                                "\": there its value counted as not a number.");
    if (num_recovered_ > 0)
        out.notes.push_back(std::to_string(num_recovered_) +
                            " pixels were taken from the journal of an earlier run; the "
                            "time is that of the others.");
    out.red_chisq.resize(num_pixels_);
    for (std::size_t p = 0; p < num_pixels_; ++p) out.red_chisq[p] = dof_[p] > 0 ? chisq_[p] / dof_[p] : nan;
    out.chisq = std::move(chisq_);
    out.dof = std::move(dof_);
    out.iterations = std::move(iterations_);
    out.status = std::move(status_);
    return out;
}

/// Every parameter of the model over all pixels: fitted, fixed, twins with their errors propagated; and what follows
/// from them.
void Session::fill_maps(FitResult& out) const
{
    for (Component const& component : model_.components())
        for (Parameter const& parameter : component.parameters()) {
            ParameterMap map{component.name(), parameter.name(), false, {}, {}};
            map.values.assign(num_pixels_, nan);
            map.standard_errors.assign(num_pixels_, nan);
            out.parameters.push_back(std::move(map));
        }
    std::vector<ParameterMap*> of_slot(plan_.slots.size(), nullptr);
    std::vector<int> bit_of_slot(plan_.slots.size(), -1);
    for (std::size_t s = 0; s < plan_.slots.size(); ++s)
        for (ParameterMap& map : out.parameters)
            if (map.component + "." + map.parameter == plan_.slot_paths[s]) of_slot[s] = &map;
    for (program::Term const& term : plan_.terms)
        for (int s = term.first_slot; s < term.first_slot + term.num_slots; ++s)
            bit_of_slot[static_cast<std::size_t>(s)] = term.active_bit;
    for (int const s : plan_.free_slots) of_slot[static_cast<std::size_t>(s)]->free = true;

    DerivedMaps derived(plan_, num_pixels_);
    in_parallel(options_.threads, num_pixels_, [&](std::size_t first, std::size_t last) {
        DerivedMaps::Scratch scratch = derived.scratch();
        std::vector<double> slots(plan_.slots.size()), factors(plan_.slots.size());
        std::vector<double> registers(program::max_scalar_registers), own(pixel_maps_.size());
        std::vector<int> targets(plan_.slots.size());
        for (std::size_t p = first; p < last; ++p) {
            if (!has_values(status_[p])) continue;
            for (std::size_t k = 0; k < own.size(); ++k) own[k] = pixel_value(k, p);
            program::evaluate_slots(view_, values_.data() + p * num_free_, own.data(), slots.data(), factors.data(),
                                    targets.data(), registers.data());
            for (std::size_t s = 0; s < slots.size(); ++s) {
                if (bit_of_slot[s] >= 0 && !(active_[p] >> bit_of_slot[s] & 1u)) continue;
                of_slot[s]->values[p] = slots[s];
                auto const target = static_cast<std::size_t>(targets[s]);
                of_slot[s]->standard_errors[p] =
                    targets[s] < 0 ? 0.0 : error_part(std::fabs(factors[s]), errors_[p * num_free_ + target]);
            }
            derived.set(p, active_.empty() ? ~0ull : active_[p], slots.data(), factors.data(), targets.data(),
                        errors_.data() + p * num_free_, correlations_.data() + p * num_pairs_, scratch);
        }
    });
    out.derived = derived.take();
}

FitResult multifit(Model const& model, Signal const& signal, FitOptions const& options, DataOptions const& data,
                   ResultSink* sink)
{
    auto const is_edge = [](Component const& component) { return component.type() == "EELSCLEdge"; };
    if (std::none_of(model.components().begin(), model.components().end(), is_edge))
        return Session(model, signal, options, data).run(sink);
    Model own = model;
    own.take_acquisition(signal);
    return Session(own, signal, options, data).run(sink);
}

}  // namespace warpfit
