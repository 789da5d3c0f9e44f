#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace warpfit {

/// How a one-dimensional peak's parameters follow from what a spectrum shows of it: where its top is, how wide it is at
/// half of its height, and the height. Widths first, then strength and position, which depend on them.
struct PeakShape
{
    std::string_view type;
    int strength;
    int centre;
    std::vector<int> widths;  ///< slots that set_widths() writes
    /// fwhm [axis unit] → width parameters; p [num_slots], slot-ordered.
    void (*set_widths)(double fwhm, double* p);
    double (*strength_of)(double height, double const* p);
    /// Parameter that places the peak, of the position of its top; null: that position.
    double (*centre_of)(double top, double const* p);
};

/// Null where a type is no peak.
PeakShape const* find_peak_shape(std::string_view type);

}  // namespace warpfit
