#include "src/cli/command_line.hpp"

#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/suggest.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <functional>
#include <string>
#include <vector>

namespace warpfit::cli {

namespace {

/// Every command with what it runs, in the order of the help.
struct Parsed
{
    InitCommand init;
    FitCommand fit;
    ResumeCommand resume;
    ShowCommand show;
    QuantifyCommand quantify;
    EvalCommand eval;
    ComponentsCommand components;
    InspectCommand inspect;
    PlotCommand plot;
    ExportCommand export_maps;
    DoctorCommand doctor;
    std::function<int()> run;
};

constexpr char const* model_help =
    "model file, .toml or .json; - reads JSON from standard input; FILE.hspy or FILE.hspy#name: a model that HyperSpy "
    "stored with its data";
constexpr char const* data_help = "data file: FILE, FILE#name (a signal of that title) or FILE#/path (a dataset)";
constexpr char const* navigation_help = "plain HDF5 dataset: how many leading dimensions are pixels";
constexpr char const* set_help =
    "override a key of the model file, as in fit.precision=mixed or Gaussian.centre.start=532";
constexpr char const* pixel_help = "one pixel by its indices, slowest axis first; negative counts from the end";

void add_init(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("init", "write a starter model for the data");
    command->add_option("DATA", parsed.init.data, data_help)->required();
    command->add_option("-o,--output", parsed.init.model, "where to write the model, .toml; default: standard output");
    command
        ->add_option("--elements", parsed.init.elements,
                     "EELS: the edges of these elements on a power law; EDS: their X-ray lines on a polynomial. "
                     "Fe,O or single edges and families: Fe_L3, Fe_Ka")
        ->delimiter(',')
        ->transform([](std::string const& text) { return CLI::detail::trim_copy(text); });
    command
        ->add_option("--signal-type", parsed.init.signal_type,
                     "with --elements: what the data are, channels that count; default: as they say")
        ->check(CLI::IsMember({"EELS", "EDS_TEM", "EDS_SEM"}))
        ->needs("--elements");
    command->add_option("--gos", parsed.init.gos, "EELS: cross-sections")
        ->check(CLI::IsMember({"hydrogenic", "dft", "dirac", "Hartree-Slater"}))
        ->capture_default_str()
        ->needs("--elements");
    command->add_option("--gos-file", parsed.init.gos_file_path, "EELS: file or folder of their tables")
        ->needs("--elements");
    command->add_option("--navigation-dimensions", parsed.init.navigation_dimensions, navigation_help);
    command->footer("Examples:\n  warpfit init map.hspy -o model.toml\n"
                    "  warpfit init map.hspy --elements C,O,Fe -o model.toml");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_init(parsed.init); }; });
}

void add_fit(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("fit", "fit every pixel");
    FitCommand& fit = parsed.fit;
    command->add_option("MODEL", fit.model, model_help)->required();
    command->add_option("DATA", fit.data, data_help)->required();
    command->add_option("-o,--output", fit.out, "result, .hspy; HyperSpy loads it and restores the model");
    command
        ->add_option(
            "--device", fit.device,
            "where to fit; auto: the CPU, or the GPU once `warpfit doctor --calibrate` has seen it agree and the "
            "estimate favours it")
        ->check(CLI::IsMember({"auto", "cpu", "cuda"}))
        ->capture_default_str();
    command->add_option("--threads", fit.threads, "threads; default: all cores")->check(CLI::PositiveNumber);
    auto* pixel = command->add_option("--pixel", fit.pixel, std::string(pixel_help) + ": fit only it");
    command
        ->add_option("--inav", fit.inav,
                     "fit a part of the pixels: a:b,c:d, one half-open index range an axis in array order (slowest "
                     "first); ends may be open or negative")
        ->excludes(pixel);
    command->add_option(
        "--isig", fit.isig,
        "use a part of the channels: a:b in axis units, half-open as HyperSpy's isig; ends may be open");
    command->add_flag("--json", fit.json, "print the result with every map as one JSON object");
    command->add_option("--set", fit.set, set_help)->take_all()->expected(1)->allow_extra_args(false);
    command
        ->add_option("--max-bad", fit.max_bad,
                     "exit with code 4 if a larger share of the pixels (masked ones left out) did not converge")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    command->add_option("--navigation-dimensions", fit.navigation_dimensions, navigation_help);
    command->footer("Ctrl-C stops between batches; with -o, `warpfit resume OUT` goes on where it stopped.\n"
                    "Exit codes: 0 fine, 1 internal, 2 usage or model, 3 input, 4 --max-bad exceeded, 5 device,\n"
                    "6 memory, 7 writing, 130 interrupted.\n\n"
                    "Example:\n  warpfit fit model.toml map.hspy -o result.hspy --inav 0:16,-8: --isig 500:800");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_fit(parsed.fit); }; });
}

