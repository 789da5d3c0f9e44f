#include "tests/fit/maps.hpp"
#include "tests/model/expect_error.hpp"
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <gmock/gmock.h>
#include <map>

namespace warpfit::testing {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNan;

/// Three spectra of 100 channels: a Gaussian on a wavy foot.
Signal three_peaks()
{
    std::vector<double> data;
    for (double p = 0.0; p < 3.0; ++p)
        for (int i = 0; i < 100; ++i) {
            double const x = 0.1 * i;
            double const u = (x - 4.2 - 0.3 * p) / (0.7 + 0.1 * p);
            data.push_back((200.0 + 50.0 * p) * std::exp(-0.5 * u * u) + 0.5 * std::pow(std::sin(7.0 * x + p), 2));
        }
    return Signal({Axis{.size = 3}}, {Axis{.size = 100, .scale = 0.1}}, data);
}

/// HyperSpy 1.7.3: component.estimate_parameters(s, 2.0, 7.0, only_current=False) of three_peaks(); its second end is
/// not part of the range.
struct Estimated
{
    std::string type, parameter;
    std::vector<double> values;
    double tolerance = 1e-9;
};
std::vector<Estimated> const hyperspy{
    {"Gaussian", "A", {352.42437826255576, 498.73054711986396, 656.6080214796532}},
    {"Gaussian", "centre", {4.202227623283003, 4.49910333294364, 4.78090643254475}},
    {"Gaussian", "sigma", {0.7015561980131939, 0.7946172543061599, 0.8720781935346154}},
    {"GaussianHF", "height", {200.40730241040072, 250.39061346280954, 300.3729520597951}},
    {"GaussianHF", "fwhm", {1.652038597797171, 1.8711806385676009, 2.0535872109696918}},
    {"GaussianHF", "centre", {4.202227623283003, 4.49910333294364, 4.78090643254475}},
    {"Lorentzian", "centre", {4.2, 4.4, 4.7}, 0.1001},  // a channel: the median lies between two
    {"Offset", "offset", {70.39004280798243, 100.33473334364318, 134.3610902900192}},
    {"Polynomial", "a0", {107.65830283519253, 89.80694189755935, 39.35450046044678}},
    {"Polynomial", "a1", {-8.374889893755094, 2.3657958305806295, 21.349795467319662}},
};

TEST(EstimateParameters, OfAComponentAreHyperSpys)
{
    Signal const signal = three_peaks();
    DataOptions data;
    data.range = {{2.0, 6.9}};
    for (Estimated const& expected : hyperspy) {
        SCOPED_TRACE(expected.type + "." + expected.parameter);
        ComponentOptions options;
        if (expected.type == "Polynomial") options.order = 1;
        Component component(expected.type, "", options);
        component.set_active(false);  // it is estimated all the same
        estimate_parameters(component, signal, {}, data);
        std::vector<double> const& map = component[expected.parameter].map();
        ASSERT_EQ(map.size(), 3U);
        for (std::size_t p = 0; p < 3; ++p) EXPECT_NEAR(map[p], expected.values[p], expected.tolerance);
        EXPECT_FALSE(component.is_active());
        EXPECT_TRUE(component.name().empty());
    }
}

/// numpy.polynomial.polynomial.polyfit of three_peaks(), 2.0 to 6.9: HyperSpy's estimate, of any order.
TEST(EstimateParameters, OfAPolynomialAreLeastSquares)
{
    std::vector<std::vector<double>> const expected{
        {2015.3249013792956, -2458.3364540593107, 1035.6658776174963, -175.07861990083924, 10.233146221499043},
        {3119.157112202325, -3562.948806302148, 1411.2321613264994, -226.090129835862, 12.605426662314233},
        {3169.8986931201657, -3489.06218700445, 1323.14086716206, -201.2722662505008, 10.605681787851301}};
    DataOptions data;
    data.range = {{2.0, 6.9}};
    ComponentOptions options;
    options.order = 4;
    Component component("Polynomial", "", options);
    estimate_parameters(component, three_peaks(), {}, data);
    for (std::size_t p = 0; p < 3; ++p)
        for (std::size_t k = 0; k < 5; ++k)
            EXPECT_NEAR(component["a" + std::to_string(k)].map()[p] / expected[p][k], 1.0, 1e-10) << p << " " << k;
    // Four channels do not determine five coefficients: the highest stays 0, the others go through the data.
    data.range = {{2.0, 2.3}};
    Component cubic("Polynomial", "", options);
    estimate_parameters(cubic, three_peaks(), {}, data);
    EXPECT_THAT(cubic["a4"].map(), IsEmpty());
    double value = 0.0;
    for (std::size_t k = 4; k-- > 0;) value = value * 2.1 + cubic["a" + std::to_string(k)].map()[0];
    EXPECT_NEAR(value, three_peaks().pixel(0)[21], 1e-7);
}

// HyperSpy divides amplitudes by the channels' width where these hold integrals; positions and widths stay.
// HyperSpy 1.7.3 gives these times; its amplitude it counts from half a channel further on.
TEST(EstimateParameters, OfADecayAreHyperSpys)
{
    std::vector<double> decays;
    for (int p = 0; p < 3; ++p)
        for (int i = 0; i < 99; ++i) {
            double const x = 1.0 + 0.1 * i;
            decays.push_back(1000.0 * std::exp(-x / (2.0 + p)) + 5.0 * std::pow(std::sin(9.0 * x), 2));
        }
    Signal const signal({Axis{.size = 3}}, {Axis{.size = 99, .offset = 1.0, .scale = 0.1}}, decays);
    Component decay("Exponential");
    estimate_parameters(decay, signal);
    double const tau[] = {2.131517700071525, 3.063040394467073, 4.047288931684413};
    double const amplitude[] = {938.1413923649799, 1001.7703094139059, 1008.7480301548203};
    for (std::size_t p = 0; p < 3; ++p) {
        EXPECT_NEAR(decay["tau"].map()[p], tau[p], 1e-9);
        EXPECT_NEAR(decay["A"].map()[p] * std::exp(0.05 / tau[p]), amplitude[p], 1e-6);
    }
}

TEST(EstimateParameters, FillTheHolesOfAMap)
{
    Signal const signal = three_peaks();
    Component free("Gaussian"), partly("Gaussian");
    estimate_parameters(free, signal);
    partly["centre"].set_map({NAN, 4.25, NAN});
    estimate_parameters(partly, signal);
    std::vector<double> const& all = free["centre"].map();
    EXPECT_THAT(partly["centre"].map(), ::testing::ElementsAre(all[0], 4.25, all[2]));
    // In a fit, too: one step from there is one from the estimate.
    FitOptions options;
    options.device = "cpu";
    Model from_nothing, from_holes;
    from_nothing.append(Component("Gaussian"));
    from_holes.append(Component("Gaussian"))["centre"].set_map({NAN, NAN, 4.25});
    FitResult const expected = multifit(from_nothing, signal, options);
    FitResult const found = multifit(from_holes, signal, options);
    EXPECT_EQ(found.parameter("Gaussian.centre").values[0], expected.parameter("Gaussian.centre").values[0]);
    EXPECT_EQ(found.iterations[0], expected.iterations[0]);
}

/// A tall peak and a small broad one: which of them is meant only the given position says.
Signal two_peaks(std::size_t num_pixels)
{
    std::vector<double> data;
    for (std::size_t p = 0; p < num_pixels; ++p)
        for (int i = 0; i < 400; ++i) {
            double const x = 0.1 * i;
            data.push_back(100.0 * std::exp(-0.5 * std::pow((x - 12.0) / 0.3, 2)) +
                           30.0 * std::exp(-0.5 * std::pow((x - 28.0) / 2.0, 2)) + 5.0);
        }
    return Signal({Axis{.size = num_pixels}}, {Axis{.size = 400, .scale = 0.1}}, data);
}

TEST(EstimateParameters, APixelsGivenValueCountsInItsOtherEstimates)
{
    Signal const signal = two_peaks(2);
    auto const estimated = [&](std::vector<double> centres) {
        Model model;
        model.append("Gaussian")["centre"].set_map(std::move(centres));
        model.append("Offset");
        estimate_parameters(model, signal);
        return model;
    };
    Model const both = estimated({28.0, 28.0}), first = estimated({28.0, NAN});
    EXPECT_NEAR(both["Gaussian"]["sigma"].map()[0], 2.0, 0.3);
    EXPECT_EQ(first["Gaussian"]["sigma"].map()[0], both["Gaussian"]["sigma"].map()[0]);
    EXPECT_NEAR(first["Gaussian"]["centre"].map()[1], 12.0, 0.1);
    Model model;
    model.append("Gaussian")["centre"].set_map({28.0});
    model.append("Offset");
    FitOptions options;
    options.device = "cpu";
    EXPECT_NEAR(multifit(model, two_peaks(1), options).parameter("Gaussian.centre").values[0], 28.0, 0.1);
}

TEST(EstimateParameters, LeavesWhatIsGivenInPixelsLeftOut)
{
    Component peak("Gaussian");
    peak["sigma"].set_map({0.7, 0.8, NAN});
    EstimateOptions options;
    options.mask = {0, 1, 0};
    estimate_parameters(peak, three_peaks(), options);
    ASSERT_EQ(peak["sigma"].map().size(), 3U);
    EXPECT_EQ(peak["sigma"].map()[0], 0.7);
    EXPECT_EQ(peak["sigma"].map()[1], 0.8);
    EXPECT_TRUE(std::isfinite(peak["sigma"].map()[2]));
}

/// The background's envelope has ten parts, more than there are channels. Expected: numpy.polyfit of the lowest channel
/// of each.
TEST(EstimateParameters, TakeAFewChannels)
{
    struct Expected
    {
        std::size_t num_channels;
        double a0, a1;
    };
    for (auto const& [n, a0, a1] : {Expected{4, 14.838709677419356, 8.258064516129032}, Expected{5, 20.0, 1.0},
                                    Expected{9, 14.032258064516128, 1.2688172043010753}}) {
        std::vector<double> data;
        for (std::size_t i = 0; i < n; ++i) data.push_back(10.0 + static_cast<double>(i) + (i == n / 2 ? 50.0 : 0.0));
        Signal const signal({}, {Axis{.size = n}}, data);
        ComponentOptions line;
        line.order = 1;
        Model model;
        model.append(Component("Polynomial", "line", line));
        model.append("Gaussian");
        estimate_parameters(model, signal);
        EXPECT_NEAR(model["line"]["a0"].value(), a0, 1e-9) << n;
        EXPECT_NEAR(model["line"]["a1"].value(), a1, 1e-9) << n;
    }
}

TEST(EstimateParameters, KnowBinnedData)
{
    DataOptions data;
    data.range = {{2.0, 6.9}};
    data.binned = true;
    Component gaussian("Gaussian");
    estimate_parameters(gaussian, three_peaks(), {}, data);
    EXPECT_NEAR(gaussian["A"].map()[0], 352.42437826255576 / 0.1, 1e-8);
    EXPECT_NEAR(gaussian["sigma"].map()[0], 0.7015561980131939, 1e-9);
}

Model peak_on_level()
{
    Model model;
    model.append("Offset");
    model.append("Gaussian");
    return model;
}

TEST(EstimateParameters, OfAllPixelsAreThoseOfEach)
{
    PeakMap map(300);
    map.at(7, 5) = NAN;
    Signal const signal = map.signal();
    DataOptions data;
    data.range = {{0.0, 50.0}};
    EstimateOptions options;
    options.mask.assign(300, 0);
    options.mask[11] = 1;
    options.threads = 4;
    Model all = peak_on_level();
    estimate_parameters(all, signal, options, data);
    options.threads = 1;
    Model serial = peak_on_level();
    estimate_parameters(serial, signal, options, data);
    for (char const* path : {"Offset.offset", "Gaussian.A", "Gaussian.sigma", "Gaussian.centre"}) {
        SCOPED_TRACE(path);
        std::vector<double> const& values = all.parameter(path).map();
        ASSERT_EQ(values.size(), 300U);
        EXPECT_THAT(values[7], IsNan());
        EXPECT_THAT(values[11], IsNan());
        EXPECT_FALSE(all.parameter(path).is_value_set());
        for (std::size_t pixel = 0; pixel < 300; ++pixel) {
            if (pixel == 7 || pixel == 11) continue;
            Model one = peak_on_level();
            estimate_parameters(one, signal, pixel, data);
            EXPECT_EQ(values[pixel], one.value(path)) << pixel;
            EXPECT_EQ(values[pixel], serial.parameter(path).map()[pixel]) << pixel;
        }
    }
}

/// Data that are no memory to be looked at: as of a file.
class Stored : public PixelSource
{
  public:
    explicit Stored(std::vector<double> values, std::size_t num_channels)
        : values_(std::move(values))
        , num_channels_(num_channels)
    {}
    void read(std::size_t first, std::size_t count, std::byte* out) override
    {
        std::memcpy(out, values_.data() + first * num_channels_, count * num_channels_ * sizeof(double));
    }

