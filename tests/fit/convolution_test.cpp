#include "tests/fit/maps.hpp"
#include "tests/support/backends.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>
#include <stdexcept>

namespace warpfit::testing {
namespace {

/// A case of tests/oracles/lowloss/make_lowloss.py: arrays by name.
class Oracle
{
  public:
    explicit Oracle(std::string const& name, std::string const& file = "lowloss.txt")
    {
        std::ifstream in(WARPFIT_TEST_DIR "/oracles/lowloss/" + file);
        bool mine = false;
        for (std::string line; std::getline(in, line);) {
            std::istringstream words(line);
            std::string key;
            words >> key;
            if (key == "case") {
                std::string other;
                words >> other;
                mine = other == name;
                continue;
            }
            std::size_t count = 0;
            words >> count;
            std::vector<double> values(count);
            for (double& v : values) words >> v;
            if (mine) arrays_[key] = std::move(values);
        }
        if (arrays_.empty()) throw std::runtime_error("no case " + name);
    }

    std::vector<double> const& operator[](std::string const& key) const { return arrays_.at(key); }

    Axis axis(std::string const& key) const
    {
        std::vector<double> const& a = arrays_.at(key);
        Axis axis;
        axis.units = "eV";
        axis.offset = a[0];
        axis.scale = a[1];
        axis.size = static_cast<std::size_t>(a[2]);
        return axis;
    }

    /// With its variance and low loss.
    Signal signal() const
    {
        Axis const core = axis("core");
        Signal s = spectra(core, (*this)["data"]);
        Variance variance;
        variance.kind = Variance::Kind::stored;
        variance.stored = spectra(core, (*this)["variance"]).data();
        s.set_variance(variance);
        s.set_low_loss(spectra(axis("low_loss_axis"), (*this)["low_loss"]));
        return s;
    }

    static Signal spectra(Axis const& axis, std::vector<double> const& values)
    {
        Axis pixels;
        pixels.size = values.size() / axis.size;
        return Signal(pixels.size > 1 ? std::vector<Axis>{pixels} : std::vector<Axis>{}, {axis}, values);
    }

