#include "src/io/hspy_model.hpp"
#include "src/io/hspy_signal.hpp"
#include "src/io/reading.hpp"
#include "src/io/result_format.hpp"
#include "src/model/fit_plan.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <sys/stat.h>

namespace warpfit::io {
namespace {

using hdf5::OutputGroup;

void check_sizes(Signal const& signal, FitResult const& result)
{
    std::size_t const n = result.num_pixels();
    auto const check = [&](std::string const& what, std::size_t size) {
        if (size != n)
            throw InvalidArgument(what + " has " + std::to_string(size) + " values (the result has " +
                                  std::to_string(n) + " pixels)");
    };
    check("the signal", signal.num_pixels());
    if (result.shape != signal.navigation_shape())
        throw InvalidArgument("the result has another navigation shape than the signal (it was fitted to other data)");
    check("map chisq", result.chisq.size());
    check("map red_chisq", result.red_chisq.size());
    check("map dof", result.dof.size());
    check("map iterations", result.iterations.size());
    for (auto const* maps : {&result.parameters, &result.derived})
        for (ParameterMap const& map : *maps) {
            check("map " + map.component + "." + map.parameter, map.values.size());
            check("standard error of " + map.component + "." + map.parameter, map.standard_errors.size());
        }
}

void check_model(Signal const& signal, Model const& model)
{
    if (model.size() == 0) throw InvalidArgument("a model without components cannot be saved (nothing was fitted)");
    for (Component const& component : model.components())
        if (!component.active_map().empty() && component.active_map().size() != signal.num_pixels())
            throw InvalidArgument("the active map of " + component.name() + " has " +
                                  std::to_string(component.active_map().size()) + " pixels (the signal has " +
                                  std::to_string(signal.num_pixels()) + ")");
}

/// The variance that the fit used.
Variance effective_variance(Signal const& signal, DataOptions const& data)
{
    Variance variance;
    if (data.variance == "none") return variance;
    if (data.variance == "poisson") {
        variance.kind = Variance::Kind::poisson;
        variance.number = data.gain;
        variance.offset = data.offset;
        return variance;
    }
    if (double number = 0.0; parse_number(data.variance, number)) {
        variance.kind = Variance::Kind::number;
        variance.number = number;
        return variance;
    }
    return signal.variance();  // "file", or read from another file into the signal
}

/// Name of a group that holds a signal of this title, as HyperSpy makes it.
std::string group_name(std::string title)
{
    title = title.substr(0, title.find('\0'));
    std::replace(title.begin(), title.end(), '/', '-');
    return title.empty() || title == "." ? "__unnamed__" : title;
}

std::string local_time()
{
    std::time_t const now = std::time(nullptr);
    std::tm parts{};
    localtime_r(&now, &parts);
    char text[32];
    std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S%z", &parts);
    return text;
}

void write_input(OutputGroup const& group, Signal const& signal)
{
    std::string const file = split_location(signal.origin).file;
    struct stat status
    {};
    bool const is_there = !file.empty() && ::stat(file.c_str(), &status) == 0;
    std::error_code error;
    std::filesystem::path const absolute = std::filesystem::absolute(file, error);
    group.set("input_path", is_there && !error ? absolute.lexically_normal().string() : file);
    group.set("input_size", is_there ? std::int64_t{status.st_size} : std::int64_t{-1});
    group.set("input_mtime_ns",
              is_there ? std::int64_t{status.st_mtim.tv_sec} * 1000000000 + status.st_mtim.tv_nsec : std::int64_t{-1});
}

void write_parameters(OutputGroup const& group, std::vector<std::size_t> const& shape,
                      std::vector<ParameterMap> const& all)
{
    std::size_t const width = std::to_string(all.size()).size();
    for (std::size_t i = 0; i < all.size(); ++i) {
        ParameterMap const& map = all[i];
        std::string const number = std::to_string(i);
        OutputGroup const at = group.group(std::string(width - number.size(), '0') + number);
        at.set("NX_class", "NXdata");
        at.set("signal", "values");
        at.set("title", map.component + "." + map.parameter);
        at.set("component", map.component);
        at.set("parameter", map.parameter);
        at.set("free", map.free);
        at.dataset("values", shape, std::span(map.values));
        at.dataset("standard_errors", shape, std::span(map.standard_errors));
    }
}

void write_maps(OutputGroup const& group, FitResult const& result)
{
    std::vector<std::size_t> const shape = result.shape.empty() ? std::vector<std::size_t>{1} : result.shape;
    OutputGroup const maps = group.group("maps");
    maps.dataset("chisq", shape, std::span(result.chisq));
    maps.dataset("red_chisq", shape, std::span(result.red_chisq));
    maps.dataset("dof", shape, std::span(result.dof));
    maps.dataset("iterations", shape, std::span(result.iterations));
    std::vector<std::uint8_t> status(result.num_pixels());
    std::transform(result.status.begin(), result.status.end(), status.begin(),
                   [](FitStatus s) { return static_cast<std::uint8_t>(s); });
    maps.dataset("status", shape, std::span<std::uint8_t const>(status));
    std::vector<std::string> names;
    for (int i = 0; i < num_statuses; ++i) names.emplace_back(name_of(static_cast<FitStatus>(i)));
    group.texts("status_names", names);

    write_parameters(group.group("parameters"), shape, result.parameters);
    if (!result.derived.empty()) write_parameters(group.group("derived"), shape, result.derived);
}

void write_own_group(OutputGroup const& group, Signal const& signal, std::string const& signal_path, Model const& model,
                     std::string const& model_json, FitResult const& result)
{
    bool const complete = std::none_of(result.status.begin(), result.status.end(), [](FitStatus s) {
        return s == FitStatus::not_run || s == FitStatus::cancelled;
    });
    group.set("format", result_format::name);
    group.set("format_version", result_format::version);
    group.set("version", WARPFIT_VERSION);
    group.set("signal", signal_path);
    group.set("model_name", result_format::model_name);
    group.set("model_hash", result_format::hash_of(model_json));
    group.text("model", model_json);
    write_input(group, signal);
    group.set("num_channels", static_cast<std::int64_t>(result.num_channels));
    group.set("device", result.device);
    group.set("instructions", result.instructions);
    group.set("precision", result.precision);
    group.set("optimizer", result.optimizer);
    group.set("loss", result.loss);
    group.set("start", result.start);
    group.set("layout", result.layout);
    group.set("complete", complete);
    group.set("has_navigation_axes", !result.shape.empty());
    group.set("varying", "run/date run/seconds run/threads run/notes");
    OutputGroup const run = group.group("run");
    run.set("date", local_time());
    run.set("seconds", result.seconds);
    run.set("threads", std::int64_t{result.threads});
    std::vector<std::string> notes = result.notes;
    for (Component const& component : model.components())
        if (component.options().line.shirley && component.type() == "PESVoigt")
            notes.push_back("HyperSpy restores component '" + component.name() +
                            "' without its Shirley background, for it does not store whether a PESVoigt has one.");
    run.texts("notes", notes);
    write_maps(group, result);
}

/// The signal as HyperSpy needs it to restore edges: called EELS, with the microscope that the model was told.
Signal described(Signal signal, Model const& model)
{
    for (Component const& component : model.components()) {
        if (component.type() != "EELSCLEdge") continue;
        if (signal.signal_type.empty()) signal.signal_type = "EELS";
        Microscope const& microscope = component.options().edge.microscope;
        auto const tell = [&](char const* key, std::optional<double> const& figure) {
            if (figure) signal.metadata.emplace(std::string("Acquisition_instrument.TEM.") + key, number_text(*figure));
        };
        tell("beam_energy", microscope.beam_energy);
        tell("convergence_angle", microscope.convergence_angle);
        tell("Detector.EELS.collection_angle", microscope.collection_angle);
    }
    return signal;
}

}  // namespace

void save_result(std::string const& path, Signal const& data, ModelFile const& model, FitResult const& result)
{
    Signal const signal = described(data, model.model);
    check_sizes(signal, result);
    check_model(signal, model.model);
    std::string const json = to_json(model);
    std::vector<unsigned char> switches(signal.num_channels(), 0);
    for (std::size_t const channel : used_channels(signal, model.data)) switches.at(channel) = 1;
    bool const is_binned = model.data.binned.value_or(signal.is_binned());

    hdf5::OutputFile file(path);
    OutputGroup const root = OutputGroup::root(file);
    root.set("file_format", "HyperSpy");
    root.set("file_format_version", "3.1");
    std::string const signal_path = "/Experiments/" + group_name(signal.title);
    write_hyperspy_signal(root.group(signal_path.substr(1)), signal, effective_variance(signal, model.data), is_binned);
    OutputGroup const stored = root.group(std::string("Analysis/models/") + result_format::model_name);
    stored.set("_signal", signal_path);
    write_hyperspy_model(stored, model.model, result, signal, switches);
    write_own_group(root.group(result_format::group), signal, signal_path, model.model, json, result);
    file.commit();
}

}  // namespace warpfit::io
