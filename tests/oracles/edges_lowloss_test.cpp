#include "tests/support/backends.hpp"
#include "warpfit/io.hpp"

#include <cmath>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sstream>

namespace warpfit::testing {
namespace {

std::string const folder = std::string(WARPFIT_TEST_DIR) + "/oracles/hyperspy/";

/// HyperSpy 1.7.3's optimum, fitted until it stood still: name, then a value a pixel.
std::map<std::string, std::vector<double>> read_optimum()
{
    std::ifstream file(folder + "eels_edges_lowloss.txt");
    std::map<std::string, std::vector<double>> optimum;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string name;
        words >> name;
        for (double v = 0.0; words >> v;) optimum[name].push_back(v);
    }
    return optimum;
}

/// The core-loss map with the low loss that HyperSpy stored with the model, on the axis that it has there.
Signal core_loss()
{
    std::string const file = folder + "eels_edges_lowloss.hspy";
    Signal signal = io::load(file);
    Signal const stored = io::load(file + "#/Analysis/models/edges/_dict/low_loss/data", {.navigation_dimensions = 2});
    Axis const axis{.units = "eV", .size = 120, .offset = -20.0, .scale = 1.5};
    signal.set_low_loss(Signal(signal.navigation_axes(), {axis}, stored.data()));
    return signal;
}

class EdgesWithLowLoss : public BackendTest<std::tuple<Start, std::string>>
{};

// Edges' microscope: from the metadata that HyperSpy wrote.
TEST_P(EdgesWithLowLoss, ReachHyperSpysOptimum)
{
    Signal const signal = core_loss();
    Model model;
    model.append("PowerLaw");
    for (char const* name : {"O_K", "Mn_L3"}) {
        ComponentOptions options;
        options.edge.element_subshell = name;
        model.append(Component("EELSCLEdge", "", options));
    }
    auto const& [start, backend] = GetParam();
    FitOptions options = options_on(backend);
    options.start = start;
    if (start == Start::model) {
        model["PowerLaw"]["A"].set_value(5e9);
        model["PowerLaw"]["r"].set_value(3.0);
        model["O_K"]["intensity"].set_value(1.0);
    }
    FitResult const result = multifit(model, signal, options);
    std::map<std::string, std::vector<double>> const optimum = read_optimum();
    ASSERT_EQ(optimum.size(), 9U);
    for (std::size_t i = 0; i < result.num_pixels(); ++i) {
        SCOPED_TRACE("pixel " + std::to_string(i));
        EXPECT_TRUE(is_converged(result.status[i])) << name_of(result.status[i]);
        EXPECT_NEAR(result.chisq[i], optimum.at("chisq")[i], 1e-6 * optimum.at("chisq")[i]);
        for (std::string const path : {"PowerLaw.A", "PowerLaw.r", "O_K.intensity", "Mn_L3.intensity"}) {
            double const error = optimum.at(path + ".std")[i];
            EXPECT_NEAR(result.parameter(path).values[i], optimum.at(path)[i], 0.01 * error) << path;
            EXPECT_NEAR(result.parameter(path).standard_errors[i], error, 2e-3 * error) << path;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Starts, EdgesWithLowLoss,
                         ::testing::Combine(::testing::Values(Start::model, Start::automatic),
                                            ::testing::ValuesIn(all_backends())),
                         [](auto const& instance) {
                             return (std::get<0>(instance.param) == Start::model ? "Model_" : "Auto_") +
                                    std::get<1>(instance.param);
                         });

}  // namespace
}  // namespace warpfit::testing
