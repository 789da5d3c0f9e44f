#include "warpfit/elements.hpp"

#include "src/physics/element_data.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <utility>

namespace warpfit {

namespace {

/// "; did you mean 'Fe'?" for a symbol written wrong, or for (nearly) an element's name.
std::string meant_symbol(std::string_view word)
{
    std::vector<std::string> names;
    for (Element const& e : elements()) names.emplace_back(e.symbol);
    for (Element const& e : elements()) names.emplace_back(e.name);
    std::string const near = closest(word, names);
    if (near.empty()) return ": give a symbol such as 'Fe'";
    auto const it =
        std::find_if(elements().begin(), elements().end(), [&](Element const& e) { return e.name == near; });
    return "; did you mean " + quote(it == elements().end() ? near : std::string(it->symbol)) + "?";
}

/// "Fe_L3" as the element and "L3".
std::pair<Element const*, std::string_view> split(std::string_view name, char const* what, char const* example)
{
    std::size_t const bar = name.find('_');
    if (bar == std::string_view::npos || bar + 1 == name.size())
        throw InvalidArgument(quote(name) + " is not " + what +
                              " (no element before, or nothing after, a '_'): write " + quote(example));
    return {&element(name.substr(0, bar)), name.substr(bar + 1)};
}

template<class Entry>
std::vector<std::string> names_of(std::span<Entry const> entries, std::string_view Entry::*name)
{
    std::vector<std::string> names;
    for (Entry const& entry : entries) names.emplace_back(entry.*name);
    return names;
}

}  // namespace

EelsEdge const* Element::find_edge(std::string_view subshell) const noexcept
{
    auto const it = std::find_if(edges.begin(), edges.end(), [&](auto const& e) { return e.subshell == subshell; });
    return it == edges.end() ? nullptr : &*it;
}

XrayLine const* Element::find_line(std::string_view line) const noexcept
{
    auto const it = std::find_if(lines.begin(), lines.end(), [&](auto const& l) { return l.name == line; });
    return it == lines.end() ? nullptr : &*it;
}

std::span<Element const> elements() noexcept
{
    return physics::element_data();
}

Element const* find_element(std::string_view symbol) noexcept
{
    auto const all = elements();
    auto const it = std::find_if(all.begin(), all.end(), [&](Element const& e) { return e.symbol == symbol; });
    return it == all.end() ? nullptr : &*it;
}

Element const& element(std::string_view symbol)
{
    if (Element const* const found = find_element(symbol)) return *found;
    throw InvalidArgument("unknown element " + quote(symbol) + " (no symbol from H to U)" + meant_symbol(symbol));
}

std::string ElementEdge::name() const
{
    return std::string(element->symbol) + "_" + std::string(edge->subshell);
}

std::string ElementLine::name() const
{
    return std::string(element->symbol) + "_" + std::string(line->name);
}

ElementEdge eels_edge(std::string_view name)
{
    auto const [owner, subshell] = split(name, "an edge", "Fe_L3");
    if (EelsEdge const* const edge = owner->find_edge(subshell)) return {owner, edge};
    throw InvalidArgument("unknown edge " + quote(subshell) + " of " + std::string(owner->symbol) +
                          known_names(subshell, names_of(owner->edges, &EelsEdge::subshell)));
}

ElementLine xray_line(std::string_view name)
{
    auto const [owner, line] = split(name, "an X-ray line", "Fe_Ka");
    if (XrayLine const* const found = owner->find_line(line)) return {owner, found};
    throw InvalidArgument("unknown X-ray line " + quote(line) + " of " + std::string(owner->symbol) +
                          known_names(line, names_of(owner->lines, &XrayLine::name)));
}

std::optional<ElementLine> find_xray_line(std::string_view name) noexcept
{
    std::size_t const at = name.find('_');
    if (at == std::string_view::npos) return {};
    Element const* const owner = find_element(name.substr(0, at));
    XrayLine const* const line = owner != nullptr ? owner->find_line(name.substr(at + 1)) : nullptr;
    if (line == nullptr) return {};
    return ElementLine{owner, line};
}

std::vector<EelsEdge> edges_in_range(Element const& element, double low, double high)
{
    std::vector<EelsEdge> found;
    for (EelsEdge const& edge : element.edges)
        if (!edge.is_pre_edge() && edge.onset_energy >= low && edge.onset_energy <= high) found.push_back(edge);
    return found;
}

std::vector<ElementEdge> edges_in_range(double low, double high)
{
    std::vector<ElementEdge> found;
    for (Element const& element : elements())
        for (EelsEdge const& edge : edges_in_range(element, low, high))
            found.push_back({&element, element.find_edge(edge.subshell)});
    std::stable_sort(found.begin(), found.end(), [](ElementEdge const& a, ElementEdge const& b) {
        return a.edge->onset_energy < b.edge->onset_energy;
    });
    return found;
}

std::vector<XrayLine> lines_in_range(Element const& element, double low, double high)
{
    std::vector<XrayLine> found;
    for (XrayLine const& line : element.lines)
        if (line.energy >= low && line.energy <= high) found.push_back(line);
    return found;
}

std::vector<XrayLine> line_family(Element const& element, char family)
{
    std::vector<XrayLine> found;
    for (XrayLine const& line : element.lines)
        if (line.family() == family) found.push_back(line);
    std::stable_partition(found.begin(), found.end(), [](XrayLine const& line) { return line.is_master(); });
    return found;
}

}  // namespace warpfit
