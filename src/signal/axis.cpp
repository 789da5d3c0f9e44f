#include "warpfit/axis.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

double Axis::width(std::size_t i) const
{
    if (values.empty()) return std::abs(scale);
    if (values.size() == 1) return 1.0;
    std::size_t const last = values.size() - 1;
    std::size_t const below = i == 0 ? 0 : i - 1;
    std::size_t const above = std::min(i + 1, last);
    return std::abs(values[above] - values[below]) / static_cast<double>(above - below);
}

std::size_t Axis::nearest_index(double v) const
{
    if (values.empty()) {
        double const index = std::round((v - offset) / scale);
        if (!(index > 0.0)) return 0;
        return index >= static_cast<double>(size) ? size - 1 : static_cast<std::size_t>(index);
    }
    auto const is_nearer = [v](double a, double b) { return std::abs(a - v) < std::abs(b - v); };
    return static_cast<std::size_t>(std::min_element(values.begin(), values.end(), is_nearer) - values.begin());
}

void Axis::validate() const
{
    std::string const label = name.empty() ? "axis" : "axis \"" + name + "\"";
    if (size == 0) throw InvalidArgument(label + " has no elements (size 0) give it a size of at least 1");
    if (values.empty()) {
        if (!std::isfinite(offset) || !std::isfinite(scale))
            throw InvalidArgument(label + " is not finite (offset " + std::to_string(offset) + ", scale " +
                                  std::to_string(scale) + ") give finite numbers");
        if (scale == 0.0)
            throw InvalidArgument(label + " has scale 0 (all channels lie at " + std::to_string(offset) +
                                  ") give a step that is not 0");
        return;
    }
    if (values.size() != size)
        throw InvalidArgument(label + " has " + std::to_string(values.size()) + " values (size " +
                              std::to_string(size) + ") make them agree");
    auto const bad = std::find_if_not(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
    if (bad != values.end())
        throw InvalidArgument(label + " is not finite (value " + std::to_string(bad - values.begin()) + " is " +
                              std::to_string(*bad) + ") give finite values");
}

}  // namespace warpfit
