#pragma once

#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace warpfit {

inline constexpr double unbounded = std::numeric_limits<double>::infinity();

/// Closed interval in the unit of its parameter; infinite ends mean "no bound".
struct Bounds
{
    double bmin = -unbounded;
    double bmax = unbounded;
};

/// One scalar of a component: where a fit starts, how it may move.
///
/// value() lies within bounds() at all times. Copies are independent. Not thread-safe.
class Parameter
{
  public:
    /// Throws InvalidArgument unless bounds.bmin <= value <= bounds.bmax and value is finite.
    Parameter(std::string name, std::string units, double value, Bounds bounds = {}, bool free = true);

    std::string const& name() const noexcept { return name_; }
    std::string const& units() const noexcept { return units_; }
    double value() const noexcept { return value_; }  ///< start value [units()]
    Bounds bounds() const noexcept { return bounds_; }
    double bmin() const noexcept { return bounds_.bmin; }
    double bmax() const noexcept { return bounds_.bmax; }
    bool is_free() const noexcept { return free_; }
    /// A value that somebody gave, not the component's default: it wins over an estimate.
    bool is_value_set() const noexcept { return value_set_; }

    /// Throws InvalidArgument, changing nothing, unless v is finite and within bounds().
    void set_value(double v);
    /// Moves value() to the nearer end if it falls outside. Throws InvalidArgument unless bmin <= bmax.
    void set_bounds(Bounds bounds);
    void set_free(bool free) noexcept { free_ = free; }

    /// A start (or, where not free, the value) for every pixel [num_pixels] in navigation order; empty: the same
    /// everywhere. NaN entries fall back to value().
    std::vector<double> const& map() const noexcept { return map_; }
    void set_map(std::vector<double> values) { map_ = std::move(values); }

  private:
    std::string name_;
    std::string units_;
    double value_;
    Bounds bounds_;
    bool free_;
    bool value_set_ = false;
    std::vector<double> map_;
};

}  // namespace warpfit
