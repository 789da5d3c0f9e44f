#include "src/model/eels_edge.hpp"
#include "src/model/fit_plan.hpp"
#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"
#include "warpfit/elements.hpp"
#include "warpfit/model.hpp"
#include "warpfit/model_file.hpp"
#include "warpfit/signal.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using warpfit::testing::error_of;
using warpfit::testing::TableCase;

ComponentOptions options_of(TableCase const& table)
{
    ComponentOptions options;
    EdgeOptions& edge = options.edge;
    edge.element_subshell = table.title;
    edge.microscope = {table.one("beam_energy"), table.one("convergence_angle"), table.one("collection_angle")};
    if (table.has("fine_structure")) {
        edge.fine_structure_active = true;
        edge.fine_structure_width = table.of("fine_structure")[0];
        edge.fine_structure_smoothing = table.of("fine_structure")[1];
        edge.energy_scale = table.of("fine_structure")[2];
    }
    return options;
}

Model model_of(TableCase const& table)
{
    Model model;
    Component& edge = model.append(Component("EELSCLEdge", "", options_of(table)));
    edge["intensity"].set_value(table.one("intensity"));
    edge["onset_energy"].set_value(table.one("onset_energy"));
    if (table.has("coefficients"))
        for (std::size_t i = 0; i < table.of("coefficients").size(); ++i)
            edge["fine_structure_coeff_" + std::to_string(i)].set_value(table.of("coefficients")[i]);
    return model;
}

// HyperSpy 1.7.3's own edges (tests/physics/make_data.py).
TEST(EelsEdge, IsThatOfHyperSpy)
{
    for (TableCase const& table : testing::read_cases("hyperspy_edges.txt")) {
        SCOPED_TRACE(table.title);
        Model const model = model_of(table);
        std::string const name = table.title;
        EXPECT_EQ(model.components().front().name(), name);
        EXPECT_NEAR(model.value(name + ".effective_angle"), table.one("effective_angle"), 1e-9);
        std::vector<double> const value = model.evaluate(table.of("x"));
        std::vector<double> const slope = model.gradient(name + ".intensity", table.of("x"));
        double const largest = *std::max_element(table.of("function").begin(), table.of("function").end());
        double const steepest = *std::max_element(table.of("gradient").begin(), table.of("gradient").end());
        for (std::size_t i = 0; i < value.size(); ++i) {
            EXPECT_NEAR(value[i], table.of("function")[i], 1e-10 * largest) << table.of("x")[i];
            EXPECT_NEAR(slope[i], table.of("gradient")[i], 1e-10 * steepest) << table.of("x")[i];
        }
    }
}

/// The tables about one onset and angle, against the exact edge at another. The cross-section of a K edge is nearly a
/// function of the energy alone: what is left of its slope is how Egerton's tables wiggle between their energies.
TEST(EelsEdge, MovesWithItsOnsetAndAngle)
{
    for (TableCase const& table : testing::read_cases("hyperspy_edges.txt")) {
        SCOPED_TRACE(table.title);
        Model model = model_of(table);
        Component const& edge = model.components().front();
        std::string const onset = table.title + ".onset_energy", angle = table.title + ".effective_angle";
        double const o = model.value(onset), a = model.value(angle);
        expression::Expression const moving = edge_formula(edge, o, a, EdgeMotion{});
        std::map<std::string, double> values;
        for (Parameter const& p : edge.parameters()) values[p.name()] = p.value();
        values["onset_energy"] = o + 2.0;
        values["effective_angle"] = 1.03 * a;
        std::vector<double> x;
        double const spread = 2.5 * edge.options().edge.energy_scale;  // where the jump is spread out
        for (int i = 0; i < 400; ++i) x.push_back(o + 2.6 + spread + 1.1 * i);
        model.set_value(onset, values["onset_energy"]);
        model.set_value(angle, values["effective_angle"]);
        std::vector<double> const exact = model.evaluate(x);
        double const largest = *std::max_element(exact.begin(), exact.end());
        std::vector<double> slope_errors;
        model.set_value(onset, values["onset_energy"] + 0.1);
        std::vector<double> const up = model.evaluate(x);
        model.set_value(onset, values["onset_energy"] - 0.1);
        std::vector<double> const down = model.evaluate(x);
        expression::Expression const slope = moving.derivative("onset_energy");
        double steepest = 0.0;
        for (std::size_t i = 0; i < x.size(); ++i) {
            values["x"] = x[i];
            EXPECT_NEAR(moving.evaluate(values), exact[i], 3e-3 * largest) << x[i];
            double const expected = (up[i] - down[i]) / 0.2;
            steepest = std::max(steepest, std::abs(expected));
            slope_errors.push_back(std::abs(slope.evaluate(values) - expected));
        }
        std::sort(slope_errors.begin(), slope_errors.end());
        EXPECT_LT(slope_errors[slope_errors.size() * 9 / 10], std::max(0.05 * steepest, 1e-4 * largest));
    }
}

