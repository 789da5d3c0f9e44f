#pragma once

#include "src/backends/cuda/kernel.hpp"
#include "src/backends/cuda/piece_lanes.hpp"
#include "src/backends/cuda/plan_image.hpp"

#include <memory>

namespace warpfit::cuda {

/// Fits batches of one plan on one device, in pieces. Neither their size nor the lane that takes one changes a result.
class BatchFit
{
  public:
    BatchFit(program::Plan const& plan, int device, Compiler const& compiler, CubinCache& cache);

    bool is_compiled() const noexcept { return kernel_->is_compiled(); }
    std::string const& refusal() const noexcept { return kernel_->refusal(); }
    /// Four pieces for each lane: while the first fill and the last empty, copies and fits do not run beside each
    /// other.
    Index good_batch(Index pixel_bytes) const noexcept
    {
        return 4 * lanes_->size() * piece_pixels(static_cast<std::size_t>(pixel_bytes));
    }

    /// Writes every result, also where it throws CudaError.
    void run(program::PixelBatch const& batch, program::BatchResults const& results,
             int (*stopped)(void const* context), void const* context);

    /// cuda::Table::enqueue().
    void enqueue(program::PixelBatch const& batch, program::BatchResults const& results, double const* common_start,
                 cudaStream_t stream);

  private:
    /// What enqueued fits work with; one after the other.
    struct Resident
    {
        ~Resident() { cudaEventSynchronize(done); }

        Event done;
        Buffer scratch, starts;
    };

    void reserve_scratch(program::Plan const& plan);
    Index piece_pixels(std::size_t pixel_bytes) const;
    void launch(program::PixelBatch const& batch, program::BatchResults const& results, std::byte* scratch,
                cudaStream_t stream) const;
    double const* spread_start(double const* common_start, Index count, cudaStream_t stream);
    void start(PieceLane const& lane, PieceLayout const& layout, program::PixelBatch const& batch) const;

    int device_;
    long long l2_bytes_ = 0;
    program::Plan host_plan_{};  ///< only its numbers, no pointers, and:
    program::Convolution host_convolution_{};
    std::unique_ptr<Kernel> kernel_;
    Buffer image_memory_;
    PlanImage image_;
    std::unique_ptr<PieceLanes> lanes_;
    std::unique_ptr<Resident> resident_;  ///< null: nothing was enqueued yet
};

}  // namespace warpfit::cuda
