#include "src/cli/plot/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace warpfit::cli::plot {

namespace {

constexpr char const* minus_sign = "\u2212";

std::string power_of_ten(int exponent)
{
    static constexpr char const* digits[] = {"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                             "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
    std::string text = "10";
    if (exponent < 0) text += "\u207b";
    for (char const digit : std::to_string(std::abs(exponent))) text += digits[digit - '0'];
    return text;
}

std::string with_minus_sign(std::string text)
{
    if (text.starts_with('-')) text.replace(0, 1, minus_sign);
    return text;
}

/// Decimals that tell multiples of `step` apart.
int decimals_of(double step)
{
    return std::max(0, static_cast<int>(std::ceil(-std::log10(step) - 1e-9)));
}

}  // namespace

void make_range(double& low, double& high)
{
    if (!std::isfinite(low) || !std::isfinite(high)) {
        low = 0.0;
        high = 1.0;
    }
    if (low > high) std::swap(low, high);
    if (high - low > 1e-12 * std::max(std::abs(low), std::abs(high))) return;
    double const margin = low == 0.0 ? 1.0 : 0.05 * std::abs(low);
    low -= margin;
    high += margin;
}

Ticks nice_ticks(double low, double high, int max_count)
{
    make_range(low, high);
    double power = std::floor(std::log10((high - low) / std::max(max_count, 2)));
    double const lead = (high - low) / std::max(max_count, 2) / std::pow(10.0, power);
    std::size_t multiple = lead <= 1.0 ? 0 : lead <= 2.0 ? 1 : 2;
    if (lead > 5.0) {
        multiple = 0;
        power += 1.0;
    }
    static constexpr double multiples[] = {1.0, 2.0, 5.0};
    Ticks ticks;
    double step = 1.0;
    for (;;) {
        step = multiples[multiple] * std::pow(10.0, power);
        ticks.values.clear();
        double const slack = 1e-9 * step;
        for (double index = std::ceil((low - slack) / step); index * step <= high + slack; index += 1.0)
            ticks.values.push_back(index == 0.0 ? 0.0 : index * step);
        if (ticks.values.size() >= 3) break;
        // Fewer than three leave the scale unread: one step finer.
        if (multiple == 0) power -= 1.0;
        multiple = (multiple + 2) % 3;
    }

    double const largest = std::max(std::abs(low), std::abs(high));
    if (step < 1e-5 * largest) ticks.offset = ticks.values.empty() ? low : ticks.values.front();
    double const span = ticks.offset != 0.0 ? high - low : largest;
    if (span >= 1e4 || span < 1e-2) ticks.exponent = 3 * static_cast<int>(std::floor(std::log10(span) / 3.0 + 1e-12));
    double const scale = std::pow(10.0, ticks.exponent);
    int const decimals = decimals_of(step / scale);
    for (double const value : ticks.values) {
        double shown = (value - ticks.offset) / scale;
        if (std::abs(shown) < 1e-9 * step / scale) shown = 0.0;
        ticks.labels.push_back(with_minus_sign(fmt::format("{:.{}f}", shown, decimals)));
    }
    return ticks;
}

std::string common_factor_text(Ticks const& ticks)
{
    std::string text;
    if (ticks.exponent != 0) text = "\u00d7" + power_of_ten(ticks.exponent);
    if (ticks.offset != 0.0)
        text += (text.empty() ? "" : " ") + std::string(ticks.offset < 0.0 ? minus_sign : "+") +
                short_number(std::abs(ticks.offset), 8);
    return text;
}

std::string short_number(double v, int digits)
{
    if (!std::isfinite(v)) return std::isnan(v) ? "NaN" : v < 0.0 ? "\u2212\u221e" : "\u221e";
    std::string const text = fmt::format("{:.{}g}", v, digits);
    std::size_t const e = text.find('e');
    if (e == std::string::npos) return with_minus_sign(text);
    return with_minus_sign(text.substr(0, e)) + "\u00d7" + power_of_ten(std::atoi(text.c_str() + e + 1));
}

}  // namespace warpfit::cli::plot
