#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <vector>

namespace warpfit::cuda {

/// Puts arrays into one block of bytes that is made for the address where it will lie, a multiple of 16.
class ImageWriter
{
  public:
    ImageWriter(std::vector<std::byte>& bytes, std::uintptr_t address)
        : bytes_(bytes)
        , address_(address)
    {}

    /// Where the copy of values [count] will lie; null for none.
    template<class T>
    T const* add(T const* values, std::size_t count)
    {
        static_assert(std::is_trivially_copyable_v<T>);
        if (values == nullptr || count == 0) return nullptr;
        std::size_t const at = (bytes_.size() + 15) / 16 * 16;
        bytes_.resize(at + count * sizeof(T));
        std::memcpy(bytes_.data() + at, values, count * sizeof(T));
        return reinterpret_cast<T const*>(address_ + at);
    }

  private:
    std::vector<std::byte>& bytes_;
    std::uintptr_t address_;
};

}  // namespace warpfit::cuda
