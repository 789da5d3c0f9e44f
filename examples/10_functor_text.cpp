// A component from a header that this program was not built with: its text is read at run time, and the GPU's compiler
// (NVRTC) makes a kernel of it. The CPU has no such compiler: 09_functor.cpp builds the same header in for both.
#include "warpfit/error.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/own_component.hpp"

#include <cmath>
#include <fstream>
#include <iostream>
#include <sstream>
#include <vector>

int main(int argc, char** argv)
{
    std::string const path = argc > 1 ? argv[1] : "examples/components/moffat.hpp";
    std::ifstream file(path);
    if (!file) {
        std::cerr << "cannot read " << path << " (is it there?): give the path of a header\n";
        return 1;
    }
    std::stringstream text;
    text << file.rdbuf();

    // Cuts through 1000 stars whose wings fall off as (1 + u^2)^-2.5.
    std::size_t const num_pixels = 1000, num_channels = 256;
    std::vector<double> counts;
    for (std::size_t pixel = 0; pixel < num_pixels; ++pixel)
        for (std::size_t channel = 0; channel < num_channels; ++channel) {
            double const u = (0.1 * static_cast<double>(channel) - 12.0) / 1.5;
            counts.push_back(0.5 * static_cast<double>(100 + pixel) * std::pow(1.0 + u * u, -2.5));
        }
    warpfit::Signal const signal({{.name = "star", .size = num_pixels}},
                                 {{.name = "x", .units = "arcsec", .size = num_channels, .scale = 0.1}}, counts);

    // The parameters are those that the functor declares, in its order; the compiler checks that.
    warpfit::Model model;
    model.append(warpfit::functor_component({text.str(), "moffat.hpp", "lab::Moffat"},
                                            {{.name = "height", .value = 200.0, .linear = true},
                                             {.name = "centre", .value = 11.5},
                                             {.name = "width", .value = 1.0, .bounds = {.bmin = 0.0}},
                                             {.name = "power", .value = 2.0, .bounds = {0.5, 20.0}}},
                                            1, "star"));
    warpfit::FitOptions options;
    options.device = "cuda";
    try {
        warpfit::FitResult const result = warpfit::multifit(model, signal, options);
        double worst = 0.0;
        for (double const power : result.parameter("star.power").values)
            worst = std::fmax(worst, std::fabs(power - 2.5));
        std::cout << num_pixels << " stars in " << result.seconds << " s, the power of their wings off by " << worst
                  << " at most\n";
        return worst < 1e-6 ? 0 : 1;
    } catch (warpfit::DeviceError const& error) {
        std::cout << "no GPU: " << error.what() << '\n';
        return 77;  // to a test: skipped
    } catch (warpfit::Error const& error) {
        std::cerr << error.what() << '\n';  // such as the compiler's message, with the header's own line numbers
        return 1;
    }
}
