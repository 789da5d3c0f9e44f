#include "warpfit/parameter.hpp"

#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {

namespace {

void check_bounds(std::string const& name, Bounds bounds)
{
    // Written so that a NaN fails too; [inf, inf] and [-inf, -inf] hold no number.
    bool const holds_a_number = bounds.bmin <= bounds.bmax && bounds.bmin < unbounded && bounds.bmax > -unbounded;
    if (!holds_a_number)
        throw InvalidArgument("bounds of parameter " + quote(name) + " are empty (bmin " + number_text(bounds.bmin) +
                              ", bmax " + number_text(bounds.bmax) + "): bmin must not exceed bmax");
}

void check_value(std::string const& name, double v, Bounds bounds)
{
    if (!std::isfinite(v))
        throw InvalidArgument("value of parameter " + quote(name) + " is " + number_text(v) + " (not finite)");
    if (v < bounds.bmin || v > bounds.bmax)
        throw InvalidArgument("value " + number_text(v) + " of parameter " + quote(name) + " is out of bounds (bmin " +
                              number_text(bounds.bmin) + ", bmax " + number_text(bounds.bmax) +
                              "): widen the bounds first");
}

}  // namespace

Parameter::Parameter(std::string name, std::string units, double value, Bounds bounds, bool free)
    : name_(std::move(name))
    , units_(std::move(units))
    , value_(value)
    , bounds_(bounds)
    , free_(free)
{
    check_bounds(name_, bounds_);
    check_value(name_, value_, bounds_);
}

void Parameter::set_value(double v)
{
    check_value(name_, v, bounds_);
    value_ = v;
    value_set_ = true;
}

void Parameter::set_bounds(Bounds bounds)
{
    check_bounds(name_, bounds);
    bounds_ = bounds;
    value_ = std::clamp(value_, bounds.bmin, bounds.bmax);
}

}  // namespace warpfit
