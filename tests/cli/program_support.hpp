#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace warpfit::cli::testing_support {

struct Outcome
{
    int code;  ///< exit code; 128 + signal where one ended the process
    std::string out;
    std::string err;
};

/// Runs `warpfit ARGUMENTS` through the shell, with nothing on standard input.
Outcome run(std::string const& arguments);

/// A file under tests/cli/data.
std::string data(std::string const& name);

/// An empty folder that belongs to the running test.
std::string fresh_folder();

std::string write_file(std::string const& path, std::string const& text);
std::string read_file(std::string const& path);

/// Gaussian on an offset: the model of line.hspy, with the starts HyperSpy had.
std::string line_model();

nlohmann::json parse(std::string const& text);

}  // namespace warpfit::cli::testing_support
