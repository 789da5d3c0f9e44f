#pragma once

#include "warpfit/io.hpp"

#include <cstddef>
#include <string>

/// How every command reads its input.
///
/// libhdf5 believes the lengths and addresses that it finds in a file: on one whose structure (object headers, B-trees,
/// heaps) is damaged it may crash, loop, or ask for any amount of memory. So a child process reads the structure first,
/// by the same calls, and what befalls it is reported as InputError. Values are not read twice, files of other formats
/// are read at once. To be called while the process has one thread.
namespace warpfit::cli {

/// What reading the structure of a file may take.
struct ReadLimits
{
    /// CPU time [s]; 0: 5 and one more for each 16 MiB of the file, at most 300. (A file of 1-byte chunks, the worst,
    /// takes 0.1 s for 16 MiB.)
    unsigned cpu_seconds = 0;
    std::size_t memory = std::size_t{1} << 30;  ///< beside what is in use [bytes]
};

/// io::load(), guarded; values are read when needed.
Signal load_signal(std::string const& path, int navigation_dimensions = -1, ReadLimits const& limits = {});
/// io::load_component_files(), guarded.
void load_component_files(Model& model);
/// io::load_hyperspy_model(), guarded.
io::StoredModel load_hyperspy_model(std::string const& path, std::string const& name, ReadLimits const& limits = {});
/// io::load_result(), guarded.
io::ResultFile load_result(std::string const& path, ReadLimits const& limits = {});
/// io::inspect_text() or io::inspect_json(), guarded.
std::string inspect(std::string const& path, bool json, ReadLimits const& limits = {});

}  // namespace warpfit::cli