  private:
    std::map<std::string, std::vector<double>> arrays_;
};

using Names = std::vector<std::string>;

/// The paths of the free parameters, in the oracle's order, get its start.
void set_start(Model& model, Names const& paths, std::vector<double> const& start)
{
    for (std::size_t i = 0; i < paths.size(); ++i) model.parameter(paths[i]).set_value(start[i]);
}

/// where: instructions of the CPU, or "cuda": a GPU, in whose absence the fake plugin runs its programs on the host.
FitOptions exact_options(std::string const& where = "auto")
{
    FitOptions options;
    options.device = "cpu";
    if (where == "cuda") {
        options.device = "cuda";
        options.plugin = missing("cuda").empty() ? test_plugin() : WARPFIT_FAKE_PLUGIN;
    } else {
        options.instructions = where;
    }
    options.start = Start::model;
    options.standard_error = StandardError::absolute;
    return options;
}

/// Least squares by SciPy stop at rounding; so do ours, which shows in the parameters as its root.
void expect_fits(FitResult const& result, Names const& paths, Oracle const& oracle, double step = 1e-5)
{
    std::size_t const n = oracle["chisq"].size();
    ASSERT_EQ(result.num_pixels(), n);
    for (std::size_t i = 0; i < n; ++i) {
        SCOPED_TRACE("pixel " + std::to_string(i));
        EXPECT_EQ(result.status[i], FitStatus::converged) << name_of(result.status[i]);
        EXPECT_NEAR(result.chisq[i], oracle["chisq"][i], 1e-7 * oracle["chisq"][i]);
        for (std::size_t k = 0; k < paths.size(); ++k) {
            SCOPED_TRACE(paths[k]);
            double const error = oracle["errors"][i * paths.size() + k];
            ParameterMap const& map = result.parameter(paths[k]);
            EXPECT_NEAR(map.values[i], oracle["values"][i * paths.size() + k], step * error);
            EXPECT_NEAR(map.standard_errors[i], error, 1e-4 * error);  // from the matrix before the last step
        }
    }
}

Component gaussian(std::string const& name, double height, double fwhm, double centre)
{
    Component c("GaussianHF", name);
    c["height"].set_value(height);
    c["fwhm"].set_value(fwhm);
    c["centre"].set_value(centre);
    return c;
}

/// An edge without bounds: h at onset, a step of finite width.
Component step(std::string const& name, double h, double onset, double width)
{
    Component c = Component::expression("h * (0.5 + atan((x - onset) / width) / pi)", name,
                                        {{"h", h}, {"onset", onset}, {"width", width}});
    c["width"].set_free(false);
    return c;
}

void fix(Component& component, Names const& parameters)
{
    for (std::string const& p : parameters) component[p].set_free(false);
}

Names const peak_paths{"PowerLaw.A",        "PowerLaw.r",   "GaussianHF.height", "GaussianHF.fwhm",
                       "GaussianHF.centre", "Lorentzian.A", "Lorentzian.gamma",  "Lorentzian.centre"};

Model peaks_model(Oracle const& oracle)
{
    Model model;
    model.append("PowerLaw");
    model.append("GaussianHF");
    model.append("Lorentzian");
    set_start(model, peak_paths, oracle["start"]);
    return model;
}

class Convolution : public ::testing::TestWithParam<std::string>
{
  protected:
    void SetUp() override
    {
        bool found = GetParam() == "cuda";
        for (Way const& way : all_ways()) found = found || way.instructions == GetParam();
        if (!found) GTEST_SKIP() << "this CPU has no " << GetParam();
    }
    FitOptions options_ = exact_options(GetParam());
};

TEST_P(Convolution, PeaksOnABackgroundThatIsNot)
{
    Oracle const oracle("peaks");
    expect_fits(multifit(peaks_model(oracle), oracle.signal(), options_), peak_paths, oracle);
}

TEST_P(Convolution, ChannelsLeftOutOfABinnedAxisAndOneLowLoss)
{
    Oracle const oracle("binned");
    Model model;
    model.append("PowerLaw").set_convolved(true);
    model.append(step("edge", 1.0, 440.0, 1.5));
    model.append("Offset").set_convolved(true);
    Names const paths{"PowerLaw.A", "PowerLaw.r", "edge.h", "edge.onset", "Offset.offset"};
    set_start(model, paths, oracle["start"]);
    DataOptions data;
    data.range = {{404.0, 430.0}, {436.0, 470.0}};
    data.binned = true;
    expect_fits(multifit(model, oracle.signal(), options_, data), paths, oracle);
}

TEST_P(Convolution, TwinsAcrossConvolvedComponents)
{
    Oracle const oracle("twins");
    Model model;
    model.append(step("first", 1.0, 420.0, 2.0))["onset"].set_free(false);
    model.append(step("second", 1.0, 450.0, 1.0))["onset"].set_free(false);
    fix(model.append(gaussian("compact", 1.0, 3.0, 432.0)), {"fwhm", "centre"});
    fix(model.append(gaussian("moving", 1.0, 4.0, 438.0)), {"fwhm"});
    Component& outside = model.append(gaussian("outside", 8.0, 5.0, 460.0));
    outside.set_convolved(false);
    fix(outside, {"height", "fwhm"});
    model.append(Component::expression("slope * (x - 400)", "line")).set_convolved(false);
    model.set_twin({"second.h", "first.h", "x / 2 + 3", ""});
    model.set_twin({"outside.centre", "moving.centre", "x**2 / 440 + 30", ""});
    Names const paths{"first.h", "compact.height", "moving.height", "moving.centre", "line.slope"};
    set_start(model, paths, oracle["start"]);
    expect_fits(multifit(model, oracle.signal(), options_), paths, oracle);
}

Names const long_paths{"PowerLaw.A", "PowerLaw.r", "first.h", "first.onset", "second.h", "peak.height", "peak.centre"};

Model long_model(Oracle const& oracle)
{
    Model model;
    model.append("PowerLaw");
    model.append(step("first", 1.0, 530.0, 1.0));
    model.append(step("second", 1.0, 610.0, 2.0))["onset"].set_free(false);
    fix(model.append(gaussian("peak", 5.0, 40.0, 560.0)), {"fwhm"});
    set_start(model, long_paths, oracle["start"]);
    return model;
}

TEST_P(Convolution, LongAxesGoThroughFourierTransforms)
{
    Oracle const oracle("long");
    expect_fits(multifit(long_model(oracle), oracle.signal(), options_), long_paths, oracle);
}

/// Where an onset stays at its bound only the height moves the term, whose columns are then not convolved again; where
/// it is fixed they are kept from the start.
TEST_P(Convolution, AnOnsetAtItsBoundFitsAsOneFixedThere)
{
    Oracle const oracle("long");
    Model fixed = long_model(oracle);
    double const bound = oracle["values"][3] + 0.5;
    fixed["first"]["onset"].set_value(bound);
    Model bounded = fixed;
    fixed["first"]["onset"].set_free(false);
    bounded["first"]["onset"].set_bounds({bound, 600.0});
    FitResult const expected = multifit(fixed, oracle.signal(), options_);
    FitResult const found = multifit(bounded, oracle.signal(), options_);
    ASSERT_EQ(expected.status[0], FitStatus::converged);
    EXPECT_EQ(found.status[0], FitStatus::converged_at_bound);
    EXPECT_EQ(found.parameter("first.onset").values[0], bound);
    EXPECT_NEAR(found.chisq[0], expected.chisq[0], 1e-9 * expected.chisq[0]);
    for (char const* path : {"PowerLaw.A", "PowerLaw.r", "first.h", "second.h", "peak.height", "peak.centre"}) {
        SCOPED_TRACE(path);
        double const error = expected.parameter(path).standard_errors[0];
        EXPECT_NEAR(found.parameter(path).values[0], expected.parameter(path).values[0], 1e-5 * error);
        EXPECT_NEAR(found.parameter(path).standard_errors[0], error, 1e-4 * error);
    }
}

Names const products_paths{"edge.intensity", "edge.c1",        "edge.c2",   "other.d",
                           "moving.centre",  "compact.height", "line.slope"};

Model products_model(Oracle const& oracle)
{
    Model model;
    model.append(Component::expression("intensity * (0.5 + atan((x - 420) / 2) / pi + c1*exp(-4*log(2)*(x - 424)**2/9)"
                                       " + c2*exp(-4*log(2)*(x - 429)**2/16))",
                                       "edge"));
    model.append(Component::expression("h * (0.5 + atan(x - 450) / pi + d*exp(-4*log(2)*(x - 460)**2/25))", "other"));
    fix(model.append(gaussian("moving", 15.0, 4.0, 440.0)), {"fwhm"});
    fix(model.append(gaussian("compact", 1.0, 3.0, 432.0)), {"fwhm", "centre"});
    model.append(Component::expression("slope * (x - 400)", "line")).set_convolved(false);
    model.set_twin({"other.h", "edge.intensity", "x**2 / 30", ""});
    model.set_twin({"moving.height", "edge.c1", "30 * x", ""});
    set_start(model, products_paths, oracle["start"]);
    return model;
}

TEST_P(Convolution, ProductsOfParametersWithColumnsThatStay)
{
    Oracle const oracle("products");
    expect_fits(multifit(products_model(oracle), oracle.signal(), options_), products_paths, oracle);
}

TEST_P(Convolution, HyperSpyFindsTheSame)
{
    Oracle const oracle("peaks");
    Oracle const theirs("hyperspy", "hyperspy.txt");
    FitResult const result = multifit(peaks_model(oracle), oracle.signal(), options_);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_NEAR(result.chisq[i], theirs["chisq"][i], 1e-6 * result.chisq[i]);
        for (std::size_t k = 0; k < peak_paths.size(); ++k)
            EXPECT_NEAR(result.parameter(peak_paths[k]).values[i], theirs["values"][i * peak_paths.size() + k],
                        1e-3 * oracle["errors"][i * peak_paths.size() + k])
                << peak_paths[k];
    }
}

INSTANTIATE_TEST_SUITE_P(Ways, Convolution, ::testing::Values("sse2", "avx2", "avx512", "cuda"),
                         [](auto const& given) { return given.param; });

/// Two pixels of "active" and, between them, that of "inactive".
struct ActiveMap
{
    Oracle both{"active"}, one{"inactive"};
    Model model;
    Signal signal;