  private:
    std::vector<double> values_;
    std::size_t num_channels_;
};

TEST(EstimateParameters, DoNotDependOnWhereTheDataAre)
{
    PeakMap map(300);
    map.at(7, 5) = NAN;
    EstimateOptions options;
    options.mask.assign(300, 0);
    options.mask[11] = 1;
    Model here = peak_on_level(), stored = peak_on_level();
    estimate_parameters(here, map.signal(), options);
    Signal const far({Axis{.size = 300}}, {map.axis},
                     RawArray{std::make_shared<Stored>(map.data, map.num_channels), DataType::f64, false});
    estimate_parameters(stored, far, options);
    for (char const* path : {"Offset.offset", "Gaussian.A", "Gaussian.sigma", "Gaussian.centre"}) {
        std::vector<double> const &a = here.parameter(path).map(), &b = stored.parameter(path).map();
        ASSERT_EQ(a.size(), b.size());
        for (std::size_t p = 0; p < a.size(); ++p) EXPECT_TRUE(a[p] == b[p] || (p == 7 || p == 11)) << path << p;
        EXPECT_THAT(a[11], IsNan());
        EXPECT_THAT(b[11], IsNan());
    }
}

// Centres near 30, sigmas near 4, levels of 20 (PeakMap): what a fit could start from.
TEST(EstimateParameters, ServeAsStoredStarts)
{
    PeakMap const map(100);
    Model model = peak_on_level();
    estimate_parameters(model, map.signal());
    FitOptions options;
    options.start = Start::file;
    FitResult const result = multifit(model, map.signal(), options);
    EXPECT_THAT(result.status, Each(FitStatus::converged));
    for (double const centre : result.parameter("Gaussian.centre").values) EXPECT_NEAR(centre, 30.0, 8.0);
}

TEST(EstimateParameters, KeepWhatSomebodyGave)
{
    Signal const signal = three_peaks();
    Model model;
    Component& peak = model.append("Gaussian");
    peak["sigma"].set_value(0.5);
    peak["centre"].set_map({4.0, 4.1, 4.2});
    estimate_parameters(model, signal);
    EXPECT_THAT(peak["sigma"].map(), IsEmpty());
    EXPECT_EQ(peak["centre"].map(), (std::vector{4.0, 4.1, 4.2}));
    ASSERT_EQ(peak["A"].map().size(), 3U);
    // The height that the data show, of the width that was given.
    EXPECT_NEAR(peak["A"].map()[0], 200.407302 * 0.5 * std::sqrt(2.0 * 3.14159265358979), 0.2);
    EstimateOptions anew;
    anew.keep_given = false;
    estimate_parameters(model, signal, anew);
    EXPECT_NEAR(peak["centre"].map()[2], 4.8, 0.1);
    EXPECT_NEAR(peak["sigma"].map()[2], 0.9, 0.1);
}

TEST(EstimateParameters, LeaveOutWhatIsSwitchedOffAndWhatHasNoEstimate)
{
    Signal const signal = three_peaks();
    Model model = peak_on_level();
    model["Gaussian"].set_active_map({1, 0, 1});
    model.append("Arctan");
    estimate_parameters(model, signal);
    EXPECT_THAT(model["Gaussian"]["A"].map()[1], IsNan());
    EXPECT_GT(model["Gaussian"]["A"].map()[2], 0.0);
    EXPECT_THAT(model["Arctan"]["k"].map(), IsEmpty());
    Model alone;
    alone.append("Gaussian");
    estimate_parameters(alone, signal.inav({{1, 2}}));
    EXPECT_EQ(alone.value("Gaussian.centre"), alone["Gaussian"]["centre"].map()[0]);
}

TEST(EstimateParameters, RefuseAMaskOfAnotherSize)
{
    Model model = peak_on_level();
    EstimateOptions options;
    options.mask = {0, 1};
    EXPECT_THAT(error_of([&] { estimate_parameters(model, three_peaks(), options); }),
                HasSubstr("mask has 2 pixels (signal has 3)"));
}

// height = A / (sqrt(2 pi) sigma): given, it stays while the width is taken from the data.
TEST(EstimateParameters, AGivenHeightStays)
{
    Signal const signal = three_peaks();
    Model model = peak_on_level();
    Component& peak = model["Gaussian"];
    peak.set_derived("height", 180.0);
    estimate_parameters(model, signal, 1);
    EXPECT_NEAR(peak["sigma"].value(), 0.8, 0.2);  // not the default of 1
    EXPECT_NEAR(peak["A"].value() / (std::sqrt(2.0 * 3.14159265358979) * peak["sigma"].value()), 180.0, 1e-9);
    // A width given afterwards moves nothing, as in HyperSpy: the height is then another.
    Component later("Gaussian");
    later.set_derived("height", 180.0);
    double const A = later["A"].value();
    later["sigma"].set_value(0.5);
    estimate_parameters(later, signal);
    EXPECT_EQ(later["A"].value(), A);
    EXPECT_THAT(later["A"].map(), IsEmpty());
}

TEST(EstimateParameters, AGivenHeightIsAFitsStart)
{
    Signal const signal = three_peaks();
    Model model;
    model.append("Lorentzian").set_derived("height", 150.0);
    FitOptions options;
    options.max_iterations = 1;
    FitResult const one_step = multifit(model, signal, options);
    for (double const v : one_step.parameter("Lorentzian.height").values) EXPECT_GT(v, 50.0);
}

/// The fake plugin of tests/support.
class EstimateOnAGpu : public ::testing::Test
{
  protected:
    ~EstimateOnAGpu() override
    {
        for (char const* name : {"WARPFIT_FAKE_FAULT", "WARPFIT_FAKE_TEAM"}) unsetenv(name);
    }

