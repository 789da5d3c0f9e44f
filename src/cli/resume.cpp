#include "src/cli/commands.hpp"
#include "src/cli/fit_run.hpp"
#include "src/cli/guarded_read.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/io.hpp"
#include "warpfit/model_file.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace warpfit::cli {

int run_resume(ResumeCommand const& command)
{
    std::string out = command.out;
    if (out.ends_with(".journal")) out.resize(out.size() - std::string_view(".journal").size());
    std::string const path = journal_path(out);
    if (!std::filesystem::exists(path))
        throw InputError(fmt::format("{}: no such file ({}) start with `warpfit fit MODEL DATA -o {}`", path,
                                     std::filesystem::exists(out) ? out + " is finished" : "no run to resume", out));
    std::string text;
    std::unique_ptr<ResultSink> journal = io::open_journal(path, text);
    FitSetup setup = setup_from_json(text, path);
    if (command.threads) setup.threads = *command.threads;
    ModelArgument model;
    if (setup.stored_model.empty()) {
        model.file = parse_model_json(setup.model_json, path);
        load_component_files(model.file.model);
    } else {
        model = load_model_argument(setup.stored_model, setup.set);
    }
    return fit_and_save(setup, std::move(model), out, command.json, std::move(journal));
}

}  // namespace warpfit::cli