void add_resume(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("resume", "go on where an interrupted fit stopped");
    command->add_option("OUT", parsed.resume.out, "the result that was asked for; its journal is OUT.journal")
        ->required();
    command->add_option("--threads", parsed.resume.threads, "threads; default: as before; no effect on the result")
        ->check(CLI::PositiveNumber);
    command->add_flag("--json", parsed.resume.json, "print the result with every map as one JSON object");
    command->footer("Example:\n  warpfit resume result.hspy");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_resume(parsed.resume); }; });
}

void add_show(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("show", "what a result file holds");
    command->add_option("OUT", parsed.show.out, "result of `warpfit fit`")->required();
    command->add_flag("--json", parsed.show.json, "print one JSON object");
    command->add_flag("--maps", parsed.show.maps, "add every map as flat arrays in navigation order");
    command->footer("Example:\n  warpfit show result.hspy --json --maps");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_show(parsed.show); }; });
}

void add_quantify(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("quantify", "elements of an EELS result, X-ray lines of an EDS result");
    command->add_option("OUT", parsed.quantify.out, "result of `warpfit fit`")->required();
    command->add_option("--pixel", parsed.quantify.pixel, std::string(pixel_help) + "; default: the mean of all");
    command->add_flag("--json", parsed.quantify.json, "print every pixel as one JSON object")->excludes("--pixel");
    command->footer(
        "EELS: intensities of the edges (atoms/barn times the counts of the zero-loss peak) and shares of the\n"
        "elements in atomic percent. EDS: counts in the lines. With one standard error each.\n\n"
        "Example:\n  warpfit quantify result.hspy --pixel 3,4");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_quantify(parsed.quantify); }; });
}

void add_eval(CLI::App& app, Parsed& parsed)
{
    CLI::App* command =
        app.add_subcommand("eval", "the model's value, each component's, and gradients at x (without a low loss)");
    EvalCommand& eval = parsed.eval;
    command->add_option("MODEL", eval.model, model_help)->required();
    command->add_option("--x", eval.x,
                        "start:stop:count (both ends included), or a file: the first column of a text file, the signal "
                        "axis of any other");
    command->add_option("--y", eval.y, "2D models: likewise; values come for the grid, row by row, y slowest");
    command->add_flag("--gradients", eval.gradients, "add the derivative by each parameter");
    command->add_flag("--json", eval.json, "print one JSON object; x and y are the axes of the grid");
    command
        ->add_flag("--show-code", eval.show_code,
                   "print instead the CUDA code that a GPU fit of the model compiles; needs no --x, GPU or CUDA")
        ->excludes("--x", "--y", "--gradients", "--json");
    command->add_option("--set", eval.set, set_help)->take_all()->expected(1)->allow_extra_args(false);
    command->footer("Examples:\n  warpfit eval model.toml --x 500:800:301 --gradients\n"
                    "  warpfit eval model.toml --show-code");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_eval(parsed.eval); }; });
}

void add_components(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("components", "the component list: formulas, parameters, bounds");
    command->add_option("NAME", parsed.components.name, "only this type");
    command->add_flag("--json", parsed.components.json, "print JSON");
    command->footer("Example:\n  warpfit components PowerLaw");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_components(parsed.components); }; });
}

void add_inspect(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("inspect", "shape, type, axes of a data file; what is missing to read it");
    command->add_option("DATA", parsed.inspect.data, data_help)->required();
    command->add_flag("--json", parsed.inspect.json, "print JSON");
    command->footer("Example:\n  warpfit inspect map.hspy");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_inspect(parsed.inspect); }; });
}

void add_plot(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("plot", "maps and spectra as images");
    PlotCommand& plot = parsed.plot;
    command->add_option("OUT", plot.first, "result of `warpfit fit`; or a model file, followed by DATA")->required();
    command->add_option("DATA", plot.second, "with a model: draw its start curve over these data");
    command->add_option("--png,--directory", plot.directory, "directory for the images; made if absent")->required();
    command->add_option("--pixel", plot.pixel, std::string(pixel_help) + ": draw its spectrum or image");
    command->add_option("--format", plot.format, "file format")
        ->check(CLI::IsMember({"png", "svg", "pdf"}))
        ->capture_default_str();
    command->add_option("--navigation-dimensions", plot.navigation_dimensions, navigation_help);
    command->add_option("--set", plot.set, set_help)->take_all()->expected(1)->allow_extra_args(false);
    command->footer("Writes COMPONENT_PARAMETER.png and ..._standard_error.png of each free parameter, red_chisq.png,\n"
                    "red_chisq_histogram.png, status.png and overview.png; with --pixel also spectrum_I_J.png\n"
                    "(image_I_J.png in 2D). Prints the paths.\n\n"
                    "Examples:\n  warpfit plot result.hspy --png plots --pixel 3,4\n"
                    "  warpfit plot model.toml map.hspy --png plots --pixel 0,0");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_plot(parsed.plot); }; });
}

