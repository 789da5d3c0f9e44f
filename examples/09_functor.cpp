// A component from a header of one's own, moffat.hpp, which CMake builds in for CPU and GPU:
//   warpfit_add_component(TARGET components/moffat.hpp)
#include "moffat_component.hpp"
#include "warpfit/fit.hpp"

#include <cmath>
#include <iostream>
#include <random>
#include <vector>

int main()
{
    // 1000 cuts through a star, of every brightness, whose wings fall off as (1 + u^2)^-2.5; Gaussian noise of 1.
    std::size_t const num_pixels = 1000, num_channels = 256;
    std::mt19937 engine(20);
    std::normal_distribution<double> noise;
    std::vector<double> counts;
    for (std::size_t pixel = 0; pixel < num_pixels; ++pixel)
        for (std::size_t channel = 0; channel < num_channels; ++channel) {
            double const u = (0.1 * static_cast<double>(channel) - 12.0) / 1.5;
            counts.push_back(10.0 + 0.5 * static_cast<double>(100 + pixel) * std::pow(1.0 + u * u, -2.5) +
                             noise(engine));
        }
    warpfit::Signal const signal({{.name = "star", .size = num_pixels}},
                                 {{.name = "x", .units = "arcsec", .size = num_channels, .scale = 0.1}}, counts);

    warpfit::Model model;
    model.append("Offset", "sky");
    model.append(warpfit::own::moffat("star"));
    model["star"]["height"].set_value(200.0);
    model["star"]["centre"].set_value(11.0);

    warpfit::FitResult const result = warpfit::multifit(model, signal);
    double mean = 0.0;
    std::size_t num_converged = 0;
    for (std::size_t pixel = 0; pixel < num_pixels; ++pixel) {
        num_converged += warpfit::is_converged(result.status[pixel]);
        mean += result.parameter("star.power").values[pixel] / static_cast<double>(num_pixels);
    }
    std::cout << num_converged << " stars on the " << result.device << " in " << result.seconds
              << " s, mean power of their wings " << mean << '\n';
    return num_converged == num_pixels && std::abs(mean - 2.5) < 0.1 ? 0 : 1;
}
