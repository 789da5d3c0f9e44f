#include "warpfit/elements.hpp"

#include <cmath>

namespace warpfit {

double eds_fwhm(double energy, double resolution_mn_ka)
{
    double const mn_ka = element("Mn").find_line("Ka")->energy;
    // 2.5 eV a keV in units of eV^2/keV: the Fano factor and the energy of an electron-hole pair in silicon.
    return std::sqrt(2500.0 * (energy - mn_ka) + resolution_mn_ka * resolution_mn_ka) / 1000.0;
}

}  // namespace warpfit
