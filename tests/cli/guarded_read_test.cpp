#include "src/cli/guarded_read.hpp"

#include "tests/cli/program_support.hpp"
#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstddef>
#include <fcntl.h>
#include <string>
#include <unistd.h>
#include <vector>

namespace warpfit::cli::testing_support {
namespace {

using testing::HasSubstr;

constexpr ReadLimits one_second{.cpu_seconds = 1};

/// A copy of a file of which one bit at a time is wrong.
class FlippedFile
{
  public:
    FlippedFile(std::string const& original, std::string const& copy)
        : bytes_(read_file(original))
        , path_(write_file(copy, bytes_))
        , fd_(open(path_.c_str(), O_WRONLY))
    {}
    ~FlippedFile() { close(fd_); }
    FlippedFile(FlippedFile const&) = delete;
    FlippedFile& operator=(FlippedFile const&) = delete;

    std::string const& path() const { return path_; }
    std::size_t size() const { return bytes_.size(); }

    /// Runs `check` with one bit of the byte at `position` flipped; which bit follows from the position.
    template<class Check>
    void flip(std::size_t position, Check const& check)
    {
        SCOPED_TRACE("byte " + std::to_string(position));
        char const wrong = static_cast<char>(bytes_[position] ^ (1 << (position * 5 + 3) % 8));
        ASSERT_EQ(pwrite(fd_, &wrong, 1, static_cast<off_t>(position)), 1);
        check();
        ASSERT_EQ(pwrite(fd_, &bytes_[position], 1, static_cast<off_t>(position)), 1);
    }

  private:
    std::string bytes_;
    std::string path_;
    int fd_;
};

/// Sanitizers turn a crash into an exit code.
bool is_crash(std::string const& message)
{
    return message.find("HDF5 library crashed on it") != std::string::npos ||
           message.find("HDF5 library ended with code") != std::string::npos;
}

/// How reads of a damaged file ended.
struct Endings
{
    int read = 0;
    int refused = 0;
    int crashed = 0;  ///< in the child
    int endless = 0;  ///< in the child

