#include "src/cli/arguments.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/fit_run.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/pixel_view.hpp"
#include "src/cli/plot/ticks.hpp"
#include "src/cli/result_plots.hpp"
#include "src/cli/summary.hpp"
#include "warpfit/error.hpp"
#include "warpfit/model_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>

namespace warpfit::cli {

namespace {

PlotTarget make_target(PlotCommand const& command)
{
    std::error_code error;
    std::filesystem::create_directories(command.directory, error);
    if (!std::filesystem::is_directory(command.directory))
        throw WriteError(fmt::format("{}: cannot be made ({}) choose another directory", command.directory,
                                     error ? error.message() : "something else has that name"));
    plot::Format const format = command.format == "svg"   ? plot::Format::svg
                                : command.format == "pdf" ? plot::Format::pdf
                                                          : plot::Format::png;
    return {command.directory, format};
}

std::string title_of(std::string const& source, std::size_t pixel, std::vector<std::size_t> const& shape)
{
    std::string const name = std::filesystem::path(source).filename().string();
    return shape.empty() ? name : name + ", pixel " + pixel_text(pixel, shape);
}

std::string plot_fitted_pixel(io::ResultFile const& file, DataOptions const& data, std::string const& name,
                              std::size_t pixel, PlotTarget const& target)
{
    FitResult const& result = file.result;
    FitStatus const status = result.status[pixel];
    std::string caption = name_of(status);
    std::optional<Model> at;
    if (has_values(status)) {
        at = model_at(file.model.model, result, pixel);
        caption += fmt::format(", reduced \u03c7\u00b2 = {}, {} iterations",
                               plot::short_number(result.red_chisq[pixel]), result.iterations[pixel]);
    }
    return plot_pixel(file.signal, data, pixel, at ? &*at : nullptr, title_of(name, pixel, result.shape), caption,
                      target);
}

int plot_result(PlotCommand const& command)
{
    io::ResultFile file = load_result(command.first);
    DataOptions data = file.model.data;
    // A variance that came from another file lies in the result.
    if (data.variance.find_first_of("#/") != std::string::npos) data.variance = "file";
    data.low_loss.clear();  // likewise
    std::optional<std::size_t> pixel;
    if (!command.pixel.empty())
        pixel = flat_index(parse_pixel(command.pixel, file.result.shape), file.result.shape);
    else if (file.result.num_pixels() == 1)
        pixel = 0;
    PlotTarget const target = make_target(command);
    for (std::string const& path : plot_maps(file.signal, file.model.model, file.result, target))
        fmt::print("{}\n", path);
    if (pixel) fmt::print("{}\n", plot_fitted_pixel(file, data, command.first, *pixel, target));
    fmt::print("{}\n", plot_overview(file.signal, data, file.model.model, file.result, target));
    return exit_ok;
}

/// A pixel's values of the maps, where they are numbers.
void take_values(Model& model, std::size_t pixel, std::size_t num_pixels)
{
    for (Component& component : model.components())
        for (Parameter& parameter : component.parameters())
            if (parameter.map().size() == num_pixels && std::isfinite(parameter.map()[pixel]))
                parameter.set_value(parameter.map()[pixel]);
}

int plot_start(PlotCommand const& command)
{
    ModelArgument argument = load_model_argument(command.first, command.set);
    ModelFile& file = argument.file;
    for (std::string const& warning : file.warnings) fmt::print(stderr, "warpfit: warning: {}\n", warning);
    Signal signal = load_signal(command.second, command.navigation_dimensions);
    std::vector<std::size_t> const shape = signal.navigation_shape();
    if (command.pixel.empty() && signal.num_pixels() > 1)
        throw InvalidArgument("no --pixel (a model is drawn over one spectrum) give its indices i,j");
    std::size_t const pixel = command.pixel.empty() ? 0 : flat_index(parse_pixel(command.pixel, shape), shape);
    resolve_variance(signal, file.data);
    file.model.take_acquisition(signal);
    resolve_low_loss(signal, file.data);
    if (!signal.low_loss() && argument.low_loss) signal.set_low_loss(*argument.low_loss);
    Model model = file.model;
    take_values(model, pixel, signal.num_pixels());
    if (file.fit.start == Start::automatic) estimate_parameters(model, signal, pixel, file.data);
    PlotTarget const target = make_target(command);
    fmt::print("{}\n", plot_pixel(signal, file.data, pixel, &model, title_of(command.second, pixel, shape),
                                  "start values, before a fit", target));
    return exit_ok;
}

}  // namespace

int run_plot(PlotCommand const& command)
{
    return command.second.empty() ? plot_result(command) : plot_start(command);
}

}  // namespace warpfit::cli