    ActiveMap()
    {
        auto const woven = [&](std::string const& key) {
            std::vector<double> const& a = both[key];
            auto const middle = a.begin() + static_cast<std::ptrdiff_t>(a.size() / 2);
            std::vector<double> out(a.begin(), middle);
            out.insert(out.end(), one[key].begin(), one[key].end());
            out.insert(out.end(), middle, a.end());
            return out;
        };
        Axis const core = both.axis("core");
        signal = Oracle::spectra(core, woven("data"));
        Variance variance;
        variance.kind = Variance::Kind::stored;
        variance.stored = Oracle::spectra(core, woven("variance")).data();
        signal.set_variance(variance);
        signal.set_low_loss(Oracle::spectra(both.axis("low_loss_axis"), woven("low_loss")));

        model.append("PowerLaw");
        Component& first = model.append(gaussian("first", 1.0, 6.0, 425.0));
        fix(first, {"fwhm", "centre"});
        first["centre"].set_map({425.0, 431.0, 428.0});
        Component& second = model.append(gaussian("second", 1.0, 5.0, 455.0));
        fix(second, {"fwhm", "centre"});
        second.set_active_map({1, 0, 1});
        set_start(model, {"PowerLaw.A", "PowerLaw.r", "first.height", "second.height"}, both["start"]);
    }
};

class ConvolutionOn : public ::testing::TestWithParam<std::string>
{};

TEST_P(ConvolutionOn, ComponentsOffInSomePixelsAndValuesOfTheirOwn)
{
    ActiveMap const map;
    FitResult const result = multifit(map.model, map.signal, exact_options(GetParam()));
    EXPECT_NEAR(result.chisq[0], map.both["chisq"][0], 1e-7 * result.chisq[0]);
    EXPECT_NEAR(result.chisq[1], map.one["chisq"][0], 1e-7 * result.chisq[1]);
    EXPECT_NEAR(result.chisq[2], map.both["chisq"][1], 1e-7 * result.chisq[2]);
    Names const paths{"PowerLaw.A", "PowerLaw.r", "first.height"};
    for (std::size_t k = 0; k < paths.size(); ++k) {
        SCOPED_TRACE(paths[k]);
        ParameterMap const& found = result.parameter(paths[k]);
        EXPECT_NEAR(found.values[0], map.both["values"][k], 1e-5 * map.both["errors"][k]);
        EXPECT_NEAR(found.values[1], map.one["values"][k], 1e-5 * map.one["errors"][k]);
        EXPECT_NEAR(found.values[2], map.both["values"][4 + k], 1e-5 * map.both["errors"][4 + k]);
        EXPECT_NEAR(found.standard_errors[1], map.one["errors"][k], 1e-5 * map.one["errors"][k]);
    }
    EXPECT_TRUE(std::isnan(result.parameter("second.height").values[1]));
    EXPECT_NEAR(result.parameter("second.height").values[2], map.both["values"][7], 1e-5 * map.both["errors"][7]);
}

TEST(ConvolutionMaps, SeededStartsFindTheSame)
{
    Oracle const oracle("peaks");
    FitOptions options = exact_options();
    options.start = Start::automatic;
    expect_fits(multifit(peaks_model(oracle), oracle.signal(), options), peak_paths, oracle);

    // Nothing given: estimates allow for what the low loss adds up to.
    Model fresh;
    fresh.append("PowerLaw");
    fresh.append("GaussianHF");
    fresh.append("Lorentzian");
    fresh["Lorentzian"]["centre"].set_bounds({440.0, 460.0});
    fresh["GaussianHF"]["centre"].set_bounds({410.0, 435.0});
    FitResult const result = multifit(fresh, oracle.signal(), options);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(result.chisq[i], oracle["chisq"][i], 1e-6 * result.chisq[i]);
}

/// Floats hold seven digits, and the data have three.
TEST(ConvolutionMaps, PrecisionsOfADevice)
{
    Oracle const oracle("peaks");
    FitOptions options = exact_options("cuda");
    options.precision = Precision::mixed;
    expect_fits(multifit(peaks_model(oracle), oracle.signal(), options), peak_paths, oracle);
    options.precision = Precision::float32;
    FitResult const narrow = multifit(peaks_model(oracle), oracle.signal(), options);
    for (std::size_t i = 0; i < 3; ++i) {
        EXPECT_TRUE(is_converged(narrow.status[i])) << name_of(narrow.status[i]);
        EXPECT_NEAR(narrow.chisq[i], oracle["chisq"][i], 1e-3 * oracle["chisq"][i]);
        for (std::size_t k = 0; k < peak_paths.size(); ++k)
            EXPECT_NEAR(narrow.parameter(peak_paths[k]).values[i], oracle["values"][i * peak_paths.size() + k],
                        0.1 * oracle["errors"][i * peak_paths.size() + k])
                << peak_paths[k];
    }
}

TEST(ConvolutionMaps, EveryPrecisionIsFloat64)
{
    Oracle const oracle("peaks");
    FitOptions options = exact_options();
    FitResult const exact = multifit(peaks_model(oracle), oracle.signal(), options);
    for (Precision precision : {Precision::float32, Precision::mixed}) {
        options.precision = precision;
        expect_same(exact, multifit(peaks_model(oracle), oracle.signal(), options));
    }
}

TEST(ConvolutionMaps, ThreadsAndBatchesChangeNoBit)
{
    ActiveMap const map;
    FitOptions options = exact_options();
    options.start = Start::automatic;
    options.threads = 1;
    FitResult const one = multifit(map.model, map.signal, options);
    options.threads = 3;
    options.batch_pixels = 1;
    expect_same(one, multifit(map.model, map.signal, options));
}

/// Keeps records; gives up before it takes more than `most`.
class Records : public ResultSink
{
  public:
    std::vector<PixelRecords> kept;
    std::size_t most = SIZE_MAX;
    std::string header;

