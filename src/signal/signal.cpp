#include "warpfit/signal.hpp"

#include "src/signal/convert.hpp"
#include "src/signal/sources.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>
#include <numeric>

namespace warpfit {
namespace {

std::size_t checked_product(std::vector<Axis> const& axes, std::size_t start = 1)
{
    std::size_t product = start;
    for (Axis const& axis : axes) {
        if (product > std::numeric_limits<std::size_t>::max() / 16 / axis.size)
            throw InvalidArgument("the axes span more values than memory can address (more than 2^60) check their "
                                  "sizes");
        product *= axis.size;
    }
    return product;
}

template<class Value>
std::vector<std::byte> bytes_of(std::span<Value const> values)
{
    auto const bytes = std::as_bytes(values);
    return {bytes.begin(), bytes.end()};
}

Axis slice(Axis const& axis, signal::Range range)
{
    Axis cut = axis;
    cut.size = range.second - range.first;
    if (axis.is_uniform()) {
        cut.offset = axis.value(range.first);
    } else {
        auto const begin = axis.values.begin();
        cut.values.assign(begin + static_cast<std::ptrdiff_t>(range.first),
                          begin + static_cast<std::ptrdiff_t>(range.second));
    }
    return cut;
}

void check_range(signal::Range range, std::size_t size, char const* what)
{
    if (range.first < range.second && range.second <= size) return;
    throw InvalidArgument(std::string(what) + " slice " + std::to_string(range.first) + ":" +
                          std::to_string(range.second) + " is empty or outside (size " + std::to_string(size) +
                          ") give first < last <= size");
}

std::string short_text(double v)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", v);
    return text;
}

/// "[40, 32]"
std::string shape_text(std::vector<std::size_t> const& shape)
{
    std::string text = "[";
    for (std::size_t const size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
    return text + "]";
}

/// What set_low_loss() throws.
void check_low_loss(Signal const& signal, Signal const& low_loss)
{
    auto const check_axes = [](Signal const& of, std::string const& what) {
        if (of.signal_axes().size() != 1)
            throw InvalidArgument(what + " has " + std::to_string(of.signal_axes().size()) +
                                  " signal axes (a convolution needs one) give spectra");
        if (!of.signal_axes().front().is_uniform())
            throw InvalidArgument("the signal axis of " + what +
                                  " is not uniform (a convolution needs channels of one width) interpolate it first");
    };
    check_axes(signal, "the signal");
    check_axes(low_loss, "the low loss");
    if (low_loss.data().source == nullptr) throw InvalidArgument("the low loss has no values (no source) load it");
    std::vector<std::size_t> const shape = signal.navigation_shape();
    std::vector<std::size_t> const own = low_loss.navigation_shape();
    if (!own.empty() && own != shape)
        throw InvalidArgument("the low loss has navigation shape " + shape_text(own) + " (the signal has " +
                              shape_text(shape) + ") give one spectrum for each pixel, or a single one");
    Axis const& core = signal.signal_axes().front();
    Axis const& axis = low_loss.signal_axes().front();
    if (axis.scale * core.scale < 0.0)
        throw InvalidArgument("the axis of the low loss runs the other way (from " + short_text(axis.value(0)) +
                              " to " + short_text(axis.value(axis.size - 1)) + " " + axis.units +
                              ", the signal's from " + short_text(core.value(0)) + " to " +
                              short_text(core.value(core.size - 1)) + ") reverse one of them, values and axis");
    if (!(std::fabs(axis.scale - core.scale) <= 1e-3 * std::fabs(core.scale)))
        throw InvalidArgument("the low loss has channels of " + short_text(axis.scale) + " " + axis.units +
                              " (the signal's are of " + short_text(core.scale) + ") rebin or interpolate one of them");
    double const zero = std::round(-axis.offset / axis.scale);
    if (!(zero >= 0.0 && zero < static_cast<double>(axis.size)))
        throw InvalidArgument("the axis of the low loss does not hold 0 (it runs from " + short_text(axis.value(0)) +
                              " to " + short_text(axis.value(axis.size - 1)) + " " + axis.units +
                              ") include the zero-loss peak, and set the axis' offset so that it lies at 0");
}

}  // namespace

std::size_t size_of(DataType type) noexcept
{
    switch (type) {
    case DataType::u8:
    case DataType::i8:
        return 1;
    case DataType::u16:
    case DataType::i16:
    case DataType::f16:
        return 2;
    case DataType::u32:
    case DataType::i32:
    case DataType::f32:
        return 4;
    case DataType::u64:
    case DataType::i64:
    case DataType::f64:
        break;
    }
    return 8;
}

char const* name_of(DataType type) noexcept
{
    switch (type) {
    case DataType::u8:
        return "uint8";
    case DataType::i8:
        return "int8";
    case DataType::u16:
        return "uint16";
    case DataType::i16:
        return "int16";
    case DataType::u32:
        return "uint32";
    case DataType::i32:
        return "int32";
    case DataType::u64:
        return "uint64";
    case DataType::i64:
        return "int64";
    case DataType::f16:
        return "float16";
    case DataType::f32:
        return "float32";
    case DataType::f64:
        break;
    }
    return "float64";
}

Signal::Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, std::span<double const> values)
    : Signal(std::move(navigation_axes), std::move(signal_axes), DataType::f64, bytes_of(values))
{}

