#include "src/io/hspy_signal.hpp"

#include "src/io/reading.hpp"
#include "src/signal/convert.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <map>

namespace warpfit::io {
namespace {

using hdf5::OutputGroup;

std::vector<std::size_t> data_shape(Signal const& signal)
{
    std::vector<std::size_t> shape = signal.navigation_shape();
    for (Axis const& axis : signal.signal_axes()) shape.push_back(axis.size);
    return shape;
}

void write_axis(OutputGroup const& group, Axis const& axis, bool navigates, bool is_binned)
{
    // HyperSpy 1.7.3 cannot read an undefined name or unit that is there; one that is missing it can.
    if (!axis.name.empty()) group.set("name", axis.name);
    if (!axis.units.empty()) group.set("units", axis.units);
    group.set("navigate", navigates);
    group.set("is_binned", is_binned);
    group.set("size", static_cast<std::int64_t>(axis.size));
    if (axis.is_uniform()) {
        group.set("_type", "UniformDataAxis");
        group.set("scale", axis.scale);
        group.set("offset", axis.offset);
    } else {
        group.set("_type", "DataAxis");
        group.dataset("axis", {axis.size}, std::span(axis.values));
    }
}

/// Reads runs of elements from a source that gives whole pixels.
class ElementReader
{
  public:
    ElementReader(RawArray const& array, std::size_t num_channels)
        : array_(array)
        , num_channels_(num_channels)
        , element_size_(size_of(array.type))
    {
        if (!array.source) throw InvalidArgument("a signal without values cannot be saved (it was never given any)");
    }

    /// In this machine's byte order.
    void read(std::size_t first, std::size_t count, std::byte* out)
    {
        if (first % num_channels_ == 0 && count % num_channels_ == 0) {
            array_.source->read(first / num_channels_, count / num_channels_, out);
        } else {
            for (std::size_t done = 0; done < count;) {
                std::size_t const pixel = (first + done) / num_channels_, channel = (first + done) % num_channels_;
                if (pixel_.empty() || pixel != held_) {
                    pixel_.resize(num_channels_ * element_size_);
                    array_.source->read(pixel, 1, pixel_.data());
                    held_ = pixel;
                }
                std::size_t const piece = std::min(count - done, num_channels_ - channel);
                std::copy_n(pixel_.data() + channel * element_size_, piece * element_size_, out + done * element_size_);
                done += piece;
            }
        }
        if (array_.byte_swapped)
            for (std::size_t i = 0; i < count; ++i)
                std::reverse(out + i * element_size_, out + (i + 1) * element_size_);
    }

  private:
    RawArray const& array_;
    std::size_t num_channels_;
    std::size_t element_size_;
    std::vector<std::byte> pixel_;  ///< one that is larger than a chunk
    std::size_t held_ = 0;
};

void write_values(OutputGroup const& group, Signal const& signal, RawArray const& array)
{
    ElementReader reader(array, signal.num_channels());
    group.stream("data", data_shape(signal), array.type, signal.num_channels(),
                 [&](std::size_t first, std::size_t count, std::byte* out) { reader.read(first, count, out); });
}

/// One spectrum, again for every pixel.
class Repeated final : public PixelSource
{
  public:
    explicit Repeated(Signal const& signal)
        : values_(signal.pixel(0))
    {}

    void read(std::size_t, std::size_t count, std::byte* out) override
    {
        std::size_t const bytes = values_.size() * sizeof(double);
        for (std::size_t i = 0; i < count; ++i) std::memcpy(out + i * bytes, values_.data(), bytes);
    }

