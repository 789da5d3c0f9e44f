#pragma once

#include <cstddef>
#include <string_view>

namespace warpfit {

/// Stands for what is not UTF-8.
inline constexpr char32_t invalid_code_point = 0xfffd;

struct CodePoint
{
    char32_t value;
    std::size_t size;  ///< bytes; of what is not UTF-8: 1
};

/// position < text.size().
CodePoint code_point_at(std::string_view text, std::size_t position);

/// Where the code point begins that the byte at `position` belongs to; text.size() stays.
std::size_t code_point_begin(std::string_view text, std::size_t position);

std::size_t count_code_points(std::string_view text);

/// A letter of any script, or from U+0080 on what may follow one in a name of Python (marks, digits, ...).
bool is_letter(char32_t c);

}  // namespace warpfit
