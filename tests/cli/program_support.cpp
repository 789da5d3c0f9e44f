#include "tests/cli/program_support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace warpfit::cli::testing_support {

Outcome run(std::string const& arguments)
{
    std::string const base =
        (std::filesystem::path(testing::TempDir()) / ("warpfit_run_" + std::to_string(getpid()))).string();
    std::string const command =
        std::string(WARPFIT_PROGRAM) + " " + arguments + " >" + base + ".out 2>" + base + ".err </dev/null";
    int const status = std::system(command.c_str());
    int const code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    Outcome outcome{code, read_file(base + ".out"), read_file(base + ".err")};
    std::filesystem::remove(base + ".out");
    std::filesystem::remove(base + ".err");
    return outcome;
}

std::string data(std::string const& name)
{
    return std::string(WARPFIT_TEST_DIR) + "/cli/data/" + name;
}

std::string fresh_folder()
{
    auto const* const test = testing::UnitTest::GetInstance()->current_test_info();
    std::filesystem::path const folder =
        std::filesystem::path(testing::TempDir()) /
        (std::string("warpfit_") + test->test_suite_name() + "_" + test->name() + "_" + std::to_string(getpid()));
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    return folder.string();
}

std::string write_file(std::string const& path, std::string const& text)
{
    std::ofstream(path, std::ios::binary) << text;
    return path;
}

std::string read_file(std::string const& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string line_model()
{
    return "schema = 1\n"
           "[[component]]\ntype = \"Gaussian\"\nA = 350.0\ncentre = 17.5\nsigma = 1.625\n"
           "[[component]]\ntype = \"Offset\"\noffset = 20.0\n";
}

nlohmann::json parse(std::string const& text)
{
    return nlohmann::json::parse(text);
}

}  // namespace warpfit::cli::testing_support
