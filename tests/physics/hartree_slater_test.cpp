#include "src/physics/hartree_slater.hpp"

#include "src/physics/edge_cross_section.hpp"
#include "tests/physics/tables.hpp"
#include "warpfit/error.hpp"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

namespace warpfit::physics {
namespace {

using ::testing::HasSubstr;

std::string text_of_table()
{
    std::ifstream file(testing::data_file("Fe.L3"), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of(std::string const& text)
{
    try {
        parse_hartree_slater(text, "Fe.L3", element("Fe"), "L3");
    } catch (InputError const& error) {
        return error.what();
    }
    return "none";
}

/// The table with its word `i` replaced.
std::string with_word(std::size_t i, std::string const& word)
{
    std::istringstream words(text_of_table());
    std::string text;
    std::string next;
    for (std::size_t k = 0; words >> next; ++k) text += (k == i ? word : next) + " ";
    return text;
}

TEST(HartreeSlater, GivesTheEdgesThatSciPyIntegrates)
{
    for (testing::TableCase const& table : testing::read_cases("hartree_slater_edges.txt")) {
        SCOPED_TRACE(table.title);
        std::string_view const subshell = eels_edge(table.title).edge->subshell;
        auto const gos =
            std::make_shared<TabulatedGos>(parse_hartree_slater(text_of_table(), "Fe.L3", element("Fe"), subshell));
        EdgeCrossSection const edge(gos, table.one("beam_energy"), table.one("onset_energy"),
                                    table.one("effective_angle"));
        double const largest = table.of("cross_sections")[0];
        for (std::size_t i = 0; i < edge.values().size(); ++i)
            EXPECT_NEAR(edge.values()[i], table.of("cross_sections")[i], 1e-10 * largest);
        for (std::size_t i = 0; i < table.of("x").size(); ++i)
            EXPECT_NEAR(edge.value(table.of("x")[i]), table.of("function")[i], 1e-10 * largest) << table.of("x")[i];
    }
}

TEST(HartreeSlater, HasTheCrossSectionsOfHyperSpy)
{
    std::size_t num_compared = 0;
    for (testing::TableCase const& table : testing::read_cases("hyperspy_tables.txt")) {
        SCOPED_TRACE(table.title);
        std::string_view const subshell = eels_edge(table.title).edge->subshell;
        TabulatedGos const gos(parse_hartree_slater(text_of_table(), "Fe.L3", element("Fe"), subshell));
        Scattering const scattering(table.one("beam_energy"), table.one("effective_angle"));
        for (std::size_t k = 0; k < table.of("indices").size(); ++k) {
            double const expected = table.of("cross_sections")[k];
            EXPECT_NEAR(gos.cross_section(static_cast<std::size_t>(table.of("indices")[k]), table.one("onset_energy"),
                                          scattering),
                        expected, 1e-12 * expected);
            ++num_compared;
        }
    }
    EXPECT_GT(num_compared, 15U);
}

TEST(HartreeSlater, SaysWhichNumberOfWhichFileIsWrong)
{
    EXPECT_EQ(error_of(text_of_table()), "none");
    EXPECT_THAT(error_of(""), HasSubstr("Fe.L3: ends after 0 words (word 2, k1 of the momentum transfers"));
    EXPECT_THAT(error_of(with_word(3, "x")), HasSubstr("word 3, k2 of the momentum transfers, is 'x'"));
    EXPECT_THAT(error_of(with_word(5, "2.5")), HasSubstr("a count is expected"));
    EXPECT_THAT(error_of(with_word(6, "-40")), HasSubstr("is -40 (must be positive)"));
    EXPECT_THAT(error_of(with_word(8, "12")), HasSubstr("holds 220 values (12 energies and 20 momentum transfers)"));
    EXPECT_THAT(error_of(with_word(100, "nan")), HasSubstr("word 100, GOS value 91, is 'nan'"));
    EXPECT_THAT(error_of("no table at all"), HasSubstr("version 3 are another format"));
}

}  // namespace
}  // namespace warpfit::physics
