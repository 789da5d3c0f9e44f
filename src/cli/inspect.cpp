#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"

#include <fmt/format.h>

#include <string>

namespace warpfit::cli {

int run_inspect(InspectCommand const& command)
{
    std::string const text = inspect(command.data, command.json);
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
    return exit_ok;
}

}  // namespace warpfit::cli
