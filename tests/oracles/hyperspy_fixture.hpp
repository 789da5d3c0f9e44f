#pragma once

#include "warpfit/fit.hpp"

#include <map>
#include <string>
#include <vector>

namespace warpfit::testing {

/// A fit made with HyperSpy 1.7.3 (hyperspy/make_fixtures.py): data, model before the fit, HyperSpy's optimum.
struct HyperspyFixture
{
    Signal signal;
    Model model;
    DataOptions data;
    std::size_t num_channels = 0;  ///< that take part

    std::map<std::string, std::vector<double>> values;           ///< [num_pixels] by "component.parameter"
    std::map<std::string, std::vector<double>> standard_errors;  ///< NaN for twins, 0 at a bound
    std::vector<double> chisq;

    explicit HyperspyFixture(std::string const& name);

    /// Gives every free parameter the start HyperSpy had: the optimum of the pixel before, in serpentine order.
    void start_from_previous_pixel();
};

}  // namespace warpfit::testing
