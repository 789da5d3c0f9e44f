#pragma once

#include "src/io/hdf5_output.hpp"
#include "warpfit/fit.hpp"
#include "warpfit/model.hpp"

#include <vector>

namespace warpfit::io {

/// Writes a fitted model into `group` ("/Analysis/models/NAME") as HyperSpy stores one.
///
/// HyperSpy's own meanings: dof is the number of free parameters, the standard error of a fixed parameter NaN. Pixels
/// without values: NaN and is_set False. `channel_switches` [num_channels]: 1 fitted. The low loss of the signal
/// becomes the model's; which components are convolved is not stored, HyperSpy goes by their type.
void write_hyperspy_model(hdf5::OutputGroup const& group, Model const& model, FitResult const& result,
                          Signal const& signal, std::vector<unsigned char> const& channel_switches);

}  // namespace warpfit::io
