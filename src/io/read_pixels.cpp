#include "src/io/dataset_source.hpp"
#include "src/io/deferred_source.hpp"
#include "src/io/reading.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>

namespace warpfit::io {
namespace {

/// out[i] = in[position of i's element], elements in the order of `order` (of dimensions, slowest first).
template<std::size_t Size>
void permute(std::vector<std::size_t> const& shape, std::vector<std::size_t> const& order, std::byte const* in,
             std::byte* out)
{
    std::vector<std::size_t> stride(shape.size(), 1);
    for (std::size_t axis = shape.size() - 1; axis-- > 0;) stride[axis] = stride[axis + 1] * shape[axis + 1];

    std::vector<std::size_t> index(shape.size(), 0);
    std::size_t const inner = order.back();
    while (true) {
        std::size_t from = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) from += index[axis] * stride[axis];
        for (std::size_t i = 0; i < shape[inner]; ++i, out += Size)
            std::memcpy(out, in + (from + i * stride[inner]) * Size, Size);
        std::size_t k = order.size() - 1;
        while (true) {
            if (k == 0) return;
            --k;
            if (++index[order[k]] < shape[order[k]]) break;
            index[order[k]] = 0;
        }
    }
}

/// All values of `source`, a dataset of `shape` that is one pixel to it, with the dimensions in another order.
std::vector<std::byte> read_in_order(PixelSource& source, std::vector<std::size_t> const& shape,
                                     std::vector<std::size_t> const& order, std::size_t element_bytes)
{
    std::size_t const num_elements = std::accumulate(shape.begin(), shape.end(), std::size_t{1}, std::multiplies<>());
    std::vector<std::byte> stored(num_elements * element_bytes);
    source.read(0, 1, stored.data());
    std::vector<std::byte> ordered(stored.size());
    switch (element_bytes) {
    case 1:
        permute<1>(shape, order, stored.data(), ordered.data());
        break;
    case 2:
        permute<2>(shape, order, stored.data(), ordered.data());
        break;
    case 4:
        permute<4>(shape, order, stored.data(), ordered.data());
        break;
    default:
        permute<8>(shape, order, stored.data(), ordered.data());
    }
    return ordered;
}

}  // namespace

RawArray read_pixels(hdf5::Dataset const& dataset, std::vector<bool> const& navigates)
{
    std::size_t const num_navigation = static_cast<std::size_t>(std::count(navigates.begin(), navigates.end(), true));
    bool const is_ordered = std::is_sorted(navigates.begin(), navigates.end(), std::greater<>());
    auto source = std::make_shared<DatasetSource>(dataset, is_ordered ? num_navigation : 0);
    RawArray array{source, source->element_type().type, source->element_type().byte_swapped};
    if (is_ordered) return array;

    std::vector<std::size_t> order;
    std::size_t num_channels = 1;
    for (bool const navigation : {true, false})
        for (std::size_t axis = 0; axis < navigates.size(); ++axis) {
            if (navigates[axis] != navigation) continue;
            order.push_back(axis);
            if (!navigation) num_channels *= dataset.shape()[axis];
        }
    std::size_t const element_bytes = size_of(array.type);
    array.source = std::make_shared<DeferredSource>(
        [source, shape = dataset.shape(), order = std::move(order), element_bytes] {
            return read_in_order(*source, shape, order, element_bytes);
        },
        num_channels * element_bytes);
    return array;
}

Signal make_signal(hdf5::Dataset const& dataset, std::vector<Axis> const& axes, std::vector<bool> const& navigates)
{
    std::vector<Axis> navigation_axes;
    std::vector<Axis> signal_axes;
    for (std::size_t i = 0; i < axes.size(); ++i) {
        if (axes[i].size != dataset.shape()[i])
            dataset.fail("axis " + std::to_string(i) + " has " + std::to_string(axes[i].size) +
                         " values (the data have " + std::to_string(dataset.shape()[i]) +
                         " there) the file is damaged, export it again");
        (navigates[i] ? navigation_axes : signal_axes).push_back(axes[i]);
    }
    if (signal_axes.empty())
        dataset.fail("has no signal axis (all " + std::to_string(axes.size()) +
                     " axes navigate) choose one, e.g. in HyperSpy: s.as_signal1D(-1), then save again");
    if (signal_axes.size() > 2)
        dataset.fail("has " + std::to_string(signal_axes.size()) +
                     " signal axes (a model needs 1 or 2) make the others navigation axes, e.g. in HyperSpy: "
                     "s.transpose(signal_axes=1), then save again");
    try {
        Signal signal(std::move(navigation_axes), std::move(signal_axes), read_pixels(dataset, navigates));
        signal.origin = dataset.file() + "#" + dataset.path();
        return signal;
    } catch (InvalidArgument const& error) {
        dataset.fail(error.what());
    }
}

void set_values(Axis& axis, std::vector<double> values, double tolerance)
{
    axis.size = values.size();
    axis.values.clear();
    if (values.size() >= 2) {
        double const step = (values.back() - values.front()) / static_cast<double>(values.size() - 1);
        double const limit = std::max(tolerance, 1e-6 * std::abs(step));
        bool is_uniform = step != 0.0 && std::isfinite(step) && limit < 0.1 * std::abs(step);
        for (std::size_t i = 0; is_uniform && i < values.size(); ++i)
            is_uniform = std::abs(values[i] - (values.front() + static_cast<double>(i) * step)) <= limit;
        if (is_uniform) {
            axis.offset = values.front();
            axis.scale = step;
            return;
        }
    }
    axis.values = std::move(values);
}

}  // namespace warpfit::io
