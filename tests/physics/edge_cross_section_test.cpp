#include "src/physics/edge_cross_section.hpp"

#include "src/physics/fine_structure.hpp"
#include "src/physics/hydrogenic.hpp"
#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::physics {
namespace {

using ::testing::HasSubstr;

std::shared_ptr<Gos const> hydrogenic(std::string const& name)
{
    ElementEdge const edge = eels_edge(name);
    return std::make_shared<HydrogenicGos>(*edge.element, edge.edge->subshell);
}

Microscope microscope_of(testing::TableCase const& table)
{
    return {table.one("beam_energy"), table.one("convergence_angle"), table.one("collection_angle")};
}

/// HyperSpy's EELSCLEdge of intensity 1.
double whole_edge(EdgeCrossSection const& edge, testing::TableCase const& table, double x)
{
    if (!table.has("fine_structure")) return edge.value(x);
    double const width = table.of("fine_structure")[0];
    std::size_t const count =
        FineStructure::num_coefficients(table.of("fine_structure")[1], width, 0.0, table.of("fine_structure")[2]);
    EXPECT_EQ(count, table.of("coefficients").size());
    FineStructure const fine(edge.onset_energy(), width, count);
    return x < fine.end_energy() ? fine.value(table.of("coefficients"), x) : edge.value(x);
}

TEST(EdgeCrossSection, MakesTheEdgesOfHyperSpy)
{
    for (testing::TableCase const& table : testing::read_cases("hyperspy_edges.txt")) {
        SCOPED_TRACE(table.title);
        EdgeCrossSection const at_table =
            EdgeCrossSection::at_table_onset(hydrogenic(table.title), microscope_of(table));
        EXPECT_NEAR(at_table.effective_angle(), table.one("effective_angle"), 1e-10 * table.one("effective_angle"));
        EXPECT_EQ(at_table.onset_energy(), table.one("table_onset"));

        EdgeCrossSection const edge = at_table.remade(table.one("onset_energy"), at_table.effective_angle());
        double const intensity = table.one("intensity");
        std::vector<double> const& function = table.of("function");
        std::vector<double> const& gradient = table.of("gradient");
        double const largest = *std::max_element(function.begin(), function.end());
        for (std::size_t i = 0; i < function.size(); ++i) {
            double const shape = whole_edge(edge, table, table.of("x")[i]);
            EXPECT_NEAR(intensity * shape, function[i], 1e-10 * largest) << table.of("x")[i];
            EXPECT_NEAR(shape, gradient[i], 1e-10 * largest / intensity) << table.of("x")[i];
        }
    }
}

TEST(EdgeCrossSection, MeetsItselfAtTheEndsOfItsTable)
{
    EdgeCrossSection const edge(hydrogenic("Ti_L3"), 200.0, 456.0, 20.0);
    double const last = 456.0 + edge.gos().energies().back();
    EXPECT_EQ(edge.value(455.9999), 0.0);
    EXPECT_EQ(edge.value(456.0), edge.values().front());
    EXPECT_NEAR(edge.value(last), edge.values().back(), 1e-14 * edge.values().back());
    EXPECT_NEAR(edge.value(std::nextafter(last, 0.0)), edge.values().back(), 1e-12 * edge.values().back());
    // Of a power law, values at a geometric sequence are one.
    EXPECT_NEAR(edge.value(1.1 * last) / edge.value(last), edge.value(1.21 * last) / edge.value(1.1 * last), 1e-13);
    EXPECT_TRUE(std::isnan(edge.value(std::nan(""))));
}

TEST(EdgeCrossSection, IsRemadeAsIfMadeThere)
{
    EdgeCrossSection const edge(hydrogenic("O_K"), 200.0, 532.0, 10.0);
    EdgeCrossSection const there(hydrogenic("O_K"), 200.0, 529.5, 14.0);
    EdgeCrossSection const remade = edge.remade(529.5, 14.0);
    for (double x = 500.0; x < 3000.0; x += 7.3) EXPECT_EQ(remade.value(x), there.value(x));
}

TEST(EdgeCrossSection, GrowsWithTheCollectionAngle)
{
    // A wider cone collects more; all of the electrons within the Bethe ridge, no more.
    EdgeCrossSection const edge(hydrogenic("C_K"), 100.0, 284.0, 1.0);
    double last = 0.0;
    for (double const angle : {1.0, 3.0, 10.0, 30.0, 100.0}) {
        double const value = edge.remade(284.0, angle).value(300.0);
        EXPECT_GT(value, last);
        last = value;
    }
    EXPECT_LT(edge.remade(284.0, 300.0).value(300.0), 1.01 * last);
}

TEST(EdgeCrossSection, EndsWhereTheBeamsEnergyDoes)
{
    EdgeCrossSection const edge(hydrogenic("C_K"), 0.5, 284.0, 20.0);  // a beam of 500 eV
    EXPECT_GT(edge.value(290.0), 0.0);
    EXPECT_EQ(edge.value(600.0), 0.0);
    EXPECT_EQ(edge.value(5000.0), 0.0);
}

TEST(EdgeCrossSection, RefusesWhatCannotBe)
{
    EXPECT_THAT(testing::error_of([] { EdgeCrossSection(hydrogenic("O_K"), 0.2, 532.0, 10.0); }),
                HasSubstr("below the beam's energy, 0.2 keV"));
    EXPECT_THAT(testing::error_of([] { EdgeCrossSection(hydrogenic("O_K"), 200.0, std::nan(""), 10.0); }),
                HasSubstr("onset energy is nan"));
    EXPECT_THAT(testing::error_of([] { EdgeCrossSection::at_table_onset(hydrogenic("O_K"), {}); }),
                HasSubstr("beam_energy [keV], convergence_angle [mrad], collection_angle [mrad] missing"));
}

}  // namespace
}  // namespace warpfit::physics
