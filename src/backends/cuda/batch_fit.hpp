#pragma once

#include "src/backends/cuda/kernel.hpp"
#include "src/backends/cuda/piece.hpp"
#include "src/backends/cuda/plan_image.hpp"

#include <array>
#include <memory>

namespace warpfit::cuda {

/// Fits batches of one plan on one device. Pieces of a batch go through three lanes, each with a stream, pinned memory
/// and device memory of its own, so that copies in, fits and copies out of different pieces run beside each other.
/// Neither the size of the pieces nor the lane that takes one changes a result.
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
        return 4 * static_cast<Index>(lanes_.size()) * piece_pixels(static_cast<std::size_t>(pixel_bytes));
    }

    /// Writes every result, also where it throws CudaError.
    void run(program::PixelBatch const& batch, program::BatchResults const& results,
             int (*stopped)(void const* context), void const* context);

    /// cuda::Table::enqueue().
    void enqueue(program::PixelBatch const& batch, program::BatchResults const& results, double const* common_start,
                 cudaStream_t stream);

  private:
    struct Lane
    {
        Stream stream;
        Buffer pinned_in, pinned_out, in, out, scratch;
        std::unique_ptr<PieceLayout> layout;  ///< of the piece under way; null: none
        Index first = 0;
        Index count = 0;
    };

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
    void reserve(program::PixelBatch const& batch, Index& count);
    void start(Lane& lane, program::PixelBatch const& batch, Index first, Index count);
    void finish(Lane& lane, program::BatchResults const& results);

    int device_;
    long long l2_bytes_ = 0;
    program::Plan host_plan_{};  ///< only its numbers, no pointers, and:
    program::Convolution host_convolution_{};
    std::unique_ptr<Kernel> kernel_;
    Buffer image_memory_;
    PlanImage image_;
    std::array<std::unique_ptr<Lane>, 3> lanes_;
    std::unique_ptr<Resident> resident_;  ///< null: nothing was enqueued yet
};

}  // namespace warpfit::cuda
