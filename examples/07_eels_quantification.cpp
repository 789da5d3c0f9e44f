// Oxygen and manganese in an EELS line scan: edges of elements, fitted stage by stage, shared out in atomic percent.
#include "warpfit/eels.hpp"
#include "warpfit/io.hpp"

#include <cmath>
#include <iostream>

int main()
{
    warpfit::Signal const line = warpfit::io::load("examples/data/eels_lsmo_core.hspy");
    warpfit::DataOptions data;
    data.range = {{440.0, 715.0}};
    data.variance = "poisson";
    data.gain = 22.0;  // counts an electron

    warpfit::Model model;
    std::vector<std::string> const elements{"O", "Mn"};
    warpfit::eels::add_elements(model, line, elements);
    // The scale reads some 3 eV high, and an edge begins before its peak.
    model["O_K"]["onset_energy"].set_value(527.0);
    model["Mn_L3"]["onset_energy"].set_value(632.0);
    for (char const* edge : {"O_K", "Mn_L3"}) model[edge].set_fine_structure(true, 40.0);

    warpfit::FitResult const result = warpfit::eels::smart_fit(model, line, {}, {}, data);
    for (std::string const& note : result.notes)
        if (note.starts_with("Stage")) std::cout << note << '\n';

    bool is_right = true;
    for (warpfit::eels::ElementQuantity const& element : warpfit::eels::quantify(result, model)) {
        std::cout << element.element << " at the ends and in the middle of the line:";
        for (std::size_t const pixel : {0, 20, 39}) {
            double const percent = 100.0 * element.fraction[pixel];
            std::cout << "  " << percent << " +- " << 100.0 * element.fraction_errors[pixel] << " %";
            // La0.7Sr0.3MnO3: three to one, as well as hydrogenic cross-sections of L edges know it.
            is_right = is_right && std::abs(percent - (element.element == "O" ? 75.0 : 25.0)) < 15.0;
        }
        std::cout << '\n';
    }
    for (warpfit::FitStatus const status : result.status) is_right = is_right && warpfit::is_converged(status);
    return is_right ? 0 : 1;
}
