#include "warpfit/component.hpp"
#include "warpfit/components.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <limits>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace warpfit {
namespace {

struct TableParameter
{
    std::string name;
    double value, bmin, bmax;
    bool free;
    std::string units;  ///< a dash: none
};

struct TableComponent
{
    std::string type;
    int dimension;
    std::vector<TableParameter> parameters;
};

double number_of(std::string const& word, double none)
{
    return word == "none" ? none : std::stod(word);
}

/// HyperSpy 1.7.3's own (tests/oracles/make_hyperspy_parameters.py).
std::vector<TableComponent> read_table()
{
    constexpr double infinity = std::numeric_limits<double>::infinity();
    std::ifstream file(std::string(WARPFIT_TEST_DIR) + "/oracles/hyperspy_parameters.txt");
    if (!file) throw std::runtime_error("no table of HyperSpy's parameters");
    std::vector<TableComponent> components;
    for (std::string line; std::getline(file, line);) {
        std::istringstream words(line);
        std::string key;
        words >> key;
        if (key == "component") {
            TableComponent component;
            words >> component.type >> component.dimension;
            components.push_back(component);
        } else if (key == "parameter") {
            TableParameter p;
            std::string value, bmin, bmax;
            words >> p.name >> value >> bmin >> bmax >> p.free >> p.units;
            p.value = std::stod(value);
            p.bmin = number_of(bmin, -infinity);
            p.bmax = number_of(bmax, infinity);
            components.back().parameters.push_back(p);
        }
    }
    return components;
}

/// What differs on purpose; README has a row of it.
struct Difference
{
    std::string parameter, what;
    double ours;
};
std::vector<Difference> const differences = {
    {"Lorentzian.gamma", "bmin", 0.0},     // a width below 0 is the same peak upside down
    {"PESVoigt.FWHM", "bmin", 0.0},        // which enters squared
    {"PESVoigt.gamma", "bmin", 0.0},       // below 0 it grows without end
    {"SplitVoigt.fraction", "bmin", 0.0},  // HyperSpy's 1e-8 excludes its own default
    {"Vignetting.left", "value", 0.0},     // HyperSpy's: not a number
    {"Vignetting.right", "value", 0.0},    // HyperSpy's: not a number
};
// A vector there; here fine_structure_coeff_0, ..., as many as a fine structure that is switched on has.
std::set<std::string> const not_here = {"EELSCLEdge.fine_structure_coeff"};

Component component_of(std::string const& type)
{
    ComponentOptions options;
    if (type == "EELSCLEdge") options.edge.element_subshell = "Fe_L3";
    return Component(type, {}, options);
}

double property(Parameter const& p, std::string const& what)
{
    return what == "value" ? p.value() : what == "bmin" ? p.bmin() : p.bmax();
}

bool is_same(double a, double b)
{
    return a == b || (std::isnan(a) && std::isnan(b));
}

TEST(HyperspyParameters, AreThoseOfEveryComponent)
{
    std::vector<TableComponent> const table = read_table();
    EXPECT_EQ(table.size(), 27U);
    std::size_t num_differences = 0;
    for (TableComponent const& given : table) {
        Component const component = component_of(given.type);
        EXPECT_EQ(component.dimension(), given.dimension) << given.type;
        std::set<std::string> names, expected;
        for (Parameter const& p : component.parameters()) names.insert(p.name());
        for (TableParameter const& p : given.parameters) {
            std::string const path = given.type + "." + p.name;
            if (not_here.contains(path)) continue;
            expected.insert(p.name);
            Parameter const& ours = component[p.name];
            EXPECT_EQ(ours.is_free(), p.free) << path;
            if (p.units != "-") {
                EXPECT_EQ(ours.units(), p.units) << path;
            }
            for (auto const& [what, theirs] :
                 {std::pair{"value", p.value}, std::pair{"bmin", p.bmin}, std::pair{"bmax", p.bmax}}) {
                auto const differs = std::find_if(differences.begin(), differences.end(), [&](Difference const& d) {
                    return d.parameter == path && d.what == what;
                });
                if (differs == differences.end()) {
                    EXPECT_TRUE(is_same(property(ours, what), theirs))
                        << path << "'s " << what << ": " << property(ours, what) << ", HyperSpy's " << theirs;
                } else {
                    ++num_differences;
                    EXPECT_EQ(property(ours, what), differs->ours) << path;
                    EXPECT_FALSE(is_same(theirs, differs->ours)) << path << " no longer differs";
                }
            }
        }
        EXPECT_EQ(names, expected) << given.type;
    }
    EXPECT_EQ(num_differences, differences.size());
}

/// Every other type is ours alone.
TEST(HyperspyParameters, OfEveryTypeThatHyperSpyHas)
{
    std::set<std::string> theirs, ours;
    for (TableComponent const& given : read_table()) theirs.insert(given.type);
    for (ComponentInfo const& info : component_types()) ours.insert(info.type);
    EXPECT_TRUE(std::includes(ours.begin(), ours.end(), theirs.begin(), theirs.end()));
}

}  // namespace
}  // namespace warpfit
