#include "src/cli/fit_run.hpp"

#include "src/cli/arguments.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/interrupt.hpp"
#include "src/cli/json_output.hpp"
#include "src/cli/progress.hpp"
#include "src/cli/summary.hpp"
#include "warpfit/eels.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/io.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

namespace warpfit::cli {

namespace {

/// The line "device=..." of what pins a run.
std::string device_of(std::string const& header)
{
    constexpr std::string_view key = "\ndevice=";
    std::size_t const begin = header.find(key) + key.size();
    return header.substr(begin, header.find('\n', begin) - begin);
}

/// Creates the journal when the fit begins, so that a refused model leaves no file behind.
class Journal final : public ResultSink
{
  public:
    Journal(std::string path, FitSetup setup)
        : path_(std::move(path))
        , setup_(std::move(setup))
    {}
    explicit Journal(std::string path, std::unique_ptr<ResultSink> recovered)
        : path_(std::move(path))
        , file_(std::move(recovered))
        , is_worth_keeping_(true)
    {}

    void begin(std::string const& header) override
    {
        if (!file_) {
            setup_.device = device_of(header);  // "auto" may choose otherwise when the run is resumed
            file_ = io::create_journal(path_, setup_to_json(setup_));
        }
        file_->begin(header);
    }
    std::vector<PixelRecords> recovered() override { return file_->recovered(); }
    void append(PixelRecords const& records) override
    {
        file_->append(records);
        is_worth_keeping_ = true;
    }
    void close_phase(int phase) override { file_->close_phase(phase); }

