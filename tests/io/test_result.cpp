#include "tests/io/test_result_cases.hpp"
#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <hdf5.h>
#include <map>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace warpfit {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class ResultTest : public testing::Test
{
  protected:
    void SetUp() override
    {
        std::string folder = testing::TempDir() + "warpfit_result_XXXXXX";
        ASSERT_NE(mkdtemp(folder.data()), nullptr);
        folder_ = folder;
    }
    void TearDown() override { fs::remove_all(folder_); }

    std::string path(std::string const& name) const { return (folder_ / name).string(); }
    static std::string bytes(std::string const& file)
    {
        std::ifstream in(file, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    std::size_t num_files() const
    {
        return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
    }

    fs::path folder_;
};

void expect_same(std::vector<double> const& a, std::vector<double> const& b, std::string const& what)
{
    ASSERT_EQ(a.size(), b.size()) << what;
    for (std::size_t i = 0; i < a.size(); ++i)
        EXPECT_TRUE(a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])))
            << what << " " << i << ": " << a[i] << " " << b[i];
}

TEST_F(ResultTest, HyperSpyRestoresEveryModel)
{
    auto const cases = test::result_cases();
    for (auto const& c : cases) {
        io::save_result(path(c.name + ".hspy"), c.signal, c.file, c.result);
        std::ofstream(path(c.name + ".json")) << test::expectations_json(c);
    }
    char const* const given = std::getenv("WARPFIT_TEST_PYTHON");
    std::string const python = given ? given : "/usr/bin/python3";
    std::string const report = path("report.txt");
    std::string const command =
        python + " " WARPFIT_TEST_DIR "/io/check_result.py " + folder_.string() + " > " + report + " 2>&1";
    int const status = std::system(command.c_str());
    ASSERT_TRUE(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77 || WEXITSTATUS(status) == 127)
        GTEST_SKIP() << "no HyperSpy for " << python << " (set WARPFIT_TEST_PYTHON): " << bytes(report);
    EXPECT_EQ(WEXITSTATUS(status), 0) << bytes(report);
}

TEST_F(ResultTest, LoadsBackWhatWasSaved)
{
    for (auto const& c : test::result_cases()) {
        SCOPED_TRACE(c.name);
        io::save_result(path("r.hspy"), c.signal, c.file, c.result);
        io::ResultFile const file = io::load_result(path("r.hspy"));
        FitResult const& a = c.result;
        FitResult const& b = file.result;
        EXPECT_TRUE(file.complete);
        EXPECT_EQ(to_json(file.model), to_json(c.file));
        EXPECT_EQ(b.shape, a.shape);
        EXPECT_EQ(b.num_channels, a.num_channels);
        EXPECT_EQ(b.device, a.device);
        EXPECT_EQ(b.instructions, a.instructions);
        EXPECT_EQ(b.precision, a.precision);
        EXPECT_EQ(b.optimizer, a.optimizer);
        EXPECT_EQ(b.loss, a.loss);
        EXPECT_EQ(b.start, a.start);
        EXPECT_EQ(b.layout, a.layout);
        EXPECT_EQ(b.threads, a.threads);
        EXPECT_EQ(b.seconds, a.seconds);
        EXPECT_EQ(b.notes, a.notes);
        EXPECT_EQ(b.status, a.status);
        EXPECT_EQ(b.dof, a.dof);
        EXPECT_EQ(b.iterations, a.iterations);
        expect_same(b.chisq, a.chisq, "chisq");
        expect_same(b.red_chisq, a.red_chisq, "red_chisq");
        ASSERT_EQ(b.parameters.size(), a.parameters.size());
        for (std::size_t i = 0; i < a.parameters.size(); ++i) {
            EXPECT_EQ(b.parameters[i].component, a.parameters[i].component);
            EXPECT_EQ(b.parameters[i].parameter, a.parameters[i].parameter);
            EXPECT_EQ(b.parameters[i].free, a.parameters[i].free);
            expect_same(b.parameters[i].values, a.parameters[i].values, a.parameters[i].parameter);
            expect_same(b.parameters[i].standard_errors, a.parameters[i].standard_errors, a.parameters[i].parameter);
        }
        ASSERT_EQ(file.signal.low_loss() != nullptr, c.signal.low_loss() != nullptr);
        for (std::size_t i = 0; c.signal.low_loss() && i < a.num_pixels(); ++i)
            expect_same(file.signal.low_loss()->pixel(i),
                        c.signal.low_loss()->pixel(c.signal.low_loss()->num_pixels() > 1 ? i : 0), "low loss");
        EXPECT_EQ(file.signal.title, c.signal.title);
        EXPECT_EQ(file.signal.type(), c.signal.type());
        for (std::size_t i = 0; i < a.num_pixels(); ++i) expect_same(file.signal.pixel(i), c.signal.pixel(i), "data");
    }
}

