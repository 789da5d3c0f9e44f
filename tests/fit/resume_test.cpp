#include "tests/fit/maps.hpp"
#include "warpfit/own_component.hpp"

#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <stdexcept>

namespace warpfit::testing {
namespace {

struct Stopped : std::runtime_error
{
    using std::runtime_error::runtime_error;
};

/// Keeps records like a journal. Stops the run after some of them: by throwing, or by raising `cancel`.
class Memory : public ResultSink
{
  public:
    std::string header;
    std::vector<PixelRecords> kept;
    std::vector<int> closed;
    std::size_t throw_after = SIZE_MAX, cancel_after = SIZE_MAX;  ///< records
    std::atomic<bool> cancel = false;
    std::size_t num_appended = 0;  ///< pixels in this run

    void begin(std::string const& text) override
    {
        if (header.empty()) header = text;
        EXPECT_EQ(header, text) << "a resumed run must have the same header";
        num_appended = 0;
    }
    std::vector<PixelRecords> recovered() override { return kept; }
    void append(PixelRecords const& records) override
    {
        if (kept.size() >= throw_after) throw Stopped("the disk is full");
        kept.push_back(records);
        num_appended += records.pixels.size();
        if (kept.size() >= cancel_after) cancel = true;
    }
    void close_phase(int phase) override { closed.push_back(phase); }
};

class Resume : public BackendTest<std::tuple<Start, std::string>>
{
  protected:
    PeakMap map_{150};
    FitOptions options_;

    void SetUp() override
    {
        BackendTest::SetUp();
        options_ = options_on(std::get<1>(GetParam()));
        options_.start = std::get<0>(GetParam());
        options_.batch_pixels = 8;
        options_.threads = 2;
        map_.at(40, 0) = NAN;
        for (std::size_t c = 0; c < 64; ++c) map_.at(90, c) = 0.0;
    }

