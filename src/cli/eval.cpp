#include "src/cli/arguments.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/json_output.hpp"
#include "src/cli/model_argument.hpp"
#include "warpfit/device.hpp"
#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

namespace warpfit::cli {

namespace {

/// First column of a text file; `#` starts a comment.
std::vector<double> read_first_column(std::string const& path)
{
    std::ifstream file(path);
    if (!file) throw InputError(fmt::format("{}: cannot be opened (no file, no start:stop:count) give either", path));
    std::vector<double> values;
    std::string line;
    for (std::size_t number = 1; std::getline(file, line); ++number) {
        line.resize(std::min(line.find('#'), line.size()));
        std::size_t const first = line.find_first_not_of(" \t\r,;");
        if (first == std::string::npos) continue;
        double value = 0.0;
        if (std::from_chars(line.data() + first, line.data() + line.size(), value).ec != std::errc())
            throw InputError(fmt::format("{}: line {} does not start with a number ('{}') comments start with #", path,
                                         number, line));
        values.push_back(value);
    }
    if (values.empty()) throw InputError(fmt::format("{}: holds no numbers (empty) give one a line", path));
    return values;
}

/// `from_last`: which signal axis of a data file is meant, counted from the last.
std::vector<double> read_positions(std::string const& text, std::size_t from_last)
{
    if (looks_like_steps(text)) return parse_steps(text);
    std::string const ending = std::filesystem::path(text.substr(0, text.find('#'))).extension().string();
    static constexpr char const* data_endings[] = {".hspy", ".hdf5", ".h5", ".nxs", ".msa", ".emsa"};
    if (std::find(std::begin(data_endings), std::end(data_endings), ending) == std::end(data_endings))
        return read_first_column(text);
    Signal const signal = load_signal(text);
    if (signal.signal_axes().size() <= from_last)
        throw InvalidArgument(
            fmt::format("{} has {} signal axes (y needs two) give --y otherwise", text, signal.signal_axes().size()));
    Axis const& axis = signal.signal_axes()[signal.signal_axes().size() - 1 - from_last];
    std::vector<double> values(axis.size);
    for (std::size_t i = 0; i < axis.size; ++i) values[i] = axis.value(i);
    return values;
}

using Column = std::pair<std::string, std::vector<double>>;

void print_table(std::vector<Column> const& columns)
{
    fmt::print("#");
    for (std::size_t i = 0; i < columns.size(); ++i) fmt::print("{}{}", i == 0 ? " " : "\t", columns[i].first);
    fmt::print("\n");
    for (std::size_t row = 0; row < columns.front().second.size(); ++row) {
        for (std::size_t i = 0; i < columns.size(); ++i) fmt::print("{}{}", i == 0 ? "" : "\t", columns[i].second[row]);
        fmt::print("\n");
    }
}

void write_columns(JsonWriter& json, char const* key, std::vector<Column> const& columns)
{
    json.key(key);
    json.begin_object();
    for (auto const& [name, values] : columns) json.member_array(name, values);
    json.end_object();
}

}  // namespace

int run_eval(EvalCommand const& command)
{
    ModelFile const file = load_model_argument(command.model, command.set).file;
    for (std::string const& warning : file.warnings) fmt::print(stderr, "warpfit: warning: {}\n", warning);
    Model const& model = file.model;
    if (command.show_code) {
        fmt::print("{}", generated_code(model, file.fit.precision));
        return exit_ok;
    }
    if (command.x.empty()) throw InvalidArgument("no --x (the model needs positions) give start:stop:count or a file");
    bool const is_2d = model.dimension() == 2;
    if (is_2d && command.y.empty()) throw InvalidArgument("no --y (the model is 2D) give the second axis");
    if (!is_2d && !command.y.empty()) throw InvalidArgument("--y (the model is 1D) leave it out");

    std::vector<double> const x = read_positions(command.x, 0);
    std::vector<double> const y = is_2d ? read_positions(command.y, 1) : std::vector<double>();
    std::vector<double> grid_x = x;
    std::vector<double> grid_y;
    if (is_2d) {
        grid_x.clear();
        for (double const row : y) {
            grid_x.insert(grid_x.end(), x.begin(), x.end());
            grid_y.insert(grid_y.end(), x.size(), row);
        }
    }

    std::vector<double> const value = model.evaluate(grid_x, grid_y);
    std::vector<Column> components;
    std::vector<Column> gradients;
    for (Component const& component : model.components()) {
        if (!component.is_active()) continue;
        components.emplace_back(component.name(), model.evaluate_component(component.name(), grid_x, grid_y));
        if (!command.gradients) continue;
        for (Parameter const& parameter : component.parameters()) {
            std::string const path = component.name() + "." + parameter.name();
            gradients.emplace_back(path, model.gradient(path, grid_x, grid_y));
        }
    }

    if (command.json) {
        JsonWriter json;
        json.begin_object();
        json.member_array("x", x);
        if (is_2d) json.member_array("y", y);
        json.member_array("value", value);
        write_columns(json, "components", components);
        if (command.gradients) write_columns(json, "gradients", gradients);
        json.end_object();
        json.print(stdout);
        return exit_ok;
    }
    std::vector<Column> columns{{"x", grid_x}};
    if (is_2d) columns.emplace_back("y", grid_y);
    columns.emplace_back("value", value);
    columns.insert(columns.end(), components.begin(), components.end());
    for (Column& gradient : gradients) columns.emplace_back("d/d " + gradient.first, std::move(gradient.second));
    print_table(columns);
    return exit_ok;
}

}  // namespace warpfit::cli