/// An edge whose fine structure is that of a Gaussian: the file says so, and has the same curve.
TEST_F(ResultTest, KeepsComponentsOfAFineStructure)
{
    ModelFile file;
    file.model.append("PowerLaw");
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    options.edge.microscope = {200.0, 10.0, 30.0};
    options.edge.fine_structure_active = true;
    options.edge.fine_structure_spline_active = false;
    options.edge.fine_structure_components = {"line"};
    file.model.append(Component("EELSCLEdge", "", options));
    file.model.append("Gaussian", "line");
    for (auto const& [path, v] : std::map<std::string, double>{
             {"O_K.intensity", 50.0}, {"line.A", 3000.0}, {"line.sigma", 3.0}, {"line.centre", 540.0}})
        file.model.parameter(path).set_value(v);
    std::vector<double> x;
    for (int i = 0; i < 300; ++i) x.push_back(450.0 + i);
    std::vector<double> const data = file.model.evaluate(x);
    Signal const signal({}, {test::axis("Energy", "eV", 300, 450.0, 1.0)}, data);
    FitResult const result = multifit(file.model, signal, file.fit, file.data);
    ASSERT_TRUE(is_converged(result.status[0]));
    io::save_result(path("r.hspy"), signal, file, result);
    Model const again = io::load_result(path("r.hspy")).model.model;
    EXPECT_EQ(again["O_K"].options().edge.fine_structure_components, std::vector<std::string>{"line"});
    EXPECT_TRUE(again["line"].is_active());
    expect_same(again.evaluate(x), data, "curve");
}

TEST_F(ResultTest, SaysWhenItIsNotComplete)
{
    auto c = test::eels_case();
    c.result.status[3] = FitStatus::cancelled;
    io::save_result(path("r.hspy"), c.signal, c.file, c.result);
    EXPECT_FALSE(io::load_result(path("r.hspy")).complete);
}

TEST_F(ResultTest, SameFitSameBytesExceptWhatIsListed)
{
    auto c = test::eels_case();
    io::save_result(path("a.hspy"), c.signal, c.file, c.result);
    std::string const first = bytes(path("a.hspy"));
    sleep(1);  // dates have seconds
    io::save_result(path("b.hspy"), c.signal, c.file, c.result);
    std::string const second = bytes(path("b.hspy"));
    ASSERT_EQ(first.size(), second.size());
    std::size_t differing = 0;
    for (std::size_t i = 0; i < first.size(); ++i) differing += first[i] != second[i];
    EXPECT_LE(differing, 25u);  // the date
    EXPECT_GT(differing, 0u);
}

TEST_F(ResultTest, InputMayBeTheFileThatIsReplaced)
{
    auto c = test::eels_case();
    io::save_result(path("r.hspy"), c.signal, c.file, c.result);
    Signal const lazy = io::load(path("r.hspy"));
    io::save_result(path("r.hspy"), lazy, c.file, c.result);
    Signal const again = io::load(path("r.hspy"));
    for (std::size_t i = 0; i < c.signal.num_pixels(); ++i) expect_same(again.pixel(i), c.signal.pixel(i), "data");
    EXPECT_EQ(fs::path(io::load_result(path("r.hspy")).input_path), fs::path(path("r.hspy")));
    EXPECT_EQ(num_files(), 1u);
}

TEST_F(ResultTest, LargeSignalsAreStreamed)
{
    // Many chunks and a last one that is not full; u8 has no shuffle filter.
    std::size_t const rows = 37, columns = 41, channels = 4096;
    std::vector<std::byte> values(rows * columns * channels);
    std::uint32_t state = 1;
    for (std::byte& v : values) v = static_cast<std::byte>((state = state * 1664525u + 1013904223u) >> 24);
    Signal const signal({test::axis("y", "", rows, 0, 1), test::axis("x", "", columns, 0, 1)},
                        {test::axis("E", "", channels, 0, 1)}, DataType::u8, values);
    test::ResultCase c = test::eels_case();
    c.signal = signal;
    c.file = {};
    c.file.model.append("Offset");
    c.channel_switches.assign(channels, 1);
    c.result = test::make_result(c, {});
    io::save_result(path("r.hspy"), signal, c.file, c.result);
    Signal const back = io::load(path("r.hspy"));
    ASSERT_EQ(back.type(), DataType::u8);
    for (std::size_t const pixel : {std::size_t{0}, std::size_t{255}, std::size_t{256}, rows * columns - 1})
        expect_same(back.pixel(pixel), signal.pixel(pixel), "pixel " + std::to_string(pixel));
}

