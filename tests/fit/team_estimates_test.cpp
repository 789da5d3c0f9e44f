#include "kernels/estimate/load.hpp"
#include "kernels/estimate/select.hpp"
#include "src/backends/cuda/estimate_image.hpp"
#include "src/fit/estimates.hpp"
#include "src/fit/estimators.hpp"
#include "tests/fit/maps.hpp"
#include "tests/support/block_estimate.hpp"
#include "tests/support/thread_team.hpp"
#include "warpfit/components.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <gtest/gtest.h>

namespace warpfit::testing {
namespace {

/// A model and what is special about it.
struct Case
{
    std::string name;
    std::vector<std::string> types;
    bool is_convolved = false;
    bool is_binned = false;
    bool is_integer = false;  ///< data of which many are equal
};

void PrintTo(Case const& c, std::ostream* out)
{
    *out << c.name;
}

/// Every component that has an estimator, alone or beside others.
std::vector<Case> cases()
{
    std::vector<Case> all{
        {"TwoPeaksOnAPowerLaw", {"PowerLaw", "Gaussian", "Gaussian"}},
        {"PeaksOnALine", {"Polynomial", "GaussianHF", "PseudoVoigt"}},
        {"PeakOnAnExponential", {"Exponential", "Doniach"}},
        {"TwoLevels", {"Offset", "PowerLaw", "Gaussian"}},
        {"LevelOfCounts", {"Offset", "Voigt", "Lorentzian"}, false, false, true},
        {"Binned", {"Offset", "SplitVoigt"}, false, true},
        {"Decays", {"Offset", "ExponentialGaussian", "BiexponentialGaussian"}},
        {"Lines", {"Offset", "Fano", "SkewNormal", "AsymmetricLorentzian"}},
        {"Photoemission", {"Offset", "VolumePlasmonDrude", "PESVoigt", "PESCoreLineShape"}},
        {"NoPeak", {"Offset", "Arctan"}},
        {"Edges", {"PowerLaw", "EELSCLEdge", "EELSCLEdge"}},
        {"Convolved", {"PowerLaw", "Gaussian", "Voigt"}, true},
        {"ConvolvedEdges", {"PowerLaw", "EELSCLEdge", "EELSCLEdge"}, true},
        {"Spots", {"Offset", "Gaussian2D", "Gaussian2D", "Lorentzian2D"}},
        {"DiskOnAPlane", {"Plane", "Disk2D"}},
        {"RingOnALevel", {"Offset", "GaussianRing2D"}},
        {"SpotOnASurface", {"Polynomial2D", "Gaussian2D"}},
    };
    for (char const* type : {"Gaussian", "Lorentzian", "SkewNormal", "Offset", "PowerLaw", "Exponential", "Polynomial",
                             "Gaussian2D", "Plane", "Voigt"})
        all.push_back({type + std::string("Alone"), {type}});
    return all;
}

/// Enough of a data set for the model of a case: three bumps of other places and widths in each pixel.
class Problem
{
  public:
    static constexpr std::size_t num_pixels = 12;

    explicit Problem(Case const& what)
        : model_(model_of(what))
        , signal_(signal_of(what))
        , plan_(lower(model_, signal_, {}, {}))
        , estimator_(plan_, keeps())
    {
        raw_.resize(num_pixels * signal_.num_channels());
        for (std::size_t p = 0; p < num_pixels; ++p) std::ranges::copy(signal_.pixel(p), raw_.begin() + at(p));
        raw_[signal_.num_channels() * 3 + 5] = NAN;
        masked_.assign(num_pixels, 0);
        masked_[7] = 1;
        batch_.count = num_pixels;
        batch_.signal = {raw_.data(), program::Type::f64, 0,
                         static_cast<Index>(signal_.num_channels() * sizeof(double))};
        batch_.masked = masked_.data();
        if (!what.is_convolved) return;
        for (std::size_t i = 0; i < num_low_loss * num_pixels; ++i)
            low_loss_.push_back(i % num_low_loss == 4 ? 1e3 + static_cast<double>(i) : 3.0);
        batch_.low_loss = {low_loss_.data(), program::Type::f64, 0, num_low_loss * sizeof(double)};
    }

