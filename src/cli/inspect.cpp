#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "warpfit/io.hpp"

#include <fmt/format.h>

#include <string>

namespace warpfit::cli {

int run_inspect(InspectCommand const& command)
{
    std::string const text = command.json ? io::inspect_json(command.data) : io::inspect_text(command.data);
    fmt::print("{}{}", text, text.ends_with('\n') ? "" : "\n");
    return exit_ok;
}

}  // namespace warpfit::cli
