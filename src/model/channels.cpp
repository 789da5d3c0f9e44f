#include "src/model/fit_plan.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

namespace {

/// Axis values as they lie; a non-uniform axis may be unsorted, so ranges are compared by value.
class Channels
{
  public:
    explicit Channels(Axis const& axis)
        : axis_(axis)
        , low_(axis.value(0))
        , high_(low_)
    {
        for (std::size_t i = 1; i < axis.size; ++i) {
            low_ = std::min(low_, axis.value(i));
            high_ = std::max(high_, axis.value(i));
        }
        margin_ = 0.5 * (axis.size > 1 ? (high_ - low_) / static_cast<double>(axis.size - 1) : axis.width(0));
    }

    double low() const { return low_; }
    double high() const { return high_; }

    /// Marks the channels of a range, its ends moved to the nearest channels; false where it lies beside the axis.
    bool mark(std::pair<double, double> range, unsigned char mark, std::vector<unsigned char>& used) const
    {
        if (std::isnan(range.first) || std::isnan(range.second))
            throw InvalidArgument("range " + text_of(range) + " is not a range (an end is nan): give numbers");
        double const first = std::min(range.first, range.second);
        double const last = std::max(range.first, range.second);
        if (last < low_ - margin_ || first > high_ + margin_) return false;
        double const from = nearest(first);
        double const to = nearest(last);
        for (std::size_t i = 0; i < axis_.size; ++i)
            if (axis_.value(i) >= from && axis_.value(i) <= to) used[i] = mark;
        return true;
    }

    static std::string text_of(std::pair<double, double> range)
    {
        return "[" + number_text(range.first) + ", " + number_text(range.second) + "]";
    }

  private:
    double nearest(double v) const { return axis_.value(axis_.nearest_index(std::clamp(v, low_, high_))); }

    Axis const& axis_;
    double low_;
    double high_;
    double margin_ = 0.0;  ///< half the mean distance of channels: a range that ends there still touches the axis
};

void mark_ranges(Axis const& axis, DataOptions const& data, std::vector<unsigned char>& used)
{
    Channels const channels(axis);
    if (!data.range.empty()) std::fill(used.begin(), used.end(), static_cast<unsigned char>(0));
    for (auto const& range : data.range)
        if (!channels.mark(range, 1, used))
            throw InvalidArgument("range " + Channels::text_of(range) +
                                  " holds no channel (the signal axis runs from " + number_text(channels.low()) +
                                  " to " + number_text(channels.high()) + (axis.units.empty() ? "" : " " + axis.units) +
                                  "): give a range on the axis");
    for (auto const& range : data.exclude) channels.mark(range, 0, used);
}

}  // namespace

std::vector<std::size_t> used_channels(Signal const& signal, DataOptions const& data)
{
    std::vector<unsigned char> used(signal.num_channels(), 1);
    if (!data.range.empty() || !data.exclude.empty()) {
        if (signal.signal_axes().size() != 1)
            throw InvalidArgument("range and exclude need one signal axis (the signal has " +
                                  std::to_string(signal.signal_axes().size()) + "): give a channel_mask");
        mark_ranges(signal.signal_axes().front(), data, used);
    }
    if (!data.channel_mask.empty()) {
        if (data.channel_mask.size() != used.size())
            throw InvalidArgument("channel_mask has " + std::to_string(data.channel_mask.size()) +
                                  " channels (signal has " + std::to_string(used.size()) + ")");
        for (std::size_t i = 0; i < used.size(); ++i)
            if (data.channel_mask[i] == 0) used[i] = 0;
    }
    std::vector<std::size_t> channels;
    for (std::size_t i = 0; i < used.size(); ++i)
        if (used[i] != 0) channels.push_back(i);
    if (channels.empty())
        throw InvalidArgument("no channel is left to fit (range, exclude and channel_mask drop all " +
                              std::to_string(used.size()) + "): widen the range");
    return channels;
}

}  // namespace warpfit
