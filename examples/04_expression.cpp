// A component from its formula: a stretched exponential decay, differentiated and compiled for the fit.
#include "warpfit/fit.hpp"

#include <cmath>
#include <iostream>
#include <vector>

int main()
{
    std::vector<double> counts;
    for (int channel = 0; channel < 400; ++channel)
        counts.push_back(5.0 + 800.0 * std::exp(-std::pow((0.05 * channel + 0.025) / 2.5, 0.7)));
    warpfit::Signal const signal({}, {{.name = "time", .units = "ns", .size = 400, .offset = 0.025, .scale = 0.05}},
                                 counts);

    warpfit::Model model;
    model.append("Offset", "dark");
    model.append(warpfit::Component::expression("height * exp(-(x / tau)**beta)", "decay",
                                                {{"height", 500.0}, {"tau", 1.0}, {"beta", 1.0}}));
    model["decay"]["tau"].set_bounds({.bmin = 0.01});
    model["decay"]["beta"].set_bounds({.bmin = 0.1, .bmax = 2.0});
    model["decay"]["beta"].set_value(0.9);

    warpfit::FitResult const result = warpfit::multifit(model, signal);
    for (warpfit::ParameterMap const& map : result.parameters)
        std::cout << map.component << '.' << map.parameter << " = " << map.values[0] << '\n';
    return warpfit::is_converged(result.status[0]) && std::abs(result.parameter("decay.tau").values[0] - 2.5) < 1e-5 &&
                   std::abs(result.parameter("decay.beta").values[0] - 0.7) < 1e-5
               ? 0
               : 1;
}
