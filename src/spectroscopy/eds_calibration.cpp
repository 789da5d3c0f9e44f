#include "src/spectroscopy/eds_lines.hpp"
#include "src/spectroscopy/stage.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::eds {

namespace {

constexpr double fwhm_per_sigma = 2.3548200450309493;  // 2 sqrt(2 log(2))
constexpr double ev2_a_kev = 2500.0;                   // of eds_fwhm() [eV^2/keV]

double mn_ka()
{
    return xray_line("Mn_Ka").line->energy;
}

DataOptions of_counts(DataOptions data)
{
    data.variance = "poisson";
    data.gain = 1.0;
    data.offset = 0.0;
    return data;
}

/// Fits one spectrum from the model's values. Throws where the fit does not converge.
FitResult fit_spectrum(Model& model, Signal const& spectrum, FitOptions options, DataOptions const& data)
{
    options.start = Start::model;
    FitResult result = multifit(model, spectrum, options, data);
    if (!is_converged(result.status[0]))
        throw InvalidArgument(std::string("the fit of the sum of all pixels did not converge (it ended as ") +
                              name_of(result.status[0]) +
                              "): see whether its lines and background describe the spectrum");
    spectroscopy::keep_values(model, result);
    return result;
}

/// The model for one spectrum: without maps.
Model of_one_pixel(Model model)
{
    for (Component& component : model.components())
        for (Parameter& parameter : component.parameters()) parameter.set_map({});
    return model;
}

std::string plus(double v)
{
    return (v < 0.0 ? " - " : " + ") + number_text(std::abs(v));
}

/// A fit in which all lines follow one of them in position or width.
class AxisFit
{
  public:
    AxisFit(Model const& model, Signal const& signal, std::string const& what, DataOptions const& data)
        : model_(of_one_pixel(model))
        , what_(what)
        , lines_(placed_lines(model))
        , unit_(units_of_kev(signal))
        , axis_(spectroscopy::spectrum_axis(signal))
    {
        std::vector<std::string> const known{"resolution", "scale", "offset"};
        if (std::find(known.begin(), known.end(), what) == known.end())
            throw InvalidArgument("calibration of " + quote(what) + " does not exist" + known_names(what, known));
        std::erase_if(lines_, [&](PlacedLine const& line) { return !model[line.name].is_active(); });
        if (lines_.empty())
            throw InvalidArgument("the model has no active X-ray line (a calibration compares them): add_lines first");
        switch_off_without_channels(model_, signal, data);
        std::erase_if(lines_, [&](PlacedLine const& line) { return !model_[line.name].is_active(); });
        if (lines_.empty())
            throw InvalidArgument("none of the model's X-ray lines has a fitted channel (a calibration compares "
                                  "them): fit a range with lines in it");
        if (!axis_.is_uniform())
            throw InvalidArgument("the signal axis is given value by value (it has no scale and offset): "
                                  "calibrate a uniform one");
    }

    /// Fits areas alone, then what is asked for with them.
    FitResult fit(Signal const& spectrum, FitOptions const& options, DataOptions const& data)
    {
        fit_spectrum(model_, spectrum, options, data);
        tie();
        return fit_spectrum(model_, spectrum, options, data);
    }

    double found() const { return from(model_.value(path())); }
    double error(FitResult const& result) const
    {
        double const v = model_.value(path());
        double const e = result.parameter(path()).standard_errors[0];
        return 0.5 * std::abs(from(v + e) - from(v - e));
    }
    double before(double resolution) const
    {
        return what_ == "resolution" ? resolution : what_ == "scale" ? axis_.scale : axis_.offset;
    }

  private:
    std::string slot() const { return what_ == "resolution" ? "sigma" : "centre"; }
    std::string path() const { return reference().name + "." + slot(); }

    /// The strongest line: its parameter is the one that is fitted.
    PlacedLine const& reference() const { return lines_[reference_]; }
    double energy(PlacedLine const& line) const { return line.line.line->energy * unit_; }