    void begin(std::string const& text) override
    {
        if (header.empty()) header = text;
        EXPECT_EQ(header, text);
    }
    std::vector<PixelRecords> recovered() override { return kept; }
    void append(PixelRecords const& records) override
    {
        if (kept.size() == most) throw std::runtime_error("enough");
        kept.push_back(records);
    }
    void close_phase(int) override {}
};

TEST(ConvolutionMaps, AResumedFitEndsOnTheSameBits)
{
    ActiveMap const map;
    FitOptions options = exact_options();
    options.batch_pixels = 1;
    for (Start const start : {Start::model, Start::automatic}) {
        options.start = start;
        FitResult const whole = multifit(map.model, map.signal, options);
        for (std::size_t const most : {1U, 2U}) {
            Records sink;
            sink.most = most;
            EXPECT_THROW(multifit(map.model, map.signal, options, {}, &sink), std::runtime_error);
            sink.most = SIZE_MAX;
            expect_same(whole, multifit(map.model, map.signal, options, {}, &sink));
            EXPECT_NE(sink.header.find("low_loss=80 a pixel"), std::string::npos) << sink.header;
        }
    }
}

TEST(ConvolutionMaps, SlicesTakeTheirLowLossAlong)
{
    Oracle const oracle("peaks");
    Signal const whole = oracle.signal();
    FitResult const all = multifit(peaks_model(oracle), whole, exact_options());
    FitResult const last = multifit(peaks_model(oracle), whole.inav({{2, 3}}), exact_options());
    expect_same_pixel(all, 2, last, 0);
    // Channels cut off and channels left out are the same, but for rounding.
    DataOptions data;
    data.range = {{402.0, 460.0}};
    FitResult const range = multifit(peaks_model(oracle), whole, exact_options(), data);
    FitResult const cut = multifit(peaks_model(oracle), whole.isig(4, 121), exact_options());
    for (std::size_t i = 0; i < 3; ++i) EXPECT_NEAR(range.chisq[i], cut.chisq[i], 1e-9 * cut.chisq[i]);
}

/// "peaks" with other low losses.
FitResult fit_with(std::vector<double> const& low_loss, std::string const& where)
{
    Oracle const oracle("peaks");
    Signal signal = oracle.signal();
    signal.set_low_loss(Oracle::spectra(oracle.axis("low_loss_axis"), low_loss));
    return multifit(peaks_model(oracle), signal, exact_options(where));
}

TEST_P(ConvolutionOn, ALowLossThatIsNoneEndsAsBadInputAndChangesNoOtherPixel)
{
    Oracle const oracle("peaks");
    std::size_t const n = oracle.axis("low_loss_axis").size;
    FitResult const clean = fit_with(oracle["low_loss"], GetParam());
    std::vector<double> zeros = oracle["low_loss"], nans = zeros;
    std::fill_n(zeros.begin() + static_cast<std::ptrdiff_t>(n), n, 0.0);
    nans[2 * n - 1] = NAN;
    for (std::vector<double> const& low_loss : {zeros, nans}) {
        FitResult const result = fit_with(low_loss, GetParam());
        EXPECT_EQ(result.status[1], FitStatus::bad_input);
        expect_no_values(result, 1);
        expect_same_pixel(clean, 0, result, 0);
        expect_same_pixel(clean, 2, result, 2);
    }
}

INSTANTIATE_TEST_SUITE_P(Devices, ConvolutionOn, ::testing::Values("auto", "cuda"),
                         [](auto const& given) { return given.param == "auto" ? "cpu" : given.param; });

TEST(ConvolutionMaps, WithoutConvolvedComponentsALowLossChangesNothing)
{
    Oracle const oracle("peaks");
    Model model = peaks_model(oracle);
    for (Component& component : model.components()) component.set_convolved(false);
    Signal const with = oracle.signal();
    Signal without({with.navigation_axes()}, {with.signal_axes()}, with.data());
    without.set_variance(with.variance());
    expect_same(multifit(model, without, exact_options()), multifit(model, with, exact_options()));
}

template<class Act>
std::string message_of(Act const& act)
{
    try {
        act();
    } catch (InvalidArgument const& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(ConvolutionMaps, RefusesWhatItCannotDo)
{
    Oracle const oracle("peaks");
    Signal const signal = oracle.signal();
    FitOptions options = exact_options();
    options.layout = "pixels";
    EXPECT_NE(message_of([&] { multifit(peaks_model(oracle), signal, options); }).find("low loss"), std::string::npos);
    DataOptions data;
    data.low_loss = "elsewhere.hspy";
    EXPECT_NE(message_of([&] { multifit(peaks_model(oracle), signal, exact_options(), data); }).find("set_low_loss"),
              std::string::npos);
}

TEST(ConvolutionMaps, NotesSayWhatIsConvolved)
{
    Oracle const oracle("peaks");
    FitOptions options = exact_options();
    options.device = "auto";
    FitResult const result = multifit(peaks_model(oracle), oracle.signal(), options);
    std::string notes;
    for (std::string const& note : result.notes) notes += note + "\n";
    EXPECT_NE(notes.find("80 channels: GaussianHF, Lorentzian"), std::string::npos) << notes;
    EXPECT_NE(notes.find("on a GPU"), std::string::npos) << notes;
}

}  // namespace
}  // namespace warpfit::testing
