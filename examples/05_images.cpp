// A stack of images: a 2D Gaussian in each, as for atomic columns or Bragg spots.
#include "warpfit/fit.hpp"

#include <cmath>
#include <iostream>
#include <vector>

int main()
{
    constexpr std::size_t num_images = 25, size = 21;
    auto const true_x = [](std::size_t image) { return 9.0 + 0.1 * static_cast<double>(image); };
    std::vector<float> values;
    for (std::size_t image = 0; image < num_images; ++image)
        for (std::size_t row = 0; row < size; ++row)
            for (std::size_t column = 0; column < size; ++column) {
                double const u = (static_cast<double>(column) - true_x(image)) / 2.0;
                double const v = (static_cast<double>(row) - 10.5) / 3.0;
                values.push_back(static_cast<float>(100.0 * std::exp(-0.5 * (u * u + v * v))));
            }
    // Signal axes are (y, x): rows, then columns.
    warpfit::Signal const stack({{.name = "image", .size = num_images}},
                                {{.name = "y", .size = size}, {.name = "x", .size = size}}, values);

    warpfit::Model model;
    warpfit::Component& spot = model.append("Gaussian2D", "spot");
    spot["A"].set_value(1000.0);
    spot["sigma_x"].set_value(2.5);
    spot["sigma_y"].set_value(2.5);
    spot["centre_x"].set_value(10.0);
    spot["centre_y"].set_value(10.0);

    warpfit::FitResult const result = warpfit::multifit(model, stack);
    std::size_t num_right = 0;
    warpfit::ParameterMap const& centre = result.parameter("spot.centre_x");
    for (std::size_t image = 0; image < num_images; ++image)
        if (std::abs(centre.values[image] - true_x(image)) < 1e-6) ++num_right;
    std::cout << num_right << " of " << num_images << " positions found to 1e-6 pixels, in image 7 " << centre.values[7]
              << " +- " << centre.standard_errors[7] << '\n';
    return num_right == num_images ? 0 : 1;
}
