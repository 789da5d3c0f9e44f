#pragma once

#include <cstddef>

namespace warpfit::cpu {

/// Hands out 64-byte aligned pieces of memory that somebody else owns. Without memory it only counts, so that the same
/// code says how much it will need.
class Arena
{
  public:
    explicit Arena(void* memory)
        : at_(static_cast<std::byte*>(memory))
    {}

    template<class T>
    T* take(long long count)
    {
        T* const here = reinterpret_cast<T*>(at_);
        auto const bytes = (static_cast<std::size_t>(count) * sizeof(T) + 63) / 64 * 64;
        at_ = at_ ? at_ + bytes : nullptr;
        used_ += bytes;
        return here;
    }

    std::size_t used() const { return used_; }
    bool counting() const { return at_ == nullptr; }

  private:
    std::byte* at_;
    std::size_t used_ = 0;
};

}  // namespace warpfit::cpu
