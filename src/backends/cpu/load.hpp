#pragma once

#include "kernels/core/math.hpp"
#include "kernels/program/plan.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>

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

template<class T, bool Swapped, class Out>
void convert(std::byte const* from, program::ChannelRun const* runs, int num_runs, Out* out)
{
    for (int r = 0; r < num_runs; ++r) {
        std::byte const* p = from + runs[r].first * static_cast<Index>(sizeof(T));
        if constexpr (std::is_same_v<T, Out> && !Swapped) {
            std::memcpy(out, p, static_cast<std::size_t>(runs[r].count) * sizeof(T));
            out += runs[r].count;
            continue;
        }
        for (Index i = 0; i < runs[r].count; ++i) {
            T v;
            std::memcpy(&v, p + i * static_cast<Index>(sizeof(T)), sizeof(T));
            if constexpr (Swapped) v = swap_bytes(v);
            if constexpr (std::is_same_v<T, Half>)
                out[i] = static_cast<Out>(static_cast<double>(v));
            else
                out[i] = static_cast<Out>(v);
        }
        out += runs[r].count;
    }
}

template<bool Swapped, class Out>
void convert(program::Type type, std::byte const* from, program::ChannelRun const* runs, int num_runs, Out* out)
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

}  // namespace detail

/// Whether every value of the type is a float.
inline bool is_float_exact(program::Type type)
{
    using program::Type;
    return type == Type::u8 || type == Type::i8 || type == Type::u16 || type == Type::i16 || type == Type::f16 ||
           type == Type::f32;
}

/// The channels of one pixel in some runs, one after the other: out float where is_float_exact(), or double.
template<class Out>
void load_runs(program::RawPixels const& raw, Index pixel, program::ChannelRun const* runs, int num_runs, Out* out)
{
    auto const* from = static_cast<std::byte const*>(raw.data) + pixel * raw.pixel_stride;
    if (raw.swapped)
        detail::convert<true>(raw.type, from, runs, num_runs, out);
    else
        detail::convert<false>(raw.type, from, runs, num_runs, out);
}

/// The used channels of one pixel: out [num_channels].
template<class Out>
void load_channels(program::Plan const& plan, program::RawPixels const& raw, Index pixel, Out* out)
{
    load_runs(raw, pixel, plan.runs, plan.num_runs, out);
}

/// Whether every pixel of the batch can have a factor other than 1.
inline bool is_weighted(program::Plan const& plan, program::PixelBatch const& batch)
{
    return plan.width || batch.variance_kind != program::VarianceKind::none;
}

/// Whether the used channels of each pixel are consecutive floats in memory.
inline bool are_floats_in_place(program::Plan const& plan, program::RawPixels const& raw)
{
    return raw.type == program::Type::f32 && !raw.swapped && plan.num_runs == 1 &&
           raw.pixel_stride % static_cast<Index>(alignof(float)) == 0 &&
           reinterpret_cast<std::uintptr_t>(raw.data) % alignof(float) == 0;
}

/// B: lanes of floats.
template<class B>
double sum_of_squares(float const* v, int n)
{
    B total(0.0f);
    int i = 0;
    for (; i + B::size <= n; i += B::size) {
        B const pack = B::load_unaligned(v + i);
        total = math::fma(pack, pack, total);
    }
    float rest = 0.0f;
    for (; i < n; ++i) rest += v[i] * v[i];
    return static_cast<double>(sum(total) + rest);
}

/// One pixel ready to fit.
struct LoadedPixel
{
    program::Status status;  ///< converged: fine so far
    int num_weighted;        ///< channels with a positive weight
    double energy;           ///< sum of (y weight)^2, scaled
    double scale;            ///< data and weights were multiplied by this, so that sums stay in range
    bool weighted;           ///< weights differ from 1
};

/// Largest weighted value whose square, summed over the channels, is harmless in T; data beyond are scaled.
template<class T>
inline constexpr double harmless = sizeof(T) == 4 ? 1e12 : 1e120;

/// Whether n data whose squares sum to this are all finite, and the largest is harmless and not too small.
template<class T>
bool tells_harmless(double energy, int n)
{
    return energy < harmless<T> * harmless<T> && energy > n / (harmless<T> * harmless<T>);
}

/// Numbers that load_pixel may touch in each of its arrays: whole packs.
template<class B>
constexpr int padded_channels(int num_channels)
{
    return (num_channels + B::size - 1) / B::size * B::size;
}