    void tie()
    {
        for (std::size_t i = 1; i < lines_.size(); ++i)
            if (model_.value(lines_[i].name + ".A") > model_.value(reference().name + ".A")) reference_ = i;
        model_.parameter(path()).set_free(true);
        for (PlacedLine const& line : lines_) {
            std::string const own = line.name + "." + slot();
            if (own == path()) continue;
            if (model_.is_twin(own)) model_.remove_twin(own);
            model_.set_twin({own, path(), expression(line), ""});
        }
    }

    std::string expression(PlacedLine const& line) const
    {
        double const difference = energy(line) - energy(reference());
        if (what_ == "offset") return "x" + plus(difference);
        if (what_ == "scale") {
            double const ratio = (energy(line) - axis_.offset) / (energy(reference()) - axis_.offset);
            return number_text(axis_.offset) + " + (x" + plus(-axis_.offset) + ") * " + number_text(ratio);
        }
        double const c = ev2_a_kev / (fwhm_per_sigma * fwhm_per_sigma) / 1e6 * unit_;  // [axis unit]
        return "sqrt(abs(x**2" + plus(c * difference) + "))";
    }

    /// What is asked for, of the reference line's parameter.
    double from(double v) const
    {
        double const e = energy(reference());
        if (what_ == "offset") return axis_.offset - (v - e);
        if (what_ == "scale") return axis_.scale * (e - axis_.offset) / (v - axis_.offset);
        double const fwhm = v * fwhm_per_sigma / unit_ * 1000.0;  // [eV]
        return std::sqrt(fwhm * fwhm - ev2_a_kev * (e / unit_ - mn_ka()));
    }

    Model model_;
    std::string what_;
    std::vector<PlacedLine> lines_;
    std::size_t reference_ = 0;
    double unit_;
    Axis axis_;
};

/// The same values on another axis.
Signal on_axis(Signal const& signal, Axis axis)
{
    Signal moved(signal.navigation_axes(), {std::move(axis)}, signal.data());
    moved.set_variance(signal.variance());
    moved.title = signal.title;
    moved.signal_type = signal.signal_type;
    moved.origin = signal.origin;
    moved.metadata = signal.metadata;
    return moved;
}

void set_resolution(Model& model, Signal& signal, double resolution)
{
    double const unit = units_of_kev(signal);
    for (PlacedLine const& line : placed_lines(model)) {
        std::string const path = line.name + ".sigma";
        if (!model.is_twin(path)) model.parameter(path).set_value(line_sigma(*line.line.line, resolution, unit));
    }
    std::string key = "Acquisition_instrument.TEM.Detector.EDS.energy_resolution_MnKa";
    if (signal.signal_type == "EDS_SEM") key.replace(key.find("TEM"), 3, "SEM");
    signal.metadata[key] = number_text(resolution);
}

/// Lines of which something is freed in a range about where it is.
class LineFit
{
  public:
    LineFit(Model const& model, Signal const& signal, DataOptions const& data)
        : model_(of_one_pixel(model))
        , unit_(units_of_kev(signal))
    {
        switch_off_without_channels(model_, signal, data);
    }

    FitResult run(Signal const& spectrum, std::string const& what, std::vector<std::string> const& lines, double bound,
                  FitOptions const& options, DataOptions const& data)
    {
        fit_spectrum(model_, spectrum, options, data);
        for (std::string const& line : lines)
            what == "sub_weight" ? free_area(line, bound) : free_place(line, what, bound);
        return fit_spectrum(model_, spectrum, options, data);
    }

    Model const& model() const { return model_; }

  private:
    void free_place(std::string const& line, std::string const& what, double bound)
    {
        std::string const path = line + (what == "energy" ? ".centre" : ".sigma");
        Parameter& parameter = model_.parameter(path);
        double const reach = bound / 1000.0 * unit_;
        double const v = parameter.value();
        double const low = what == "energy" ? v - reach : std::max(v - reach, 0.1 * v);
        parameter.set_bounds({low, v + reach});
        parameter.set_free(true);
    }

    void free_area(std::string const& line, double bound)
    {
        std::string const path = line + ".A";
        model_.remove_twin(path);
        Parameter& area = model_.parameter(path);
        area.set_bounds({std::max(1.0 - bound, 0.0) * area.value(), (1.0 + bound) * area.value()});
        area.set_free(true);
    }

