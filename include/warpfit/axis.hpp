#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace warpfit {

/// One axis of a signal: uniform (offset + i scale) or given value by value.
struct Axis
{
    std::string name{};   ///< empty: undefined
    std::string units{};  ///< "eV"; empty: undefined
    std::size_t size = 0;
    double offset = 0.0;           ///< uniform: value of index 0 [units]
    double scale = 1.0;            ///< uniform: step, may be negative [units]
    std::vector<double> values{};  ///< non-uniform: [size], may be unsorted or repeat; empty: uniform
    bool is_binned = false;        ///< a channel holds the integral over its width

    bool is_uniform() const noexcept { return values.empty(); }

    /// Axis value of index i [units].
    double value(std::size_t i) const { return values.empty() ? offset + static_cast<double>(i) * scale : values[i]; }

    /// Width of channel i: |scale|, or central differences (one-sided at the ends) where non-uniform [units].
    double width(std::size_t i) const;

    /// Index nearest to v, clamped to the ends; the first one of equals.
    std::size_t nearest_index(double v) const;

    /// Throws InvalidArgument unless size > 0, offset and scale are finite, scale != 0, and values (if any) are [size]
    /// and finite. They need not be monotonic: text data hold repeated and unsorted positions.
    void validate() const;
};

}  // namespace warpfit
