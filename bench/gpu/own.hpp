#pragma once

#include "bench/gpu/workload.hpp"
#include "warpfit/fit.hpp"

namespace warpfit::bench {

/// DeviceFit: data and starts in the GPU's memory, results left there. The model is compiled before the clock starts.
Outcome fit_resident(Workload const& workload, Precision precision);
/// multifit on arrays in the host's memory. device: "cuda", "cpu".
Outcome fit_end_to_end(Workload const& workload, Precision precision, char const* device);

}  // namespace warpfit::bench