    estimate::Plan const& plan() const { return estimator_.view(); }
    program::PixelBatch const& batch() const { return batch_; }

  private:
    static constexpr std::size_t num_low_loss = 21;

    std::ptrdiff_t at(std::size_t pixel) const { return static_cast<std::ptrdiff_t>(pixel * signal_.num_channels()); }

    static Model model_of(Case const& what)
    {
        Model model;
        for (std::string const& type : what.types) {
            ComponentOptions options;
            if (type == "EELSCLEdge") {
                options.edge.element_subshell = model.size() == 1 ? "Fe_L3" : "O_K";
                options.edge.microscope = {200.0, 10.0, 30.0};
                options.edge.energy_scale = 1.0;
            }
            if (type.starts_with("Polynomial")) options.order = 2;
            model.append(Component(type, type + std::to_string(model.size()), options));
        }
        // A height that was given, and a width that follows another's.
        if (what.name == "TwoPeaksOnAPowerLaw") {
            model["Gaussian1"].set_derived("height", 150.0);
            model.set_twin({"Gaussian2.sigma", "Gaussian1.sigma", "x", ""});
        }
        return model;
    }

    static Signal signal_of(Case const& what)
    {
        bool const is_2d = component_type(what.types.back()).dimension == 2;
        bool const has_edges = what.types.back() == "EELSCLEdge";
        Axis axis{.size = is_2d ? 20U : 300U, .offset = has_edges ? 450.0 : 2.0, .scale = has_edges ? 1.5 : 0.1};
        axis.is_binned = what.is_binned;
        double const span = axis.scale * static_cast<double>(axis.size);
        Noise noise(5);
        std::vector<double> data;
        for (std::size_t p = 0; p < num_pixels; ++p) {
            std::vector<double> centre, width, height;
            for (int k = 0; k < 6; ++k) centre.push_back(axis.offset + span * (0.1 + 0.8 * noise.uniform()));
            for (int k = 0; k < 3; ++k) width.push_back(span * (0.02 + 0.08 * noise.uniform()));
            for (int k = 0; k < 3; ++k) height.push_back(50.0 + 400.0 * noise.uniform());
            for (std::size_t row = 0; row < (is_2d ? axis.size : 1); ++row)
                for (std::size_t i = 0; i < axis.size; ++i) {
                    double const x = axis.value(i), y = axis.value(row);
                    double v = 40.0 + 3e3 / x;
                    for (std::size_t k = 0; k < 3; ++k) {
                        double const u = (x - centre[k]) / width[k], w = is_2d ? (y - centre[k + 3]) / width[k] : 0.0;
                        v += height[k] * std::exp(-0.5 * (u * u + w * w));
                    }
                    v += 2.0 * noise.normal();
                    data.push_back(what.is_integer ? std::round(0.1 * v) : v);
                }
        }
        std::vector<Axis> const axes = is_2d ? std::vector{axis, axis} : std::vector{axis};
        Signal signal({Axis{.size = num_pixels}}, axes, data);
        if (what.is_convolved) {
            Axis low{.size = num_low_loss, .offset = -4.0 * axis.scale, .scale = axis.scale};
            signal.set_low_loss(
                Signal({Axis{.size = num_pixels}}, {low}, std::vector<double>(num_pixels * num_low_loss, 1.0)));
        }
        return signal;
    }

    std::vector<unsigned char> keeps() const
    {
        std::vector<unsigned char> keeps(plan_.slots.size(), 1);
        for (int const s : plan_.free_slots)
            keeps[static_cast<std::size_t>(s)] =
                model_.parameter(plan_.slot_paths[static_cast<std::size_t>(s)]).is_value_set();
        return keeps;
    }

    Model model_;
    Signal signal_;
    FitPlan plan_;
    StartEstimator estimator_;
    std::vector<double> raw_, low_loss_;
    std::vector<unsigned char> masked_;
    program::PixelBatch batch_{};
};

struct Estimated
{
    explicit Estimated(estimate::Plan const& plan)
        : values(Problem::num_pixels * static_cast<std::size_t>(plan.model.num_free), -1.0)
        , is_estimated(Problem::num_pixels, 9)
    {}
    estimate::Results view() { return {values.data(), is_estimated.data()}; }

