#include "src/expression/expression.hpp"
#include "src/io/reading.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace warpfit::io {
namespace {

constexpr char const* data_name = "data";

/// HyperSpy writes None and undefined names as text.
std::string defined(std::optional<std::string> const& text)
{
    if (!text || *text == "_None_" || *text == "<undefined>" || *text == "t.Undefined") return {};
    return *text;
}

/// The groups that describe the array's dimensions: axis-0, axis-1, ... or children "0", "1", ... of _list_N_axes.
std::vector<hdf5::Group> axis_groups(hdf5::Group const& signal, std::size_t rank)
{
    std::vector<hdf5::Group> groups;
    std::optional<hdf5::Group> list;
    for (std::string const& name : signal.names())
        if (name.starts_with("_list_") && name.ends_with("_axes") && signal.has_group(name)) list = signal.group(name);
    for (std::size_t i = 0; i < rank; ++i) {
        std::string const index = std::to_string(i);
        if (signal.has_group("axis-" + index))
            groups.push_back(signal.group("axis-" + index));
        else if (list && list->has_group(index))
            groups.push_back(list->group(index));
        else
            signal.fail("axis " + index + " is not described (neither axis-" + index +
                        " nor _list_N_axes) save the signal again with HyperSpy");
    }
    return groups;
}

/// HyperSpy's FunctionalDataAxis: an expression of x, which is a uniform axis in the subgroup x, with its parameters as
/// attributes.
std::vector<double> functional_values(hdf5::Group const& group, std::string const& formula, std::size_t size)
{
    std::map<std::string, double> values;
    double offset = 0.0;
    double scale = 1.0;
    std::optional<hdf5::Dataset> positions;
    if (group.has_group("x")) {
        hdf5::Group const x = group.group("x");
        offset = x.number("offset").value_or(0.0);
        scale = x.number("scale").value_or(1.0);
        if (x.has_dataset("axis")) positions = x.dataset("axis");
    }
    std::vector<double> result = positions ? positions->read_doubles(size) : std::vector<double>(size);
    if (result.size() != size)
        group.fail("axis has " + std::to_string(result.size()) + " positions (the data have " + std::to_string(size) +
                   ") save the signal again with HyperSpy");
    try {
        auto const expression = expression::Expression::parse(formula);
        for (std::string const& symbol : expression.symbols())
            if (auto const value = group.number(symbol)) values[symbol] = *value;
        for (std::size_t i = 0; i < size; ++i) {
            values["x"] = positions ? result[i] : offset + static_cast<double>(i) * scale;
            result[i] = expression.evaluate(values);
        }
    } catch (InvalidArgument const& error) {
        group.fail("axis expression \"" + formula + "\" cannot be evaluated (" + error.what() +
                   ") in HyperSpy, s.axes_manager[-1].convert_to_non_uniform_axis() and save again");
    }
    return result;
}

Axis read_axis(hdf5::Group const& group, std::size_t size)
{
    Axis axis;
    axis.name = defined(group.text("name"));
    axis.units = defined(group.text("units"));
    axis.is_binned = group.number("is_binned").value_or(0.0) != 0.0;
    axis.size = size;
    if (group.has_dataset("axis")) {
        axis.values = group.dataset("axis").read_doubles(size);
        axis.size = axis.values.size();
        return axis;
    }
    if (auto const formula = group.text("expression")) {
        axis.values = functional_values(group, *formula, size);
        return axis;
    }
    axis.offset = group.number("offset").value_or(0.0);
    axis.scale = group.number("scale").value_or(1.0);
    if (auto const stored = group.number("size"))
        axis.size = *stored >= 0.0 && *stored < 0x1p53 ? static_cast<std::size_t>(*stored) : 0;
    return axis;
}

/// Files before format 2.1 do not say which axes navigate; metadata.Signal.record_by does.
std::vector<bool> navigation_flags(std::vector<hdf5::Group> const& axes, std::string const& record_by)
{
    std::vector<bool> flags;
    bool is_stated = false;
    for (hdf5::Group const& axis : axes) {
        auto const flag = axis.number("navigate");
        is_stated = is_stated || flag.has_value();
        flags.push_back(flag.value_or(0.0) != 0.0);
    }
    if (is_stated) return flags;
    std::size_t const num_signal = record_by == "image" ? 2 : record_by.empty() || record_by == "spectrum" ? 1 : 0;
    for (std::size_t i = 0; i < flags.size(); ++i) flags[i] = i + num_signal < flags.size();
    return flags;
}

std::string describe(std::vector<std::size_t> const& shape)
{
    std::string text;
    for (std::size_t const size : shape) text += (text.empty() ? "" : ", ") + std::to_string(size);
    return "(" + text + ")";
}

Variance read_variance_signal(hdf5::Group const& group, hdf5::Dataset const& data, std::vector<bool> const& navigates)
{
    if (!group.has_dataset(data_name)) group.fail("variance has no values (no dataset \"data\") save it again");
    hdf5::Dataset const values = group.dataset(data_name);
    std::vector<std::size_t> channels;
    for (std::size_t i = 0; i < navigates.size(); ++i)
        if (!navigates[i]) channels.push_back(data.shape()[i]);

    Variance variance;
    if (values.shape() == channels) {
        variance.kind = Variance::Kind::channel;
        variance.channel = values.read_doubles(values.num_elements());
    } else if (values.shape() == data.shape()) {
        variance.kind = Variance::Kind::stored;
        variance.stored = read_pixels(values, navigates);
    } else if (values.num_elements() == 1) {
        variance.kind = Variance::Kind::number;
        variance.number = values.read_doubles(1)[0];
    } else {
        values.fail("variance has shape " + describe(values.shape()) + " (data have " + describe(data.shape()) +
                    ") give one shaped like the data or like one spectrum");
    }
    return variance;
}

void read_variance(hdf5::Group const& signal_metadata, hdf5::Dataset const& data, std::vector<bool> const& navigates,
                   Signal& signal)
{
    if (!signal_metadata.has_group("Noise_properties")) return;
    hdf5::Group const noise = signal_metadata.group("Noise_properties");
    Variance variance;
    if (auto const number = noise.number("variance")) {
        variance.kind = Variance::Kind::number;
        variance.number = *number;
    } else if (noise.has_group("_sig_variance")) {
        variance = read_variance_signal(noise.group("_sig_variance"), data, navigates);
    } else if (noise.has_dataset("variance")) {
        noise.fail("variance is an array without axes (HyperSpy takes a number or a signal) store it as a signal");
    }
    try {
        signal.set_variance(std::move(variance));
    } catch (InvalidArgument const& error) {
        noise.fail(error.what());
    }
}

void collect_metadata(hdf5::Group const& group, std::string const& prefix, std::map<std::string, std::string>& out,
                      int depth)
{
    for (std::string const& name : group.attribute_names()) {
        if (name.starts_with("_")) continue;
        std::optional<hdf5::Value> const value = group.attribute(name);
        if (!value) continue;
        std::string text;
        if (auto const* t = std::get_if<std::string>(&*value))
            text = *t == "_None_" ? "None" : *t;
        else if (auto const* b = std::get_if<bool>(&*value))
            text = *b ? "True" : "False";
        else if (auto const* i = std::get_if<std::int64_t>(&*value))
            text = std::to_string(*i);
        else if (auto const* d = std::get_if<double>(&*value))
            text = to_text(*d);
        else
            continue;
        out[prefix + name] = std::move(text);
    }
    if (depth == 0) return;
    for (std::string const& name : group.names())
        if (!name.starts_with("_") && group.has_group(name))
            collect_metadata(group.group(name), prefix + name + ".", out, depth - 1);
}

std::string take(std::map<std::string, std::string>& metadata, std::string const& key)
{
    auto const node = metadata.extract(key);
    return node.empty() ? std::string() : node.mapped();
}

}  // namespace

