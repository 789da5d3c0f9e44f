#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "warpfit/io.hpp"

#include <fmt/format.h>

namespace warpfit::cli {

int run_export(ExportCommand const& command)
{
    io::ResultFile const file = load_result(command.out);
    for (std::string const& path : io::export_maps(file.result, command.directory, command.format))
        fmt::print("{}\n", path);
    return exit_ok;
}

}  // namespace warpfit::cli
