#pragma once

#include "src/fit/backend.hpp"
#include "src/fit/cuda_plugin.hpp"

namespace warpfit {

/// A backend on the devices of a plugin that is ready: the first, and as many of its kind as num_pixels keep busy; all
/// take pixels from one queue. threads() is their number. null: the plan needs what the kernels cannot do; `why` says
/// what. Throws DeviceError or OutOfMemory with the plugin's words for every other failure.
std::unique_ptr<Backend> make_cuda_backend(program::Plan const& plan, CudaPlugin const& plugin, double num_pixels,
                                           std::string& why);

}  // namespace warpfit
