#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/starter_elements.hpp"
#include "src/cli/starter_model.hpp"
#include "warpfit/error.hpp"
#include "warpfit/model_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace warpfit::cli {

int run_init(InitCommand const& command)
{
    if (!command.model.empty() && !command.model.ends_with(".toml"))
        throw InvalidArgument(fmt::format("{}: not a .toml file (init writes TOML) name it MODEL.toml", command.model));
    Signal signal = load_signal(command.data, command.navigation_dimensions);
    if (!command.signal_type.empty()) {
        signal.signal_type = command.signal_type;
        signal.set_binned(true);  // channels that count, as HyperSpy takes these types to be
    }
    std::vector<double> const mean = mean_spectrum(signal);
    std::string text;
    if (command.elements.empty()) {
        text = starter_model(signal, mean, command.data);
    } else {
        ElementStarter const starter =
            element_starter(signal, mean, {command.elements, command.gos, command.gos_file_path});
        text = starter_model_of(signal, command.data, starter.components, starter.first);
    }
    parse_model_toml(text, "the starter model");  // what is written must be accepted
    if (command.model.empty()) {
        fmt::print("{}", text);
        return exit_ok;
    }
    std::ofstream file(command.model, std::ios::binary);
    file << text;
    file.close();
    if (!file)
        throw WriteError(
            fmt::format("{}: cannot be written ({}) choose another place", command.model, std::strerror(errno)));
    fmt::print(stderr, "warpfit: wrote {}; next: warpfit fit {} {} -o result.hspy\n", command.model, command.model,
               command.data);
    return exit_ok;
}

}  // namespace warpfit::cli
