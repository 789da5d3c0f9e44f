#pragma once

#include "kernels/cuda/estimate_launch.hpp"
#include "src/backends/cuda/estimate_image.hpp"
#include "src/backends/cuda/runtime.hpp"

#include <array>
#include <memory>

namespace warpfit::cuda {

/// Estimates start values of batches of one plan on one device. Pieces of a batch go through two lanes, so that copies
/// of one run beside the estimates of the other. Neither the size of the pieces nor the lane changes a result.
class BatchEstimate
{
  public:
    BatchEstimate(estimate::Plan const& plan, int device);
    ~BatchEstimate();

    /// Throws CudaError.
    void run(program::PixelBatch const& batch, estimate::Results const& results);

  private:
    struct Lane
    {
        Stream stream;
        Buffer pinned_in, pinned_out, in, out, scratch;
        Index first = 0;
        Index count = 0;  ///< of the piece under way; 0: none
    };

    std::size_t output_size(Index count) const;
    Index piece_pixels(std::size_t pixel_bytes) const;
    void reserve(program::PixelBatch const& batch, Index& count);
    void start(Lane& lane, program::PixelBatch const& batch, Index first, Index count);
    void finish(Lane& lane, estimate::Results const& results);
    void drain() noexcept;

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
    std::array<std::unique_ptr<Lane>, 2> lanes_;
};

}  // namespace warpfit::cuda
