#pragma once

#include <cstdio>
#include <map>
#include <sstream>
#include <string>

namespace warpfit::testing {

/// What ptxas says of a kernel.
struct Resources
{
    int registers = -1;
    int spills = -1;  ///< bytes stored and loaded
};

/// Of each kernel of a text, by name; functions are left out, for what they save of their callers' registers counts as
/// spills too.
inline std::map<std::string, Resources> kernel_resources(std::string const& log)
{
    std::map<std::string, Resources> found;
    std::istringstream lines(log);
    std::string kernel;
    bool is_its_own = false;
    for (std::string line; std::getline(lines, line);) {
        if (line.find("Compiling entry function") != std::string::npos) {
            std::size_t const begin = line.find('\'') + 1;
            kernel = line.substr(begin, line.find('\'', begin) - begin);
        } else if (std::size_t const at = line.find("Function properties for "); at != std::string::npos) {
            is_its_own = line.substr(at + 24) == kernel;
        } else if (std::size_t const frame = line.find(" bytes stack frame, "); frame != std::string::npos) {
            int stores = 0, loads = 0;
            if (!is_its_own || std::sscanf(line.c_str() + frame, " bytes stack frame, %d bytes spill stores, %d bytes",
                                           &stores, &loads) != 2)
                continue;
            found[kernel].spills = stores + loads;
        } else if (std::size_t const used = line.find("Used "); used != std::string::npos && !kernel.empty()) {
            std::sscanf(line.c_str() + used, "Used %d registers", &found[kernel].registers);
        }
    }
    return found;
}

}  // namespace warpfit::testing