/// Runs f in a child whose files may grow to `limit` bytes; its exit status, or 1000 + signal.
template<class F>
int status_under_limit(rlim_t limit, F&& f)
{
    pid_t const child = fork();
    if (child == 0) {
        rlimit const limits{limit, limit};
        setrlimit(RLIMIT_FSIZE, &limits);
        int code = 0;
        try {
            f();
        } catch (WriteError const& error) {
            code = std::string(error.what()).find("r.hspy") != std::string::npos ? 7 : 8;
        }
        std::exit(code);  // with HDF5's own exit handler
    }
    int status = 0;
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

TEST_F(ResultTest, AFullDiskThrowsAndLeavesTheOldFile)
{
    auto c = test::eels_case();
    io::save_result(path("r.hspy"), c.signal, c.file, c.result);
    std::string const old = bytes(path("r.hspy"));
    c.result.seconds = 99.0;
    std::vector<rlim_t> limits = {0, 1, 100, 2000, 4096};
    for (std::size_t size = 8192; size < old.size(); size += 9973) limits.push_back(size);
    limits.push_back(old.size() - 1);
    for (rlim_t const limit : limits) {
        EXPECT_EQ(status_under_limit(limit, [&] { io::save_result(path("r.hspy"), c.signal, c.file, c.result); }), 7)
            << "limit " << limit;
        EXPECT_EQ(bytes(path("r.hspy")), old) << limit;
        EXPECT_EQ(num_files(), 1u) << limit;
    }
    EXPECT_EQ(status_under_limit(2 * old.size(), [&] { io::save_result(path("r.hspy"), c.signal, c.file, c.result); }),
              0);
    EXPECT_EQ(io::load_result(path("r.hspy")).result.seconds, 99.0);
}

TEST_F(ResultTest, AFullDiskWhileStreamingThrows)
{
    std::size_t const pixels = 64, channels = 65536;
    std::vector<std::byte> values(pixels * channels);
    std::uint32_t state = 1;
    for (std::byte& v : values) v = static_cast<std::byte>((state = state * 1664525u + 1013904223u) >> 24);
    test::ResultCase c = test::eels_case();
    c.signal = Signal({test::axis("", "", pixels, 0, 1)}, {test::axis("", "", channels, 0, 1)}, DataType::u8, values);
    c.file = {};
    c.file.model.append("Offset");
    c.channel_switches.assign(channels, 1);
    c.result = test::make_result(c, {});
    for (rlim_t const limit : {1u << 16, 1u << 20, 3u << 20, 4u << 20}) {
        EXPECT_EQ(status_under_limit(limit, [&] { io::save_result(path("r.hspy"), c.signal, c.file, c.result); }), 7);
        EXPECT_EQ(num_files(), 0u);
    }
}

TEST_F(ResultTest, RefusesPlacesThatCannotBeWritten)
{
    auto const c = test::eels_case();
    auto const save = [&](std::string const& where) { io::save_result(where, c.signal, c.file, c.result); };
    EXPECT_THROW(save(path("missing/r.hspy")), WriteError);
    EXPECT_THROW(save(folder_.string()), WriteError);
    EXPECT_THROW(save(""), WriteError);
    EXPECT_THROW(save("/dev/null"), WriteError);
    EXPECT_EQ(num_files(), 0u);
}

TEST_F(ResultTest, ALinkIsFollowed)
{
    auto const c = test::eels_case();
    fs::create_directory(path("elsewhere"));
    fs::create_symlink("elsewhere/r.hspy", path("link.hspy"));
    io::save_result(path("link.hspy"), c.signal, c.file, c.result);
    EXPECT_TRUE(fs::is_symlink(path("link.hspy")));
    EXPECT_TRUE(fs::is_regular_file(path("elsewhere/r.hspy")));
}

TEST_F(ResultTest, RefusesAResultOfOtherData)
{
    auto c = test::eels_case();
    c.result.chisq.pop_back();
    EXPECT_THROW(io::save_result(path("r.hspy"), c.signal, c.file, c.result), InvalidArgument);
    c = test::eels_case();
    c.result.shape = {12};
    EXPECT_THROW(io::save_result(path("r.hspy"), c.signal, c.file, c.result), InvalidArgument);
    c.file.model = {};
    EXPECT_THROW(io::save_result(path("r.hspy"), c.signal, c.file, c.result), InvalidArgument);
    EXPECT_EQ(num_files(), 0u);
}

TEST_F(ResultTest, LoadRefusesWhatIsNotAResult)
{
    EXPECT_THROW(io::load_result(path("missing.hspy")), InputError);
    std::ofstream(path("text.hspy")) << "no HDF5";
    EXPECT_THROW(io::load_result(path("text.hspy")), InputError);
    hid_t const file = H5Fcreate(path("plain.hspy").c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    try {
        io::load_result(path("plain.hspy"));
        FAIL() << "accepted";
    } catch (InputError const& error) {
        EXPECT_THAT(error.what(), HasSubstr("not a warpfit result"));
        EXPECT_THAT(error.what(), HasSubstr(path("plain.hspy")));
    }
}

TEST_F(ResultTest, LoadOfDamagedFilesThrowsAndNeverCrashes)
{
    auto const c = test::eels_case();
    io::save_result(path("r.hspy"), c.signal, c.file, c.result);
    std::string const whole = bytes(path("r.hspy"));
    for (std::size_t size = 0; size < whole.size(); size += 4999) {
        std::ofstream(path("cut.hspy"), std::ios::binary) << whole.substr(0, size);
        EXPECT_THROW(io::load_result(path("cut.hspy")), InputError) << size;
    }
}

}  // namespace
}  // namespace warpfit
