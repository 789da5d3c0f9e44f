#pragma once

#include <cstddef>

namespace warpfit::bench {

/// cpufit() and gpufit(), which take the same: arrays in the host's memory.
using CpufitCall = int (*)(std::size_t num_fits, std::size_t num_points, float* data, float* weights, int model,
                           float* start, float tolerance, int max_iterations, int* free, int estimator,
                           std::size_t info_size, char* info, float* parameters, int* states, float* chisq,
                           int* iterations);

}  // namespace warpfit::bench
