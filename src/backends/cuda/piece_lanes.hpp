#pragma once

#include "src/backends/cuda/piece.hpp"
#include "src/backends/cuda/runtime.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace warpfit::cuda {

/// Where a piece of a batch goes through a device.
struct PieceLane
{
    Stream stream;
    Buffer pinned_in, pinned_out, in, out, scratch;
    Index first = 0;
    Index count = 0;  ///< pixels under way; 0: none
};

/// A batch goes through them in pieces, each lane with a stream and memory of its own, so that copies in, work and
/// copies out of different pieces run beside each other. Belongs to the current device.
class PieceLanes
{
  public:
    explicit PieceLanes(int num_lanes);
    /// Nothing may still be copying when the memory goes.
    ~PieceLanes() { drain(); }
    PieceLanes(PieceLanes const&) = delete;
    PieceLanes& operator=(PieceLanes const&) = delete;

    int size() const noexcept { return static_cast<int>(lanes_.size()); }

    /// Device memory for the work itself, in every lane; all or none.
    void reserve_scratch(std::size_t size);
    std::size_t scratch_size() const noexcept { return lanes_.front()->scratch.size(); }

    /// Room for pieces of `count` pixels in every lane; fewer where the memory does not suffice.
    void reserve(Index& count, std::function<std::size_t(Index count)> const& input_size,
                 std::function<std::size_t(Index count)> const& output_size);

    using Step = std::function<void(PieceLane&)>;
    /// Takes num_pixels through the lanes, `count` at a time: start(lane) puts lane.count pixels from lane.first on
    /// into its stream, finish(lane) takes what has come of them when that is done. is_stopped() is asked before each
    /// piece. Returns how many pixels were taken. Throws what the steps and CUDA do, with nothing under way any more.
    Index run(Index num_pixels, Index count, std::function<bool()> const& is_stopped, Step const& start,
              Step const& finish);

  private:
    void drain() noexcept;

    std::vector<std::unique_ptr<PieceLane>> lanes_;
};

/// Makes a buffer at least this large; what it held is lost.
void grow(Buffer& buffer, Buffer::Place place, std::size_t size);

/// Pixels of a piece: half of the L2 cache, but some for each team of the launch, so that it keeps the device busy to
/// its end.
Index piece_pixels(long long l2_bytes, std::size_t pixel_bytes, Index num_teams);

}  // namespace warpfit::cuda
