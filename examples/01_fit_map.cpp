// Fits an EDS map with the model of a file and prints what came of it.
#include "warpfit/io.hpp"

#include <iostream>

int main()
{
    warpfit::Signal const map = warpfit::io::load("examples/data/eds_core_shell_map.hspy");
    warpfit::ModelFile const file = warpfit::load_model("examples/models/eds.toml");

    warpfit::FitResult const result = warpfit::multifit(file.model, map, file.fit, file.data);

    std::size_t num_failed = 0;
    for (warpfit::FitStatus status : result.status)
        if (!warpfit::is_converged(status)) ++num_failed;
    warpfit::ParameterMap const& iron = result.parameter("Fe_Ka.A");
    std::cout << result.num_pixels() << " pixels in " << result.seconds << " s, " << num_failed << " failed\n"
              << "iron at row 17, column 45: " << iron.values[17 * 64 + 45] << " +- "
              << iron.standard_errors[17 * 64 + 45] << " counts\n";
    warpfit::io::save_result("eds_result.hspy", map, file, result);
    return num_failed == 0 ? 0 : 1;
}