/// y [padded_channels]: data in the element type of B (float only where the data are floats), becomes y times weight; w
/// [padded_channels]: factor of the model and its columns (channel width times 1 / standard deviation), untouched where
/// nothing is weighted. Both aligned to the lanes.
template<class T, class B>
LoadedPixel load_pixel(program::Plan const& plan, program::PixelBatch const& batch, Index pixel, typename B::Element* y,
                       typename B::Element* w)
{
    using Element = typename B::Element;
    using program::VarianceKind;
    constexpr int W = B::size;
    int const n = plan.num_channels;
    int const padded = padded_channels<B>(n);
    LoadedPixel loaded{program::Status::converged, n, 0.0, 1.0, false};
    load_channels(plan, batch.signal, pixel, y);
    for (int i = n; i < padded; ++i) y[i] = Element(0);

    B energy(0.0);
    if (!is_weighted(plan, batch)) {
        for (int i = 0; i < padded; i += W) {
            B const v = B::load(y + i);
            energy = math::fma(v, v, energy);
        }
        loaded.energy = static_cast<double>(sum(energy));
        if (tells_harmless<T>(loaded.energy, n)) {
            if (n < plan.num_free) loaded.status = program::Status::too_few_channels;
            return loaded;
        }
    }

    // Finite data times zero is zero.
    B check(0.0);
    for (int i = 0; i < padded; i += W) check += B::load(y + i) * B(0.0);
    if (!(sum(check) == Element(0))) {
        loaded.status = program::Status::bad_input;
        return loaded;
    }
    if (batch.variance_kind != VarianceKind::none) {
        loaded.weighted = true;
        switch (batch.variance_kind) {
        case VarianceKind::number:
            for (int i = 0; i < n; ++i) w[i] = static_cast<Element>(batch.variance_number);
            break;
        case VarianceKind::channel:
            for (int i = 0; i < n; ++i) w[i] = static_cast<Element>(batch.variance_channel[i]);
            break;
        case VarianceKind::stored:
            load_channels(plan, batch.variance, pixel, w);
            break;
        default: {
            auto const gain = static_cast<Element>(batch.variance_number);
            auto const offset = static_cast<Element>(batch.variance_offset);
            for (int i = 0; i < n; ++i) w[i] = gain * (y[i] > Element(1) ? y[i] : Element(1)) + offset;
        }
        }
        for (int i = n; i < padded; ++i) w[i] = Element(0);
        B positive(0.0);
        for (int i = 0; i < padded; i += W) {
            B const v = B::load(w + i);
            auto const good = (v > B(0.0)) & (v <= B(std::numeric_limits<Element>::max()));
            B const weight = math::select(good, B(1.0) / math::sqrt(math::select(good, v, B(1.0))), B(0.0));
            positive += math::select(good, B(1.0), B(0.0));
            weight.store(w + i);
            (B::load(y + i) * weight).store(y + i);
        }
        loaded.num_weighted = static_cast<int>(sum(positive));
        if (loaded.num_weighted == 0) loaded.status = program::Status::bad_input;
    } else if (plan.width) {
        for (int i = 0; i < n; ++i) w[i] = Element(1);
    }
    if (plan.width) {
        loaded.weighted = true;
        for (int i = 0; i < n; ++i) w[i] *= static_cast<Element>(plan.width[i]);
    }
    energy = B(0.0);
    B top(0.0);
    for (int i = 0; i < padded; i += W) {
        B const v = B::load(y + i);
        energy = math::fma(v, v, energy);
        top = math::max(top, math::abs(v));
    }
    loaded.energy = static_cast<double>(sum(energy));
    alignas(64) Element tops[W];
    top.store(tops);
    double largest = 0.0;
    for (Element const t : tops) largest = t > largest ? static_cast<double>(t) : largest;
    if (largest > harmless<T> || (largest > 0.0 && largest < 1.0 / harmless<T>)) {
        loaded.scale = std::ldexp(1.0, -std::ilogb(largest));
        loaded.energy = 0.0;
        for (int i = 0; i < n; ++i) {
            y[i] *= static_cast<Element>(loaded.scale);
            w[i] = (loaded.weighted ? w[i] : Element(1)) * static_cast<Element>(loaded.scale);
            loaded.energy += static_cast<double>(y[i]) * static_cast<double>(y[i]);
        }
        loaded.weighted = true;
    }
    if (loaded.status == program::Status::converged && loaded.num_weighted < plan.num_free)
        loaded.status = program::Status::too_few_channels;
    return loaded;
}

}  // namespace warpfit::cpu
