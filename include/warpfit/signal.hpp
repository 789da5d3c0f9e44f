#pragma once

#include "warpfit/axis.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace warpfit {

/// Element type of stored data.
enum class DataType { u8, i8, u16, i16, u32, i32, u64, i64, f16, f32, f64 };

std::size_t size_of(DataType type) noexcept;
char const* name_of(DataType type) noexcept;  ///< "uint16", "float32": NumPy's names

/// Raw values of a signal, pixel by pixel: memory, or a file that is read in pieces.
///
/// Implementations are safe for one reader at a time.
class PixelSource
{
  public:
    virtual ~PixelSource() = default;

    /// Copies pixels [first, first + count), each num_channels elements, into out
    /// [count * num_channels * size_of(type)]. Throws InputError.
    virtual void read(std::size_t first, std::size_t count, std::byte* out) = 0;

    /// All pixels where they already lie in memory, contiguous; otherwise null.
    virtual std::byte const* memory() const noexcept { return nullptr; }

    /// Reading whole multiples of this many pixels, aligned, is cheapest (file chunks).
    virtual std::size_t preferred_count() const noexcept { return 1; }
};

/// Values with a type, shaped like a signal or given once.
struct RawArray
{
    std::shared_ptr<PixelSource> source{};  ///< null: absent
    DataType type = DataType::f64;
    bool byte_swapped = false;  ///< the other byte order than this machine's
};

/// How well each channel is known. HyperSpy's `metadata.Signal.Noise_properties.variance`.
struct Variance
{
    enum class Kind {
        none,     ///< unweighted
        number,   ///< one variance for everything
        channel,  ///< one variance a channel
        stored,   ///< shaped like the data
        poisson   ///< gain max(counts, 1) + offset
    };
    Kind kind = Kind::none;
    double number = 1.0;            ///< number: the variance; poisson: gain
    double offset = 0.0;            ///< poisson
    std::vector<double> channel{};  ///< channel: [num_channels]
    RawArray stored{};              ///< stored: [num_pixels, num_channels]
};

/// A data set: navigation axes (the pixels), signal axes (the channels), values.
///
/// Axes are in array order, slowest first: data[navigation..., signal...], row-major. In 2D the signal
/// axes are (y, x). Cheap to copy: values are shared.
class Signal
{
  public:
    Signal() = default;

    /// Copies values [num_pixels, num_channels] in the order of the axes.
    /// Throws InvalidArgument if sizes disagree, no or more than two signal axes are given.
    Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, std::span<double const> values);
    Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, std::span<float const> values);
    /// Raw values of any type; owns `bytes`.
    Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, DataType type,
           std::vector<std::byte> bytes, bool byte_swapped = false);
    /// Values that are read when needed.
    Signal(std::vector<Axis> navigation_axes, std::vector<Axis> signal_axes, RawArray data);

    std::vector<Axis> const& navigation_axes() const noexcept { return navigation_axes_; }
    std::vector<Axis> const& signal_axes() const noexcept { return signal_axes_; }
    std::vector<std::size_t> navigation_shape() const;                   ///< empty: a single spectrum or image
    std::size_t num_pixels() const noexcept { return num_pixels_; }      ///< 1 without navigation axes
    std::size_t num_channels() const noexcept { return num_channels_; }  ///< product of the signal axes
    DataType type() const noexcept { return data_.type; }
    RawArray const& data() const noexcept { return data_; }
    bool is_binned() const noexcept;
    void set_binned(bool binned);

    Variance const& variance() const noexcept { return variance_; }
    /// Throws InvalidArgument if the size disagrees with the signal's, or a number is not positive. Single channels may
    /// have no positive variance: fits leave those out.
    void set_variance(Variance variance);

    /// The low-loss spectra that components are convolved with (Component::is_convolved); null: none. One a pixel, or a
    /// single one for all pixels.
    std::shared_ptr<Signal const> const& low_loss() const noexcept { return low_loss_; }
    /// HyperSpy's model.low_loss. The values are used as they are: a low loss that is to keep intensities sums to 1.
    /// Throws InvalidArgument unless both have one uniform signal axis of the same step (to a thousandth), the low
    /// loss' axis holds 0, and it has the same navigation shape or no navigation axes.
    void set_low_loss(Signal low_loss);

    /// Pixel i as doubles [num_channels].
    std::vector<double> pixel(std::size_t i) const;
    std::vector<double> pixel_variance(std::size_t i) const;  ///< empty: unweighted

    /// HyperSpy's slices: half-open index ranges, one per navigation axis (array order).
    Signal inav(std::vector<std::pair<std::size_t, std::size_t>> const& ranges) const;
    /// Half-open index range of a 1D signal axis.
    Signal isig(std::size_t first, std::size_t last) const;

    std::string title;        ///< metadata.General.title
    std::string signal_type;  ///< "EELS", "EDS_TEM", …; empty: generic
    std::string origin;       ///< the file and data set the values come from; empty: memory
    std::map<std::string, std::string>
        metadata;  ///< other scalar metadata, "Acquisition_instrument.TEM.beam_energy" → "200.0"

  private:
    std::vector<Axis> navigation_axes_;
    std::vector<Axis> signal_axes_;
    std::size_t num_pixels_ = 0;
    std::size_t num_channels_ = 0;
    RawArray data_;
    Variance variance_;
    std::shared_ptr<Signal const> low_loss_;
};

}  // namespace warpfit
