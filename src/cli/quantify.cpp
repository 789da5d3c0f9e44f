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
#include <iterator>
#include <map>
#include <set>

namespace warpfit::cli {

namespace {

bool is_eels(Model const& model)
{
    return std::any_of(model.components().begin(), model.components().end(),
                       [](Component const& component) { return component.type() == "EELSCLEdge"; });
}

/// What is quantified: an element's edge or a line, with its parameter's maps.
struct Amount
{
    std::string component;
    std::string parameter;
    std::vector<double> values;
    std::vector<double> errors;
};

std::vector<Amount> amounts_of(FitResult const& result, Model const& model)
{
    std::vector<Amount> amounts;
    if (is_eels(model)) {
        for (eels::ElementQuantity& element : eels::quantify(result, model))
            amounts.push_back(
                {element.edge, "intensity", std::move(element.intensity), std::move(element.intensity_errors)});
        return amounts;
    }
    for (eds::LineIntensity& line : eds::lines_intensity(result, model))
        amounts.push_back({line.line, "A", std::move(line.counts), std::move(line.counts_errors)});
    return amounts;
}

/// One pixel of a result, or means over those that converged and those singular ones where the amount is known all the
/// same (finite, with a finite error): there it may be another parameter that nothing determines. Each line has its own
/// pixels; edges have those where all that are known anywhere are, as shares compare them. The error is that of a mean
/// of independent values.
class Reduced
{
  public:
    Reduced(FitResult const& result, Model const& model, std::string const& pixel)
        : result_(result)
        , amounts_(amounts_of(result, model))
        , is_mean_(pixel.empty())
    {
        if (is_mean_) {
            for (std::size_t i = 0; i < result.num_pixels(); ++i)
                if (is_converged(result.status[i]) || result.status[i] == FitStatus::singular) candidates_.push_back(i);
        } else {
            candidates_ = {flat_index(parse_pixel(pixel, result.shape), result.shape)};
        }
        for (Amount const& amount : amounts_) {
            std::vector<std::size_t>& pixels = pixels_[amount.component];
            for (std::size_t const i : candidates_)
                if (is_known(amount, i)) pixels.push_back(i);
        }
        if (is_eels(model)) keep_common_pixels();
        for (auto const& [component, pixels] : pixels_) used_.insert(pixels.begin(), pixels.end());
        if (is_mean_ && used_.empty())
            throw InvalidArgument(candidates_.empty() ? "nothing to quantify (no pixel converged) see `warpfit show` "
                                                        "for why"
                                                      : "nothing to quantify (no pixel converged, and no amount is "
                                                        "known in singular ones) see `warpfit show` for why");
    }

    /// Amounts that are not known are 0 here, so that the others can be shared out.
    FitResult single() const
    {
        FitResult one;
        one.status = {used_.size() == 1 ? result_.status[*used_.begin()] : FitStatus::converged};
        for (Amount const& amount : amounts_) {
            double sum = 0.0, squares = 0.0;
            for (std::size_t const i : pixels_of(amount.component)) {
                sum += amount.values[i];
                squares += amount.errors[i] * amount.errors[i];
            }
            auto const n = static_cast<double>(std::max<std::size_t>(num_pixels(amount.component), 1));
            one.parameters.push_back({amount.component, amount.parameter, true, {sum / n}, {std::sqrt(squares) / n}});
        }
        return one;
    }

    bool is_determined(std::string const& component) const { return num_pixels(component) > 0; }

    std::vector<std::string> not_determined() const
    {
        std::vector<std::string> names;
        for (Amount const& amount : amounts_)
            if (!is_determined(amount.component)) names.push_back(amount.component);
        return names;
    }

    std::string title() const
    {
        if (candidates_.size() == 1) return fmt::format("pixel: {}", name_of(result_.status[candidates_[0]]));
        auto const num_singular = std::count_if(
            used_.begin(), used_.end(), [&](std::size_t i) { return result_.status[i] == FitStatus::singular; });
        return fmt::format("mean of {} of {} pixels, those that converged{}", used_.size(), result_.num_pixels(),
                           num_singular > 0 ? fmt::format(" and {} singular with known amounts", num_singular)
                                            : std::string());
    }

