#include "src/io/chunk_decoder.hpp"
#include "src/io/reading.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

namespace warpfit::io {
namespace {

using nlohmann::ordered_json;

ordered_json describe_axis(Axis const& axis, bool navigates)
{
    ordered_json json{{"name", axis.name}, {"units", axis.units}, {"size", axis.size}, {"navigate", navigates}};
    json["first"] = axis.value(0);
    json["last"] = axis.value(axis.size - 1);
    json["uniform"] = axis.is_uniform();
    if (axis.is_uniform()) json["scale"] = axis.scale;
    json["binned"] = axis.is_binned;
    return json;
}

ordered_json describe_dataset(hdf5::Dataset const& dataset)
{
    ordered_json json{{"path", dataset.path()}, {"shape", dataset.shape()}, {"type", dataset.describe_type()}};
    auto const element = dataset.element_type();
    if (element && element->byte_swapped) json["byte_swapped"] = true;
    json["chunks"] = dataset.is_chunked() ? ordered_json(dataset.chunk()) : ordered_json(nullptr);
    json["filters"] = ordered_json::array();
    for (hdf5::Filter const& filter : dataset.filters())
        json["filters"].push_back(filter.name.empty() ? std::to_string(filter.id) : filter.name);
    json["stored_bytes"] = dataset.storage_size();
    if (element && dataset.storage_size() > 0)
        json["compression_ratio"] = static_cast<double>(dataset.num_elements()) *
                                    static_cast<double>(size_of(element->type)) /
                                    static_cast<double>(dataset.storage_size());
    std::string const missing =
        ChunkDecoder::is_supported(dataset.filters()) ? "" : ChunkDecoder::missing(dataset.filters());
    if (!missing.empty()) json["missing"] = missing;
    return json;
}

char const* describe(Variance::Kind kind)
{
    switch (kind) {
    case Variance::Kind::none:
        return "none";
    case Variance::Kind::number:
        return "number";
    case Variance::Kind::channel:
        return "channel";
    case Variance::Kind::stored:
        return "stored";
    case Variance::Kind::poisson:
        break;
    }
    return "poisson";
}

ordered_json describe_signal(Signal const& signal)
{
    ordered_json json{{"title", signal.title}, {"signal_type", signal.signal_type}, {"origin", signal.origin}};
    json["navigation_shape"] = signal.navigation_shape();
    json["signal_shape"] = ordered_json::array();
    json["type"] = name_of(signal.type());
    json["byte_swapped"] = signal.data().byte_swapped;
    json["binned"] = signal.is_binned();
    json["variance"] = describe(signal.variance().kind);
    json["axes"] = ordered_json::array();
    for (Axis const& axis : signal.navigation_axes()) json["axes"].push_back(describe_axis(axis, true));
    for (Axis const& axis : signal.signal_axes()) {
        json["signal_shape"].push_back(axis.size);
        json["axes"].push_back(describe_axis(axis, false));
    }
    json["metadata"] = signal.metadata;
    return json;
}

/// /Analysis/models/<name>, with the signal that each belongs to.
ordered_json describe_models(hdf5::Group const& root)
{
    ordered_json models = ordered_json::array();
    if (!root.has_group("Analysis")) return models;
    hdf5::Group const analysis = root.group("Analysis");
    if (!analysis.has_group("models")) return models;
    hdf5::Group const group = analysis.group("models");
    for (std::string const& name : group.names()) {
        if (!group.has_group(name)) continue;
        hdf5::Group const model = group.group(name);
        ordered_json json{{"name", name}, {"date", model.text("date").value_or("")}};
        json["signal"] = model.text("_signal").value_or("");
        json["components"] =
            model.has_group("components") ? model.group("components").names() : std::vector<std::string>();
        models.push_back(std::move(json));
    }
    return models;
}

/// The signals that `path` leads to, or why one cannot be read.
void add_signal(ordered_json& json, std::string const& path)
{
    try {
        json["signals"].push_back(describe_signal(load(path)));
    } catch (InputError const& error) {
        json["problems"].push_back(error.what());
    }
}

ordered_json inspect(std::string const& path)
{
    auto const [file, part] = split_location(path);
    ordered_json json{{"file", file}, {"bytes", hdf5::file_size(file)}};
    json["signals"] = ordered_json::array();
    json["problems"] = ordered_json::array();
    if (!hdf5::is_hdf5(file)) {
        json["format"] = is_msa(file) ? "EMSA/MAS" : "text";
        json["signals"].push_back(describe_signal(load(path)));
        return json;
    }
    hdf5::Group const root = hdf5::open_file(file);
    std::vector<hdf5::Group> const signals = hspy_signals(root);
    std::vector<hdf5::Group> const nexus = signals.empty() ? nexus_groups(root) : std::vector<hdf5::Group>();
    json["format"] = !signals.empty() ? "HyperSpy" : !nexus.empty() ? "NeXus" : "HDF5";
    if (auto const version = root.text("file_format_version")) json["format_version"] = *version;
    if (!part.empty() || (signals.empty() && nexus.empty())) {
        add_signal(json, path);
    } else {
        for (hdf5::Group const& signal : signals) add_signal(json, file + "#" + signal.path());
        for (hdf5::Group const& group : nexus) add_signal(json, file + "#" + group.path());
    }
    json["models"] = describe_models(root);
    json["datasets"] = ordered_json::array();
    walk(
        root, [](hdf5::Group const&) {},
        [&](hdf5::Dataset const& dataset) {
            bool const belongs_to_model = dataset.path().starts_with("/Analysis/");
            if (!belongs_to_model && dataset.element_type() && dataset.num_elements() > 1)
                json["datasets"].push_back(describe_dataset(dataset));
        });
    return json;
}

std::string joined(ordered_json const& list, std::string const& separator)
{
    std::string text;
    for (auto const& item : list)
        text += (text.empty() ? "" : separator) + (item.is_string() ? item.get<std::string>() : item.dump());
    return text;
}

std::string text_of_signal(ordered_json const& signal)
{
    std::string const title = signal["title"].get<std::string>();
    std::string text = "\nsignal " + (title.empty() ? std::string("without title") : "\"" + title + "\"") + "\n";
    text += "  shape      (" + joined(signal["navigation_shape"], ", ") + " | " + joined(signal["signal_shape"], ", ") +
            ") " + signal["type"].get<std::string>() + (signal["byte_swapped"].get<bool>() ? ", byte-swapped" : "") +
            "\n";
    if (!signal["signal_type"].get<std::string>().empty())
        text += "  kind       " + signal["signal_type"].get<std::string>() + "\n";
    text += "  variance   " + signal["variance"].get<std::string>() + "\n";
    for (auto const& axis : signal["axes"]) {
        std::string const name = axis["name"].get<std::string>();
        std::string const units = axis["units"].get<std::string>();
        text += std::string("  ") + (axis["navigate"].get<bool>() ? "navigation" : "signal    ") + " " +
                (name.empty() ? "(unnamed)" : name) + ": " + axis["size"].dump() + " values, " +
                to_text(axis["first"].get<double>()) + " to " + to_text(axis["last"].get<double>());
        if (!units.empty()) text += " " + units;
        text += axis["uniform"].get<bool>() ? ", step " + to_text(axis["scale"].get<double>()) : ", not uniform";
        if (axis["binned"].get<bool>()) text += ", binned";
        text += "\n";
    }
    return text;
}

std::string text_of_dataset(ordered_json const& dataset)
{
    std::string text = "  " + dataset["path"].get<std::string>() + " (" + joined(dataset["shape"], ", ") + ") " +
                       dataset["type"].get<std::string>();
    if (!dataset["chunks"].is_null()) text += ", chunks (" + joined(dataset["chunks"], ", ") + ")";
    if (!dataset["filters"].empty()) text += ", " + joined(dataset["filters"], " + ");
    if (dataset.contains("compression_ratio")) {
        double const ratio = dataset["compression_ratio"].get<double>();
        text += ", " + to_text(std::round(ratio * 100.0) / 100.0) + "x";
    }
    text += "\n";
    if (dataset.contains("missing")) text += "    " + dataset["missing"].get<std::string>() + "\n";
    return text;
}

}  // namespace

std::string inspect_json(std::string const& path)
{
    return inspect(path).dump(2, ' ', false, ordered_json::error_handler_t::replace);
}

std::string inspect_text(std::string const& path)
{
    ordered_json const json = inspect(path);
    std::string text = json["file"].get<std::string>() + ": " + json["format"].get<std::string>();
    if (json.contains("format_version")) text += " " + json["format_version"].get<std::string>();
    text += ", " + json["bytes"].dump() + " bytes\n";
    for (auto const& signal : json["signals"]) text += text_of_signal(signal);
    if (json.contains("models") && !json["models"].empty()) {
        text += "\nmodels\n";
        for (auto const& model : json["models"])
            text += "  " + model["name"].get<std::string>() + ": " + joined(model["components"], ", ") + " (" +
                    model["date"].get<std::string>() + ")\n";
    }
    if (json.contains("datasets") && !json["datasets"].empty()) {
        text += "\ndatasets\n";
        for (auto const& dataset : json["datasets"]) text += text_of_dataset(dataset);
    }
    if (!json["problems"].empty()) text += "\nproblems\n  " + joined(json["problems"], "\n  ") + "\n";
    return text;
}

}  // namespace warpfit::io
