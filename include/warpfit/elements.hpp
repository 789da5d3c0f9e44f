#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The elements, their edges in EELS and their lines in EDS; figures, names and units as HyperSpy 1.7 has them.
namespace warpfit {

/// Ionisation edge of a subshell.
struct EelsEdge
{
    std::string_view subshell;  ///< "K", "L3", "L2,3"; "L1a" marks a feature before the edge of L1
    double onset_energy;        ///< [eV]
    bool is_major;              ///< HyperSpy's relevance "Major", else "Minor"

    bool is_pre_edge() const noexcept { return subshell.ends_with('a'); }
};

/// Characteristic line. Its first letter is its family; the family's master is the line that ends in "a" ("Ka").
struct XrayLine
{
    std::string_view name;  ///< "Ka", "Lb1", "M2N4"
    double energy;          ///< [keV]
    double weight;          ///< intensity relative to the family's master; of L lines of Ca, Sc and Ti to Ll

    char family() const noexcept { return name.front(); }
    bool is_master() const noexcept { return name.size() == 2 && name.ends_with('a'); }
};

struct Element
{
    std::string_view symbol;  ///< "Fe"
    std::string_view name;    ///< "iron"
    int atomic_number;
    double atomic_weight;             ///< [g/mol]
    double density;                   ///< [g/cm^3]; NaN where unknown
    std::span<EelsEdge const> edges;  ///< by name; may be empty
    std::span<XrayLine const> lines;  ///< by name; may be empty

    /// nullptr where the element has no such edge.
    EelsEdge const* find_edge(std::string_view subshell) const noexcept;
    /// nullptr where the element has no such line.
    XrayLine const* find_line(std::string_view line) const noexcept;
};

/// Hydrogen to uranium, by atomic number.
std::span<Element const> elements() noexcept;

/// nullptr for what is no symbol. Symbols are written "Fe", not "fe".
Element const* find_element(std::string_view symbol) noexcept;
/// Throws InvalidArgument naming the closest symbol, or that of an element's name.
Element const& element(std::string_view symbol);

/// An edge and whose it is.
struct ElementEdge
{
    Element const* element;
    EelsEdge const* edge;

    std::string name() const;  ///< "Fe_L3"
};

/// "Fe_L3". Throws InvalidArgument naming the closest element or edge.
ElementEdge eels_edge(std::string_view name);

/// Edges whose onset lies in [low, high] [eV], by onset; features before edges are left out.
std::vector<ElementEdge> edges_in_range(double low, double high);
std::vector<EelsEdge> edges_in_range(Element const& element, double low, double high);

/// A line and whose it is.
struct ElementLine
{
    Element const* element;
    XrayLine const* line;

    std::string name() const;  ///< "Fe_Ka"
};

/// "Fe_Ka". Throws InvalidArgument naming the closest element or line.
ElementLine xray_line(std::string_view name);
/// None for what names no line.
std::optional<ElementLine> find_xray_line(std::string_view name) noexcept;

/// Lines whose energy lies in [low, high] [keV], in the element's order.
std::vector<XrayLine> lines_in_range(Element const& element, double low, double high);
/// Lines of a family ('K', 'L', 'M'), first its master where it has one; empty where the element has none.
std::vector<XrayLine> line_family(Element const& element, char family);

/// Full width at half maximum of a line [keV] in an energy-dispersive detector that shows Mn Ka with
/// `resolution_mn_ka` [eV]:
///
///   FWHM(E) = sqrt(2500 (E - E_MnKa) + resolution_mn_ka^2) / 1000,   E, E_MnKa in keV
///
/// (Fiori and Newbury, 1978). NaN where the root's argument is negative, which a resolution below 121.4 eV brings about
/// for the lowest energies.
double eds_fwhm(double energy, double resolution_mn_ka);

/// Effective collection angle [mrad] of an edge at `onset_energy` [eV]: the angle of a parallel beam that collects as
/// much as `collection_angle` (beta) does of a beam converging by `convergence_angle` (alpha) [mrad] at `beam_energy`
/// [keV]. beta where alpha is 0. From Egerton, Electron Energy-Loss Spectroscopy in the Electron Microscope, program
/// CONCOR2. Throws InvalidArgument unless alpha >= 0 and the others are positive.
double effective_collection_angle(double beam_energy, double onset_energy, double convergence_angle,
                                  double collection_angle);

}  // namespace warpfit
