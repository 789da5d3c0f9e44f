#pragma once

#include "kernels/core/team.hpp"
#include "kernels/program/raw.hpp"

namespace warpfit::estimate {

namespace detail {

/// A stored value wherever it lies: an ordinary load to a compiler for the CPU.
template<class Value>
WARPFIT_HD Value stored_at(unsigned char const* p)
{
    struct Bytes
    {
        unsigned char b[sizeof(Value)];
    };
    return __builtin_bit_cast(Value, *reinterpret_cast<Bytes const*>(p));
}

/// Calls act(channel, value) for the members' own of `count` values that follow each other from `first` on, whose
/// channels begin at `offset`.
template<class Value, Team T, class F>
WARPFIT_HD void for_values(T const& team, unsigned char const* first, int offset, int count, F const& act)
{
    int const skip = (team.rank() - offset % team.size() + team.size()) % team.size();
    constexpr auto size = static_cast<Index>(sizeof(Value));
    for (int i = skip; i < count; i += team.size())
        act(offset + i, static_cast<double>(stored_at<Value>(first + i * size)));
}

}  // namespace detail

/// Calls act(channel, value) for each of `count` raw values whose channel, counted from `offset` on, is this member's:
/// rank, rank + size, ... The common types without a look at each value's.
template<Team T, class F>
WARPFIT_HD void for_own_values(T const& team, program::RawPixels const& raw, Index pixel, Index first, int offset,
                               int count, F const& act)
{
    using program::Type;
    auto const* const row = static_cast<unsigned char const*>(raw.data) + pixel * raw.pixel_stride;
    auto const* const at = row + first * program::size_of(raw.type);
    Type const type = raw.swapped ? Type::f16 : raw.type;  // of a kind that has no loop of its own
    switch (type) {
    case Type::u8:
        return detail::for_values<unsigned char>(team, at, offset, count, act);
    case Type::u16:
        return detail::for_values<unsigned short>(team, at, offset, count, act);
    case Type::i16:
        return detail::for_values<short>(team, at, offset, count, act);
    case Type::u32:
        return detail::for_values<unsigned>(team, at, offset, count, act);
    case Type::i32:
        return detail::for_values<int>(team, at, offset, count, act);
    case Type::f32:
        return detail::for_values<float>(team, at, offset, count, act);
    case Type::f64:
        return detail::for_values<double>(team, at, offset, count, act);
    default:
        break;
    }
    int const skip = (team.rank() - offset % team.size() + team.size()) % team.size();
    for (int i = skip; i < count; i += team.size())
        act(offset + i, program::raw_value(row, raw.type, raw.swapped != 0, first + i));
}

}  // namespace warpfit::estimate
