#pragma once

#include "warpfit/fit.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What staged fits of spectra share.
namespace warpfit::spectroscopy {

/// Throws InvalidArgument unless the signal has one signal axis.
Axis const& spectrum_axis(Signal const& signal);

/// Lowest and highest axis value of the fitted channels. Throws InvalidArgument where there are none.
std::pair<double, double> fitted_range(Signal const& signal, DataOptions const& data);

/// The fitted channels that lie in [first, last] and in none of `without`, as a mask [num_channels].
std::vector<unsigned char> channels_within(Signal const& signal, DataOptions const& data, double first, double last,
                                           std::vector<std::pair<double, double>> const& without = {});
std::size_t count(std::vector<unsigned char> const& mask);

/// data, its channels replaced by those of a mask.
DataOptions with_channels(DataOptions data, std::vector<unsigned char> mask);

/// Makes the found values the maps of the model's parameters; where a pixel has none, what was there stays. Those of a
/// single pixel become values, too.
void keep_values(Model& model, FitResult const& result);

/// The parameter of a path's component is free, and no twin.
bool is_fitted(Model const& model, std::string const& component, std::string_view parameter);

/// The sum of all pixels, without those that are not finite, as a single spectrum. Its variance is Poisson's.
Signal sum_spectrum(Signal const& signal);

}  // namespace warpfit::spectroscopy
