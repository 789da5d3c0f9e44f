#include "src/physics/hydrogenic.hpp"

#include "tests/model/expect_error.hpp"
#include "tests/physics/tables.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::physics {
namespace {

using ::testing::HasSubstr;

HydrogenicGos gos_of(std::string const& name)
{
    ElementEdge const edge = eels_edge(name);
    return {*edge.element, edge.edge->subshell};
}

TEST(Hydrogenic, HasTheCrossSectionsOfHyperSpy)
{
    for (testing::TableCase const& table : testing::read_cases("hyperspy_edges.txt")) {
        SCOPED_TRACE(table.title);
        HydrogenicGos const gos = gos_of(table.title);
        Scattering const scattering(table.one("beam_energy"), table.one("effective_angle"));
        double const onset = table.one("onset_energy");
        EXPECT_EQ(gos.table_onset(), table.one("table_onset"));
        ASSERT_EQ(gos.energies().size(), table.of("energies").size());
        for (std::size_t i = 0; i < gos.energies().size(); ++i) {
            EXPECT_NEAR(onset + gos.energies()[i], table.of("energies")[i], 1e-12 * onset);
            double const expected = table.of("cross_sections")[i];
            EXPECT_NEAR(gos.cross_section(i, onset, scattering), expected, 1e-12 * expected);
        }
    }
}

TEST(Hydrogenic, MovesTheWholeEdgeWithItsOnset)
{
    for (testing::TableCase const& table : testing::read_cases("shifted_edges.txt")) {
        SCOPED_TRACE(table.title);
        HydrogenicGos const gos = gos_of(table.title);
        Scattering const scattering(table.one("beam_energy"), table.one("effective_angle"));
        for (std::size_t k = 0; k < table.of("above").size(); ++k) {
            auto const at = std::find_if(gos.energies().begin(), gos.energies().end(),
                                         [&](double e) { return std::abs(e - table.of("above")[k]) < 1e-9; });
            ASSERT_NE(at, gos.energies().end());
            double const expected = table.of("cross_sections")[k];
            double const value = gos.cross_section(static_cast<std::size_t>(at - gos.energies().begin()),
                                                   table.one("onset_energy"), scattering);
            EXPECT_NEAR(value, expected, 1e-11 * expected) << table.of("above")[k];
        }
    }
}

TEST(Hydrogenic, OfHydrogenHoldsTheSumRuleOfItsContinuum)
{
    // Of hydrogen's oscillator strength 0.4350 lies in the continuum (Bethe and Salpeter 1957, table 13), at q = 0.
    HydrogenicGos const gos = gos_of("H_K");
    double sum = 0.0;
    double energy = 13.606;
    for (; energy < 3e4; energy *= 1.0005) sum += energy * 0.0005 * gos.value(energy * 1.00025 - 13.598, 13.598, 1e-8);
    EXPECT_NEAR(sum, 0.4350, 5e-4);
}

TEST(Hydrogenic, TakesAllLSubshellsAsOneEdge)
{
    for (char const* name : {"Fe_L1", "Fe_L2", "Fe_L3"}) EXPECT_EQ(gos_of(name).table_onset(), 708.0);
    EXPECT_EQ(gos_of("Al_L2,3").table_onset(), 73.0);
    EXPECT_EQ(gos_of("Al_L1").table_onset(), 73.0);
}

TEST(Hydrogenic, IsForKAndLShells)
{
    EXPECT_THAT(testing::error_of([] { gos_of("Fe_M3"); }), HasSubstr("no hydrogenic cross-section of Fe_M3"));
    EXPECT_THAT(testing::error_of([] { gos_of("C_K1a"); }), HasSubstr("C_K1a"));
    EXPECT_THAT(testing::error_of([] { HydrogenicGos(element("Zr"), "K"); }), HasSubstr("unknown edge 'K' of Zr"));
}

TEST(Hydrogenic, IsZeroWhereTheBeamCannotLoseAsMuch)
{
    HydrogenicGos const gos = gos_of("C_K");
    Scattering const slow(0.5, 20.0);  // 500 eV; the table runs to 284 + 896 eV
    EXPECT_GT(gos.cross_section(0, 284.0, slow), 0.0);
    EXPECT_EQ(gos.cross_section(gos.energies().size() - 1, 284.0, slow), 0.0);
    EXPECT_THAT(testing::error_of([] { Scattering(200.0, 0.0); }), HasSubstr("effective angle is 0 mrad"));
    EXPECT_THAT(testing::error_of([] { Scattering(-1.0, 10.0); }), HasSubstr("beam energy is -1 keV"));
}

}  // namespace
}  // namespace warpfit::physics
