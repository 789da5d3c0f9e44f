#include "src/io/dataset_source.hpp"
#include "src/io/deferred_source.hpp"
#include "src/io/reading.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::io {
namespace {

constexpr double float32_epsilon = 0x1p-23;

bool has_class(hdf5::Object const& object, std::string const& name)
{
    return object.text("NX_class") == name;
}

/// "x:y", "x,y", "[x,y]" of NeXus before 2014, or one name.
std::vector<std::string> split_names(std::string const& text)
{
    std::vector<std::string> names(1);
    for (char const c : text) {
        if (c == ':' || c == ',')
            names.emplace_back();
        else if (c != '[' && c != ']' && c != ' ')
            names.back() += c;
    }
    return names;
}

std::vector<std::string> texts(hdf5::Object const& object, std::string const& attribute)
{
    std::optional<hdf5::Value> const value = object.attribute(attribute);
    if (!value) return {};
    if (auto const* list = std::get_if<std::vector<std::string>>(&*value)) return *list;
    if (auto const* text = std::get_if<std::string>(&*value)) return split_names(*text);
    return {};
}

hdf5::Dataset signal_of(hdf5::Group const& group)
{
    if (auto const name = group.text("signal")) {
        if (!group.has_dataset(*name))
            group.fail("its signal \"" + *name + "\" is not there (absent or damaged) check the file");
        return group.dataset(*name);
    }
    for (std::string const& name : group.names()) {
        if (!group.has_dataset(name)) continue;
        hdf5::Dataset dataset = group.dataset(name);
        if (dataset.number("signal") == 1.0 || dataset.text("signal") == "1") return dataset;
    }
    if (group.has_dataset("data")) return group.dataset("data");
    group.fail("does not say which dataset is its signal (no attribute \"signal\") name one: " + group.file() + "#" +
               group.path() + "/DATASET");
}

/// Name of the axis of each dimension; empty: none.
std::vector<std::string> axis_names(hdf5::Group const& group, hdf5::Dataset const& signal)
{
    std::size_t const rank = signal.shape().size();
    std::vector<std::string> names(rank);
    std::vector<std::string> listed = texts(group, "axes");
    if (listed.empty()) listed = texts(signal, "axes");
    for (std::size_t i = 0; i < listed.size(); ++i) {
        if (listed[i].empty() || listed[i] == ".") continue;
        auto const index = group.number(listed[i] + "_indices");
        double const dimension = index.value_or(static_cast<double>(i));
        if (dimension >= 0.0 && dimension < static_cast<double>(rank))
            names[static_cast<std::size_t>(dimension)] = listed[i];
    }
    return names;
}

Axis read_axis(hdf5::Group const& group, std::string const& name, std::size_t size)
{
    Axis axis;
    axis.size = size;
    axis.name = name;
    if (name.empty() || !group.has_dataset(name)) return axis;
    hdf5::Dataset const dataset = group.dataset(name);
    axis.units = dataset.text("units").value_or("");
    axis.name = dataset.text("long_name").value_or(name);
    if (dataset.shape().size() != 1) return axis;  // positions of a scan, one for each pixel
    std::vector<double> values = dataset.read_doubles(size + 1);
    if (values.size() == size + 1) {  // edges of a histogram
        for (std::size_t i = 0; i < size; ++i) values[i] = 0.5 * (values[i] + values[i + 1]);
        values.pop_back();
    }
    if (values.size() != size)
        dataset.fail("has " + std::to_string(values.size()) + " values (the data have " + std::to_string(size) +
                     ") check the file");
    auto const element = dataset.element_type();
    double const largest = std::max(std::abs(values.front()), std::abs(values.back()));
    double const tolerance = element && element->type == DataType::f32 ? float32_epsilon * largest : 0.0;
    set_values(axis, std::move(values), tolerance);
    return axis;
}

std::size_t num_navigation_axes(hdf5::Dataset const& dataset, LoadOptions const& options)
{
    std::size_t const rank = dataset.shape().size();
    if (rank == 0) dataset.fail("is a single number (no dimensions) name a dataset with values");
    if (options.navigation_dimensions >= 0) {
        std::size_t const number = static_cast<std::size_t>(options.navigation_dimensions);
        if (number >= rank)
            dataset.fail("cannot have " + std::to_string(number) + " navigation dimensions (it has " +
                         std::to_string(rank) + " in all) leave one or two for the signal");
        return number;
    }
    if (dataset.text("interpretation") == "image" && rank >= 2) return rank - 2;
    return rank - 1;
}

Signal make(hdf5::Dataset const& dataset, std::vector<Axis> const& axes, LoadOptions const& options)
{
    std::size_t const number = num_navigation_axes(dataset, options);
    std::vector<bool> navigates(axes.size(), false);
    std::fill_n(navigates.begin(), number, true);
    return make_signal(dataset, axes, navigates);
}

/// Standard deviations -> variances. A sigma of the wrong shape is an error, not ignored.
void read_errors(hdf5::Group const& group, hdf5::Dataset const& data, Signal& signal)
{
    std::string const name = data.path().substr(data.path().rfind('/') + 1);
    for (std::string const& candidate : {name + "_errors", std::string("errors")}) {
        if (!group.has_dataset(candidate)) continue;
        hdf5::Dataset const errors = group.dataset(candidate);
        if (errors.shape() != data.shape())
            errors.fail("has another shape than the data (" + std::to_string(errors.num_elements()) + " values, " +
                        std::to_string(data.num_elements()) + " expected) check the file");
        auto const squares = [errors, count = data.num_elements()] {
            std::vector<double> sigma = errors.read_doubles(count);
            for (double& s : sigma) s *= s;
            return sigma;
        };
        Variance variance;
        if (signal.num_pixels() == 1) {
            variance.kind = Variance::Kind::channel;
            variance.channel = squares();
        } else {
            DatasetSource::check(errors);
            variance.kind = Variance::Kind::stored;
            variance.stored.source = std::make_shared<DeferredSource>(
                [squares] {
                    std::vector<double> const values = squares();
                    auto const bytes = std::as_bytes(std::span(values));
                    return std::vector<std::byte>(bytes.begin(), bytes.end());
                },
                signal.num_channels() * sizeof(double));
        }
        signal.set_variance(std::move(variance));
        return;
    }
}

}  // namespace

