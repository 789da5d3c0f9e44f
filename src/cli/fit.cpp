#include "warpfit/fit.hpp"
#include "src/cli/arguments.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/fit_run.hpp"
#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace warpfit::cli {

int run_fit(FitCommand const& command)
{
    if (!command.out.empty()) {
        if (std::filesystem::exists(journal_path(command.out)))
            throw InvalidArgument(fmt::format(
                "{} exists (an earlier run to {} did not finish) go on with `warpfit resume {}`, or delete the journal",
                journal_path(command.out), command.out, command.out));
        std::filesystem::path const folder = std::filesystem::absolute(command.out).parent_path();
        if (!std::filesystem::is_directory(folder))
            throw WriteError(fmt::format("{}: no such directory ({}) make it first", command.out, folder.string()));
    }
    ModelArgument model = load_model_argument(command.model, command.set);
    DataOptions& data = model.file.data;
    if (data.variance.find('#') != std::string::npos) data.variance = absolute_data_path(data.variance);
    FitSetup setup;
    setup.model_json = to_json(model.file);
    if (is_stored_model(command.model)) {
        setup.stored_model = absolute_data_path(command.model);
        setup.set = command.set;
    }
    setup.data = absolute_data_path(command.data);
    setup.inav = command.inav;
    setup.isig = command.isig;
    setup.pixel = command.pixel;
    setup.device = command.device;
    setup.threads = command.threads;
    setup.navigation_dimensions = command.navigation_dimensions;
    setup.max_bad = command.max_bad;
    return fit_and_save(setup, std::move(model), command.out, command.json, nullptr);
}

}  // namespace warpfit::cli
