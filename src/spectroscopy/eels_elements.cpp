#include "src/model/eels_edge.hpp"
#include "src/spectroscopy/eels_edges.hpp"
#include "src/spectroscopy/stage.hpp"
#include "src/text/text.hpp"
#include "warpfit/elements.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::eels {

namespace {

struct Range
{
    double low, high;  // [eV]

    bool holds(EelsEdge const& edge) const { return edge.onset_energy >= low && edge.onset_energy <= high; }
    std::string text() const { return number_text(low) + " to " + number_text(high) + " eV"; }
};

Range range_of(Axis const& axis)
{
    Range range{axis.value(0), axis.value(0)};
    for (std::size_t i = 1; i < axis.size; ++i) {
        range.low = std::min(range.low, axis.value(i));
        range.high = std::max(range.high, axis.value(i));
    }
    return range;
}

/// K, L and so on.
char shell(EelsEdge const& edge)
{
    return edge.subshell.front();
}

std::string edge_name(Element const& element, EelsEdge const& edge)
{
    return ElementEdge{&element, &edge}.name();
}

std::string edges_text(Element const& element, std::vector<EelsEdge> const& edges)
{
    std::vector<std::string> words;
    for (EelsEdge const& edge : edges)
        words.push_back(edge_name(element, edge) + " at " + number_text(edge.onset_energy) + " eV");
    return words.empty() ? "none" : joined(words);
}

/// A shell's hydrogenic cross-section begins at its outermost subshell and holds the others.
void keep_one_a_shell(Element const& element, std::vector<EelsEdge>& edges)
{
    std::erase_if(edges, [&](EelsEdge const& edge) {
        return std::any_of(element.edges.begin(), element.edges.end(), [&](EelsEdge const& other) {
            return !other.is_pre_edge() && shell(other) == shell(edge) && other.subshell > edge.subshell;
        });
    });
}

/// The edges of an element that are to be modelled, by onset.
std::vector<EelsEdge> edges_of(Element const& element, Range range, EdgeSource const& source)
{
    std::vector<EelsEdge> edges = edges_in_range(element, range.low, range.high);
    if (edges.empty())
        throw InvalidArgument("no edge of " + quote(element.symbol) + " lies on the signal axis (" + range.text() +
                              "; its edges: " + edges_text(element, {element.edges.begin(), element.edges.end()}) +
                              "): leave it out");
    if (source.gos == "hydrogenic") {
        keep_one_a_shell(element, edges);
        if (edges.empty())
            throw InvalidArgument("no shell of " + quote(element.symbol) + " begins on the signal axis (" +
                                  range.text() + "): leave it out");
    }
    return edges;
}

void check_hydrogenic(Element const& element, std::vector<EelsEdge> const& edges)
{
    std::vector<EelsEdge> beyond, within;
    for (EelsEdge const& edge : edges) (shell(edge) == 'K' || shell(edge) == 'L' ? within : beyond).push_back(edge);
    if (beyond.empty()) return;
    std::vector<std::string> names;
    for (EelsEdge const& edge : within) names.push_back(quote(edge_name(element, edge)));
    throw InvalidArgument("hydrogenic cross-sections exist for K and L edges alone (on the signal axis " +
                          quote(element.symbol) + " also has " + edges_text(element, beyond) +
                          "): " + (names.empty() ? "" : "give only " + joined(names) + " in its place, or ") +
                          "take \"dft\", \"dirac\" or \"Hartree-Slater\" with the file of their tables");
}

/// What is asked for of one element.
struct Request
{
    Element const* element;
    std::vector<EelsEdge> edges;
};

Request parse(std::string const& word, Range range, EdgeSource const& source)
{
    Request request{};
    if (word.find('_') == std::string::npos) {
        request.element = &element(word);
        request.edges = edges_of(*request.element, range, source);
    } else {
        ElementEdge const edge = eels_edge(word);
        request = {edge.element, {*edge.edge}};
        if (!range.holds(*edge.edge))
            throw InvalidArgument("edge " + quote(word) + " does not lie on the signal axis (it begins at " +
                                  number_text(edge.edge->onset_energy) + " eV, the axis runs from " + range.text() +
                                  "): leave it out");
    }
    if (source.gos == "hydrogenic") check_hydrogenic(*request.element, request.edges);
    return request;
}

/// No edge twice, nor what another holds already.
void check_once(Request const& request, EdgeSource const& source)
{
    for (std::size_t i = 0; i < request.edges.size(); ++i)
        for (std::size_t j = 0; j < i; ++j) {
            EelsEdge const& a = request.edges[i];
            EelsEdge const& b = request.edges[j];
            std::string const name = edge_name(*request.element, a);
            if (a.subshell == b.subshell)
                throw InvalidArgument("edge " + quote(name) +
                                      " is asked for twice (by its name or its element's): ask for it once");
            if (source.gos == "hydrogenic" && shell(a) == shell(b))
                throw InvalidArgument("edges " + quote(name) + " and " + quote(edge_name(*request.element, b)) +
                                      " are one (a hydrogenic cross-section is that of the whole shell): ask for one "
                                      "of them");
        }
}

std::vector<Request> parse_all(std::span<std::string const> words, Range range, EdgeSource const& source)
{
    std::vector<Request> requests;
    for (std::string const& word : words) {
        Request next = parse(word, range, source);
        auto const same = std::find_if(requests.begin(), requests.end(),
                                       [&](Request const& request) { return request.element == next.element; });
        if (same == requests.end())
            requests.push_back(std::move(next));
        else
            same->edges.insert(same->edges.end(), next.edges.begin(), next.edges.end());
    }
    for (Request const& request : requests) check_once(request, source);
    return requests;
}

Component make_edge(std::string const& name, EdgeSource const& source)
{
    ComponentOptions options;
    options.edge.element_subshell = name;
    options.edge.gos = source.gos;
    options.edge.gos_file_path = source.gos_file_path;
    options.edge.microscope = source.microscope;
    return Component("EELSCLEdge", name, options);
}

/// All but the last by name follow it.
void tie(Model& model, Element const& element, std::vector<EelsEdge> edges)
{
    std::sort(edges.begin(), edges.end(), [](EelsEdge const& a, EelsEdge const& b) { return a.subshell < b.subshell; });
    EelsEdge const& master = edges.back();
    std::string const to = edge_name(element, master);
    for (std::size_t i = 0; i + 1 < edges.size(); ++i) {
        std::string const name = edge_name(element, edges[i]);
        double const distance = edges[i].onset_energy - master.onset_energy;
        model.set_twin({name + ".intensity", to + ".intensity", "", ""});
        model.set_twin({name + ".onset_energy", to + ".onset_energy",
                        std::string("x ") + (distance < 0.0 ? "- " : "+ ") + number_text(std::abs(distance)), ""});
    }
}

bool has_background(Model const& model)
{
    return std::any_of(model.components().begin(), model.components().end(),
                       [](Component const& component) { return !is_edge(component); });
}

}  // namespace

std::vector<std::string> add_elements(Model& model, Signal const& signal, std::span<std::string const> elements,
                                      EdgeSource const& source)
{
    Axis const& axis = spectroscopy::spectrum_axis(signal);
    require_axis_in_ev(axis);
    std::vector<Request> const requests = parse_all(elements, range_of(axis), source);
    Model extended = model;
    if (!has_background(extended)) extended.append("PowerLaw");
    std::vector<PlacedEdge> added;
    for (Request const& request : requests)
        for (EelsEdge const& edge : request.edges)
            added.push_back({edge_name(*request.element, edge), edge.onset_energy});
    std::stable_sort(added.begin(), added.end(),
                     [](PlacedEdge const& a, PlacedEdge const& b) { return a.onset < b.onset; });
    std::vector<std::string> names;
    for (PlacedEdge const& edge : added) {
        extended.append(make_edge(edge.name, source)).take_acquisition(signal);
        names.push_back(edge.name);
    }
    for (Request const& request : requests) tie(extended, *request.element, request.edges);
    model = std::move(extended);
    return names;
}

}  // namespace warpfit::eels
