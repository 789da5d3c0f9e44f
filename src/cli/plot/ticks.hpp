#pragma once

#include <string>
#include <vector>

namespace warpfit::cli::plot {

/// Round numbers along an axis and how to write them.
struct Ticks
{
    std::vector<double> values;       ///< within the range, ascending
    std::vector<std::string> labels;  ///< (value - offset) / 10^exponent
    int exponent = 0;                 ///< written once per axis: 10^exponent
    double offset = 0.0;              ///< subtracted from every label where the range is tiny beside its values
};

/// At most about max_count ticks in steps of 1, 2 or 5 times a power of ten. low < high, both finite.
Ticks nice_ticks(double low, double high, int max_count);

/// What stands once at the axis: "x10^5" in superscripts, "+532"; empty where nothing is taken out.
std::string common_factor_text(Ticks const& ticks);

/// "1.2x10^-5" in superscripts or "0.012", four digits.
std::string short_number(double v, int digits = 4);

/// Widens an empty or unordered range; infinite and NaN ends become 0 and 1.
void make_range(double& low, double& high);

}  // namespace warpfit::cli::plot
