// Two lines of one doublet: half the height at a fixed distance, tied by twins; bounds that hold.
#include "warpfit/fit.hpp"

#include <cmath>
#include <iostream>
#include <vector>

int main()
{
    std::vector<double> values;
    for (int channel = 0; channel < 300; ++channel) {
        double const x = 0.1 * channel;
        auto const line = [x](double height, double centre) {
            double const u = (x - centre) / 0.8;
            return height * std::exp(-u * u * 4.0 * std::log(2.0));
        };
        values.push_back(line(50.0, 12.3) + line(25.0, 14.3));
    }
    warpfit::Signal const signal({}, {{.name = "x", .size = 300, .scale = 0.1}}, values);

    warpfit::Model model;
    for (char const* name : {"first", "second"}) {
        warpfit::Component& line = model.append("GaussianHF", name);
        line["fwhm"].set_bounds({.bmin = 0.2, .bmax = 2.0});
        line["fwhm"].set_value(1.0);
    }
    model["first"]["centre"].set_value(12.0);
    model["first"]["height"].set_value(30.0);
    model.set_twin({"second.height", "first.height", "x / 2", ""});
    model.set_twin({"second.centre", "first.centre", "x + 2", ""});
    model.set_twin({"second.fwhm", "first.fwhm", "", ""});

    warpfit::FitResult const result = warpfit::multifit(model, signal);
    for (char const* path : {"first.height", "first.centre", "first.fwhm", "second.height", "second.centre"})
        std::cout << path << " = " << result.parameter(path).values[0] << '\n';
    bool const is_right = warpfit::is_converged(result.status[0]) &&
                          std::abs(result.parameter("second.height").values[0] - 25.0) < 1e-6 &&
                          std::abs(result.parameter("second.centre").values[0] - 14.3) < 1e-6;

    // A bound in the way: the pixel says so, and the other parameters are the best possible there.
    model["first"]["fwhm"].set_bounds({.bmin = 1.0, .bmax = 2.0});
    warpfit::FitResult const held = warpfit::multifit(model, signal);
    std::cout << "fwhm >= 1: " << warpfit::name_of(held.status[0])
              << ", fwhm = " << held.parameter("first.fwhm").values[0] << '\n';
    return is_right && held.status[0] == warpfit::FitStatus::converged_at_bound ? 0 : 1;
}
