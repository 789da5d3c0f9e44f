#include "src/cli/summary.hpp"

#include "src/cli/progress.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace warpfit::cli {

namespace {

/// One line per status that somebody should act on; empty: nothing to do.
char const* advice(FitStatus status)
{
    switch (status) {
    case FitStatus::converged:
        return "";
    case FitStatus::converged_at_bound:
        return "a parameter rests on its bound: widen it, or trust the bound";
    case FitStatus::max_iterations:
        return "raise fit.max_iterations, or give better start values";
    case FitStatus::singular:
        return "the data do not tell some parameters apart: fix or twin one, or drop a component";
    case FitStatus::bad_input:
        return "NaN or infinite data, or all variances zero: mask these pixels or repair the data";
    case FitStatus::too_few_channels:
        return "fewer channels than free parameters: widen data.range or fix parameters";
    case FitStatus::bad_start:
        return "the model is not finite at its start values: check them against its domain";
    case FitStatus::masked:
        return "";
    case FitStatus::cancelled:
        return "the run was interrupted: warpfit resume goes on";
    case FitStatus::device_error:
        return "the device failed: run again, or use --device cpu";
    case FitStatus::not_run:
        return "never fitted: the file is from an unfinished run";
    }
    return "";
}

std::vector<double> finite(std::vector<double> const& values)
{
    std::vector<double> kept;
    kept.reserve(values.size());
    std::copy_if(values.begin(), values.end(), std::back_inserter(kept), [](double v) { return std::isfinite(v); });
    return kept;
}

double median(std::vector<double> values)
{
    if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
    auto const middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return 0.5 * (*middle + *std::max_element(values.begin(), middle));
}

std::string number(double v)
{
    return std::isnan(v) ? "-" : fmt::format("{:.6g}", v);
}

std::string error_number(double v)
{
    return std::isnan(v) ? "-" : fmt::format("{:.2g}", v);
}

void append_head(std::string& text, FitResult const& result)
{
    std::string const shape = result.shape.empty() ? "1" : fmt::format("{}", fmt::join(result.shape, " x "));
    text += fmt::format("{} pixels ({}), {} channels\n", result.num_pixels(), shape, result.num_channels);
    text +=
        fmt::format("{} on {} ({}, {}, {} {}{}), loss {}, start {}\n", result.optimizer, result.device,
                    result.instructions, result.precision, result.threads, result.device == "cuda" ? "GPU" : "thread",
                    result.threads == 1 ? "" : "s", result.loss, result.start);
    for (std::string const& note : result.notes) text += fmt::format("  {}\n", note);
    if (result.seconds > 0.0)
        text += fmt::format("{}, {:.4g} pixels/s\n", duration_text(result.seconds), result.pixels_per_second());
}

void append_statuses(std::string& text, FitResult const& result)
{
    std::array<std::vector<std::size_t>, num_statuses> examples;
    std::array<std::size_t, num_statuses> counts{};
    for (std::size_t pixel = 0; pixel < result.num_pixels(); ++pixel) {
        auto const status = static_cast<std::size_t>(result.status[pixel]);
        ++counts[status];
        if (examples[status].size() < 3) examples[status].push_back(pixel);
    }
    text += "\nstatus\n";
    for (std::size_t status = 0; status < counts.size(); ++status) {
        if (counts[status] == 0) continue;
        auto const which = static_cast<FitStatus>(status);
        text += fmt::format("  {:<19}{:>9}  {:5.1f} %", name_of(which), counts[status],
                            100.0 * static_cast<double>(counts[status]) / static_cast<double>(result.num_pixels()));
        if (which != FitStatus::converged) {
            text += "  e.g.";
            for (std::size_t const pixel : examples[status]) text += " (" + pixel_text(pixel, result.shape) + ")";
        }
        text += "\n";
        if (*advice(which) != '\0') text += fmt::format("    {}\n", advice(which));
    }
}

void append_red_chisq(std::string& text, FitResult const& result, bool weighted)
{
    std::vector<double> const values = finite(result.red_chisq);
    if (values.empty()) return;
    auto const [low, high] = std::minmax_element(values.begin(), values.end());
    text += fmt::format("\nreduced chi2: median {:.4g}, {:.4g} to {:.4g}", median(values), *low, *high);
    if (weighted) {
        auto const above = std::count_if(values.begin(), values.end(), [](double v) { return v > 2.0; });
        text += fmt::format("; {:.1f} % of the pixels above 2",
                            100.0 * static_cast<double>(above) / static_cast<double>(values.size()));
    } else {
        text += " (unweighted: variance of the residuals)";
    }
    text += "\n";
}

/// Pixels where a free parameter sits on a bound: held there, so its error is 0.
std::size_t count_at_bounds(ParameterMap const& map, FitResult const& result, Bounds bounds)
{
    std::size_t count = 0;
    for (std::size_t pixel = 0; pixel < map.values.size(); ++pixel)
        if (has_values(result.status[pixel]) && (map.values[pixel] == bounds.bmin || map.values[pixel] == bounds.bmax))
            ++count;
    return count;
}

void append_parameters(std::string& text, FitResult const& result, Model const& model)
{
    std::size_t width = 9;
    for (auto const* maps : {&result.parameters, &result.derived})
        for (ParameterMap const& map : *maps) width = std::max(width, map.component.size() + map.parameter.size() + 1);
    text += fmt::format("\n{:<{}}  {:>12}  {:>12}  {:>12}  {:>12}  {:>9}\n", "parameter", width, "median", "min", "max",
                        "median error", "at bounds");
    auto const append = [&](ParameterMap const& map, std::string const& error, std::string const& bounds,
                            char const* remark) {
        std::vector<double> const values = finite(map.values);
        std::string low = "-";
        std::string high = "-";
        if (!values.empty()) {
            auto const [first, last] = std::minmax_element(values.begin(), values.end());
            low = number(*first);
            high = number(*last);
        }
        text += fmt::format("{:<{}}  {:>12}  {:>12}  {:>12}  {:>12}  {:>9}{}\n", map.component + "." + map.parameter,
                            width, number(median(values)), low, high, error, bounds, remark);
    };
    for (ParameterMap const& map : result.parameters) {
        std::string const path = map.component + "." + map.parameter;
        bool const is_twin = model.is_twin(path);
        std::string bounds = "-";
        if (map.free) bounds = std::to_string(count_at_bounds(map, result, model.parameter(path).bounds()));
        std::string const error =
            map.free || is_twin ? error_number(median(finite(map.standard_errors))) : std::string("fixed");
        append(map, error, bounds, is_twin ? "  twin" : "");
    }
    for (ParameterMap const& map : result.derived)
        append(map, error_number(median(finite(map.standard_errors))), "-", "  derived");
}

}  // namespace

std::string pixel_text(std::size_t pixel, std::vector<std::size_t> const& shape)
{
    if (shape.empty()) return "0";
    std::vector<std::size_t> indices(shape.size());
    for (std::size_t axis = shape.size(); axis-- > 0;) {
        indices[axis] = pixel % shape[axis];
        pixel /= shape[axis];
    }
    return fmt::format("{}", fmt::join(indices, ","));
}

double share_failed(FitResult const& result)
{
    std::size_t counted = 0;
    std::size_t failed = 0;
    for (FitStatus const status : result.status) {
        if (status == FitStatus::masked) continue;
        ++counted;
        if (!is_converged(status)) ++failed;
    }
    return counted > 0 ? static_cast<double>(failed) / static_cast<double>(counted) : 0.0;
}

std::string summary_text(FitResult const& result, Model const& model, bool weighted)
{
    std::string text;
    append_head(text, result);
    append_statuses(text, result);
    append_red_chisq(text, result, weighted);
    append_parameters(text, result, model);
    return text;
}

bool is_weighted(Signal const& signal, DataOptions const& data)
{
    return data.variance == "file" ? signal.variance().kind != Variance::Kind::none : data.variance != "none";
}

}  // namespace warpfit::cli