    /// Closes it and takes it away.
    void remove()
    {
        file_.reset();
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
    /// After a failure: keeps what cost time, nothing else.
    void abandon()
    {
        if (!is_worth_keeping_ && file_) remove();
    }

  private:
    std::string path_;
    FitSetup setup_;
    std::unique_ptr<ResultSink> file_;
    bool is_worth_keeping_ = false;
};

/// start = "file": the maps of the result that the data come from become the start of every pixel.
void take_start_maps(Model& model, std::string const& data, std::vector<std::size_t> const& kept)
{
    FitResult const stored = load_result(data.substr(0, data.find('#'))).result;
    for (ParameterMap const& map : stored.parameters) {
        if (!map.free) continue;
        std::vector<double> values;
        values.reserve(kept.size());
        for (std::size_t const pixel : kept) values.push_back(map.values.at(pixel));
        for (Component& component : model.components())
            if (component.name() == map.component && component.has_parameter(map.parameter))
                component[map.parameter].set_map(std::move(values));
    }
}

struct Prepared
{
    Signal signal;
    ModelFile model;
    DataOptions data;
};

Prepared prepare(FitSetup const& setup, ModelArgument argument)
{
    ModelFile& model = argument.file;
    Prepared prepared;
    prepared.signal = load_signal(setup.data, setup.navigation_dimensions);
    prepared.data = model.data;
    resolve_variance(prepared.signal, prepared.data);
    model.model.take_acquisition(prepared.signal);
    resolve_low_loss(prepared.signal, prepared.data);
    if (!prepared.signal.low_loss() && argument.low_loss) prepared.signal.set_low_loss(*argument.low_loss);
    std::vector<std::size_t> const shape = prepared.signal.navigation_shape();
    std::vector<IndexRange> ranges;
    for (std::size_t const size : shape) ranges.emplace_back(0, size);
    if (!setup.pixel.empty()) {
        std::vector<std::size_t> const pixel = parse_pixel(setup.pixel, shape);
        for (std::size_t axis = 0; axis < pixel.size(); ++axis) ranges[axis] = {pixel[axis], pixel[axis] + 1};
    } else if (!setup.inav.empty()) {
        ranges = parse_inav(setup.inav, shape);
    }
    std::vector<std::size_t> const kept = kept_pixels(ranges, shape);
    cut_maps(model.model, kept, prepared.signal.num_pixels());
    if (model.fit.start == Start::file && setup.stored_model.empty()) take_start_maps(model.model, setup.data, kept);
    if (!shape.empty()) prepared.signal = prepared.signal.inav(ranges);
    if (!setup.isig.empty()) {
        if (prepared.signal.signal_axes().size() != 1)
            throw InvalidArgument(fmt::format("--isig '{}' (the data have {} signal axes) it needs one", setup.isig,
                                              prepared.signal.signal_axes().size()));
        auto const [first, last] = parse_isig(setup.isig, prepared.signal.signal_axes().front());
        prepared.signal = prepared.signal.isig(first, last);
    }
    prepared.model = std::move(model);
    return prepared;
}

/// A smart fit leaves the model with the fine structures that it resolved.
FitResult fit(Prepared& prepared, FitOptions const& options, ResultSink* sink)
{
    Model& model = prepared.model.model;
    if (!prepared.model.smart) return multifit(model, prepared.signal, options, prepared.data, sink);
    auto const is_edge = [](Component const& component) { return component.type() == "EELSCLEdge"; };
    if (std::none_of(model.components().begin(), model.components().end(), is_edge))
        throw InvalidArgument(
            "[fit] smart = true (the model has no EELSCLEdge, whose onsets its stages go by) leave it "
            "out, or add the edges with `warpfit init --elements`");
    return eels::smart_fit(model, prepared.signal, {}, options, prepared.data, sink);
}

}  // namespace

void resolve_variance(Signal& signal, DataOptions& data)
{
    if (data.variance == "file" || data.variance == "none" || data.variance == "poisson") return;
    if (data.variance.find('#') == std::string::npos) return;
    int const navigation = static_cast<int>(signal.navigation_axes().size());
    Signal const stored = load_signal(data.variance, navigation);
    Variance variance;
    if (stored.num_pixels() == signal.num_pixels() && stored.num_channels() == signal.num_channels()) {
        variance.kind = Variance::Kind::stored;
        variance.stored = stored.data();
    } else if (stored.num_pixels() == 1 && stored.num_channels() == signal.num_channels()) {
        variance.kind = Variance::Kind::channel;
        variance.channel = stored.pixel(0);
    } else {
        throw InvalidArgument(fmt::format("variance {} has {} pixels of {} channels (the signal has {} of {}) give one "
                                          "of the same shape, or one spectrum",
                                          data.variance, stored.num_pixels(), stored.num_channels(),
                                          signal.num_pixels(), signal.num_channels()));
    }
    signal.set_variance(std::move(variance));
    data.variance = "file";
}

void resolve_low_loss(Signal& signal, DataOptions& data)
{
    if (data.low_loss.empty()) return;
    signal.set_low_loss(load_signal(data.low_loss));
    data.low_loss.clear();
}

std::string journal_path(std::string const& out)
{
    return out + ".journal";
}

std::string setup_to_json(FitSetup const& setup)
{
    nlohmann::json const json = {{"warpfit_setup", 1},
                                 {"model", nlohmann::json::parse(setup.model_json)},
                                 {"stored_model", setup.stored_model},
                                 {"set", setup.set},
                                 {"data", setup.data},
                                 {"inav", setup.inav},
                                 {"isig", setup.isig},
                                 {"pixel", setup.pixel},
                                 {"device", setup.device},
                                 {"threads", setup.threads},
                                 {"navigation_dimensions", setup.navigation_dimensions},
                                 {"max_bad", setup.max_bad}};
    return json.dump();
}

FitSetup setup_from_json(std::string const& text, std::string const& where)
{
    try {
        nlohmann::json const json = nlohmann::json::parse(text);
        FitSetup setup;
        setup.model_json = json.at("model").dump();
        setup.stored_model = json.value("stored_model", "");
        setup.set = json.value("set", setup.set);
        json.at("data").get_to(setup.data);
        json.at("inav").get_to(setup.inav);
        json.at("isig").get_to(setup.isig);
        json.at("pixel").get_to(setup.pixel);
        json.at("device").get_to(setup.device);
        json.at("threads").get_to(setup.threads);
        json.at("navigation_dimensions").get_to(setup.navigation_dimensions);
        json.at("max_bad").get_to(setup.max_bad);
        return setup;
    } catch (nlohmann::json::exception const& error) {
        throw InputError(fmt::format("{}: its setup cannot be read ({}) delete it and fit again", where, error.what()));
    }
}

int fit_and_save(FitSetup const& setup, ModelArgument model, std::string const& out, bool json,
                 std::unique_ptr<ResultSink> recovered)
{
    for (std::string const& warning : model.file.warnings) fmt::print(stderr, "warpfit: warning: {}\n", warning);
    Prepared prepared = prepare(setup, std::move(model));
    FitOptions options = prepared.model.fit;
    options.device = setup.device;
    options.threads = setup.threads;

    std::optional<Journal> journal;
    if (recovered)
        journal.emplace(journal_path(out), std::move(recovered));
    else if (!out.empty())
        journal.emplace(journal_path(out), setup);

    std::string const message =
        out.empty() ? "\nwarpfit: stopping after this batch (again: at once)\n"
                    : "\nwarpfit: stopping after this batch; `warpfit resume " + out + "` goes on (again: at once)\n";
    FitResult result;
    InterruptGuard interrupt(message.c_str());
    {
        ProgressBar bar(stderr);
        options.cancel = &interrupt.flag();
        options.progress = bar.callback();
        try {
            result = fit(prepared, options, journal ? &*journal : nullptr);
        } catch (...) {
            if (journal) journal->abandon();
            throw;
        }
    }
    std::size_t const cancelled = result.count_by_status()[static_cast<std::size_t>(FitStatus::cancelled)];
    if (cancelled > 0) {
        fmt::print(stderr, "warpfit: interrupted ({} of {} pixels not fitted) {}\n", cancelled, result.num_pixels(),
                   out.empty() ? "nothing was kept; with -o a run can be resumed"
                               : "go on with `warpfit resume " + out + "`");
        return exit_interrupted;
    }
    interrupt.set_message("\nwarpfit: the fit is done, only writing is left (again: at once)\n");
    if (!out.empty()) {
        io::save_result(out, prepared.signal, prepared.model, result);
        journal->remove();
    }
    if (json)
        fmt::print("{}\n", result_json(result, prepared.model.model, true));
    else
        fmt::print("{}", summary_text(result, prepared.model.model, is_weighted(prepared.signal, prepared.data)));
    if (!json && !out.empty()) fmt::print("\nwritten to {}\n", out);
    double const bad = share_failed(result);
    if (bad > setup.max_bad) {
        fmt::print(stderr,
                   "warpfit: {:.3g} % of the pixels failed (--max-bad allows {:.3g} %) see the status of each\n",
                   100.0 * bad, 100.0 * setup.max_bad);
        return exit_too_many_failed;
    }
    return exit_ok;
}

}  // namespace warpfit::cli
