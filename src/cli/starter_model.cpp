#include "src/cli/starter_model.hpp"

#include "src/cli/peaks.hpp"
#include "src/cli/starter_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <span>

namespace warpfit::cli {

namespace {

constexpr double fwhm_per_sigma = 2.3548200450309493;  // 2 sqrt(2 log(2))

std::string axis_line(Axis const& axis, char const* kind)
{
    std::string const units = axis.units.empty() ? "" : " " + axis.units;
    return toml_comment(fmt::format("#   {} axis {}: {} {}, {:.6g} to {:.6g}{}{}", kind,
                                    axis.name.empty() ? "-" : axis.name, axis.size, axis.size == 1 ? "point" : "points",
                                    axis.value(0), axis.value(axis.size - 1), units,
                                    axis.is_uniform() ? "" : ", not uniform")) +
           "\n";
}

std::string head(Signal const& signal, std::string const& data_path)
{
    std::string text = toml_comment("# Starter model for " + data_path) + "\n";
    if (!signal.signal_type.empty()) text += toml_comment("#   signal type " + signal.signal_type) + "\n";
    for (Axis const& axis : signal.navigation_axes()) text += axis_line(axis, "navigation");
    for (Axis const& axis : signal.signal_axes()) text += axis_line(axis, "signal");
    text += "#\n# Start values are estimates from the mean spectrum. `warpfit components` lists every component type;\n"
            "# `warpfit plot MODEL DATA --png DIR --pixel i,j` draws this start over the data.\n"
            "schema = 1\n\n";
    return text;
}

/// first: where the fitted channels of a spectrum begin, at one end of the axis or within it.
std::string data_section(Signal const& signal, double first)
{
    std::string text = "[data]\n";
    if (signal.signal_axes().size() == 1) {
        Axis const& axis = signal.signal_axes().front();
        double const last = axis.value(axis.size - 1);
        text += fmt::format("range = [[{}, {}]]  # kept channels{}, ends included; `exclude` likewise\n",
                            toml_number(first), toml_number(first == last ? axis.value(0) : last),
                            axis.units.empty() ? "" : toml_comment(" [" + axis.units + "]"));
    }
    if (signal.variance().kind == Variance::Kind::none)
        text += "variance = \"none\"  # counts? then \"poisson\" weights them\n";
    else
        text += "variance = \"file\"  # the data bring their own\n";
    text += fmt::format("binned = {}  # whether a channel holds the integral over its width\n\n",
                        signal.is_binned() ? "true" : "false");
    return text + "[fit]\noptimizer = \"lm\"\nstart = \"auto\"  # seeded from neighbours; \"model\": these values "
                  "everywhere\n";
}

double interpolate_level(std::span<double const> values)
{
    std::vector<double> sorted(values.begin(), values.end());
    auto const low = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 10);
    std::nth_element(sorted.begin(), low, sorted.end());
    return *low;
}

/// Least squares of log(y) on log(x) over the first third of the positive channels: y = A x^-r.
std::string power_law(std::span<double const> x, std::span<double const> y)
{
    double sum_x = 0.0;
    double sum_y = 0.0;
    double sum_xx = 0.0;
    double sum_xy = 0.0;
    double count = 0.0;
    for (std::size_t i = 0; i < std::max<std::size_t>(x.size() / 3, 3) && i < x.size(); ++i) {
        if (!(x[i] > 0.0) || !(y[i] > 0.0)) continue;
        double const u = std::log(x[i]);
        double const v = std::log(y[i]);
        sum_x += u;
        sum_y += v;
        sum_xx += u * u;
        sum_xy += u * v;
        count += 1.0;
    }
    std::string text = toml_component("PowerLaw", "background", "A (x - origin)^-r");
    double const spread = count * sum_xx - sum_x * sum_x;
    if (count < 3.0 || !(spread > 0.0)) return text;
    double const r = std::clamp(-(count * sum_xy - sum_x * sum_y) / spread, 1.0, 5.0);
    double const log_a = (sum_y + r * sum_x) / count;
    return text + toml_start("A", std::exp(log_a)) + toml_start("r", r, ", min = 1.0, max = 5.0");
}

std::string polynomial(double level)
{
    return toml_component("Polynomial", "background", "a0 + a1 x + a2 x^2") + "order = 2\n" + toml_start("a0", level) +
           toml_start("a1", 0.0) + toml_start("a2", 0.0);
}

std::string peak_component(Peak const& peak, std::size_t index, double channel_width, bool allow_lorentzian)
{
    double const height = peak.prominence;
    std::string const name = fmt::format("peak_{}", index + 1);
    // Room to move: half its width to either side, at least two channels.
    double const reach = std::max(peak.fwhm, 4.0 * channel_width);
    std::string const place =
        fmt::format(", min = {}, max = {}", toml_number(peak.centre - reach), toml_number(peak.centre + reach));
    if (allow_lorentzian && peak.is_lorentzian()) {
        double const gamma = std::max(0.5 * peak.fwhm, 0.5 * channel_width);
        return toml_component("Lorentzian", name, "A is the area, gamma half the width at half height") +
               toml_start("A", height * std::numbers::pi * gamma, ", min = 0.0") +
               toml_start("centre", peak.centre, place) +
               toml_start("gamma", gamma, fmt::format(", min = {}", toml_number(0.1 * gamma)));
    }
    double const sigma = std::max(peak.fwhm / fwhm_per_sigma, 0.5 * channel_width);
    return toml_component("Gaussian", name, "A is the area") +
           toml_start("A", height * sigma * std::sqrt(2.0 * std::numbers::pi), ", min = 0.0") +
           toml_start("centre", peak.centre, place) +
           toml_start("sigma", sigma, fmt::format(", min = {}", toml_number(0.1 * sigma)));
}

std::string spectrum_components(Signal const& signal, std::vector<double> const& mean)
{
    Axis const& axis = signal.signal_axes().front();
    std::vector<double> x(axis.size);
    for (std::size_t i = 0; i < axis.size; ++i) x[i] = axis.value(i);
    double const width = axis.size > 1 ? std::abs(x.back() - x.front()) / static_cast<double>(axis.size - 1) : 1.0;
    std::vector<double> y = mean;
    // A model is multiplied by the width of the channels when the data are binned.
    if (signal.is_binned())
        for (double& v : y) v /= width;
    bool const is_eels = signal.signal_type.starts_with("EELS");
    bool const is_eds = signal.signal_type.starts_with("EDS");
    double const level = interpolate_level(y);
    std::string text;
    if (is_eels && std::min(x.front(), x.back()) > 50.0)
        text += power_law(x, y);
    else if (is_eds)
        text += polynomial(level);
    else
        text += toml_component("Offset", "background", "a constant") + toml_start("offset", level);
    std::vector<Peak> const peaks = find_peaks(x, y, 4);
    for (std::size_t i = 0; i < peaks.size(); ++i) text += peak_component(peaks[i], i, width, !is_eds);
    if (peaks.empty()) text += "\n# No peak stands out of the mean spectrum: add components as needed.\n";
    return text;
}

/// Centroid and spread of what lies above the level of the background.
std::string image_components(Signal const& signal, std::vector<double> const& mean)
{
    Axis const& rows = signal.signal_axes()[0];
    Axis const& columns = signal.signal_axes()[1];
    double const level = interpolate_level(mean);
    double const top = *std::max_element(mean.begin(), mean.end());
    double sum = 0.0;
    double mean_x = 0.0;
    double mean_y = 0.0;
    double var_x = 0.0;
    double var_y = 0.0;
    for (int pass = 0; pass < 2; ++pass) {
        double weight_sum = 0.0;
        double first_x = 0.0;
        double first_y = 0.0;
        for (std::size_t i = 0; i < mean.size(); ++i) {
            double const weight = std::max(0.0, mean[i] - level - 0.1 * (top - level));
            double const x = columns.value(i % columns.size);
            double const y = rows.value(i / columns.size);
            weight_sum += weight;
            first_x += weight * (pass == 0 ? x : (x - mean_x) * (x - mean_x));
            first_y += weight * (pass == 0 ? y : (y - mean_y) * (y - mean_y));
        }
        if (!(weight_sum > 0.0)) weight_sum = 1.0;
        (pass == 0 ? mean_x : var_x) = first_x / weight_sum;
        (pass == 0 ? mean_y : var_y) = first_y / weight_sum;
        sum = weight_sum;
    }
    double const step_x = std::abs(columns.size > 1 ? columns.value(1) - columns.value(0) : 1.0);
    double const step_y = std::abs(rows.size > 1 ? rows.value(1) - rows.value(0) : 1.0);
    double const sigma_x = std::max(std::sqrt(var_x), 0.5 * step_x);
    double const sigma_y = std::max(std::sqrt(var_y), 0.5 * step_y);
    double const cell = signal.is_binned() ? step_x * step_y : 1.0;
    double const volume = sum > 0.0 ? 2.0 * std::numbers::pi * sigma_x * sigma_y * (top - level) / cell : 1.0;
    std::string text = toml_component("Expression", "background", "a plane; set free = true where it is tilted");
    text += "expression = \"offset + tilt_x*x + tilt_y*y\"\n[component.parameters]\n" +
            toml_start("offset", level / cell) + toml_start("tilt_x", 0.0, ", free = false") +
            toml_start("tilt_y", 0.0, ", free = false");
    text += toml_component("Gaussian2D", "peak", "A is the volume") + toml_start("A", volume) +
            toml_start("centre_x", mean_x) + toml_start("centre_y", mean_y) +
            toml_start("sigma_x", sigma_x, fmt::format(", min = {}", toml_number(0.1 * sigma_x))) +
            toml_start("sigma_y", sigma_y, fmt::format(", min = {}", toml_number(0.1 * sigma_y)));
    return text;
}

}  // namespace