    FitResult fit(ResultSink* sink, FitOptions const& options) const
    {
        return multifit(PeakMap::model(), map_.signal(), options, {}, sink);
    }
};

TEST_P(Resume, AfterAThrowIsBitIdentical)
{
    FitResult const whole = fit(nullptr, options_);
    Memory reference;
    expect_same(whole, fit(&reference, options_));
    std::size_t const num_records = reference.kept.size();
    ASSERT_GE(num_records, 4U);
    for (std::size_t stop : {std::size_t{0}, std::size_t{1}, num_records / 3, num_records / 2, num_records - 1}) {
        SCOPED_TRACE("stopped after " + std::to_string(stop) + " of " + std::to_string(num_records));
        Memory sink;
        sink.throw_after = stop;
        EXPECT_THROW(fit(&sink, options_), Stopped);
        sink.throw_after = SIZE_MAX;
        FitOptions other = options_;  // neither the number of threads nor the batches are pinned
        other.threads = 1;
        other.batch_pixels = 16;
        expect_same(whole, fit(&sink, other));
        EXPECT_LT(sink.num_appended, reference.num_appended + (stop == 0));
    }
}

TEST_P(Resume, AfterACancelIsBitIdentical)
{
    FitResult const whole = fit(nullptr, options_);
    Memory sink;
    sink.cancel_after = 3;
    FitOptions options = options_;
    options.cancel = &sink.cancel;
    FitResult const part = fit(&sink, options);
    std::size_t num_cancelled = 0;
    for (std::size_t i = 0; i < part.num_pixels(); ++i) {
        if (part.status[i] != FitStatus::cancelled) continue;
        ++num_cancelled;
        expect_no_values(part, i);
    }
    EXPECT_GT(num_cancelled, 0U);
    sink.cancel = false;
    sink.cancel_after = SIZE_MAX;
    expect_same(whole, fit(&sink, options));
}

TEST_P(Resume, AFinishedRunIsNotRepeated)
{
    Memory sink;
    FitResult const whole = fit(&sink, options_);
    expect_same(whole, fit(&sink, options_));
    EXPECT_EQ(sink.num_appended, 0U);
}

TEST_P(Resume, CancelledBeforeTheStart)
{
    std::atomic<bool> cancel = true;
    options_.cancel = &cancel;
    FitResult const result = fit(nullptr, options_);
    for (std::size_t i = 0; i < result.num_pixels(); ++i) {
        EXPECT_EQ(result.status[i], FitStatus::cancelled) << name_of(result.status[i]);
        expect_no_values(result, i);
    }
}

INSTANTIATE_TEST_SUITE_P(Starts, Resume,
                         ::testing::Combine(::testing::Values(Start::model, Start::automatic),
                                            ::testing::ValuesIn(all_backends())),
                         [](auto const& given) {
                             return (std::get<0>(given.param) == Start::model ? "model_" : "auto_") +
                                    std::get<1>(given.param);
                         });

std::string header_of(Model const& model, Signal const& signal)
{
    Memory sink;
    FitOptions options;
    options.max_iterations = 1;
    options.device = "cpu";
    multifit(model, signal, options, {}, &sink);
    return sink.header;
}

Signal few_spectra(double offset = 0.0)
{
    Noise noise(5);
    std::vector<double> data;
    for (int i = 0; i < 4 * 60; ++i) data.push_back(100.0 + noise.normal());
    return Signal({Axis{.size = 4}}, {Axis{.size = 60, .offset = offset}}, data);
}

Model with(Component component)
{
    Model model;
    model.append("Offset");
    model.append(std::move(component));
    return model;
}

/// A journal takes up only what it was begun with. Parameters, bounds and starts are the same in each of these pairs.
TEST(JournalHeader, PinsWhatAModelComputes)
{
    Signal const signal = few_spectra();
    auto const formula = [](char const* text) {
        return with(Component::expression(text, "f", {{"a", 2.0}, {"k", 0.5}}));
    };
    EXPECT_EQ(header_of(formula("a*exp(-k*x)"), signal), header_of(formula("a*exp(-k*x)"), signal));
    EXPECT_NE(header_of(formula("a*exp(-k*x)"), signal), header_of(formula("a*exp(-k*x**2)"), signal));
    EXPECT_NE(header_of(formula("a*exp(-k*x)"), signal), header_of(formula("a*exp(-2*k*x)"), signal));

    auto const voigt = [](bool has_two, double ratio) {
        ComponentOptions options;
        options.line = {.spin_orbit_splitting = has_two, .spin_orbit_branching_ratio = ratio};
        return with(Component("PESVoigt", "line", options));
    };
    EXPECT_EQ(header_of(voigt(true, 0.5), signal), header_of(voigt(true, 0.5), signal));
    EXPECT_NE(header_of(voigt(true, 0.5), signal), header_of(voigt(false, 0.5), signal));
    EXPECT_NE(header_of(voigt(true, 0.5), signal), header_of(voigt(true, 0.6), signal));

    auto const twins = [](char const* text) {
        Model model = with(Component("Gaussian"));
        model.set_twin({"Gaussian.sigma", "Gaussian.centre", text, ""});
        return model;
    };
    EXPECT_NE(header_of(twins("1 + x"), signal), header_of(twins("1 + x**2"), signal));
}

TEST(JournalHeader, PinsWhichComponentASwitchOrAMapBelongsTo)
{
    Signal const signal = few_spectra();
    auto const switched = [&](char const* name) {
        Model model = with(Component("Gaussian", "g"));
        model.append(Component("Gaussian", "h"));
        std::vector<unsigned char> map(signal.num_pixels(), 1);
        map[0] = 0;
        model[name].set_active_map(map);
        return model;
    };
    EXPECT_EQ(header_of(switched("g"), signal), header_of(switched("g"), signal));
    EXPECT_NE(header_of(switched("g"), signal), header_of(switched("h"), signal));
    Signal weighted = signal;
    Variance variance;
    variance.kind = Variance::Kind::number;
    variance.number = 4.0;
    weighted.set_variance(variance);
    EXPECT_NE(header_of(switched("g"), signal), header_of(switched("g"), weighted));
}

TEST(JournalHeader, PinsTheDataAndWhetherAValueWasGiven)
{
    Signal const signal = few_spectra();
    Model model = with(Component("Gaussian", "g"));
    std::string const before = header_of(model, signal);
    std::vector<double> changed;
    for (std::size_t p = 0; p < signal.num_pixels(); ++p)
        for (double const v : signal.pixel(p)) changed.push_back(v);
    changed.back() += 1.0;
    EXPECT_NE(header_of(model, Signal({Axis{.size = 4}}, {Axis{.size = 60}}, changed)), before);
    model["g"]["centre"].set_value(model["g"]["centre"].value());
    EXPECT_NE(header_of(model, signal), before);
}

TEST(JournalHeader, PinsAnEdge)
{
    Signal const signal = few_spectra(520.0);
    auto const edge = [](double convergence, bool has_splines, bool frees_onset) {
        ComponentOptions options;
        options.edge.element_subshell = "O_K";
        options.edge.microscope = {200.0, convergence, 30.0};
        options.edge.fine_structure_active = true;
        options.edge.fine_structure_spline_onset = has_splines ? 3.0 : 0.0;
        Component component("EELSCLEdge", "", options);
        component["effective_angle"].set_value(12.0);
        component["onset_energy"].set_free(frees_onset);
        component["onset_energy"].set_bounds({530.0, 534.0});
        return with(std::move(component));
    };
    for (bool const frees : {false, true}) {
        EXPECT_EQ(header_of(edge(10.0, true, frees), signal), header_of(edge(10.0, true, frees), signal));
        EXPECT_NE(header_of(edge(10.0, true, frees), signal), header_of(edge(10.0, false, frees), signal));
    }
}

TEST(JournalHeader, PinsWhatAProgramsFunctionComputes)
{
    Signal const signal = few_spectra();
    auto const decay = [](double power) {
        return with(host_component(pointwise(
            "Decay", {{.name = "A", .value = 3.0}, {.name = "k", .value = 0.1}},
            [power](double x, std::span<double const> p) { return p[0] * std::exp(-p[1] * std::pow(x, power)); })));
    };
    EXPECT_EQ(header_of(decay(1.0), signal), header_of(decay(1.0), signal));
    EXPECT_NE(header_of(decay(1.0), signal), header_of(decay(1.5), signal));
}

}  // namespace
}  // namespace warpfit::testing