/// Any angle within reach of the one that the tables are about, against the exact edge there.
TEST(EelsEdge, GoesToAnyAngle)
{
    for (TableCase const& table : testing::read_cases("hyperspy_edges.txt")) {
        SCOPED_TRACE(table.title);
        Model model = model_of(table);
        Component const& edge = model.components().front();
        std::string const angle = table.title + ".effective_angle";
        double const o = model.value(table.title + ".onset_energy"), a = model.value(angle);
        for (double const reach : {0.0, 10.0}) {
            expression::Expression const moving = edge_formula(edge, o, a, EdgeMotion{reach, true});
            std::map<std::string, double> values;
            for (Parameter const& p : edge.parameters()) values[p.name()] = p.value();
            for (double const factor : {0.26, 0.4, 0.8, 1.0, 1.3, 2.5, 3.9}) {
                values["effective_angle"] = factor * a;
                model.set_value(angle, factor * a);
                std::vector<double> x;
                double const above = reach > 0.0 ? 3.0 * edge.options().edge.energy_scale + 0.6 : 0.1;
                for (int i = 0; i < 300; ++i) x.push_back(o + above + 2.3 * i);
                std::vector<double> const exact = model.evaluate(x);
                double const largest = *std::max_element(exact.begin(), exact.end());
                // Where the onset moves, two channels' mean rounds the kinks of Egerton's tables off.
                double const tolerance = (reach > 0.0 ? 3e-3 : factor == 1.0 ? 1e-10 : 1e-3) * largest;
                for (std::size_t i = 0; i < x.size(); ++i) {
                    values["x"] = x[i];
                    ASSERT_NEAR(moving.evaluate(values), exact[i], tolerance) << factor << " at " << x[i];
                }
            }
            // Beyond, it stays as it is there.
            values["effective_angle"] = angle_reach * a;
            double const at_the_end = moving.evaluate(values);
            values["effective_angle"] = 20.0 * a;
            EXPECT_EQ(moving.evaluate(values), at_the_end);
        }
    }
}

// eXSpy 0.3 and HyperSpy 1.7.3: a hydrogenic L edge is that of L3, which subshell it is named by.
TEST(EelsEdge, OfTheLShellBeginsAtL3)
{
    for (auto const& [name, onset] : {std::pair{"Fe_L2", 708.0}, {"Fe_L1", 708.0}, {"Si_L1", 99.2}, {"Mn_L2", 640.0}}) {
        ComponentOptions options;
        options.edge.element_subshell = name;
        EXPECT_DOUBLE_EQ(Component("EELSCLEdge", "", options)["onset_energy"].value(), onset) << name;
    }
}

TEST(EelsEdge, WantsASmoothingOfAtMostOne)
{
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    options.edge.energy_scale = 0.5;
    options.edge.fine_structure_active = true;
    options.edge.fine_structure_smoothing = 1.5;
    EXPECT_THAT(error_of([&] { Component("EELSCLEdge", "", options); }), HasSubstr("must be 0 to 1"));
}

