#include "src/io/load_gosh.hpp"
#include "src/io/load_hartree_slater.hpp"
#include "src/physics/edge_cross_section.hpp"
#include "tests/physics/tables.hpp"
#include "warpfit/error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warpfit::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template<class F>
std::string input_error_of(F&& call)
{
    try {
        call();
    } catch (InputError const& error) {
        return error.what();
    }
    ADD_FAILURE() << "expected InputError";
    return {};
}

std::string error_of(std::string const& path, char const* symbol, char const* subshell)
{
    return input_error_of([&] { load_gosh(path, element(symbol), subshell); });
}

// Expected values: SciPy's Simpson's rule and spline over the same figures (tests/physics/make_data.py, which wrote the
// file with h5py in the layout of the published ones).
TEST(LoadGosh, GivesTheEdgesThatSciPyIntegrates)
{
    for (testing::TableCase const& table : testing::read_cases("gosh_edges.txt")) {
        SCOPED_TRACE(table.title);
        ElementEdge const edge = eels_edge(table.title);
        auto const gos = std::make_shared<physics::TabulatedGos>(
            load_gosh(testing::data_file("small.gosh"), *edge.element, edge.edge->subshell));
        EXPECT_EQ(gos->table_onset(), edge.edge->onset_energy);
        EXPECT_EQ(gos->energies().front(), 0.0);
        physics::EdgeCrossSection const cross_section(gos, table.one("beam_energy"), table.one("onset_energy"),
                                                      table.one("effective_angle"));
        double const largest = table.of("cross_sections")[0];
        for (std::size_t i = 0; i < cross_section.values().size(); ++i)
            EXPECT_NEAR(cross_section.values()[i], table.of("cross_sections")[i], 1e-10 * largest);
        for (std::size_t i = 0; i < table.of("x").size(); ++i)
            EXPECT_NEAR(cross_section.value(table.of("x")[i]), table.of("function")[i], 1e-10 * largest);
    }
}

TEST(LoadGosh, SaysWhatIsMissingAndWhatIsThere)
{
    std::string const file = testing::data_file("small.gosh");
    EXPECT_THAT(error_of(file, "Mn", "L3"), HasSubstr("has no element 'Mn' (known: Al, Fe, O, Ti)"));
    EXPECT_THAT(error_of(file, "Fe", "M3"), HasSubstr("has no edge 'M3' (known: K, L2, L3)"));
    EXPECT_THAT(error_of(file, "Fe", "K"), HasSubstr("has no table of Fe 'K' (known: L3)"));
    EXPECT_THAT(error_of(file, "O", "K"), HasSubstr("/O/K: has no readable dataset \"q\""));
    EXPECT_THAT(error_of(file, "Ti", "L3"), AllOf(HasSubstr("/Ti/L3/data"), HasSubstr("has the shape [14, 23]"),
                                                  HasSubstr("23 momentum transfers and 14 energies")));
    EXPECT_THROW(load_gosh(file, element("Fe"), "L9"), InvalidArgument);
}

TEST(LoadGosh, SaysWhatAGoshFileIsAndWhereToFindOne)
{
    auto const where =
        AllOf(HasSubstr("is no .gosh file"), HasSubstr("10.5281/zenodo.7645765"), HasSubstr("10.5281/zenodo.12800856"));
    EXPECT_THAT(error_of(testing::data_file("Fe.L3"), "Fe", "L3"), AllOf(where, HasSubstr("not HDF5")));
    EXPECT_THAT(error_of(std::string(WARPFIT_TEST_DIR) + "/io/data/eels_al_lowloss.hspy", "Fe", "L3"),
                AllOf(where, HasSubstr("no group /metadata/edges_info")));
    EXPECT_THAT(error_of(testing::data_file("none.gosh"), "Fe", "L3"), HasSubstr("none.gosh: cannot be read"));
}

TEST(LoadHartreeSlater, ReadsTheTableOfTheFullerSubshell)
{
    std::string const folder = testing::data_file("");
    physics::GosTable const table = load_hartree_slater(folder, element("Fe"), "L2");
    EXPECT_EQ(table.occupancy_factor, 0.5);
    EXPECT_EQ(table.table_onset, 721.0);
    EXPECT_EQ(table.energies.size(), 11U);
    EXPECT_EQ(table.q.size(), 20U);
    EXPECT_THAT(table.origin, HasSubstr("Fe.L3"));
    EXPECT_THAT(input_error_of([&] { load_hartree_slater(folder, element("Mn"), "L2"); }),
                AllOf(HasSubstr("Mn.L3: is not there"), HasSubstr("Mn_L2")));
}

}  // namespace
}  // namespace warpfit::io
