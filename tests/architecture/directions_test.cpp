#include <algorithm>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace warpfit::testing {
namespace {

namespace fs = std::filesystem;

/// DESIGN.md, section 2: dependencies point down only. What each room may include of ours, beside itself.
std::map<std::string, std::set<std::string>> const may_include{
    {"include/warpfit", {}},
    {"kernels", {}},
    {"src/backends/cpu", {"kernels"}},
    {"src/backends/cuda", {"kernels"}},
    {"src/own", {"include/warpfit", "kernels"}},
    {"src/text", {}},
    {"src/physics", {"include/warpfit", "src/text"}},
    {"src/signal", {"include/warpfit", "kernels"}},
    {"src/expression", {"include/warpfit", "kernels", "src/text"}},
    {"src/model", {"include/warpfit", "kernels", "src/text", "src/physics", "src/signal", "src/expression"}},
    {"src/fit", {"include/warpfit", "kernels", "src/text", "src/physics", "src/signal", "src/expression", "src/model"}},
    {"src/spectroscopy", {"include/warpfit", "src/text", "src/physics", "src/model", "src/fit"}},
    {"src/io",
     {"include/warpfit", "kernels", "src/text", "src/physics", "src/signal", "src/expression", "src/model", "src/fit"}},
    {"src/capi",
     {"include/warpfit", "kernels", "src/text", "src/physics", "src/signal", "src/expression", "src/model", "src/fit",
      "src/io"}},
    {"src/cli",
     {"include/warpfit", "kernels", "src/text", "src/physics", "src/signal", "src/expression", "src/model", "src/fit",
      "src/io"}},
};

/// What fit knows of the backends: the C tables, and how a plan reads as CUDA text.
std::set<std::string> const fronts{"src/backends/cpu/table.hpp", "src/backends/cuda/plugin_table.hpp",
                                   "src/backends/cuda/generate.hpp"};

/// kernels/ wraps the standard library here; lanes.hpp is for the CPU backend alone.
std::string const lanes = "kernels/core/lanes.hpp";
std::set<std::string> const may_include_std{"kernels/core/portability.hpp", lanes};

struct Include
{
    std::string from;  ///< path below the source directory
    std::string name;
    bool quoted;

    /// Path below the source directory of what is included; empty: none of ours.
    std::string target() const
    {
        if (name.starts_with("warpfit/")) return "include/" + name;
        return quoted || name.starts_with("kernels/") || name.starts_with("src/") ? name : "";
    }
    bool is_standard() const
    {
        static std::set<std::string> const c_headers{"stddef.h", "stdint.h"};
        return !quoted && (name.find_first_of("./") == std::string::npos || c_headers.count(name) != 0);
    }
};

/// The longest room that holds a path; empty: none.
std::string room_of(std::string const& path)
{
    std::string found;
    for (auto const& [room, below] : may_include)
        if (path.starts_with(room + "/") && room.size() > found.size()) found = room;
    return found;
}

std::vector<Include> const& all_includes()
{
    static std::vector<Include> const includes = [] {
        std::vector<Include> found;
        fs::path const root = WARPFIT_SOURCE_DIR;
        std::set<std::string> const endings{".hpp", ".cpp", ".h", ".cu", ".cuh"};
        for (char const* top : {"include", "kernels", "src"})
            for (fs::directory_entry const& entry : fs::recursive_directory_iterator(root / top)) {
                if (!entry.is_regular_file() || endings.count(entry.path().extension().string()) == 0) continue;
                std::ifstream file(entry.path());
                for (std::string line; std::getline(file, line);) {
                    std::size_t const hash = line.find_first_not_of(" \t");
                    if (hash == std::string::npos || line.compare(hash, 8, "#include") != 0) continue;
                    std::size_t const open = line.find_first_of("<\"", hash);
                    std::size_t const close = line.find_first_of(">\"", open + 1);
                    if (close == std::string::npos) continue;  // a macro
                    found.push_back({fs::relative(entry.path(), root).generic_string(),
                                     line.substr(open + 1, close - open - 1), line[open] == '"'});
                }
            }
        return found;
    }();
    return includes;
}

TEST(Directions, IncludesPointDown)
{
    EXPECT_GT(all_includes().size(), 300U);
    for (Include const& include : all_includes()) {
        std::string const target = include.target();
        std::string const room = room_of(include.from);
        if (room.empty()) ADD_FAILURE() << include.from << " is in no room";
        if (target.empty() || room.empty()) continue;
        EXPECT_TRUE(fs::exists(fs::path(WARPFIT_SOURCE_DIR) / target))
            << include.from << " includes " << include.name << ", which is not there (paths begin at the top)";
        std::string const below = room_of(target);
        bool const allowed =
            below == room || may_include.at(room).count(below) != 0 || (room == "src/fit" && fronts.count(target) != 0);
        EXPECT_TRUE(allowed) << include.from << " includes " << include.name << " (" << room << " may not know "
                             << below << ")";
    }
}

TEST(Directions, PublicHeadersNeedTheStandardLibraryAlone)
{
    for (Include const& include : all_includes()) {
        if (!include.from.starts_with("include/")) continue;
        EXPECT_TRUE(include.is_standard() || include.name.starts_with("warpfit/"))
            << include.from << " includes " << include.name;
    }
}

TEST(Directions, KernelsWrapTheStandardLibraryInOneHeader)
{
    for (Include const& include : all_includes()) {
        if (!include.from.starts_with("kernels/") || may_include_std.count(include.from) != 0) continue;
        EXPECT_TRUE(include.name.starts_with("kernels/")) << include.from << " includes " << include.name;
    }
}

TEST(Directions, LanesAreForTheCpuBackendAlone)
{
    bool used = false;
    for (Include const& include : all_includes()) {
        bool const knows_lanes = include.target() == lanes || include.name.starts_with("xsimd");
        if (!knows_lanes) continue;
        used = true;
        EXPECT_TRUE(include.from.starts_with("src/backends/cpu/") || include.from == lanes)
            << include.from << " includes " << include.name;
    }
    EXPECT_TRUE(used);
}

TEST(Directions, HeadersHaveOnePragma)
{
    for (char const* top : {"include", "kernels", "src"})
        for (fs::directory_entry const& entry : fs::recursive_directory_iterator(fs::path(WARPFIT_SOURCE_DIR) / top)) {
            std::string const ending = entry.path().extension().string();
            if (ending != ".hpp" && ending != ".cuh") continue;
            std::ifstream file(entry.path());
            std::string first;
            std::getline(file, first);
            EXPECT_EQ(first, "#pragma once") << entry.path();
        }
}

}  // namespace
}  // namespace warpfit::testing
