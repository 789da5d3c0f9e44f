#pragma once

#include "warpfit/io.hpp"

#include <functional>
#include <map>
#include <string>
#include <vector>

namespace warpfit::test {

using Values = std::map<std::string, double>;

/// A signal, a model and a hand-made result of fitting it, with what HyperSpy must find in the file.
struct ResultCase
{
    std::string name;
    Signal signal;
    ModelFile file;
    FitResult result;
    /// By component: value at (x, y) from the parameters, written down here and not taken from warpfit.
    std::vector<std::function<double(double, double, Values const&)>> curves;
    /// HyperSpy's class of each component.
    std::vector<std::string> classes;
    /// By path of the twin.
    std::map<std::string, std::function<double(double)>> twin_functions;
    std::vector<double> variance;  ///< empty: none; one: a number; else every value
    std::vector<unsigned char> channel_switches;
    std::vector<std::string> xray_lines, background_components;  ///< of HyperSpy's EDSModel
    std::vector<std::size_t> model_pixels;                       ///< where the model curve is compared
};

/// Result in which every free parameter runs through distinct values. `failed` pixels have no values.
FitResult make_result(ResultCase const& result_case, std::vector<std::size_t> const& failed);
/// What tests/io/check_result.py reads.
std::string expectations_json(ResultCase const& result_case);

Axis axis(std::string name, std::string units, std::size_t size, double offset, double scale);
std::vector<ResultCase> result_cases();
/// PowerLaw and two twinned Gaussians on binned uint16 data with a variance map.
ResultCase eels_case();

}  // namespace warpfit::test