    bool operator==(Estimated const&) const = default;

    std::vector<double> values;
    std::vector<unsigned char> is_estimated;
};

Estimated on_cpu(Problem const& problem, int threads = 1)
{
    Estimated out(problem.plan());
    make_cpu_estimates(problem.plan(), threads)->run(problem.batch(), out.view());
    return out;
}

Estimated on_block(estimate::Plan const& plan, program::PixelBatch const& batch, int team)
{
    Estimated out(plan);
    estimate_block(plan, batch, out.view(), team);
    return out;
}

/// Sums alone depend on the team, to rounding; half a step of a width may amplify that.
void expect_same_to_rounding(Estimated const& is, Estimated const& wanted, std::size_t num_free)
{
    EXPECT_EQ(is.is_estimated, wanted.is_estimated);
    for (std::size_t i = 0; i < wanted.values.size(); ++i)
        EXPECT_NEAR(is.values[i], wanted.values[i], 1e-9 * std::abs(wanted.values[i]) + 1e-12)
            << "pixel " << i / num_free << " parameter " << i % num_free;
}

class TeamEstimates : public ::testing::TestWithParam<Case>
{};

TEST_P(TeamEstimates, AreThoseOfTheTeamOfOne)
{
    Problem const problem(GetParam());
    Estimated const alone = on_cpu(problem);
    for (std::size_t p = 0; p < Problem::num_pixels; ++p) EXPECT_EQ(alone.is_estimated[p], p != 3 && p != 7) << p;
    auto const num_free = static_cast<std::size_t>(problem.plan().model.num_free);
    // What nobody estimates is the start.
    for (std::size_t k = 0; k < num_free; ++k)
        for (std::size_t const p : {3U, 7U})
            EXPECT_EQ(alone.values[p * num_free + k], problem.plan().start[k]) << p << ' ' << k;
    EXPECT_EQ(on_block(problem.plan(), problem.batch(), 1), alone);
    for (int const team : {4, 32, 64}) {
        SCOPED_TRACE(team);
        Estimated const together = on_block(problem.plan(), problem.batch(), team);
        expect_same_to_rounding(together, alone, num_free);
        EXPECT_EQ(on_block(problem.plan(), problem.batch(), team), together) << "not the same a second time";
    }
}

/// The plan in one block of bytes, and nothing beside it.
TEST_P(TeamEstimates, GoByAnImageOfThePlan)
{
    Problem const problem(GetParam());
    std::size_t const size = cuda::make_estimate_image(problem.plan(), 0).bytes.size();
    std::vector<double> place(size / sizeof(double) + 3);
    std::uintptr_t const address = (reinterpret_cast<std::uintptr_t>(place.data()) + 15) / 16 * 16;
    cuda::EstimateImage const image = cuda::make_estimate_image(problem.plan(), address);
    ASSERT_EQ(image.bytes.size(), size);
    std::memcpy(reinterpret_cast<void*>(address), image.bytes.data(), size);
    auto const is_inside = [&](void const* p) {
        auto const at = reinterpret_cast<std::uintptr_t>(p);
        return p == nullptr || (address <= at && at < address + size);
    };
    estimate::Plan const& plan = image.plan;
    for (void const* p : {static_cast<void const*>(plan.backgrounds), static_cast<void const*>(plan.edges),
                          static_cast<void const*>(plan.peaks), static_cast<void const*>(plan.spots),
                          static_cast<void const*>(plan.keeps), static_cast<void const*>(plan.given),
                          static_cast<void const*>(plan.start), static_cast<void const*>(plan.model.terms),
                          static_cast<void const*>(plan.model.codes), static_cast<void const*>(plan.model.tables)})
        EXPECT_TRUE(is_inside(p));
    for (int c = 0; c < plan.model.num_codes; ++c) EXPECT_TRUE(is_inside(plan.model.codes[c].constants));
    EXPECT_EQ(plan.model.convolution, nullptr);
    EXPECT_EQ(on_block(image.plan, problem.batch(), 1), on_cpu(problem, 4));
}

INSTANTIATE_TEST_SUITE_P(Models, TeamEstimates, ::testing::ValuesIn(cases()),
                         [](auto const& instance) { return instance.param.name; });

/// The plugin's, on a GPU or what stands for one.
class DeviceEstimates : public BackendTest<std::tuple<Case, std::string>>
{};

TEST_P(DeviceEstimates, AreTheCpus)
{
    Problem const problem(std::get<0>(GetParam()));
    CudaPlugin const plugin(test_plugin());
    std::unique_ptr<Estimates> const estimates = make_cuda_estimates(problem.plan(), plugin.table());
    Estimated there(problem.plan()), again(problem.plan());
    estimates->run(problem.batch(), there.view());
    estimates->run(problem.batch(), again.view());
    EXPECT_EQ(there, again);
    expect_same_to_rounding(there, on_cpu(problem), static_cast<std::size_t>(problem.plan().model.num_free));
}

INSTANTIATE_TEST_SUITE_P(Models, DeviceEstimates,
                         ::testing::Combine(::testing::ValuesIn(cases()), ::testing::Values("cuda")),
                         [](auto const& instance) {
                             return std::get<0>(instance.param).name + "_" + std::get<1>(instance.param);
                         });

/// Teams of every size find the same element as the standard library.
TEST(KthSmallest, IsTheElementWhoeverLooks)
{
    Noise noise(8);
    for (int trial = 0; trial < 60; ++trial) {
        std::vector<double> v(static_cast<std::size_t>(1 + trial * 7));
        for (double& x : v) {
            double const u = noise.normal();
            double const kinds[] = {u, std::round(3.0 * u), std::exp(30.0 * u), 1e12 + u, u > 0.0 ? 0.0 : -0.0};
            x = kinds[trial % 5];
        }
        auto const n = static_cast<int>(v.size());
        int const k = static_cast<int>(noise.uniform() * n);
        std::vector<double> sorted(v);
        std::ranges::sort(sorted);
        for (int const members : {1, 3, 8}) {
            std::vector<double> found(static_cast<std::size_t>(members)), left(v.size());
            double sum[1], shared[16];
            run_team(members, 1, [&](ThreadTeam const& team) {
                found[static_cast<std::size_t>(team.rank())] =
                    estimate::kth_smallest(team, v.data(), n, k, sum, shared, left.data());
            });
            for (double const f : found) EXPECT_EQ(f, sorted[static_cast<std::size_t>(k)]) << trial << ' ' << members;
        }
    }
}

/// Every stored type, in both byte orders, in runs that begin anywhere.
TEST(LoadedValues, AreThoseOfTheFits)
{
    using program::Type;
    unsigned char bytes[8 * 40];
    Noise noise(2);
    for (unsigned char& b : bytes) b = static_cast<unsigned char>(256.0 * noise.uniform());
    for (int t = 0; t <= static_cast<int>(Type::f64); ++t)
        for (int const swapped : {0, 1})
            for (int const members : {1, 5}) {
                auto const type = static_cast<Type>(t);
                program::RawPixels const raw{bytes, type, swapped, 4 * program::size_of(type)};
                std::vector<double> values(13, -1.0);
                run_team(members, 1, [&](ThreadTeam const& team) {
                    auto const put = [&](int c, double v) {
                        EXPECT_EQ(c % members, team.rank());
                        values[static_cast<std::size_t>(c)] = v;
                    };
                    estimate::for_own_values(team, raw, 2, 3, 0, 6, put);
                    estimate::for_own_values(team, raw, 2, 20, 6, 7, put);
                });
                for (int c = 0; c < 13; ++c) {
                    double const expected =
                        program::raw_value(bytes + 2 * raw.pixel_stride, type, swapped != 0, c < 6 ? 3 + c : 14 + c);
                    EXPECT_EQ(std::bit_cast<std::uint64_t>(values[static_cast<std::size_t>(c)]),
                              std::bit_cast<std::uint64_t>(expected))
                        << t << ' ' << swapped << ' ' << c;
                }
            }
}

}  // namespace
}  // namespace warpfit::testing