    Model model_;
    double unit_;
};

std::vector<std::string> lines_to_calibrate(Model const& model, std::string const& what,
                                            std::span<std::string const> asked, Signal const& signal,
                                            DataOptions const& data)
{
    std::vector<std::string> const all = xray_lines(model);
    for (std::string const& line : asked)
        if (std::find(all.begin(), all.end(), line) == all.end())
            throw InvalidArgument("the model has no X-ray line " + quote(line) + known_names(line, all));
    for (std::string const& line : asked)
        if (!has_channel(model, line, signal, data))
            throw InvalidArgument("X-ray line " + quote(line) + " has no fitted channel (it is at " +
                                  number_text(model.value(line + ".centre")) +
                                  "): fit a range with it, or calibrate others");
    std::vector<std::string> lines = asked.empty() ? all : std::vector<std::string>(asked.begin(), asked.end());
    std::erase_if(lines, [&](std::string const& line) {
        bool const is_sub = model.is_twin(line + ".A");
        return !model[line].is_active() || (what == "sub_weight" && !is_sub) || !has_channel(model, line, signal, data);
    });
    if (lines.empty())
        throw InvalidArgument(
            "no line is left to calibrate (" + quote(what) +
            (what == "sub_weight" ? " takes those that follow a master" : " takes active ones with a fitted channel") +
            "): name others");
    return lines;
}

/// The weight of a line, in place of the one it had.
void set_weight(Model& model, std::string const& line, Model const& fitted)
{
    std::string const path = line + ".A";
    auto const twin =
        std::find_if(model.twins().begin(), model.twins().end(), [&](Twin const& t) { return t.parameter == path; });
    Twin changed = *twin;
    double const weight = fitted.value(path) / fitted.value(changed.to);
    changed.expression = "x * " + number_text(weight);
    changed.inverse.clear();
    model.remove_twin(path);
    model.set_twin(std::move(changed));
}

}  // namespace

Calibrated calibrate_energy_axis(Model& model, Signal& signal, std::string const& what, FitOptions const& options,
                                 DataOptions const& data)
{
    AxisFit axis_fit(model, signal, what, data);
    FitResult result = axis_fit.fit(spectroscopy::sum_spectrum(signal), options, of_counts(data));
    Calibrated calibrated{axis_fit.before(energy_resolution(signal)), axis_fit.found(), axis_fit.error(result),
                          std::move(result)};
    if (!std::isfinite(calibrated.after))
        throw InvalidArgument("the lines are narrower than any resolution makes them (calibration of " + quote(what) +
                              "): see whether they describe the spectrum");
    if (what == "resolution") {
        set_resolution(model, signal, calibrated.after);
        return calibrated;
    }
    Axis axis = signal.signal_axes().front();
    (what == "scale" ? axis.scale : axis.offset) = calibrated.after;
    signal = on_axis(signal, std::move(axis));
    return calibrated;
}

FitResult calibrate_xray_lines(Model& model, Signal const& signal, std::string const& what,
                               std::span<std::string const> lines, double bound, FitOptions const& options,
                               DataOptions const& data)
{
    std::vector<std::string> const known{"energy", "sub_weight", "width"};
    if (std::find(known.begin(), known.end(), what) == known.end())
        throw InvalidArgument("calibration of " + quote(what) + " does not exist" + known_names(what, known));
    if (!(bound > 0.0))
        throw InvalidArgument("the bound is " + number_text(bound) + " (a line needs room): give a positive one");
    std::vector<std::string> const chosen = lines_to_calibrate(model, what, lines, signal, data);
    LineFit line_fit(model, signal, data);
    FitResult result = line_fit.run(spectroscopy::sum_spectrum(signal), what, chosen, bound, options, of_counts(data));
    for (std::string const& line : chosen) {
        if (what == "sub_weight") {
            set_weight(model, line, line_fit.model());
        } else {
            std::string const path = line + (what == "energy" ? ".centre" : ".sigma");
            model.parameter(path).set_value(line_fit.model().value(path));
        }
    }
    return result;
}

}  // namespace warpfit::eds
