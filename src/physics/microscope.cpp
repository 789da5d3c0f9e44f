#include "src/physics/microscope.hpp"

#include "src/text/text.hpp"
#include "warpfit/elements.hpp"
#include "warpfit/error.hpp"

#include <string>
#include <vector>

namespace warpfit::physics {

void require_complete(Microscope const& microscope)
{
    std::vector<std::string> missing;
    if (!microscope.beam_energy) missing.emplace_back("beam_energy [keV]");
    if (!microscope.convergence_angle) missing.emplace_back("convergence_angle [mrad]");
    if (!microscope.collection_angle) missing.emplace_back("collection_angle [mrad]");
    if (missing.empty()) return;
    throw InvalidArgument(
        "the microscope is not known: " + joined(missing) +
        " missing (an edge's cross-section depends on them): give them in the model file's [microscope] table, with "
        "set_microscope_parameters, or in the data file's metadata (Acquisition_instrument.TEM.beam_energy, "
        ".convergence_angle, .Detector.EELS.collection_angle)");
}

double effective_angle(Microscope const& microscope, double onset_energy)
{
    require_complete(microscope);
    return effective_collection_angle(*microscope.beam_energy, onset_energy, *microscope.convergence_angle,
                                      *microscope.collection_angle);
}

}  // namespace warpfit::physics
