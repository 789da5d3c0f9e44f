#pragma once

namespace warpfit::cli {

/// Parses the command line and runs the command it names. Returns an ExitCode; usage errors are reported here.
int run_command_line(int argc, char** argv);

}  // namespace warpfit::cli
