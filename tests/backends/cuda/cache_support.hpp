#pragma once

#include "src/backends/cuda/compiler.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

namespace warpfit::testing {

/// An empty folder that goes with its object.
class TemporaryFolder
{
  public:
    TemporaryFolder()
    {
        std::string name = ::testing::TempDir() + "/warpfit_cubins.XXXXXX";
        if (mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~TemporaryFolder()
    {
        std::error_code error;
        if (!path_.empty()) std::filesystem::remove_all(path_, error);
    }
    TemporaryFolder(TemporaryFolder const&) = delete;
    TemporaryFolder& operator=(TemporaryFolder const&) = delete;

    std::filesystem::path const& path() const { return path_; }

    /// All files in it, hidden ones too.
    std::vector<std::filesystem::path> files() const
    {
        std::vector<std::filesystem::path> found;
        for (auto const& entry : std::filesystem::directory_iterator(path_)) found.push_back(entry.path());
        return found;
    }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(std::filesystem::path const& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_file(std::filesystem::path const& path, std::string const& bytes)
{
    std::ofstream(path, std::ios::binary) << bytes;
}

/// What a compiler would make of a request, with zeros and line ends in the code.
inline cuda::Compiled fake_compile(cuda::CompileRequest const& request)
{
    using namespace std::string_literals;
    cuda::Compiled done;
    done.code = "\0code\n\xff of "s + request.text + " for " + request.architecture;
    done.architecture = request.architecture;
    for (std::string const& kernel : request.kernels) done.names.push_back("_Z" + kernel);
    done.log = "a warning";
    done.seconds = 1.5;
    return done;
}

}  // namespace warpfit::testing