bool is_hspy_signal(hdf5::Group const& group)
{
    if (!group.has_dataset(data_name)) return false;
    if (group.has_group("axis-0")) return true;
    std::vector<std::string> const names = group.names();
    return std::any_of(names.begin(), names.end(),
                       [](std::string const& name) { return name.starts_with("_list_") && name.ends_with("_axes"); });
}

std::vector<hdf5::Group> hspy_signals(hdf5::Group const& root)
{
    std::vector<hdf5::Group> signals;
    if (!root.has_group("Experiments")) return signals;
    hdf5::Group const experiments = root.group("Experiments");
    for (std::string const& name : experiments.names())
        if (experiments.has_group(name)) signals.push_back(experiments.group(name));
    return signals;
}

std::string hspy_title(hdf5::Group const& signal)
{
    std::string const name = signal.path().substr(signal.path().rfind('/') + 1);
    if (!signal.has_group("metadata")) return name;
    hdf5::Group const metadata = signal.group("metadata");
    std::string const title = metadata.has_group("General") ? defined(metadata.group("General").text("title")) : "";
    return title.empty() ? name : title;
}

Signal load_hspy(hdf5::Group const& group)
{
    if (!group.has_dataset(data_name))
        group.fail("has no values (no readable dataset \"data\") save the signal again with HyperSpy");
    hdf5::Dataset const data = group.dataset(data_name);
    if (data.shape().empty())
        data.fail("is a single number (no axes) there is nothing to fit; give a spectrum or an image");
    std::vector<hdf5::Group> const groups = axis_groups(group, data.shape().size());
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < groups.size(); ++i) axes.push_back(read_axis(groups[i], data.shape()[i]));

    std::map<std::string, std::string> metadata;
    std::optional<hdf5::Group> signal_metadata;
    if (group.has_group("metadata")) {
        hdf5::Group const all = group.group("metadata");
        collect_metadata(all, "", metadata, 32);
        if (all.has_group("Signal")) signal_metadata = all.group("Signal");
    }
    std::vector<bool> const navigates = navigation_flags(groups, metadata["Signal.record_by"]);
    std::erase_if(metadata, [](auto const& entry) { return entry.second.empty(); });

    Signal signal = make_signal(data, axes, navigates);
    signal.origin = group.file() + "#" + group.path();
    signal.title = take(metadata, "General.title");
    signal.signal_type = take(metadata, "Signal.signal_type");
    bool const says_binned = std::any_of(groups.begin(), groups.end(),
                                         [](auto const& axis) { return axis.number("is_binned").has_value(); });
    std::string const old_binned = take(metadata, "Signal.binned");  // before format 3.1
    if (!says_binned && !old_binned.empty()) signal.set_binned(old_binned == "True" || old_binned == "1");
    if (signal_metadata) read_variance(*signal_metadata, data, navigates, signal);
    metadata.erase("Signal.Noise_properties.variance");
    signal.metadata = std::move(metadata);
    return signal;
}

std::string to_text(double v)
{
    if (std::isnan(v)) return "nan";
    if (std::isinf(v)) return v < 0.0 ? "-inf" : "inf";
    char buffer[32];
    auto const end = std::to_chars(buffer, buffer + sizeof(buffer), v).ptr;
    std::string text(buffer, end);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return text;
}

}  // namespace warpfit::io