    /// Empty where it is all that the title names.
    std::string pixels_note(std::string const& component) const
    {
        if (num_pixels(component) == used_.size()) return {};
        return fmt::format("  ({} pixels)", num_pixels(component));
    }

  private:
    bool is_known(Amount const& amount, std::size_t i) const
    {
        if (!std::isfinite(amount.values[i])) return false;
        return result_.status[i] != FitStatus::singular || std::isfinite(amount.errors[i]);
    }

    void keep_common_pixels()
    {
        std::vector<std::size_t> common = candidates_;
        for (auto const& [component, pixels] : pixels_) {
            if (pixels.empty()) continue;
            std::vector<std::size_t> both;
            std::set_intersection(common.begin(), common.end(), pixels.begin(), pixels.end(), std::back_inserter(both));
            common = std::move(both);
        }
        for (auto& [component, pixels] : pixels_)
            if (!pixels.empty()) pixels = common;
    }

    std::vector<std::size_t> const& pixels_of(std::string const& component) const { return pixels_.at(component); }
    std::size_t num_pixels(std::string const& component) const { return pixels_of(component).size(); }

    FitResult const& result_;
    std::vector<Amount> amounts_;
    bool is_mean_;
    std::vector<std::size_t> candidates_;
    std::map<std::string, std::vector<std::size_t>> pixels_;  ///< by component, where its amount is known
    std::set<std::size_t> used_;                              ///< all of these
};

void print_elements(Model const& model, Reduced const& reduced, bool has_low_loss)
{
    fmt::print("{}\n\n", reduced.title());
    fmt::print("{:8} {:8} {:>14} {:>12} {:>12} {:>10}\n", "element", "edge", "intensity", "error", "atomic %", "error");
    for (eels::ElementQuantity const& element : eels::quantify(reduced.single(), model))
        if (reduced.is_determined(element.edge))
            fmt::print("{:8} {:8} {:14.6g} {:12.3g} {:12.3f} {:10.3f}\n", element.element, element.edge,
                       element.intensity[0], element.intensity_errors[0], 100.0 * element.fraction[0],
                       100.0 * element.fraction_errors[0]);
    std::vector<std::string> const names = reduced.not_determined();
    if (!names.empty()) fmt::print("\n");
    for (std::string const& name : names) fmt::print("not determined: {}\n", name);
    fmt::print("\nintensity: atoms/barn{}; atomic %: shares of the elements in the table\n",
               has_low_loss ? ", as the model was convolved with the low loss"
                            : " times the counts of the zero-loss peak");
}

void print_lines(io::ResultFile const& file, Reduced const& reduced)
{
    Model const& model = file.model.model;
    fmt::print("{}\n\n{:8} {:>12} {:>14} {:>12}\n", reduced.title(), "line", "keV", "counts", "error");
    for (eds::LineIntensity const& line : eds::lines_intensity(reduced.single(), model))
        if (reduced.is_determined(line.line))
            fmt::print("{:8} {:12.4f} {:14.6g} {:12.3g}{}\n", line.line, line.energy, line.counts[0],
                       line.counts_errors[0], reduced.pixels_note(line.line));
    std::vector<std::string> const names = reduced.not_determined();
    if (names.empty()) return;
    std::vector<std::string> const without = eds::lines_without_channels(model, file.signal, file.model.data);
    fmt::print("\n");
    for (std::string const& name : names) {
        bool const is_without = std::find(without.begin(), without.end(), name) != without.end();
        fmt::print("not determined: {}{}\n", name, is_without ? " (outside the fitted channels)" : "");
    }
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
    is_eels(model) ? print_elements(model, reduced, file.signal.low_loss() != nullptr) : print_lines(file, reduced);
    return exit_ok;
}

}  // namespace warpfit::cli
