#pragma once

#include "kernels/program/plan.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

/// Raw pixels into doubles, and into data times weight.
namespace warpfit::cpu {

namespace detail {

template<class T>
T swap_bytes(T v)
{
    if constexpr (sizeof(T) == 1) {
        return v;
    } else if constexpr (sizeof(T) == 2) {
        return std::bit_cast<T>(__builtin_bswap16(std::bit_cast<std::uint16_t>(v)));
    } else if constexpr (sizeof(T) == 4) {
        return std::bit_cast<T>(__builtin_bswap32(std::bit_cast<std::uint32_t>(v)));
    } else {
        return std::bit_cast<T>(__builtin_bswap64(std::bit_cast<std::uint64_t>(v)));
    }
}

struct Half
{
    std::uint16_t bits;
    explicit operator double() const
    {
        std::uint64_t const sign = static_cast<std::uint64_t>(bits & 0x8000u) << 48;
        int const exponent = bits >> 10 & 0x1f;
        auto const mantissa = static_cast<std::uint64_t>(bits & 0x3ffu);
        if (exponent == 0) {
            double const v = static_cast<double>(mantissa) * 0x1p-24;
            return sign ? -v : v;
        }
        std::uint64_t const e = exponent == 0x1f ? 0x7ffu : static_cast<std::uint64_t>(exponent + 1008);
        return std::bit_cast<double>(sign | e << 52 | mantissa << 42);
    }
};

template<class T, bool Swapped>
void convert(std::byte const* from, program::ChannelRun const* runs, int num_runs, double* out)
{
    for (int r = 0; r < num_runs; ++r) {
        std::byte const* p = from + runs[r].first * static_cast<Index>(sizeof(T));
        for (Index i = 0; i < runs[r].count; ++i) {
            T v;
            std::memcpy(&v, p + i * static_cast<Index>(sizeof(T)), sizeof(T));
            if constexpr (Swapped) v = swap_bytes(v);
            out[i] = static_cast<double>(v);
        }
        out += runs[r].count;
    }
}

template<bool Swapped>
void convert(program::Type type, std::byte const* from, program::ChannelRun const* runs, int num_runs, double* out)
{
    using program::Type;
    switch (type) {
    case Type::u8:
        return convert<std::uint8_t, Swapped>(from, runs, num_runs, out);
    case Type::i8:
        return convert<std::int8_t, Swapped>(from, runs, num_runs, out);
    case Type::u16:
        return convert<std::uint16_t, Swapped>(from, runs, num_runs, out);
    case Type::i16:
        return convert<std::int16_t, Swapped>(from, runs, num_runs, out);
    case Type::u32:
        return convert<std::uint32_t, Swapped>(from, runs, num_runs, out);
    case Type::i32:
        return convert<std::int32_t, Swapped>(from, runs, num_runs, out);
    case Type::u64:
        return convert<std::uint64_t, Swapped>(from, runs, num_runs, out);
    case Type::i64:
        return convert<std::int64_t, Swapped>(from, runs, num_runs, out);
    case Type::f16:
        return convert<Half, Swapped>(from, runs, num_runs, out);
    case Type::f32:
        return convert<float, Swapped>(from, runs, num_runs, out);
    case Type::f64:
        return convert<double, Swapped>(from, runs, num_runs, out);
    }
}

} // namespace detail

/// The used channels of one pixel as doubles: out [num_channels].
inline void load_channels(program::Plan const& plan, program::RawPixels const& raw, Index pixel, double* out)
{
    auto const* from = static_cast<std::byte const*>(raw.data) + pixel * raw.pixel_stride;
    if (raw.swapped)
        detail::convert<true>(raw.type, from, plan.runs, plan.num_runs, out);
    else
        detail::convert<false>(raw.type, from, plan.runs, plan.num_runs, out);
}

/// One pixel ready to fit.
struct LoadedPixel
{
    program::Status status; ///< converged: fine so far
    int num_weighted;       ///< channels with a positive weight
    double energy;          ///< sum of (y weight)^2, scaled
    double scale;           ///< data and weights were multiplied by this, so that sums stay in range
    bool weighted;          ///< weights differ from 1
};

/// Largest weighted value whose square, summed over the channels, is harmless in T; data beyond are scaled.
template<class T>
inline constexpr double harmless = sizeof(T) == 4 ? 1e12 : 1e120;

/// y [num_channels]: data as doubles, becomes y times weight; w [num_channels]: factor of the model and its columns
/// (channel width times 1 / standard deviation).
template<class T>
LoadedPixel load_pixel(program::Plan const& plan, program::PixelBatch const& batch, Index pixel, double* y, double* w)
{
    using program::VarianceKind;
    int const n = plan.num_channels;
    LoadedPixel loaded{program::Status::converged, n, 0.0, 1.0, true};
    load_channels(plan, batch.signal, pixel, y);

    double check = 0.0;
    for (int i = 0; i < n; ++i) check += y[i] * 0.0;
    if (!(check == 0.0)) {
        loaded.status = program::Status::bad_input;
        return loaded;
    }
    if (batch.variance_kind == VarianceKind::none) {
        loaded.weighted = plan.width != nullptr;
        for (int i = 0; i < n; ++i) w[i] = 1.0;
    } else {
        switch (batch.variance_kind) {
        case VarianceKind::number:
            for (int i = 0; i < n; ++i) w[i] = batch.variance_number;
            break;
        case VarianceKind::channel:
            std::memcpy(w, batch.variance_channel, sizeof(double) * static_cast<std::size_t>(n));
            break;
        case VarianceKind::stored:
            load_channels(plan, batch.variance, pixel, w);
            break;
        default:
            for (int i = 0; i < n; ++i)
                w[i] = batch.variance_number * (y[i] > 1.0 ? y[i] : 1.0) + batch.variance_offset;
        }
        int positive = 0;
        for (int i = 0; i < n; ++i) {
            bool const good = w[i] > 0.0 && w[i] <= 1.7976931348623157e308;
            positive += good;
            w[i] = good ? 1.0 / std::sqrt(w[i]) : 0.0;
        }
        loaded.num_weighted = positive;
        if (positive == 0) loaded.status = program::Status::bad_input;
    }
    double largest = 0.0;
    for (int i = 0; i < n; ++i) {
        y[i] *= w[i];
        double const a = std::fabs(y[i]);
        largest = a > largest ? a : largest;
    }
    if (plan.width)
        for (int i = 0; i < n; ++i) w[i] *= plan.width[i];
    if (largest > harmless<T> || (largest > 0.0 && largest < 1.0 / harmless<T>)) {
        loaded.scale = std::ldexp(1.0, -std::ilogb(largest));
        loaded.weighted = true;
        for (int i = 0; i < n; ++i) y[i] *= loaded.scale;
        for (int i = 0; i < n; ++i) w[i] *= loaded.scale;
    }
    for (int i = 0; i < n; ++i) loaded.energy += y[i] * y[i];
    if (loaded.status == program::Status::converged && loaded.num_weighted < plan.num_free)
        loaded.status = program::Status::too_few_channels;
    return loaded;
}

/// Whether every pixel of the batch can have a factor other than 1.
inline bool is_weighted(program::Plan const& plan, program::PixelBatch const& batch)
{
    return plan.width || batch.variance_kind != program::VarianceKind::none;
}

} // namespace warpfit::cpu
