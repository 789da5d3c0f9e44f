#include "src/backends/cuda/cubin_folder.hpp"
#include "tests/backends/cuda/cache_support.hpp"

#include <chrono>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

namespace warpfit::testing {
namespace {

namespace fs = std::filesystem;
using cuda::CubinFolder;
using ::testing::HasSubstr;

constexpr long long much = 1 << 20;

cuda::CompileRequest request_of(int i)
{
    return {"program " + std::to_string(i), "sm_90", {}, {"fit"}};
}
cuda::Sha256::Digest key_of(int i)
{
    return cuda::cubin_key("compiler", request_of(i));
}
fs::path file_of(fs::path const& folder, int i)
{
    return folder / (cuda::to_hex(key_of(i)) + ".cubin");
}

class Folder : public ::testing::Test
{
  protected:
    std::string write(CubinFolder const& folder, int i) { return folder.write(key_of(i), fake_compile(request_of(i))); }
    long long entry_size(int i)
    {
        return static_cast<long long>(cuda::to_entry(key_of(i), fake_compile(request_of(i))).size());
    }
    fs::path file(int i) { return file_of(temporary.path(), i); }
    void age(fs::path const& path, std::chrono::seconds by)
    {
        fs::last_write_time(path, fs::file_time_type::clock::now() - by);
    }

    TemporaryFolder temporary;
};

TEST_F(Folder, GivesBackWhatWasWritten)
{
    CubinFolder const folder(temporary.path() / "deep" / "below", much);
    EXPECT_FALSE(folder.read(key_of(1)));
    EXPECT_EQ(write(folder, 1), "");

    std::optional<cuda::Compiled> const back = folder.read(key_of(1));
    ASSERT_TRUE(back);
    EXPECT_EQ(back->code, fake_compile(request_of(1)).code);
    EXPECT_FALSE(folder.read(key_of(2)));
}

TEST_F(Folder, AnEntryWithAnyByteChangedIsDeleted)
{
    CubinFolder const folder(temporary.path(), much);
    std::string const good = cuda::to_entry(key_of(1), fake_compile(request_of(1)));
    for (std::size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
        write_file(file(1), bad);
        ASSERT_FALSE(folder.read(key_of(1))) << at;
        ASSERT_FALSE(fs::exists(file(1))) << at;
    }
}

TEST_F(Folder, AnEntryOfAnyOtherLengthIsDeleted)
{
    CubinFolder const folder(temporary.path(), much);
    std::string const good = cuda::to_entry(key_of(1), fake_compile(request_of(1)));
    for (std::size_t size = 0; size <= good.size() + 3; ++size) {
        if (size == good.size()) continue;
        write_file(file(1), (good + "more").substr(0, size));
        ASSERT_FALSE(folder.read(key_of(1))) << size;
        ASSERT_FALSE(fs::exists(file(1))) << size;
    }
}

TEST_F(Folder, AnotherProgramsEntryUnderThisNameIsDeleted)
{
    CubinFolder const folder(temporary.path(), much);
    EXPECT_EQ(write(folder, 1), "");
    fs::rename(file(1), file(2));
    EXPECT_FALSE(folder.read(key_of(2)));
    EXPECT_TRUE(temporary.files().empty());
}

TEST_F(Folder, WhatIsNoFileIsNoEntry)
{
    CubinFolder const folder(temporary.path(), much);
    ASSERT_EQ(mkfifo(file(1).c_str(), 0600), 0);
    EXPECT_FALSE(folder.read(key_of(1)));
    EXPECT_EQ(write(folder, 1), "");
    EXPECT_TRUE(folder.read(key_of(1)));

    fs::create_directory(file(2));
    EXPECT_FALSE(folder.read(key_of(2)));
    EXPECT_THAT(write(folder, 2), HasSubstr("not kept"));
    EXPECT_EQ(temporary.files().size(), 2U);
}

TEST_F(Folder, TheEntriesUsedLongestAgoGoFirst)
{
    CubinFolder const folder(temporary.path(), 3 * entry_size(1));
    for (int i : {1, 2, 3}) {
        EXPECT_EQ(write(folder, i), "");
        age(file(i), std::chrono::minutes(10 * i));  // 3 is the oldest
    }
    EXPECT_TRUE(folder.read(key_of(3)));  // now 2 is

    EXPECT_EQ(write(folder, 4), "");
    EXPECT_TRUE(fs::exists(file(1)));
    EXPECT_FALSE(fs::exists(file(2)));
    EXPECT_TRUE(fs::exists(file(3)));
    EXPECT_TRUE(fs::exists(file(4)));

    EXPECT_EQ(write(folder, 5), "");
    EXPECT_FALSE(fs::exists(file(1)));
    EXPECT_EQ(temporary.files().size(), 3U);
}

TEST_F(Folder, TheNewestStaysThoughAClockWasWrong)
{
    CubinFolder const folder(temporary.path(), entry_size(1));
    EXPECT_EQ(write(folder, 1), "");
    age(file(1), -std::chrono::hours(24));
    EXPECT_EQ(write(folder, 2), "");
    EXPECT_TRUE(fs::exists(file(2)));
    EXPECT_FALSE(fs::exists(file(1)));
}

TEST_F(Folder, AnEntryAboveTheLimitIsNotKept)
{
    CubinFolder const folder(temporary.path(), entry_size(1) - 1);
    EXPECT_EQ(write(folder, 1), "");
    EXPECT_TRUE(temporary.files().empty());
}

TEST_F(Folder, OthersFilesStayAbandonedTemporariesGo)
{
    CubinFolder const folder(temporary.path(), entry_size(1));
    write_file(temporary.path() / "README", std::string(10000, 'x'));
    write_file(temporary.path() / ".old.tmp", "x");
    write_file(temporary.path() / ".new.tmp", "x");
    age(temporary.path() / "README", std::chrono::hours(1000));
    age(temporary.path() / ".old.tmp", std::chrono::hours(2));

    EXPECT_EQ(write(folder, 1), "");
    EXPECT_TRUE(fs::exists(file(1)));
    EXPECT_TRUE(fs::exists(temporary.path() / "README"));
    EXPECT_TRUE(fs::exists(temporary.path() / ".new.tmp"));
    EXPECT_FALSE(fs::exists(temporary.path() / ".old.tmp"));
}

TEST_F(Folder, ThatCannotBeMadeSaysSo)
{
    write_file(temporary.path() / "file", "");
    for (fs::path const& place : {temporary.path() / "file", temporary.path() / "file" / "below"}) {
        CubinFolder const folder(place, much);
        EXPECT_FALSE(folder.read(key_of(1)));
        EXPECT_THAT(write(folder, 1), HasSubstr("not kept in " + place.string() + " (Not a directory)"));
    }
}

/// Nobody's rights, while it lives: root may write anywhere.
class WithoutRights
{
  public:
    WithoutRights() { is_fine_ = geteuid() != 0 || seteuid(65534) == 0; }
    ~WithoutRights()
    {
        if (getuid() == 0 && seteuid(0) != 0) std::abort();
    }
    WithoutRights(WithoutRights const&) = delete;
    WithoutRights& operator=(WithoutRights const&) = delete;

