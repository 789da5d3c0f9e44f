#pragma once

#include "kernels/program/plan.hpp"

#include <cstddef>

namespace warpfit::cuda {

/// Where the arrays of some pixels of a batch lie in one block of bytes, so that one copy moves them. Offsets are
/// multiples of 16; what a batch does not have takes no room.
class PieceLayout
{
  public:
    /// count >= 1.
    PieceLayout(program::Plan const& plan, program::PixelBatch const& batch, Index count);

    std::size_t input_size() const noexcept { return input_size_; }    ///< [bytes]
    std::size_t output_size() const noexcept { return output_size_; }  ///< [bytes]

    /// Copies pixels first, first + 1, ... of the batch into `to` [input_size()].
    void gather(program::PixelBatch const& batch, Index first, std::byte* to) const;
    /// The batch that a kernel sees when the block lies at `at`.
    program::PixelBatch input_at(program::PixelBatch const& batch, std::byte const* at) const;
    program::BatchResults output_at(std::byte* at) const;
    /// Copies results from `from` [output_size()] to pixels first, first + 1, ... of `to`.
    void scatter(std::byte const* from, Index first, program::BatchResults const& to) const;

  private:
    std::size_t raw_size(program::RawPixels const& raw, Index num_channels) const;

    Index count_;
    int num_free_;
    int num_pixel_values_;
    int num_channels_;
    Index stored_channels_;
    int num_pairs_;
    int num_low_loss_;  ///< 0: none
    std::size_t signal_ = 0, variance_ = 0, low_loss_ = 0, variance_channel_ = 0, start_ = 0, pixel_values_ = 0,
                active_ = 0, masked_ = 0, input_size_ = 0;
    std::size_t parameters_ = 0, standard_errors_ = 0, chisq_ = 0, dof_ = 0, iterations_ = 0, status_ = 0,
                correlations_ = 0, output_size_ = 0;
};

}  // namespace warpfit::cuda
