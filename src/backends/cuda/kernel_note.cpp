#include "src/backends/cuda/kernel_note.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

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

std::string own_problem(program::Plan const& plan, std::string const& log)
{
    constexpr std::size_t most = 3000;
    std::size_t first = std::string::npos;
    std::string file = plan.num_functions > 0 ? plan.functions[0].file : "";
    for (int i = 0; i < plan.num_functions; ++i) {
        std::size_t const at = log.find(std::string(plan.functions[i].file) + "(");
        if (at >= first) continue;
        first = at;
        file = plan.functions[i].file;
    }
    // Else a check of ours, beside their lines: behind the name of the failure.
    if (first == std::string::npos) first = std::min(log.find('\n') + 1, log.size());
    std::istringstream lines(log.substr(first));
    std::string text;
    bool is_context = false;  // how the solver came to ask for it
    for (std::string line; std::getline(lines, line) && text.size() < most;) {
        if (line.find(" detected in the compilation of") != std::string::npos) break;
        is_context = !line.empty() && (is_context || line.find(" detected during") != std::string::npos);
        if (!is_context && !line.empty()) text += line + "\n";
    }
    return "the functor in " + file + " does not compile:\n" + text;
}

std::string kernel_note(std::string const& missing, std::optional<CachedProgram> const& program,
                        std::string const& refusal)
{
    if (!missing.empty()) return "interpreter: " + missing;
    if (!program) return "interpreter: a compiled kernel would need more shared memory than the device has";
    Compiled const& compiled = *program->compiled;
    if (!compiled.is_fine()) return "interpreter: the model does not compile (" + first_line(compiled.log) + ")";
    if (!refusal.empty()) return "interpreter: the driver does not take the compiled kernel (" + refusal + ")";
    std::string note = where_from(*program);
    // Of what comes from a cache the log was told when it was made.
    if (program->source == Source::compiler && !compiled.log.empty()) note += "; " + first_line(compiled.log);
    if (!program->note.empty()) note += "; " + program->note;
    return note;
}

}  // namespace warpfit::cuda