Signal::Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, std::span<float const> values)
    : Signal(std::move(navigation_axes), std::move(signal_axes), DataType::f32, bytes_of(values))
{}

Signal::Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, DataType type,
               std::vector<std::byte> bytes, bool byte_swapped)
    : Signal(std::move(navigation_axes), std::move(signal_axes), RawArray{nullptr, type, byte_swapped})
{
    std::size_t const expected = num_pixels_ * num_channels_;
    if (bytes.size() != expected * size_of(type))
        throw InvalidArgument("signal has " + std::to_string(bytes.size() / size_of(type)) + " values (its axes span " +
                              std::to_string(num_pixels_) + " pixels x " + std::to_string(num_channels_) +
                              " channels = " + std::to_string(expected) + ") make them agree");
    data_.source = std::make_shared<signal::MemorySource>(std::move(bytes), num_channels_ * size_of(type));
}

Signal::Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, RawArray data)
    : navigation_axes_(std::move(navigation_axes))
    , signal_axes_(std::move(signal_axes))
    , data_(std::move(data))
{
    if (signal_axes_.empty() || signal_axes_.size() > 2)
        throw InvalidArgument("signal has " + std::to_string(signal_axes_.size()) +
                              " signal axes (a model needs 1 or 2) make the others navigation axes");
    for (Axis const& axis : navigation_axes_) axis.validate();
    for (Axis const& axis : signal_axes_) axis.validate();
    num_channels_ = checked_product(signal_axes_);
    num_pixels_ = checked_product(navigation_axes_, num_channels_) / num_channels_;
}

std::vector<std::size_t> Signal::navigation_shape() const
{
    std::vector<std::size_t> shape;
    for (Axis const& axis : navigation_axes_) shape.push_back(axis.size);
    return shape;
}

bool Signal::is_binned() const noexcept
{
    for (Axis const& axis : signal_axes_)
        if (axis.is_binned) return true;
    return false;
}

void Signal::set_binned(bool binned)
{
    for (Axis& axis : signal_axes_) axis.is_binned = binned;
}

void Signal::set_variance(Variance variance)
{
    auto const is_positive = [](double v) { return std::isfinite(v) && v > 0.0; };
    switch (variance.kind) {
    case Variance::Kind::none:
        break;
    case Variance::Kind::number:
        if (!is_positive(variance.number))
            throw InvalidArgument("variance is " + std::to_string(variance.number) +
                                  " (it must be positive and finite) give a positive number");
        break;
    case Variance::Kind::poisson:
        if (!is_positive(variance.number) || !is_positive(variance.number + variance.offset))
            throw InvalidArgument("Poisson variance is not positive (gain " + std::to_string(variance.number) +
                                  ", offset " + std::to_string(variance.offset) +
                                  ") give a positive gain and gain + offset > 0");
        break;
    case Variance::Kind::channel:
        if (variance.channel.size() != num_channels_)
            throw InvalidArgument("variance has " + std::to_string(variance.channel.size()) + " channels (signal has " +
                                  std::to_string(num_channels_) + ") make them agree");
        break;
    case Variance::Kind::stored:
        if (variance.stored.source == nullptr)
            throw InvalidArgument("stored variance has no values (no source) give one shaped like the data");
        break;
    }
    variance_ = std::move(variance);
}

