#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace warpfit::cuda {

/// SHA-256 (FIPS 180-4).
class Sha256
{
  public:
    using Digest = std::array<unsigned char, 32>;

    void add(std::string_view bytes);
    /// Its length first, so that "ab", "c" and "a", "bc" differ.
    void add_field(std::string_view bytes);
    /// Of all that was added; nothing may be added after it.
    Digest digest();

  private:
    void add_block(unsigned char const* block);

    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<unsigned char, 64> waiting_{};
    std::uint64_t size_ = 0;  ///< bytes added; the last size_ % 64 wait for a whole block
};

/// In hexadecimal digits.
std::string to_hex(Sha256::Digest const& digest);

}  // namespace warpfit::cuda
