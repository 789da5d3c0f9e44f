#include "warpfit/error.hpp"
#include "warpfit/io.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace warpfit {
namespace {

using testing::HasSubstr;

class JournalTest : public testing::Test
{
  protected:
    void SetUp() override
    {
        std::string folder = testing::TempDir() + "warpfit_journal_XXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
        path_ = (folder_ / "out.hspy.journal").string();
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string bytes() const
    {
        std::ifstream in(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    void set_bytes(std::string const& text) const { std::ofstream(path_, std::ios::binary) << text; }

    std::filesystem::path folder_;
    std::string path_;
};

/// Records whose every number follows from (phase, first).
PixelRecords make_records(int phase, std::uint64_t first, std::size_t count, std::size_t num_free)
{
    PixelRecords r;
    r.phase = phase;
    r.num_free = num_free;
    r.num_pairs = num_free / 2;
    for (std::size_t i = 0; i < count; ++i) {
        std::uint64_t const pixel = first + i;
        r.pixels.push_back(pixel);
        for (std::size_t k = 0; k < num_free; ++k) {
            r.values.push_back(static_cast<double>(pixel) + 0.1 * static_cast<double>(k));
            r.standard_errors.push_back(1.0 / static_cast<double>(pixel + k + 1));
        }
        for (std::size_t k = 0; k < r.num_pairs; ++k) r.correlations.push_back(0.01 * static_cast<double>(pixel + k));
        r.chisq.push_back(1e-3 * static_cast<double>(pixel));
        r.dof.push_back(static_cast<std::int32_t>(pixel) - 5);
        r.iterations.push_back(static_cast<std::int32_t>(i));
        r.status.push_back(static_cast<FitStatus>(pixel % num_statuses));
    }
    return r;
}

void expect_equal(PixelRecords const& a, PixelRecords const& b)
{
    EXPECT_EQ(a.phase, b.phase);
    EXPECT_EQ(a.num_free, b.num_free);
    EXPECT_EQ(a.pixels, b.pixels);
    EXPECT_EQ(a.values, b.values);
    EXPECT_EQ(a.standard_errors, b.standard_errors);
    EXPECT_EQ(a.num_pairs, b.num_pairs);
    EXPECT_EQ(a.correlations, b.correlations);
    EXPECT_EQ(a.chisq, b.chisq);
    EXPECT_EQ(a.dof, b.dof);
    EXPECT_EQ(a.iterations, b.iterations);
    EXPECT_EQ(a.status, b.status);
}

std::string const header = "backend=cpu\ninstructions=avx2\nprecision=float64\n";

TEST_F(JournalTest, GivesBackWhatWasAppended)
{
    {
        auto const journal = io::create_journal(path_, "setup \"text\"\n");
        EXPECT_TRUE(journal->recovered().empty());
        journal->begin(header);
        journal->append(make_records(0, 0, 7, 3));
        journal->append(make_records(0, 7, 1, 3));
        journal->close_phase(0);
        journal->append(make_records(1, 8, 0, 3));
        journal->append(make_records(1, 8, 5, 0));
    }
    std::string setup;
    auto const journal = io::open_journal(path_, setup);
    EXPECT_EQ(setup, "setup \"text\"\n");
    journal->begin(header);
    auto const recovered = journal->recovered();
    ASSERT_EQ(recovered.size(), 4u);
    expect_equal(recovered[0], make_records(0, 0, 7, 3));
    expect_equal(recovered[1], make_records(0, 7, 1, 3));
    expect_equal(recovered[2], make_records(1, 8, 0, 3));
    expect_equal(recovered[3], make_records(1, 8, 5, 0));
    journal->append(make_records(2, 20, 2, 3));
    EXPECT_EQ(journal->recovered().size(), 4u);  // an earlier run's only
}

TEST_F(JournalTest, AppendingAfterRecoveryContinuesTheFile)
{
    std::string setup;
    io::create_journal(path_, "s")->begin(header);
    for (int run = 0; run < 4; ++run) {
        auto const journal = io::open_journal(path_, setup);
        journal->begin(header);
        EXPECT_EQ(journal->recovered().size(), static_cast<std::size_t>(run));
        journal->append(make_records(0, static_cast<std::uint64_t>(run), 2, 4));
    }
}

TEST_F(JournalTest, EveryTruncationKeepsTheCompleteRecords)
{
    std::vector<std::size_t> ends;  // file size after each record of pixels
    {
        auto const journal = io::create_journal(path_, "setup");
        journal->begin(header);
        ends.push_back(bytes().size());
        for (std::uint64_t i = 0; i < 5; ++i) {
            journal->append(make_records(0, 3 * i, 3, 2));
            ends.push_back(bytes().size());
        }
    }
    std::string const whole = bytes();
    std::size_t const setup_end = 16 + 16 + 5 + 4;
    for (std::size_t size = 0; size <= whole.size(); ++size) {
        set_bytes(whole.substr(0, size));
        std::string setup;
        if (size < setup_end) {
            EXPECT_THROW(io::open_journal(path_, setup), InputError) << size;
            continue;
        }
        auto const journal = io::open_journal(path_, setup);
        EXPECT_EQ(setup, "setup");
        journal->begin(header);
        auto const complete = static_cast<std::size_t>(
            std::count_if(ends.begin() + 1, ends.end(), [&](std::size_t e) { return e <= size; }));
        auto const recovered = journal->recovered();
        ASSERT_EQ(recovered.size(), complete) << size;
        for (std::size_t i = 0; i < complete; ++i) expect_equal(recovered[i], make_records(0, 3 * i, 3, 2));
        // The torn tail is gone: what is appended now is found again.
        journal->append(make_records(1, 100, 1, 2));
    }
    std::string setup;
    EXPECT_EQ(io::open_journal(path_, setup)->recovered().size(), 6u);
}

TEST_F(JournalTest, AFlippedBitEndsTheRecoveryThereAndNowhereElse)
{
    std::vector<std::size_t> ends;
    {
        auto const journal = io::create_journal(path_, "setup");
        journal->begin(header);
        ends.push_back(bytes().size());
        for (std::uint64_t i = 0; i < 4; ++i) {
            journal->append(make_records(0, 2 * i, 2, 1));
            ends.push_back(bytes().size());
        }
    }
    std::string const whole = bytes();
    for (std::size_t at = ends.front(); at < whole.size(); ++at) {
        for (int const bit : {static_cast<int>(at % 8), 7}) {
            std::string damaged = whole;
            damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
            set_bytes(damaged);
            std::string setup;
            auto const recovered = io::open_journal(path_, setup)->recovered();
            auto const intact = static_cast<std::size_t>(
                std::count_if(ends.begin() + 1, ends.end(), [&](std::size_t e) { return e <= at; }));
            ASSERT_EQ(recovered.size(), intact) << "byte " << at << " bit " << bit;
            for (std::size_t i = 0; i < intact; ++i) expect_equal(recovered[i], make_records(0, 2 * i, 2, 1));
        }
    }
    // In the head: an error, never a crash or a silent start.
    for (std::size_t at = 0; at < 12; ++at) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 1);
        set_bytes(damaged);
        std::string setup;
        EXPECT_THROW(io::open_journal(path_, setup), InputError) << at;
    }
}

TEST_F(JournalTest, SurvivesKillsAtAnyMoment)
{
    std::mt19937 random(7);
    io::create_journal(path_, "setup")->begin(header);
    std::size_t before = 0;
    for (int round = 0; round < 40; ++round) {
        pid_t const child = fork();
        ASSERT_GE(child, 0);
        if (child == 0) {
            std::string setup;
            auto const journal = io::open_journal(path_, setup);
            journal->begin(header);
            for (std::size_t i = journal->recovered().size();; ++i) {
                journal->append(make_records(0, 11 * i, 11, 6));
                if (i % 16 == 0) journal->close_phase(0);
            }
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 30000));
        kill(child, SIGKILL);
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
        std::string setup;
        auto const recovered = io::open_journal(path_, setup)->recovered();
        EXPECT_GE(recovered.size(), before);
        for (std::size_t i = 0; i < recovered.size(); ++i) expect_equal(recovered[i], make_records(0, 11 * i, 11, 6));
        before = recovered.size();
    }
    EXPECT_GT(before, 100u);
}

TEST_F(JournalTest, RefusesAnotherRunsHeaderAndSaysWhatDiffers)
{
    io::create_journal(path_, "setup")->begin(header);
    std::string setup;
    auto const journal = io::open_journal(path_, setup);
    try {
        journal->begin("backend=cpu\ninstructions=avx512\nprecision=float64\n");
        FAIL() << "accepted";
    } catch (InvalidArgument const& error) {
        EXPECT_THAT(error.what(), HasSubstr("\"instructions=avx2\", this run \"instructions=avx512\""));
        EXPECT_THAT(error.what(), HasSubstr(path_));
    }
    try {
        journal->begin(header + "pixels=3");
        FAIL() << "accepted";
    } catch (InvalidArgument const& error) {
        EXPECT_THAT(error.what(), HasSubstr("pixels=3"));
    }
    EXPECT_NO_THROW(journal->begin(header));
}

TEST_F(JournalTest, OneRunAtATime)
{
    auto const journal = io::create_journal(path_, "setup");
    std::string setup;
    EXPECT_THROW(io::create_journal(path_, "other"), WriteError);
    EXPECT_THROW(io::open_journal(path_, setup), WriteError);
    pid_t const child = fork();
    if (child == 0) {
        try {
            io::create_journal(path_, "other");
        } catch (WriteError const& error) {
            _exit(std::string(error.what()).find("locked") != std::string::npos ? 3 : 4);
        }
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(WEXITSTATUS(status), 3);
}

TEST_F(JournalTest, AnInterruptedRunsJournalIsKeptAside)
{
    {
        auto const journal = io::create_journal(path_, "first");
        journal->begin(header);
        journal->append(make_records(0, 0, 3, 1));
    }
    io::create_journal(path_, "second");
    std::string setup;
    EXPECT_EQ(io::open_journal(path_ + ".old", setup)->recovered().size(), 1u);
    EXPECT_EQ(setup, "first");
    EXPECT_TRUE(io::open_journal(path_, setup)->recovered().empty());
    EXPECT_EQ(setup, "second");
}

TEST_F(JournalTest, RefusesWhatIsNotAJournal)
{
    std::string setup;
    EXPECT_THROW(io::open_journal(path_, setup), InputError);
    set_bytes("not a journal, but long enough to hold a head");
    EXPECT_THROW(io::open_journal(path_, setup), InputError);
    EXPECT_EQ(bytes(), "not a journal, but long enough to hold a head");
    EXPECT_THROW(io::open_journal(folder_.string(), setup), InputError);
    EXPECT_THROW(io::create_journal((folder_ / "missing" / "a").string(), "s"), WriteError);
    EXPECT_THROW(io::create_journal(folder_.string(), "s"), WriteError);
}

TEST_F(JournalTest, AppendRefusesRaggedColumns)
{
    auto const journal = io::create_journal(path_, "s");
    journal->begin(header);
    PixelRecords records = make_records(0, 0, 3, 2);
    records.values.pop_back();
    EXPECT_THROW(journal->append(records), InvalidArgument);
    records = make_records(0, 0, 3, 2);
    records.correlations.pop_back();
    EXPECT_THROW(journal->append(records), InvalidArgument);
}

TEST_F(JournalTest, AFullDiskIsReportedAndKeepsWhatWasWritten)
{
    pid_t const child = fork();
    if (child == 0) {
        rlimit const limit{20000, 20000};
        setrlimit(RLIMIT_FSIZE, &limit);
        auto const journal = io::create_journal(path_, "setup");
        journal->begin(header);
        for (std::uint64_t i = 0; i < 1000; ++i) {
            try {
                journal->append(make_records(0, 11 * i, 11, 6));
            } catch (WriteError const& error) {
                bool const names_file = std::string(error.what()).find(path_) != std::string::npos;
                _exit(names_file && i > 5 ? 10 : 11);
            }
        }
        _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status)) << "signal " << WTERMSIG(status);
    EXPECT_EQ(WEXITSTATUS(status), 10);
    std::string setup;
    auto const journal = io::open_journal(path_, setup);
    journal->begin(header);
    auto const recovered = journal->recovered();
    EXPECT_GT(recovered.size(), 5u);
    for (std::size_t i = 0; i < recovered.size(); ++i) expect_equal(recovered[i], make_records(0, 11 * i, 11, 6));
    journal->append(make_records(0, 0, 1, 6));
}

}  // namespace
}  // namespace warpfit