  private:
    std::vector<double> values_;
};

template<class Real>
void write_poisson_variance(OutputGroup const& group, Signal const& signal, Variance const& variance, DataType type)
{
    ElementReader reader(signal.data(), signal.num_channels());
    std::vector<std::byte> raw;
    std::vector<double> counts;
    group.stream("data", data_shape(signal), type, signal.num_channels(),
                 [&](std::size_t first, std::size_t count, std::byte* out) {
                     raw.resize(count * size_of(signal.type()));
                     counts.resize(count);
                     reader.read(first, count, raw.data());
                     signal::convert(signal.type(), false, raw.data(), count, counts.data());
                     for (std::size_t i = 0; i < count; ++i) {
                         auto const v = static_cast<Real>(variance.number * std::max(counts[i], 1.0) + variance.offset);
                         std::memcpy(out + i * sizeof(Real), &v, sizeof(Real));
                     }
                 });
}

void write_variance_values(OutputGroup const& group, Signal const& signal, Variance const& variance)
{
    if (variance.kind == Variance::Kind::stored) {
        write_values(group, signal, variance.stored);
    } else if (variance.kind == Variance::Kind::channel) {
        std::size_t const num_channels = signal.num_channels();
        group.stream("data", data_shape(signal), DataType::f64, num_channels,
                     [&](std::size_t first, std::size_t count, std::byte* out) {
                         for (std::size_t i = 0; i < count; ++i)
                             std::memcpy(out + i * 8, &variance.channel[(first + i) % num_channels], 8);
                     });
    } else if (size_of(signal.type()) <= 4) {
        write_poisson_variance<float>(group, signal, variance, DataType::f32);
    } else {
        write_poisson_variance<double>(group, signal, variance, DataType::f64);
    }
}

void write_variance(OutputGroup const& signal_metadata, Signal const& signal, Variance const& variance, bool is_binned)
{
    if (variance.kind == Variance::Kind::none) return;
    OutputGroup const noise = signal_metadata.group("Noise_properties");
    if (variance.kind == Variance::Kind::number) {
        noise.set("variance", variance.number);
        return;
    }
    OutputGroup const group = noise.group("_sig_variance");
    std::size_t const num_axes = signal.navigation_axes().size() + signal.signal_axes().size();
    OutputGroup const axes = group.group("_list_" + std::to_string(num_axes) + "_axes");
    std::size_t i = 0;
    for (Axis const& axis : signal.navigation_axes()) write_axis(axes.group(std::to_string(i++)), axis, true, false);
    for (Axis const& axis : signal.signal_axes()) write_axis(axes.group(std::to_string(i++)), axis, false, is_binned);
    write_variance_values(group, signal, variance);
    OutputGroup const attributes = group.group("attributes");
    attributes.set("_lazy", false);
    attributes.set("ragged", false);
    OutputGroup const metadata = group.group("metadata");
    metadata.group("General").set("title", "");
    metadata.group("Signal").set("signal_type", "");
    group.group("original_metadata");
    group.group("learning_results");
}

/// Text that the reader made of a python value, turned back.
void set_value(OutputGroup const& group, std::string const& name, std::string const& text)
{
    std::int64_t integer = 0;
    auto const* const begin = text.data();
    auto const* const end = begin + text.size();
    auto const parsed = std::from_chars(begin, end, integer);
    if (text == "True" || text == "False") return group.set(name, text == "True");
    if (text == "None") return group.set(name, "_None_");
    if (parsed.ec == std::errc() && parsed.ptr == end && std::to_string(integer) == text)
        return group.set(name, integer);
    if (double number = 0.0; parse_number(text, number) && to_text(number) == text) return group.set(name, number);
    group.set(name, text);
}

void write_metadata(OutputGroup const& group, Signal const& signal, Variance const& variance, bool is_binned)
{
    struct Node
    {
        std::map<std::string, Node> children;
        std::map<std::string, std::string> values;
    };
    Node root;
    for (auto const& [key, value] : signal.metadata) {
        if (key.starts_with("Signal.Noise_properties.variance") || key == "Signal.binned") continue;
        Node* node = &root;
        std::size_t begin = 0;
        for (std::size_t dot = key.find('.'); dot != std::string::npos; dot = key.find('.', begin)) {
            node = &node->children[key.substr(begin, dot - begin)];
            begin = dot + 1;
        }
        if (begin < key.size()) node->values[key.substr(begin)] = value;
    }
    Node& own = root.children["Signal"];
    root.children["General"].values.erase("title");
    own.values.erase("signal_type");
    own.values.erase("record_by");

    auto const write = [&](auto const& self, OutputGroup const& at, Node const& node, bool is_signal) -> void {
        for (auto const& [name, value] : node.values) set_value(at, name, value);
        for (auto const& [name, child] : node.children) {
            if (name.empty() || name == "." || name.find('/') != std::string::npos) continue;
            if (is_signal && name == "Noise_properties" && variance.kind != Variance::Kind::none) continue;
            self(self, at.group(name), child, false);
        }
    };
    write(write, group, Node{{}, root.values}, false);
    for (auto const& [name, child] : root.children) {
        if (name.empty() || name == "." || name.find('/') != std::string::npos) continue;
        OutputGroup const section = group.group(name);
        write(write, section, child, name == "Signal");
        if (name == "General") section.set("title", signal.title);
        if (name == "Signal") {
            section.set("signal_type", signal.signal_type);
            section.set("record_by", signal.signal_axes().size() == 2 ? "image" : "spectrum");
            write_variance(section, signal, variance, is_binned);
        }
    }
    OutputGroup const folding = group.group("_HyperSpy/Folding");
    folding.set("original_axes_manager", "_None_");
    folding.set("original_shape", "_None_");
    folding.set("signal_unfolded", false);
    folding.set("unfolded", false);
}

}  // namespace

void write_hyperspy_signal(OutputGroup const& group, Signal const& signal, Variance const& variance, bool is_binned)
{
    group.set("package", "hyperspy");
    group.set("package_version", "1.7.3");
    std::size_t i = 0;
    for (Axis const& axis : signal.navigation_axes())
        write_axis(group.group("axis-" + std::to_string(i++)), axis, true, axis.is_binned);
    for (Axis const& axis : signal.signal_axes())
        write_axis(group.group("axis-" + std::to_string(i++)), axis, false, is_binned);
    write_values(group, signal, signal.data());
    write_metadata(group.group("metadata"), signal, variance, is_binned);
    group.group("original_metadata");
    group.group("learning_results");
}

void write_hyperspy_value(OutputGroup const& group, Signal const& signal, std::vector<Axis> const& navigation_axes)
{
    Signal full = signal;
    if (signal.navigation_axes().empty() && !navigation_axes.empty())
        full =
            Signal(navigation_axes, signal.signal_axes(), RawArray{std::make_shared<Repeated>(signal), DataType::f64});
    std::size_t const count = full.navigation_axes().size() + full.signal_axes().size();
    OutputGroup const axes = group.group("_list_" + std::to_string(count) + "_axes");
    std::size_t i = 0;
    for (Axis const& axis : full.navigation_axes())
        write_axis(axes.group(std::to_string(i++)), axis, true, axis.is_binned);
    for (Axis const& axis : full.signal_axes())
        write_axis(axes.group(std::to_string(i++)), axis, false, axis.is_binned);
    write_values(group, full, full.data());
    full.title = signal.title;
    full.signal_type = signal.signal_type;
    full.metadata = signal.metadata;
    write_metadata(group.group("metadata"), full, {}, full.is_binned());
    group.group("original_metadata");
}

}  // namespace warpfit::io
