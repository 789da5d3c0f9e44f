#include "src/backends/cuda/cubin_entry.hpp"
#include "tests/backends/cuda/cache_support.hpp"

#include <gtest/gtest.h>
#include <set>

namespace warpfit::testing {
namespace {

cuda::CompileRequest const request{"text", "sm_90", {"-a", "-b"}, {"fit", "value"}};
cuda::Sha256::Digest const key = cuda::cubin_key("compiler 1", request);

TEST(CubinKey, EveryPartCounts)
{
    std::set<cuda::Sha256::Digest> keys{key, cuda::cubin_key("compiler 2", request)};
    std::vector<cuda::CompileRequest> others(9, request);
    others[0].text = "texT";
    others[1].text = "text ";
    others[2].architecture = "sm_80";
    others[3].options = {"-a"};
    others[4].options = {"-b", "-a"};
    others[5].options = {"-a-b"};
    others[6].kernels = {"fit"};
    others[7] = {"text", "sm_90", {"-a", "-b", "fit"}, {"value"}};
    others[8] = {"text", "sm_90", {}, {}};
    for (cuda::CompileRequest const& other : others) keys.insert(cuda::cubin_key("compiler 1", other));
    EXPECT_EQ(keys.size(), 11U);
    EXPECT_EQ(cuda::cubin_key("compiler 1", request), key);
}

TEST(CubinEntry, ComesBackWithoutItsLog)
{
    cuda::Compiled const compiled = fake_compile(request);
    std::optional<cuda::Compiled> const back = cuda::from_entry(key, cuda::to_entry(key, compiled));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->code, compiled.code);
    EXPECT_EQ(back->architecture, "sm_90");
    EXPECT_EQ(back->names, compiled.names);
    EXPECT_EQ(back->seconds, 1.5);
    EXPECT_EQ(back->log, "");
}

TEST(CubinEntry, OfAnotherKeyIsNone)
{
    EXPECT_FALSE(cuda::from_entry(cuda::cubin_key("compiler 2", request), cuda::to_entry(key, fake_compile(request))));
}

// Whole and with the right hash, so that the format alone refuses it.
TEST(CubinEntry, OfAnotherFormatIsNone)
{
    std::string bytes = cuda::to_entry(key, fake_compile(request));
    bytes.resize(bytes.size() - key.size());
    for (bool is_changed : {false, true}) {
        std::string changed = bytes;
        std::size_t const format = std::string("warpfit cubin\n").size();
        if (is_changed) ++changed[format];
        cuda::Sha256 hash;
        hash.add(changed);
        for (unsigned char const byte : hash.digest()) changed += static_cast<char>(byte);
        EXPECT_EQ(cuda::from_entry(key, changed).has_value(), !is_changed);
    }
}

TEST(CubinEntry, LengthsBeyondItsEndAreNone)
{
    std::string const whole = cuda::to_entry(key, fake_compile(request));
    std::string const content = whole.substr(0, whole.size() - key.size());
    std::size_t const first_length = std::string("warpfit cubin\n").size() + 8 + key.size() + 8;
    for (std::size_t at = first_length; at < content.size(); ++at) {
        std::string changed = content;
        changed[at] = '\xff';  // in a length: more than there is; in a text: another text, of no harm
        cuda::Sha256 hash;
        hash.add(changed);
        for (unsigned char const byte : hash.digest()) changed += static_cast<char>(byte);
        std::optional<cuda::Compiled> const back = cuda::from_entry(key, changed);
        EXPECT_TRUE(!back || at >= first_length + 8) << at;
    }
}

}  // namespace
}  // namespace warpfit::testing