    bool is_fine() const { return is_fine_; }

  private:
    bool is_fine_;
};

TEST_F(Folder, ThatIsReadOnlyIsReadAndSaysSoWhenWritten)
{
    CubinFolder const folder(temporary.path(), much);
    EXPECT_EQ(write(folder, 1), "");
    std::string bad = read_file(file(1));
    bad.back() ^= 1;
    write_file(file(3), bad);
    fs::permissions(temporary.path(), fs::perms(0555));
    {
        WithoutRights const rights;
        if (!rights.is_fine()) GTEST_SKIP() << "the user cannot be changed";
        EXPECT_TRUE(folder.read(key_of(1)));
        EXPECT_FALSE(folder.read(key_of(2)));
        EXPECT_FALSE(folder.read(key_of(3)));
        EXPECT_THAT(write(folder, 2), HasSubstr("(Permission denied)"));
    }
    EXPECT_EQ(temporary.files().size(), 2U);
    fs::permissions(temporary.path(), fs::perms(0755));
}

TEST(DefaultCacheFolder, FollowsTheXdgSpecification)
{
    auto const with = [](char const* cache, char const* home) {
        cache ? setenv("XDG_CACHE_HOME", cache, 1) : unsetenv("XDG_CACHE_HOME");
        home ? setenv("HOME", home, 1) : unsetenv("HOME");
        return cuda::default_cache_folder();
    };
    char const* const home = std::getenv("HOME");
    std::string const kept = home ? home : "";
    EXPECT_EQ(with("/cache", "/home/me"), "/cache/warpfit");
    EXPECT_EQ(with(nullptr, "/home/me"), "/home/me/.cache/warpfit");
    EXPECT_EQ(with("", "/home/me"), "/home/me/.cache/warpfit");
    EXPECT_EQ(with("relative", "/home/me"), "/home/me/.cache/warpfit");
    EXPECT_EQ(with(nullptr, nullptr), "");
    with(nullptr, home ? kept.c_str() : nullptr);
}

}  // namespace
}  // namespace warpfit::testing
