#pragma once

#include "src/fit/backend.hpp"
#include "src/fit/cuda_plugin.hpp"

namespace warpfit {

/// A backend on the first device of a plugin that is ready; `note` says how its kernel came about. null: the plan needs
/// what the device's kernels cannot do; `note` says what. Throws DeviceError or OutOfMemory with the plugin's words for
/// every other failure.
std::unique_ptr<Backend> make_cuda_backend(program::Plan const& plan, CudaPlugin const& plugin, std::string& note);

}  // namespace warpfit