TEST(EelsEdge, WantsAnAxisInEv)
{
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    options.edge.microscope = {200.0, 10.0, 20.0};
    Model model;
    model.append(Component("EELSCLEdge", "", options));
    Axis axis{.size = 100, .offset = 0.5, .scale = 0.001};
    axis.units = "keV";
    Signal const signal({}, {axis}, std::vector<double>(100, 1.0));
    EXPECT_THAT(error_of([&] { lower(model, signal, {}, {}); }), HasSubstr("in keV (edges of EELS need it in eV)"));
}

double largest_of(std::vector<double> const& values)
{
    double largest = 0.0;
    for (double const v : values) largest = std::fmax(largest, std::fabs(v));
    return largest;
}

// Differences of HyperSpy 1.7.3's function (tests/physics/make_edge_slopes.py). By the angle the tables about it are
// good to 5e-4 of the largest slope. By the onset they round the kinks of Egerton's tables off: next to one the slope
// is wrong by up to 4e-3 of the edge's largest value per eV, of three channels in four by 1e-4, which is as much as
// there is of a slope where a K edge hardly changes with its onset (oxygen's here).
TEST(EelsEdge, SlopesByAngleAndOnsetAreThoseOfHyperSpy)
{
    for (TableCase const& table : testing::read_cases("hyperspy_edge_slopes.txt")) {
        SCOPED_TRACE(table.title);
        Model model;
        Component& edge = model.append(Component("EELSCLEdge", "", options_of(table)));
        edge["onset_energy"].set_value(table.one("onset_energy"));
        edge["effective_angle"].set_value(table.one("effective_angle"));
        std::vector<double> const& x = table.of("x");
        ASSERT_GT(x.size(), 30U);
        auto const errors_of = [&](std::string const& parameter) {
            std::vector<double> errors = model.gradient(table.title + "." + parameter, x);
            for (std::size_t i = 0; i < x.size(); ++i)
                errors[i] = std::fabs(errors[i] - table.of("by_" + parameter)[i]);
            std::sort(errors.begin(), errors.end());
            return errors;
        };
        EXPECT_LT(errors_of("effective_angle").back(), 5e-4 * largest_of(table.of("by_effective_angle")));
        std::vector<double> const by_onset = errors_of("onset_energy");
        double const per_ev = largest_of(table.of("function"));
        EXPECT_LT(by_onset.back(), 4e-3 * per_ev);
        EXPECT_LT(by_onset[by_onset.size() * 3 / 4], 1e-4 * per_ev);
    }
}

TEST(EelsEdge, TakesMicroscopeAndChannelWidthFromTheSignal)
{
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    options.edge.fine_structure_active = true;
    Model model;
    model.append(Component("EELSCLEdge", "", options));
    std::vector<double> const x{540.0};
    EXPECT_THAT(error_of([&] { model.evaluate(x); }),
                HasSubstr("beam_energy [keV], convergence_angle [mrad], collection_angle [mrad] missing"));
    std::vector<double> const counts(300, 1.0);
    Signal signal({}, {Axis{.size = 300, .offset = 450.0, .scale = 0.5}}, counts);
    signal.metadata["Acquisition_instrument.TEM.beam_energy"] = "200.0";
    signal.metadata["Acquisition_instrument.TEM.convergence_angle"] = "15.0";
    signal.metadata["Acquisition_instrument.TEM.Detector.EELS.collection_angle"] = "40.0";
    model.take_acquisition(signal);
    // round(0.3 * 30 / 0.5) + 4
    EXPECT_EQ(model["O_K"].parameters().size(), 3U + 22U);
    EXPECT_EQ(model.value("O_K.effective_angle"), effective_collection_angle(200.0, 532.0, 15.0, 40.0));
    ModelFile file;
    file.model = model;
    Model const again = parse_model_json(to_json(file), "test").model;
    EXPECT_EQ(again.evaluate(x), model.evaluate(x));
    EXPECT_EQ(again["O_K"].parameters().size(), 25U);
}

