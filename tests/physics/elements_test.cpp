#include "warpfit/elements.hpp"

#include "tests/model/expect_error.hpp"

#include <cmath>
#include <set>

namespace warpfit {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

template<class Entries>
std::vector<std::string> names_of(Entries const& entries)
{
    std::vector<std::string> names;
    for (auto const& entry : entries) names.push_back(entry.name());
    return names;
}

std::vector<std::string> names_of(std::vector<XrayLine> const& lines)
{
    std::vector<std::string> names;
    for (XrayLine const& line : lines) names.emplace_back(line.name);
    return names;
}

TEST(Elements, RunFromHydrogenToUranium)
{
    ASSERT_EQ(elements().size(), 92U);
    std::set<std::string_view> symbols;
    for (std::size_t i = 0; i < elements().size(); ++i) {
        EXPECT_EQ(elements()[i].atomic_number, static_cast<int>(i) + 1);
        symbols.insert(elements()[i].symbol);
    }
    EXPECT_EQ(symbols.size(), 92U);
    EXPECT_EQ(element("Fe").name, "iron");
    EXPECT_DOUBLE_EQ(element("Fe").atomic_weight, 55.845);
    EXPECT_DOUBLE_EQ(element("Fe").density, 7.874);
    EXPECT_TRUE(std::isnan(element("At").density));
    EXPECT_EQ(find_element("fe"), nullptr);
}

// Onsets and energies as the handbooks print them (EELS Atlas; X-ray Data Booklet, table 1-2).
TEST(Elements, HaveTheEdgesAndLinesOfTheHandbooks)
{
    EXPECT_DOUBLE_EQ(eels_edge("Fe_L3").edge->onset_energy, 708.0);
    EXPECT_TRUE(eels_edge("Fe_L3").edge->is_major);
    EXPECT_FALSE(eels_edge("Fe_L1").edge->is_major);
    EXPECT_DOUBLE_EQ(eels_edge("O_K").edge->onset_energy, 532.0);
    EXPECT_DOUBLE_EQ(eels_edge("Al_L2,3").edge->onset_energy, 73.0);
    EXPECT_NEAR(xray_line("Fe_Ka").line->energy, 6.40384, 1e-3);
    EXPECT_NEAR(xray_line("Au_La").line->energy, 9.7133, 1e-3);
    EXPECT_EQ(eels_edge("Fe_L3").name(), "Fe_L3");
    EXPECT_EQ(xray_line("Fe_Ka").name(), "Fe_Ka");
}

TEST(Elements, OfAWrongNameNameTheClosest)
{
    EXPECT_THAT(testing::error_of([] { element("fe"); }), HasSubstr("did you mean 'Fe'?"));
    EXPECT_THAT(testing::error_of([] { element("Iron"); }), HasSubstr("did you mean 'Fe'?"));
    EXPECT_THAT(testing::error_of([] { element("chronium"); }), HasSubstr("did you mean 'Cr'?"));
    EXPECT_THAT(testing::error_of([] { element(""); }), Not(HasSubstr("did you mean")));
    EXPECT_THAT(testing::error_of([] { eels_edge("Fe_L4"); }),
                HasSubstr("unknown edge 'L4' of Fe (known: K, L1, L2, L3, M2, M3); did you mean"));
    EXPECT_THAT(testing::error_of([] { eels_edge("Po_M5"); }), HasSubstr("(known: none)"));
    EXPECT_THAT(testing::error_of([] { xray_line("Fe_ka"); }), HasSubstr("did you mean 'Ka'?"));
    EXPECT_THAT(testing::error_of([] { eels_edge("Fe"); }), HasSubstr("write 'Fe_L3'"));
    EXPECT_THAT(testing::error_of([] { xray_line("Fe_"); }), HasSubstr("write 'Fe_Ka'"));
}

TEST(Elements, GiveTheirEdgesInARange)
{
    // LaSrMnO3 between 500 and 900 eV: the major edges an EELS user looks for.
    std::vector<std::string> const all = names_of(edges_in_range(500.0, 900.0));
    for (char const* name : {"O_K", "Mn_L3", "Mn_L2", "La_M5", "La_M4", "Fe_L3"})
        EXPECT_THAT(all, ::testing::Contains(name));
    EXPECT_THAT(names_of(edges_in_range(531.0, 532.0)), ::testing::Contains("O_K"));
    EXPECT_THAT(names_of(edges_in_range(284.0, 284.0)), ElementsAre("C_K"));  // not C_K1a, a feature before it
    std::vector<EelsEdge> const iron = edges_in_range(element("Fe"), 700.0, 850.0);
    ASSERT_EQ(iron.size(), 3U);
    EXPECT_EQ(iron[0].subshell, "L1");
    double last = 0.0;
    for (ElementEdge const& found : edges_in_range(0.0, 1e5)) {
        EXPECT_GE(found.edge->onset_energy, last);
        EXPECT_FALSE(found.edge->subshell.ends_with('a'));
        last = found.edge->onset_energy;
    }
}

TEST(Elements, GiveTheirLinesInARangeAndByFamily)
{
    EXPECT_THAT(names_of(lines_in_range(element("Fe"), 6.0, 8.0)), ElementsAre("Ka", "Kb"));
    EXPECT_THAT(names_of(line_family(element("Fe"), 'L')), ElementsAre("La", "Lb3", "Ll", "Ln"));
    std::vector<XrayLine> const uranium = line_family(element("U"), 'M');
    ASSERT_FALSE(uranium.empty());
    EXPECT_EQ(uranium.front().name, "Ma");
    EXPECT_TRUE(line_family(element("O"), 'M').empty());
    for (XrayLine const& line : line_family(element("Po"), 'M')) EXPECT_FALSE(line.is_master());  // Ma is not known
}

TEST(Elements, WeighLinesAgainstTheirMaster)
{
    EXPECT_DOUBLE_EQ(xray_line("Fe_Kb").line->weight, 0.1272);
    std::set<std::string> others;
    for (Element const& element : elements())
        for (XrayLine const& line : element.lines)
            if (line.is_master() && line.weight != 1.0) others.insert(ElementLine{&element, &line}.name());
    EXPECT_THAT(others, ElementsAre("Ca_La", "Sc_La", "Ti_La"));  // where Ll is the strongest
}

TEST(EdsDetector, BroadensLinesWithTheirEnergy)
{
    EXPECT_DOUBLE_EQ(eds_fwhm(xray_line("Mn_Ka").line->energy, 130.0), 0.130);
    // Fiori and Newbury: sqrt(2500 (1.4865 - 5.8987) + 130^2) eV
    EXPECT_NEAR(eds_fwhm(xray_line("Al_Ka").line->energy, 130.0), 0.0766126621388397, 1e-12);
    EXPECT_TRUE(std::isnan(eds_fwhm(0.1, 110.0)));
}

}  // namespace
}  // namespace warpfit
