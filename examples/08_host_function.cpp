// A component from a function of the program itself: what no formula says, such as the sum of a series.
#include "warpfit/fit.hpp"
#include "warpfit/own_component.hpp"

#include <cmath>
#include <iostream>
#include <vector>

// Light that diffused out of a thick layer: the decay is a sum of exponentials.
//   f(t) = height * sum over odd n of exp(-n^2 t / tau) / n^2
double diffusion(double t, std::span<double const> p)
{
    double sum = 0.0;
    for (int n = 1; n < 40; n += 2) sum += std::exp(-n * n * t / p[1]) / (n * n);
    return p[0] * sum;
}

double diffusion_by_height(double t, std::span<double const> p)
{
    double const one[] = {1.0, p[1]};
    return diffusion(t, one);
}

int main()
{
    std::vector<double> counts;
    for (int channel = 0; channel < 300; ++channel) {
        double const truth[] = {900.0, 4.0};
        counts.push_back(12.0 + diffusion(0.05 * channel + 0.025, truth));
    }
    warpfit::Signal const signal({}, {{.name = "time", .units = "ns", .size = 300, .offset = 0.025, .scale = 0.05}},
                                 counts);

    // The derivative by height is given, that by tau is had by differences.
    warpfit::HostFunction const decay =
        warpfit::pointwise("DiffusionDecay",
                           {{.name = "height", .units = "y", .value = 500.0, .bounds = {.bmin = 0.0}, .linear = true},
                            {.name = "tau", .units = "x", .value = 1.0, .bounds = {.bmin = 0.01}}},
                           diffusion, {{"height", diffusion_by_height}});

    warpfit::Model model;
    model.append("Offset", "dark");
    model.append(warpfit::host_component(decay, "decay"));

    warpfit::FitResult const result = warpfit::multifit(model, signal);
    for (warpfit::ParameterMap const& map : result.parameters)
        std::cout << map.component << '.' << map.parameter << " = " << map.values[0] << '\n';
    return warpfit::is_converged(result.status[0]) && std::abs(result.parameter("decay.tau").values[0] - 4.0) < 1e-6 &&
                   std::abs(result.parameter("decay.height").values[0] - 900.0) < 1e-4
               ? 0
               : 1;
}