void add_export(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("export", "every map as a file");
    command->add_option("OUT", parsed.export_maps.out, "result of `warpfit fit`")->required();
    command->add_option("DIR", parsed.export_maps.directory, "directory for the maps")->required();
    command->add_option("--format", parsed.export_maps.format, "file format")
        ->check(CLI::IsMember({"npy", "csv", "tiff"}))
        ->capture_default_str();
    command->footer("Example:\n  warpfit export result.hspy maps --format tiff");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_export(parsed.export_maps); }; });
}

void add_doctor(CLI::App& app, Parsed& parsed)
{
    CLI::App* command = app.add_subcommand("doctor", "what this machine offers: CPU, GPU, HDF5 filters");
    command->add_option("--plugin", parsed.doctor.plugin,
                        "look at this CUDA plugin, a full path; default: the one next to the warpfit library");
    command->add_flag("--calibrate", parsed.doctor.calibrate,
                      "measure with some seconds of fits what --device auto estimates with, and write it to a file; "
                      "with a GPU, compare its fits with the CPU's: if they agree, auto may take it");
    command->footer(
        "For the GPU it names the first thing missing and what to do: plugin, a plugin of another version,\n"
        "driver, a driver too old, device, NVRTC.\n\n"
        "--calibrate writes $XDG_CACHE_HOME/warpfit/calibration.toml (~/.cache where that is not set), or\n"
        "the file that WARPFIT_CALIBRATION names; set but empty, it means built-in constants.\n\n"
        "Examples:\n  warpfit doctor\n  warpfit doctor --calibrate");
    command->callback([&parsed] { parsed.run = [&parsed] { return run_doctor(parsed.doctor); }; });
}

std::vector<std::string> names_of_commands(CLI::App const& app)
{
    std::vector<std::string> names;
    for (CLI::App const* command : app.get_subcommands([](CLI::App const*) { return true; }))
        names.push_back(command->get_name());
    return names;
}

std::vector<std::string> names_of_options(CLI::App const& app)
{
    std::vector<std::string> names;
    for (CLI::Option const* option : app.get_options())
        for (std::string const& name : option->get_lnames()) names.push_back("--" + name);
    return names;
}

int usage_error(std::string const& text)
{
    std::fprintf(stderr, "warpfit: %s\n", text.c_str());
    return exit_usage;
}

int unexpected_arguments(CLI::App const& app)
{
    auto const chosen = app.get_subcommands();
    CLI::App const* command = chosen.empty() ? nullptr : chosen.front();
    std::vector<std::string> const rest = app.remaining(true);
    std::string const word = rest.empty() ? std::string() : rest.front();
    if (command != nullptr && !word.starts_with("-"))
        return usage_error("unexpected argument '" + word + "' (after `" + command->get_name() + "`) see `warpfit " +
                           command->get_name() + " --help`");
    if (word.starts_with("-")) {
        std::string const name = word.substr(0, word.find('='));
        std::string const near = closest(name, names_of_options(command != nullptr ? *command : app));
        std::string const place = command != nullptr ? "`warpfit " + command->get_name() + "`" : "`warpfit`";
        return usage_error("unknown option '" + name + "' (of " + place + ") " +
                           (near.empty() ? "see --help" : "did you mean " + near + "?"));
    }
    std::string const near = closest(word, names_of_commands(app));
    return usage_error(
        "unknown command '" + word + "' " +
        (near.empty() ? "(not in `warpfit --help`)" : "(not in `warpfit --help`) did you mean " + near + "?"));
}

}  // namespace

int run_command_line(int argc, char** argv)
{
    CLI::App app("Fits models to every pixel of spectrum images and image stacks.", "warpfit");
    app.set_version_flag("--version", "warpfit " WARPFIT_VERSION);
    app.require_subcommand(0, 1);
    app.footer("`warpfit COMMAND --help` says more. Results go to standard output, all else to standard error.\n\n"
               "Example:\n  warpfit init map.hspy -o model.toml && warpfit fit model.toml map.hspy -o result.hspy");
    Parsed parsed;
    add_init(app, parsed);
    add_fit(app, parsed);
    add_show(app, parsed);
    add_quantify(app, parsed);
    add_eval(app, parsed);
    add_components(app, parsed);
    add_inspect(app, parsed);
    add_plot(app, parsed);
    add_export(app, parsed);
    add_resume(app, parsed);
    add_doctor(app, parsed);
    try {
        app.parse(argc, argv);
    } catch (CLI::Success const& asked) {  // --help, --version
        return app.exit(asked);
    } catch (CLI::ExtrasError const&) {
        return unexpected_arguments(app);
    } catch (CLI::ParseError const& error) {
        // A misspelt word or option also leaves something required unmet: name the misspelling, not its consequence.
        if (!app.remaining(true).empty()) return unexpected_arguments(app);
        auto const chosen = app.get_subcommands();
        return usage_error(std::string(error.what()) + " (see `warpfit " +
                           (chosen.empty() ? "" : chosen.front()->get_name() + " ") + "--help`)");
    }
    if (!parsed.run) {
        std::fputs(app.help().c_str(), stderr);
        return usage_error("no command (nothing to do) name one of the above");
    }
    return parsed.run();
}

}  // namespace warpfit::cli