    static EstimateOptions options(std::string const& device)
    {
        EstimateOptions o;
        o.device = device;
        o.plugin = WARPFIT_FAKE_PLUGIN;
        return o;
    }

    /// Pixels that the fake has estimated so far.
    static long long num_estimated()
    {
        void* const plugin = dlopen(WARPFIT_FAKE_PLUGIN, RTLD_NOW);
        return reinterpret_cast<long long (*)()>(dlsym(plugin, "warpfit_fake_estimates"))();
    }
};

TEST_F(EstimateOnAGpu, IsTheCpusToRounding)
{
    setenv("WARPFIT_FAKE_TEAM", "4", 1);
    PeakMap map(60);
    map.at(7, 5) = NAN;
    Model cpu = peak_on_level(), gpu = peak_on_level();
    for (Model* const model : {&cpu, &gpu}) {
        (*model)["Gaussian"].set_active_map(std::vector<unsigned char>(60, 1));
        (*model)["Gaussian"]["sigma"].set_map(std::vector<double>(60, 4.0));
    }
    EstimateOptions masked = options("cuda");
    masked.mask.assign(60, 0);
    masked.mask[11] = 1;
    long long const before = num_estimated();
    estimate_parameters(gpu, map.signal(), masked);
    EXPECT_EQ(num_estimated() - before, 60);  // a masked pixel travels with the others
    masked.device = "cpu";
    estimate_parameters(cpu, map.signal(), masked);
    EXPECT_EQ(num_estimated() - before, 60);
    for (char const* path : {"Offset.offset", "Gaussian.A", "Gaussian.sigma", "Gaussian.centre"}) {
        SCOPED_TRACE(path);
        std::vector<double> const &there = gpu.parameter(path).map(), &here = cpu.parameter(path).map();
        ASSERT_EQ(there.size(), here.size());
        for (std::size_t p = 0; p < here.size(); ++p) {
            EXPECT_EQ(std::isnan(there[p]), std::isnan(here[p])) << p;
            if (std::isnan(here[p])) continue;
            EXPECT_NEAR(there[p], here[p], 1e-9 * std::abs(here[p])) << p;
        }
    }
}

// "auto" is the CPU where nobody has compared the GPU's fits with it.
TEST_F(EstimateOnAGpu, IsAskedFor)
{
    long long const before = num_estimated();
    Model model = peak_on_level();
    estimate_parameters(model, three_peaks(), options("auto"));
    EXPECT_EQ(num_estimated(), before);
    EXPECT_THAT(error_of([&] { estimate_parameters(model, three_peaks(), options("gpu")); }),
                HasSubstr("unknown device 'gpu' (known: auto, cpu, cuda)"));
}

TEST_F(EstimateOnAGpu, SaysWhyItCannot)
{
    Model model = peak_on_level();
    EstimateOptions nowhere = options("cuda");
    nowhere.plugin = "/nowhere/libwarpfit_cuda.so";
    EXPECT_THROW(estimate_parameters(model, three_peaks(), nowhere), DeviceError);
    setenv("WARPFIT_FAKE_FAULT", "estimate_lost", 1);
    EXPECT_THROW(estimate_parameters(model, three_peaks(), options("cuda")), DeviceError);
    setenv("WARPFIT_FAKE_FAULT", "estimate_memory", 1);
    EXPECT_THROW(estimate_parameters(model, three_peaks(), options("cuda")), OutOfMemory);
    EXPECT_THAT(model["Gaussian"]["A"].map(), IsEmpty());
}

// A seeded fit estimates where it fits, the same whatever the size of its batches.
TEST_F(EstimateOnAGpu, StartsASeededFit)
{
    PeakMap const map(100);
    FitOptions o;
    o.device = "cuda";
    o.plugin = WARPFIT_FAKE_PLUGIN;
    long long const before = num_estimated();
    FitResult const whole = multifit(peak_on_level(), map.signal(), o);
    EXPECT_GT(num_estimated(), before);
    o.batch_pixels = 3;
    expect_same(whole, multifit(peak_on_level(), map.signal(), o));
    o.device = "cpu";
    FitResult const cpu = multifit(peak_on_level(), map.signal(), o);
    EXPECT_EQ(whole.status, cpu.status);
    for (std::size_t p = 0; p < 100; ++p)
        EXPECT_NEAR(whole.parameter("Gaussian.A").values[p], cpu.parameter("Gaussian.A").values[p],
                    1e-4 * cpu.parameter("Gaussian.A").standard_errors[p]);
}

}  // namespace
}  // namespace warpfit::testing
