// Arrays in memory, no files: a map of 8 x 8 spectra with one peak whose centre moves.
#include "warpfit/fit.hpp"

#include <cmath>
#include <iostream>
#include <vector>

int main()
{
    constexpr std::size_t rows = 8, columns = 8, num_channels = 200;
    std::vector<double> counts;
    for (std::size_t pixel = 0; pixel < rows * columns; ++pixel) {
        double const centre = 95.0 + 0.2 * static_cast<double>(pixel);
        for (std::size_t channel = 0; channel < num_channels; ++channel) {
            double const u = (0.5 * static_cast<double>(channel) + 50.0 - centre) / 4.0;
            counts.push_back(20.0 + 300.0 * std::exp(-0.5 * u * u));
        }
    }
    // Axes in array order, slowest first.
    warpfit::Signal signal({{.name = "y", .size = rows}, {.name = "x", .size = columns}},
                           {{.name = "Energy", .units = "eV", .size = num_channels, .offset = 50.0, .scale = 0.5}},
                           counts);
    signal.set_variance({.kind = warpfit::Variance::Kind::poisson});

    warpfit::Model model;
    model.append("Offset", "background");
    warpfit::Component& peak = model.append("GaussianHF", "peak");
    peak["height"].set_bounds({.bmin = 0.0});
    peak["fwhm"].set_bounds({.bmin = 1.0, .bmax = 50.0});
    // No start values: background and peak are estimated from the data.

    warpfit::FitResult const result = warpfit::multifit(model, signal);

    std::size_t num_right = 0;
    warpfit::ParameterMap const& centre = result.parameter("peak.centre");
    for (std::size_t pixel = 0; pixel < result.num_pixels(); ++pixel)
        if (std::abs(centre.values[pixel] - (95.0 + 0.2 * static_cast<double>(pixel))) < 1e-6) ++num_right;
    std::cout << num_right << " of " << result.num_pixels() << " centres found to 1e-6 eV, the first at "
              << centre.values[0] << " +- " << centre.standard_errors[0] << " eV\n";
    return num_right == result.num_pixels() ? 0 : 1;
}
