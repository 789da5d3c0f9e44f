#include "src/backends/cuda/kernel_note.hpp"

#include <cstdio>

namespace warpfit::cuda {

namespace {

std::string first_line(std::string const& text)
{
    return text.substr(0, text.find('\n'));
}

std::string where_from(CachedProgram const& program)
{
    if (program.source == Source::disk) return "kernel from the cache on disk";
    if (program.source == Source::memory) return "kernel from the cache in memory";
    char text[64];
    std::snprintf(text, sizeof text, "kernel compiled in %.2g s", program.seconds);
    return text;
}

}  // namespace

std::string kernel_note(std::string const& missing, std::optional<CachedProgram> const& program, bool is_compiled)
{
    if (!missing.empty()) return "interpreter: " + missing;
    if (!program) return "interpreter: a compiled kernel would need more shared memory than the device has";
    Compiled const& compiled = *program->compiled;
    if (!compiled.is_fine()) return "interpreter: the model does not compile (" + first_line(compiled.log) + ")";
    if (!is_compiled) return "interpreter: the driver does not take the compiled kernel";
    std::string note = where_from(*program);
    // Of what comes from a cache the log was told when it was made.
    if (program->source == Source::compiler && !compiled.log.empty()) note += "; " + first_line(compiled.log);
    if (!program->note.empty()) note += "; " + program->note;
    return note;
}

}  // namespace warpfit::cuda