bool is_nexus_data(hdf5::Group const& group)
{
    return has_class(group, "NXdata");
}

std::vector<hdf5::Group> nexus_groups(hdf5::Group const& root)
{
    hdf5::Group group = root;
    for (int depth = 0; depth < 8; ++depth) {
        if (is_nexus_data(group)) return {group};
        auto const name = group.text("default");
        if (!name || name->empty() || !group.has_group(*name)) break;
        group = group.group(*name);
    }
    std::vector<hdf5::Group> found;
    walk(
        root,
        [&](hdf5::Group const& g) {
            if (is_nexus_data(g)) found.push_back(g);
        },
        [](hdf5::Dataset const&) {});
    return found;
}

Signal load_nexus(hdf5::Group const& group, LoadOptions const& options)
{
    hdf5::Dataset const data = signal_of(group);
    std::vector<std::string> const names = axis_names(group, data);
    std::vector<Axis> axes;
    for (std::size_t i = 0; i < names.size(); ++i) axes.push_back(read_axis(group, names[i], data.shape()[i]));
    Signal signal = make(data, axes, options);
    signal.origin = group.file() + "#" + group.path();
    signal.title = group.text("title").value_or(data.text("long_name").value_or(""));
    read_errors(group, data, signal);
    return signal;
}

Signal load_plain(hdf5::Dataset const& dataset, LoadOptions const& options)
{
    std::vector<Axis> axes;
    for (std::size_t const size : dataset.shape()) {
        Axis axis;
        axis.size = size;
        axes.push_back(std::move(axis));
    }
    return make(dataset, axes, options);
}

}  // namespace warpfit::io
