#pragma once

#include "warpfit/signal.hpp"

#include <string>
#include <vector>

namespace warpfit::cli {

/// Mean over pixels evenly spread through the signal, channels that are not finite left out [num_channels].
std::vector<double> mean_spectrum(Signal const& signal, std::size_t max_pixels = 1024);

/// A commented model file (TOML, schema 1) for the data: what `warpfit init` writes. `mean` is their mean spectrum.
std::string starter_model(Signal const& signal, std::vector<double> const& mean, std::string const& data_path);

/// The same with components written elsewhere. first: where the fitted channels begin, on the axis.
std::string starter_model_of(Signal const& signal, std::string const& data_path, std::string const& components,
                             double first);

}  // namespace warpfit::cli