std::vector<double> mean_spectrum(Signal const& signal, std::size_t max_pixels)
{
    std::vector<double> sum(signal.num_channels(), 0.0);
    std::vector<double> count(signal.num_channels(), 0.0);
    std::size_t const used = std::min(signal.num_pixels(), max_pixels);
    for (std::size_t k = 0; k < used; ++k) {
        std::vector<double> const values = signal.pixel(k * signal.num_pixels() / used);
        for (std::size_t i = 0; i < values.size(); ++i) {
            if (!std::isfinite(values[i])) continue;
            sum[i] += values[i];
            count[i] += 1.0;
        }
    }
    for (std::size_t i = 0; i < sum.size(); ++i)
        if (count[i] > 0.0) sum[i] /= count[i];
    return sum;
}

std::string starter_model(Signal const& signal, std::vector<double> const& mean, std::string const& data_path)
{
    bool const is_image = signal.signal_axes().size() == 2;
    return starter_model_of(signal, data_path,
                            is_image ? image_components(signal, mean) : spectrum_components(signal, mean),
                            signal.signal_axes().front().value(0));
}

std::string starter_model_of(Signal const& signal, std::string const& data_path, std::string const& components,
                             double first)
{
    return head(signal, data_path) + data_section(signal, first) + components;
}

}  // namespace warpfit::cli
