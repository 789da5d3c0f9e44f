#include "src/text/utf8.hpp"

#include <gtest/gtest.h>
#include <string>

namespace warpfit {
namespace {

TEST(Utf8, CodePointsAreRead)
{
    std::string const text = "aµ€𝛼";
    char32_t const expected[] = {U'a', U'µ', U'€', U'𝛼'};
    std::size_t at = 0;
    for (char32_t const c : expected) {
        CodePoint const found = code_point_at(text, at);
        EXPECT_EQ(found.value, c);
        for (std::size_t i = 0; i < found.size; ++i) EXPECT_EQ(code_point_begin(text, at + i), at);
        at += found.size;
    }
    EXPECT_EQ(at, text.size());
    EXPECT_EQ(count_code_points(text), 4U);
    EXPECT_EQ(code_point_begin(text, text.size()), text.size());
}

// Table 3-7 of the Unicode standard: lone and missing continuations, overlong forms, surrogates, beyond U+10FFFF.
TEST(Utf8, WhatIsNoneIsOneByteEach)
{
    for (std::string const text : {"\x80", "\xc3", "\xc3(", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
                                   "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff"}) {
        EXPECT_EQ(code_point_at(text, 0).value, invalid_code_point);
        EXPECT_EQ(code_point_at(text, 0).size, 1U);
    }
}

// As Python's str.isidentifier() has it behind a letter, but for the middle dot and ASCII digits.
TEST(Utf8, LettersAreThoseOfAnyScript)
{
    for (char32_t const c : {U'a', U'Z', U'ª', U'µ', U'À', U'ß', U'α', U'Ω', U'σ', U'я', U'ℏ', U'幅', U'𝛼', U'\u0301'})
        EXPECT_TRUE(is_letter(c)) << static_cast<unsigned>(c);
    for (char32_t const c : {U'0', U'_', U' ', U'\u00a0', U'·', U'×', U'÷', U'²', U'½', U'°', U'−', U'∑', U'→', U'₁',
                             U'\u2003', U'、', U'😀', invalid_code_point})
        EXPECT_FALSE(is_letter(c)) << static_cast<unsigned>(c);
}

}  // namespace
}  // namespace warpfit
