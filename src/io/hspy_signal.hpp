#pragma once

#include "src/io/hdf5_output.hpp"
#include "warpfit/signal.hpp"

namespace warpfit::io {

/// Writes a signal into `group` ("/Experiments/NAME") as HyperSpy 1.7.3 and 2.x read it: values in their own type,
/// axes, metadata. `variance` replaces the signal's own; kinds that HyperSpy has no word for are written out in full.
/// Throws WriteError; InputError where values cannot be read.
void write_hyperspy_signal(hdf5::OutputGroup const& group, Signal const& signal, Variance const& variance,
                           bool is_binned);

/// Writes a signal into `group` as HyperSpy stores one that is the value of a model's key, without its variance: one
/// spectrum is repeated for all pixels of `navigation_axes`, which HyperSpy asks for.
/// Throws WriteError; InputError where values cannot be read.
void write_hyperspy_value(hdf5::OutputGroup const& group, Signal const& signal,
                          std::vector<Axis> const& navigation_axes);

}  // namespace warpfit::io