    /// `read_file` must return or throw InputError; anything else ends this test program.
    template<class Read>
    void count(FlippedFile const& file, Read const& read_file)
    {
        try {
            read_file();
            ++read;
        } catch (InputError const& error) {
            std::string const text = error.what();
            EXPECT_THAT(text, HasSubstr(file.path()));
            if (is_crash(text))
                ++crashed;
            else if (text.find("did not come to an end") != std::string::npos)
                ++endless;
            else
                ++refused;
        }
    }
};

// Without the guard the first of these tests ends this program. Counts are those of libhdf5 1.10.8; a later one may
// survive more.

TEST(GuardedRead, AFlippedBitInTheStructureEndsInDataOrAnInputError)
{
    FlippedFile file(data("line.hspy"), fresh_folder() + "/flipped.hspy");
    Endings endings;
    auto const read = [&] { endings.count(file, [&] { load_signal(file.path(), -1, one_second).pixel(0); }); };
    for (std::size_t position = 0; position < 12000; position += 40) file.flip(position, read);   // behind lie values
    for (std::size_t position = 2048; position < 2700; position += 5) file.flip(position, read);  // groups and names
    EXPECT_GT(endings.read, 200);
    EXPECT_GT(endings.refused, 20);
    EXPECT_GT(endings.crashed, 10);
    EXPECT_GT(endings.endless, 0);
}

TEST(GuardedRead, AFlippedBitInAResultEndsInAResultOrAnInputError)
{
    std::string const folder = fresh_folder();
    std::string const model = write_file(folder + "/m.toml", line_model());
    ASSERT_EQ(run("fit " + model + " " + data("line.hspy") + " -o " + folder + "/result.hspy").code, 0);
    FlippedFile file(folder + "/result.hspy", folder + "/flipped.hspy");
    Endings results;
    Endings inspections;
    auto const read = [&] { results.count(file, [&] { load_result(file.path(), one_second); }); };
    for (std::size_t position = 0; position < file.size(); position += 1499) file.flip(position, read);
    for (std::size_t position = 4000; position < 6000; position += 13) file.flip(position, read);  // attributes
    for (std::size_t position = 0; position < file.size(); position += 2999)
        file.flip(position, [&] { inspections.count(file, [&] { inspect(file.path(), true, one_second); }); });
    EXPECT_GT(results.read, 100);
    EXPECT_GT(results.refused, 5);
    EXPECT_GT(results.crashed, 2);
    EXPECT_GT(inspections.read, 30);
}

TEST(GuardedRead, ADatasetsDamagedHeaderEndsInDataOrAnInputError)
{
    FlippedFile file(std::string(WARPFIT_TEST_DIR) + "/io/data/load_layouts.h5", fresh_folder() + "/flipped.h5");
    struct Header
    {
        std::string dataset;
        std::size_t first;  ///< where its type, fill value, filters and layout lie
        std::size_t last;
    };
    Endings endings;
    // In one piece; chunks without filters; chunks with a check sum.
    for (Header const& header :
         {Header{"contiguous", 880, 1090}, {"compact_free", 1480, 1660}, {"checksum", 51070, 51260}})
        for (std::size_t position = header.first; position < header.last; position += 2)
            file.flip(position, [&] {
                endings.count(file, [&] {
                    Signal const signal = load_signal(file.path() + "#/" + header.dataset, 2, one_second);
                    std::vector<std::byte> values(signal.num_pixels() * signal.num_channels() * size_of(signal.type()));
                    signal.data().source->read(0, signal.num_pixels(), values.data());
                });
            });
    EXPECT_GT(endings.read, 50);
    EXPECT_GT(endings.refused, 20);
}

TEST(GuardedRead, TheProgramEndsByItselfAndSaysWhatToDo)
{
    std::string const folder = fresh_folder();
    std::string const model = write_file(folder + "/m.toml", line_model());
    FlippedFile file(data("line.hspy"), folder + "/flipped.hspy");
    int num_crashes = 0;
    std::string const plot = "plot --pixel 1 --png " + folder + " " + model + " ";
    for (std::string const& command : {std::string("inspect "), std::string("init "), plot, "fit " + model + " "})
        for (std::size_t const position : {130, 2096, 2237, 2304, 2365, 2428, 2452, 2500, 2660, 8866, 9919, 20000})
            file.flip(position, [&] {
                Outcome const outcome = run(command + file.path());
                EXPECT_TRUE(outcome.code == 0 || outcome.code == 3) << command << outcome.code << outcome.err;
                if (outcome.code != 3) return;
                EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
                EXPECT_EQ(outcome.out, "");
                if (!is_crash(outcome.err)) return;
                ++num_crashes;
                EXPECT_THAT(outcome.err, HasSubstr(file.path() + ": its structure cannot be read"));
                EXPECT_THAT(outcome.err, HasSubstr("copy it again; h5dump or h5repack"));
            });
    EXPECT_GT(num_crashes, 20);
}

TEST(GuardedRead, StopsAtTheMemoryLimit)
{
    FlippedFile file(data("line.hspy"), fresh_folder() + "/flipped.hspy");
    std::string message;
    file.flip(9679, [&] {
        try {
            load_signal(file.path(), -1, {.cpu_seconds = 60, .memory = std::size_t{64} << 20});
        } catch (InputError const& error) {
            message = error.what();
        }
    });
    EXPECT_THAT(message, HasSubstr("took more than 64 MiB"));
}

TEST(GuardedRead, WorksWhereChildrenAreNotWaitedFor)
{
    FlippedFile file(data("line.hspy"), fresh_folder() + "/flipped.hspy");
    std::signal(SIGCHLD, SIG_IGN);  // as some parents leave it
    EXPECT_EQ(load_signal(file.path()).num_pixels(), 7u);
    file.flip(2096, [&] { EXPECT_THROW(load_signal(file.path()), InputError); });
    EXPECT_EQ(std::signal(SIGCHLD, SIG_DFL), SIG_IGN) << "left as it was";
}

TEST(GuardedRead, OtherFormatsAndMissingFilesAreReadAtOnce)
{
    std::string const text = write_file(fresh_folder() + "/spectrum.txt", "0 1\n1 2\n2 4\n");
    EXPECT_EQ(load_signal(text).num_channels(), 3u);
    EXPECT_THROW(load_signal("nothing.hspy"), InputError);
    EXPECT_THROW(load_result(text), InputError);
}

}  // namespace
}  // namespace warpfit::cli::testing_support