TEST(EelsEdge, ErrorsNameWhatIsMissing)
{
    auto const edge = [](std::string const& name, std::string const& gos) {
        ComponentOptions options;
        options.edge.element_subshell = name;
        options.edge.gos = gos;
        return Component("EELSCLEdge", "", options);
    };
    EXPECT_THAT(error_of([&] { edge("", "hydrogenic"); }), HasSubstr("needs the edge"));
    EXPECT_THAT(error_of([&] { edge("Fe_L4", "hydrogenic"); }), HasSubstr("Fe"));
    EXPECT_THAT(error_of([&] { edge("Fe_L3", "hydrogen"); }), HasSubstr("hydrogenic"));
    EXPECT_THAT(error_of([&] { edge("Fe_L3", "dft"); }), HasSubstr("gos_file_path"));
    EXPECT_THAT(error_of([&] { edge("Fe_M4", "hydrogenic"); }), HasSubstr("Fe"));

    Model model = model_of(testing::read_cases("hyperspy_edges.txt").front());
    std::string const onset = model.components().front().name() + ".onset_energy";
    std::vector<double> const counts(100, 1.0);
    Signal const below({}, {Axis{.size = 100, .offset = 10.0}}, counts);
    EXPECT_THAT(error_of([&] { lower(model, below, {}, {}); }), HasSubstr("the fitted channels end at 109"));
    model.set_value(onset, 0.7);
    EXPECT_THAT(error_of([&] { model.evaluate(counts); }), HasSubstr("give it in eV"));
}

TEST(EelsEdge, ModelFileGivesTheMicroscopeOnce)
{
    Model const model = parse_model_toml(R"(
[microscope]
beam_energy = 200.0
convergence_angle = 15.0
collection_angle = 40.0
[[component]]
type = "EELSCLEdge"
element_subshell = "O_K"
intensity = 2.0
[[component]]
type = "EELSCLEdge"
element_subshell = "Mn_L3"
convergence_angle = 10.0
[[twin]]
parameter = "Mn_L3.onset_energy"
to = "O_K.onset_energy"
expression = "x + 108"
)",
                                         "test")
                            .model;
    EXPECT_EQ(model["O_K"].options().edge.microscope.convergence_angle, 15.0);
    EXPECT_EQ(model["Mn_L3"].options().edge.microscope.convergence_angle, 10.0);
    EXPECT_EQ(model["Mn_L3"].options().edge.microscope.beam_energy, 200.0);
    EXPECT_GT(model.evaluate(std::vector{532.5}).front(), 0.0);
    EXPECT_EQ(model.evaluate(std::vector{531.5}).front(), 0.0);
}

/// What a fit makes of edges: tables at the channels while onset and angle stay, code with curves when they move.
TEST(EelsEdge, StaysATableWhileItsOnsetIsFixed)
{
    TableCase const table = testing::read_cases("hyperspy_edges.txt").front();
    Model model = model_of(table);
    std::vector<double> const counts(400, 1.0);
    Signal const signal({}, {Axis{.size = 400, .offset = table.one("onset_energy") - 50.0, .scale = 0.5}}, counts);
    FitPlan const fixed = lower(model, signal, {}, {});
    EXPECT_EQ(fixed.num_tables, 1);
    EXPECT_TRUE(fixed.is_linear);
    model.parameter(table.title + ".onset_energy").set_free(true);
    FitPlan const free = lower(model, signal, {}, {});
    // It has no bounds of its own.
    EXPECT_EQ(free.bmin.back(), table.one("onset_energy") - 10.0);
    EXPECT_EQ(free.bmax.back(), table.one("onset_energy") + 10.0);
    EXPECT_FALSE(free.is_linear);
    EXPECT_FALSE(free.expressions.front().curves.empty());
}

TEST(EelsEdge, RefusesAFineStructureThatCannotBe)
{
    Component gaussian("Gaussian");
    EXPECT_THAT(error_of([&] { gaussian.set_fine_structure(true, 30.0); }), HasSubstr("only an EELSCLEdge has one"));
    ComponentOptions options;
    options.edge.element_subshell = "O_K";
    Component edge("EELSCLEdge", "O_K", options);
    EXPECT_THAT(error_of([&] { edge.set_fine_structure(true, 0.0); }), HasSubstr("would have no width"));
    EXPECT_FALSE(edge.options().edge.fine_structure_active);
}

}  // namespace
}  // namespace warpfit
