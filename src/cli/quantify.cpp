#include "src/cli/arguments.hpp"
#include "src/cli/commands.hpp"
#include "src/cli/exit_code.hpp"
#include "src/cli/guarded_read.hpp"
#include "src/cli/json_output.hpp"
#include "warpfit/eds.hpp"
#include "warpfit/eels.hpp"
#include "warpfit/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace warpfit::cli {

namespace {

bool is_eels(Model const& model)
{
    return std::any_of(model.components().begin(), model.components().end(),
                       [](Component const& component) { return component.type() == "EELSCLEdge"; });
}

/// Pixels whose amounts are all known: finite, with finite errors. In a singular pixel it may be another parameter that
/// nothing determines.
std::vector<bool> known_amounts(FitResult const& result, Model const& model)
{
    std::vector<bool> known(result.num_pixels(), true);
    auto const need = [&](std::vector<double> const& values) {
        for (std::size_t i = 0; i < known.size(); ++i) known[i] = known[i] && std::isfinite(values[i]);
    };
    if (is_eels(model)) {
        for (eels::ElementQuantity const& element : eels::quantify(result, model)) {
            need(element.intensity);
            need(element.intensity_errors);
        }
        return known;
    }
    for (eds::LineIntensity const& line : eds::lines_intensity(result, model)) {
        need(line.counts);
        need(line.counts_errors);
    }
    return known;
}

/// One pixel of a result, or the mean of those that converged and of singular ones whose amounts are known all the
/// same: its error is that of a mean of independent values.
class Reduced
{
  public:
    Reduced(FitResult const& result, Model const& model, std::string const& pixel)
        : result_(result)
    {
        if (!pixel.empty()) {
            pixels_ = {flat_index(parse_pixel(pixel, result.shape), result.shape)};
            return;
        }
        std::vector<bool> const known = known_amounts(result, model);
        for (std::size_t i = 0; i < result.num_pixels(); ++i) {
            bool const is_singular = result.status[i] == FitStatus::singular && known[i];
            num_singular_ += is_singular;
            if (is_converged(result.status[i]) || is_singular) pixels_.push_back(i);
        }
        if (pixels_.empty())
            throw InvalidArgument("nothing to quantify (no pixel converged) see `warpfit show` for why");
    }

    FitResult single() const
    {
        FitResult one;
        one.status = {pixels_.size() == 1 ? result_.status[pixels_[0]] : FitStatus::converged};
        for (ParameterMap const& map : result_.parameters) {
            auto const n = static_cast<double>(pixels_.size());
            double sum = 0.0, squares = 0.0;
            for (std::size_t const i : pixels_) {
                sum += map.values[i];
                squares += map.standard_errors[i] * map.standard_errors[i];
            }
            one.parameters.push_back({map.component, map.parameter, map.free, {sum / n}, {std::sqrt(squares) / n}});
        }
        return one;
    }

    std::string title() const
    {
        if (pixels_.size() == 1) return fmt::format("pixel: {}", name_of(result_.status[pixels_[0]]));
        return fmt::format("mean of {} of {} pixels, those that converged{}", pixels_.size(), result_.num_pixels(),
                           num_singular_ > 0 ? fmt::format(" and {} singular with known amounts", num_singular_)
                                             : std::string());
    }

  private:
    FitResult const& result_;
    std::vector<std::size_t> pixels_;
    std::size_t num_singular_ = 0;
};

void print_elements(Model const& model, Reduced const& reduced, bool has_low_loss)
{
    fmt::print("{}\n\n", reduced.title());
    fmt::print("{:8} {:8} {:>14} {:>12} {:>12} {:>10}\n", "element", "edge", "intensity", "error", "atomic %", "error");
    for (eels::ElementQuantity const& element : eels::quantify(reduced.single(), model))
        fmt::print("{:8} {:8} {:14.6g} {:12.3g} {:12.3f} {:10.3f}\n", element.element, element.edge,
                   element.intensity[0], element.intensity_errors[0], 100.0 * element.fraction[0],
                   100.0 * element.fraction_errors[0]);
    fmt::print("\nintensity: atoms/barn{}; atomic %: shares of the elements in the table\n",
               has_low_loss ? ", as the model was convolved with the low loss"
                            : " times the counts of the zero-loss peak");
}

void print_lines(Model const& model, Reduced const& reduced)
{
    fmt::print("{}\n\n{:8} {:>12} {:>14} {:>12}\n", reduced.title(), "line", "keV", "counts", "error");
    for (eds::LineIntensity const& line : eds::lines_intensity(reduced.single(), model))
        fmt::print("{:8} {:12.4f} {:14.6g} {:12.3g}\n", line.line, line.energy, line.counts[0], line.counts_errors[0]);
}

std::vector<double> percent(std::vector<double> values)
{
    for (double& v : values) v *= 100.0;
    return values;
}

void write_elements(JsonWriter& json, FitResult const& result, Model const& model)
{
    json.key("elements");
    json.begin_array();
    for (eels::ElementQuantity const& element : eels::quantify(result, model)) {
        json.begin_object();
        json.member("element", element.element);
        json.member("edge", element.edge);
        json.member_array("intensity", element.intensity);
        json.member_array("intensity_standard_errors", element.intensity_errors);
        json.member_array("atomic_percent", percent(element.fraction));
        json.member_array("atomic_percent_standard_errors", percent(element.fraction_errors));
        json.end_object();
    }
    json.end_array();
}

void write_lines(JsonWriter& json, FitResult const& result, Model const& model)
{
    json.key("lines");
    json.begin_array();
    for (eds::LineIntensity const& line : eds::lines_intensity(result, model)) {
        json.begin_object();
        json.member("line", line.line);
        json.member("energy", line.energy);
        json.member_array("counts", line.counts);
        json.member_array("counts_standard_errors", line.counts_errors);
        json.end_object();
    }
    json.end_array();
}

void print_json(FitResult const& result, Model const& model)
{
    JsonWriter json;
    json.begin_object();
    json.member_array("shape", result.shape);
    is_eels(model) ? write_elements(json, result, model) : write_lines(json, result, model);
    json.end_object();
    json.print(stdout);
}

}  // namespace

int run_quantify(QuantifyCommand const& command)
{
    io::ResultFile const file = load_result(command.out);
    Model const& model = file.model.model;
    if (!is_eels(model) && eds::xray_lines(model).empty())
        throw InvalidArgument(
            fmt::format("{}: nothing to quantify (its model has neither an EELSCLEdge nor a Gaussian named after an "
                        "X-ray line, such as Fe_Ka) make one with `warpfit init --elements`",
                        command.out));
    if (command.json) {
        print_json(file.result, model);
        return exit_ok;
    }
    Reduced const reduced(file.result, model, command.pixel);
    is_eels(model) ? print_elements(model, reduced, file.signal.low_loss() != nullptr) : print_lines(model, reduced);
    return exit_ok;
}

}  // namespace warpfit::cli