void Signal::set_low_loss(Signal low_loss)
{
    check_low_loss(*this, low_loss);
    low_loss_ = std::make_shared<Signal const>(std::move(low_loss));
}

std::vector<double> Signal::pixel(std::size_t i) const
{
    if (i >= num_pixels_)
        throw InvalidArgument("no pixel " + std::to_string(i) + " (signal has " + std::to_string(num_pixels_) +
                              ") give an index below that");
    if (data_.source == nullptr)
        throw InvalidArgument("signal has no values (it was made without a source) load or give them first");
    std::vector<std::byte> bytes(num_channels_ * size_of(data_.type));
    data_.source->read(i, 1, bytes.data());
    std::vector<double> values(num_channels_);
    signal::convert(data_.type, data_.byte_swapped, bytes.data(), num_channels_, values.data());
    return values;
}

std::vector<double> Signal::pixel_variance(std::size_t i) const
{
    switch (variance_.kind) {
    case Variance::Kind::none:
        break;
    case Variance::Kind::number:
        return std::vector<double>(num_channels_, variance_.number);
    case Variance::Kind::channel:
        return variance_.channel;
    case Variance::Kind::stored: {
        Signal stored(navigation_axes_, signal_axes_, variance_.stored);
        return stored.pixel(i);
    }
    case Variance::Kind::poisson: {
        std::vector<double> values = pixel(i);
        for (double& v : values) v = variance_.number * std::fmax(v, 1.0) + variance_.offset;
        return values;
    }
    }
    return {};
}

Signal Signal::inav(std::vector<std::pair<std::size_t, std::size_t>> const& ranges) const
{
    if (ranges.size() != navigation_axes_.size())
        throw InvalidArgument("inav has " + std::to_string(ranges.size()) + " ranges (signal has " +
                              std::to_string(navigation_axes_.size()) + " navigation axes) give one for each");
    Signal cut = *this;
    cut.num_pixels_ = 1;
    for (std::size_t axis = 0; axis < ranges.size(); ++axis) {
        check_range(ranges[axis], navigation_axes_[axis].size, "inav");
        cut.navigation_axes_[axis] = slice(navigation_axes_[axis], ranges[axis]);
        cut.num_pixels_ *= cut.navigation_axes_[axis].size;
    }
    auto const cut_array = [&](RawArray& array) {
        if (array.source == nullptr) return;
        array.source = std::make_shared<signal::SlicedSource>(array.source, navigation_shape(), ranges, num_channels_,
                                                              signal::Range{0, num_channels_}, size_of(array.type));
    };
    cut_array(cut.data_);
    cut_array(cut.variance_.stored);
    if (low_loss_ && !low_loss_->navigation_axes_.empty())
        cut.low_loss_ = std::make_shared<Signal const>(low_loss_->inav(ranges));
    return cut;
}

Signal Signal::isig(std::size_t first, std::size_t last) const
{
    if (signal_axes_.size() != 1)
        throw InvalidArgument("isig takes one range (signal has " + std::to_string(signal_axes_.size()) +
                              " signal axes) set the range in the model instead");
    check_range({first, last}, num_channels_, "isig");
    Signal cut = *this;
    cut.signal_axes_[0] = slice(signal_axes_[0], {first, last});
    cut.num_channels_ = last - first;
    auto const cut_array = [&](RawArray& array) {
        if (array.source == nullptr) return;
        std::vector<std::size_t> const shape{num_pixels_};
        array.source =
            std::make_shared<signal::SlicedSource>(array.source, shape, std::vector{signal::Range{0, num_pixels_}},
                                                   num_channels_, signal::Range{first, last}, size_of(array.type));
    };
    cut_array(cut.data_);
    cut_array(cut.variance_.stored);
    if (variance_.kind == Variance::Kind::channel) {
        auto const begin = variance_.channel.begin();
        cut.variance_.channel.assign(begin + static_cast<std::ptrdiff_t>(first),
                                     begin + static_cast<std::ptrdiff_t>(last));
    }
    return cut;
}

}  // namespace warpfit
