#include "src/backends/cuda/sha256.hpp"

#include <gtest/gtest.h>

namespace warpfit::cuda {
namespace {

std::string hash_of(std::string_view bytes)
{
    Sha256 hash;
    hash.add(bytes);
    return to_hex(hash.digest());
}

// The examples of FIPS 180-4 (NIST, "Cryptographic Standards and Guidelines: Example Values").
TEST(Sha256, GivesTheStandardsExamples)
{
    EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hash_of(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// Python's hashlib, at the sizes where padding changes its shape.
TEST(Sha256, PadsAtEverySideOfABlock)
{
    EXPECT_EQ(hash_of(std::string(55, 'a')), "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
    EXPECT_EQ(hash_of(std::string(56, 'a')), "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a");
    EXPECT_EQ(hash_of(std::string(63, 'a')), "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34");
    EXPECT_EQ(hash_of(std::string(64, 'a')), "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
    EXPECT_EQ(hash_of(std::string(65, 'a')), "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0");
}

TEST(Sha256, PiecesDoNotMatter)
{
    std::string const text(1000, 'a');
    for (std::size_t piece : {1U, 7U, 63U, 64U, 65U, 999U}) {
        SCOPED_TRACE(piece);
        Sha256 hash;
        for (std::size_t at = 0; at < text.size(); at += piece) hash.add(std::string_view(text).substr(at, piece));
        EXPECT_EQ(to_hex(hash.digest()), hash_of(text));
    }
}

TEST(Sha256, FieldsDoNotRunIntoEachOther)
{
    auto const hash_of_fields = [](std::string_view a, std::string_view b) {
        Sha256 hash;
        hash.add_field(a);
        hash.add_field(b);
        return to_hex(hash.digest());
    };
    EXPECT_NE(hash_of_fields("ab", "c"), hash_of_fields("a", "bc"));
    EXPECT_NE(hash_of_fields("", "a"), hash_of_fields("a", ""));
}

}  // namespace
}  // namespace warpfit::cuda
