#include "src/cli/arguments.hpp"

#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <limits>
#include <optional>

namespace warpfit::cli {

namespace {

std::string_view trim(std::string_view text)
{
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text;
}

std::vector<std::string_view> split(std::string_view text, char separator)
{
    std::vector<std::string_view> parts;
    for (;;) {
        std::size_t const end = text.find(separator);
        parts.push_back(trim(text.substr(0, end)));
        if (end == std::string_view::npos) return parts;
        text.remove_prefix(end + 1);
    }
}

template<class Number>
std::optional<Number> parse_number(std::string_view text)
{
    if (text.starts_with('+')) text.remove_prefix(1);
    Number value{};
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

long long parse_index(std::string_view text, std::string_view whole, char const* option)
{
    auto const value = parse_number<long long>(text);
    if (!value) throw InvalidArgument(fmt::format("{} '{}' (no whole number: '{}') give indices", option, whole, text));
    return *value;
}

/// Index counted from the end where negative; `limit` is the largest allowed.
std::size_t resolve(long long index, std::size_t size, std::size_t limit, std::string_view whole, char const* option)
{
    long long const resolved = index < 0 ? index + static_cast<long long>(size) : index;
    if (resolved < 0 || resolved > static_cast<long long>(limit))
        throw InvalidArgument(
            fmt::format("{} '{}' (index {} on an axis of {}) stay within the axis", option, whole, index, size));
    return static_cast<std::size_t>(resolved);
}

double parse_axis_value(std::string_view text, std::string_view whole)
{
    auto const value = parse_number<double>(text);
    if (!value || !std::isfinite(*value))
        throw InvalidArgument(fmt::format("--isig '{}' (no number: '{}') give a:b in axis units", whole, text));
    return *value;
}

/// Nearest channel, from 0 to size: size where v lies beyond the last channel by half its width or more.
std::size_t axis_position(Axis const& axis, double v)
{
    double const last = axis.value(axis.size - 1);
    if (axis.is_uniform()) {
        double const index = std::round((v - axis.offset) / axis.scale);
        return static_cast<std::size_t>(std::clamp(index, 0.0, static_cast<double>(axis.size)));
    }
    bool const ascending = axis.size < 2 || last > axis.values.front();
    if (ascending ? v > last : v < last) return axis.size;
    auto const nearest = std::min_element(axis.values.begin(), axis.values.end(),
                                          [v](double a, double b) { return std::abs(a - v) < std::abs(b - v); });
    return static_cast<std::size_t>(nearest - axis.values.begin());
}

}  // namespace

std::vector<IndexRange> parse_inav(std::string_view text, std::vector<std::size_t> const& shape)
{
    std::vector<std::string_view> const parts = split(text, ',');
    if (parts.size() > shape.size())
        throw InvalidArgument(fmt::format("--inav '{}' ({} ranges for {} navigation axes) give at most one an axis",
                                          text, parts.size(), shape.size()));
    std::vector<IndexRange> ranges;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        std::size_t const size = shape[axis];
        if (axis >= parts.size()) {
            ranges.emplace_back(0, size);
            continue;
        }
        std::vector<std::string_view> const ends = split(parts[axis], ':');
        if (ends.size() > 2) throw InvalidArgument(fmt::format("--inav '{}' (steps are not supported) give a:b", text));
        if (ends.size() == 1) {
            std::size_t const index = resolve(parse_index(ends[0], text, "--inav"), size, size - 1, text, "--inav");
            ranges.emplace_back(index, index + 1);
            continue;
        }
        std::size_t const first =
            ends[0].empty() ? 0 : resolve(parse_index(ends[0], text, "--inav"), size, size, text, "--inav");
        std::size_t const last =
            ends[1].empty() ? size : resolve(parse_index(ends[1], text, "--inav"), size, size, text, "--inav");
        if (first >= last)
            throw InvalidArgument(
                fmt::format("--inav '{}' (axis {} keeps no pixel) let b exceed a in a:b", text, axis));
        ranges.emplace_back(first, last);
    }
    return ranges;
}

std::vector<std::size_t> parse_pixel(std::string_view text, std::vector<std::size_t> const& shape)
{
    std::vector<std::string_view> const parts = split(text, ',');
    if (shape.empty()) {
        if (text == "0" || text.empty()) return {};
        throw InvalidArgument(fmt::format("--pixel '{}' (the data hold a single pixel) leave it out", text));
    }
    if (parts.size() != shape.size())
        throw InvalidArgument(
            fmt::format("--pixel '{}' ({} indices for {} navigation axes) give one an axis, slowest first", text,
                        parts.size(), shape.size()));
    std::vector<std::size_t> pixel;
    for (std::size_t axis = 0; axis < shape.size(); ++axis)
        pixel.push_back(
            resolve(parse_index(parts[axis], text, "--pixel"), shape[axis], shape[axis] - 1, text, "--pixel"));
    return pixel;
}

IndexRange parse_isig(std::string_view text, Axis const& axis)
{
    std::vector<std::string_view> const ends = split(text, ':');
    if (ends.size() != 2)
        throw InvalidArgument(fmt::format("--isig '{}' (not of the form a:b) give axis values", text));
    std::size_t first = ends[0].empty() ? 0 : axis_position(axis, parse_axis_value(ends[0], text));
    std::size_t last = ends[1].empty() ? axis.size : axis_position(axis, parse_axis_value(ends[1], text));
    bool const descending = axis.size > 1 && axis.value(1) < axis.value(0);
    if (descending && !ends[0].empty() && !ends[1].empty() && first > last) std::swap(first, last);
    if (first >= last)
        throw InvalidArgument(fmt::format("--isig '{}' (keeps no channel of {} to {}) let b exceed a in a:b", text,
                                          axis.value(0), axis.value(axis.size - 1)));
    return {first, last};
}

bool looks_like_steps(std::string_view text)
{
    std::vector<std::string_view> const parts = split(text, ':');
    return parts.size() == 3 &&
           std::all_of(parts.begin(), parts.end(), [](auto part) { return parse_number<double>(part).has_value(); });
}

std::vector<double> parse_steps(std::string_view text)
{
    std::vector<std::string_view> const parts = split(text, ':');
    constexpr double missing = std::numeric_limits<double>::quiet_NaN();
    bool const complete = parts.size() == 3;
    double const start = complete ? parse_number<double>(parts[0]).value_or(missing) : missing;
    double const stop = complete ? parse_number<double>(parts[1]).value_or(missing) : missing;
    long long const count = complete ? parse_number<long long>(parts[2]).value_or(0) : 0;
    if (!std::isfinite(start) || !std::isfinite(stop) || count < 1)
        throw InvalidArgument(fmt::format("'{}' (not of the form start:stop:count) as in 500:800:301", text));
    std::vector<double> values(static_cast<std::size_t>(count));
    double const step = count > 1 ? (stop - start) / static_cast<double>(count - 1) : 0.0;
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = start + static_cast<double>(i) * step;
    if (count > 1) values.back() = stop;
    return values;
}

std::size_t flat_index(std::vector<std::size_t> const& pixel, std::vector<std::size_t> const& shape)
{
    std::size_t flat = 0;
    for (std::size_t axis = 0; axis < shape.size(); ++axis) flat = flat * shape[axis] + pixel[axis];
    return flat;
}

std::vector<std::size_t> kept_pixels(std::vector<IndexRange> const& ranges, std::vector<std::size_t> const& shape)
{
    std::vector<std::size_t> kept{0};
    for (std::size_t axis = 0; axis < shape.size(); ++axis) {
        std::vector<std::size_t> next;
        next.reserve(kept.size() * (ranges[axis].second - ranges[axis].first));
        for (std::size_t const base : kept)
            for (std::size_t i = ranges[axis].first; i < ranges[axis].second; ++i)
                next.push_back(base * shape[axis] + i);
        kept = std::move(next);
    }
    return kept;
}

std::string absolute_data_path(std::string const& path)
{
    std::size_t const inside = path.find('#');
    std::string const file = std::filesystem::absolute(path.substr(0, inside)).lexically_normal().string();
    return inside == std::string::npos ? file : file + path.substr(inside);
}

}  // namespace warpfit::cli
