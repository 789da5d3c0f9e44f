#pragma once

namespace warpfit::cli {

/// What the process returns; INTERFACE.md's table.
enum ExitCode : int {
    exit_ok = 0,
    exit_internal = 1,
    exit_usage = 2,
    exit_input = 3,
    exit_too_many_failed = 4,
    exit_device = 5,
    exit_memory = 6,
    exit_write = 7,
    exit_interrupted = 130
};

}  // namespace warpfit::cli
