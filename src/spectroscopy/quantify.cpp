#include "src/spectroscopy/eels_edges.hpp"
#include "src/text/text.hpp"
#include "warpfit/error.hpp"

#include <algorithm>
#include <cmath>

namespace warpfit::eels {

namespace {

/// Whether an edge's intensity is, directly or through others, that of another edge of its element.
bool repeats_element(Model const& model, Component const& edge)
{
    std::string path = edge.name() + ".intensity";
    while (true) {
        auto const twin = std::find_if(model.twins().begin(), model.twins().end(),
                                       [&](Twin const& t) { return t.parameter == path; });
        if (twin == model.twins().end()) return false;
        path = twin->to;
        Component const& other = model[path.substr(0, path.rfind('.'))];
        if (is_edge(other) && other.is_active() && path.ends_with(".intensity") &&
            element_of(other) == element_of(edge))
            return true;
    }
}

std::vector<ElementQuantity> collect(FitResult const& result, Model const& model)
{
    std::vector<ElementQuantity> found;
    for (PlacedEdge const& edge : edges_by_onset(model)) {
        Component const& component = model[edge.name];
        if (repeats_element(model, component)) continue;
        std::string const element = element_of(component);
        for (ElementQuantity const& other : found)
            if (other.element == element)
                throw InvalidArgument("element " + quote(element) + " has two intensities (" + other.edge + " and " +
                                      edge.name + "): make one the twin of the other, or switch one off");
        ParameterMap const& map = result.parameter(edge.name + ".intensity");
        found.push_back({element, edge.name, map.values, map.standard_errors, {}, {}});
    }
    if (found.empty())
        throw InvalidArgument("nothing to quantify (the model has no active EELSCLEdge): add edges with add_elements");
    return found;
}

/// f = I / S: df/dI = (S - I) / S^2, df/dI_other = -I / S^2.
void share_out(std::vector<ElementQuantity>& elements, std::size_t pixel)
{
    double sum = 0.0;
    double squares = 0.0;
    for (ElementQuantity const& element : elements) {
        sum += element.intensity[pixel];
        squares += element.intensity_errors[pixel] * element.intensity_errors[pixel];
    }
    for (ElementQuantity& element : elements) {
        double const I = element.intensity[pixel];
        double const own = element.intensity_errors[pixel] * element.intensity_errors[pixel];
        element.fraction[pixel] = I / sum;
        element.fraction_errors[pixel] = std::sqrt((sum - I) * (sum - I) * own + I * I * (squares - own)) / (sum * sum);
    }
}

}  // namespace

std::vector<ElementQuantity> quantify(FitResult const& result, Model const& model)
{
    std::vector<ElementQuantity> elements = collect(result, model);
    for (ElementQuantity& element : elements) {
        element.fraction.resize(result.num_pixels());
        element.fraction_errors.resize(result.num_pixels());
    }
    for (std::size_t pixel = 0; pixel < result.num_pixels(); ++pixel) share_out(elements, pixel);
    return elements;
}

}  // namespace warpfit::eels
