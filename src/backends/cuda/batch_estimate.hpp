#pragma once

#include "kernels/cuda/estimate_launch.hpp"
#include "src/backends/cuda/estimate_image.hpp"
#include "src/backends/cuda/piece_lanes.hpp"

#include <memory>

namespace warpfit::cuda {

/// Estimates start values of batches of one plan on one device, in pieces. Neither their size nor the lane that takes
/// one changes a result.
class BatchEstimate
{
  public:
    BatchEstimate(estimate::Plan const& plan, int device);

    /// Throws CudaError.
    void run(program::PixelBatch const& batch, estimate::Results const& results);

  private:
    std::size_t output_size(Index count) const;
    void start(PieceLane const& lane, program::PixelBatch const& batch) const;

    int device_;
    long long l2_bytes_ = 0;
    program::Plan host_plan_;  ///< only its numbers, no pointers, and:
    program::Convolution host_convolution_{};
    int team_;
    int threads_;
    int blocks_ = 1;
    Index team_doubles_;
    Buffer image_memory_;
    EstimateImage image_;
    std::unique_ptr<PieceLanes> lanes_;
};

}  // namespace warpfit::cuda
