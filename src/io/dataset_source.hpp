#pragma once

#include "src/io/chunk_decoder.hpp"
#include "src/io/hdf5.hpp"
#include "warpfit/signal.hpp"

#include <cstddef>
#include <vector>

namespace warpfit::io {

/// Pixels of an HDF5 dataset whose leading dimensions are the navigation space.
///
/// Chunked data are read slab by slab: a slab is the smallest run of pixels that is made of whole chunks. The slab of
/// the last partial read is kept, so reading on never decodes a chunk twice. Chunks are decoded by all cores.
class DatasetSource final : public PixelSource
{
  public:
    /// Throws InputError if the values cannot be read: element type, filters, sizes that the file cannot hold.
    DatasetSource(hdf5::Dataset dataset, std::size_t num_navigation_axes);

    void read(std::size_t first, std::size_t count, std::byte* out) override;
    std::size_t preferred_count() const noexcept override { return slab_pixels_; }

    hdf5::ElementType element_type() const noexcept { return element_; }

    /// Throws InputError unless the values of `dataset` can be read by this library and fit in its file.
    static hdf5::ElementType check(hdf5::Dataset const& dataset);

  private:
    struct Slab
    {
        std::size_t first = 0;  ///< pixel
        std::size_t count = 0;  ///< pixels
    };
    /// One chunk to decode: where it starts, the slab it belongs to, where that slab goes.
    struct Job
    {
        std::vector<std::size_t> offset;
        Slab slab;
        std::byte* out = nullptr;
    };

    void read_first_chunk() const;
    Slab slab_of(std::size_t pixel) const;
    void fill(std::vector<Slab> const& slabs, std::byte* out);
    void add_jobs(Slab slab, std::byte* out, std::vector<Job>& jobs) const;
    void decode(std::vector<Job> const& jobs);
    void scatter(Job const& job, std::byte const* chunk) const;
    void read_plain(std::size_t first, std::size_t count, std::byte* out) const;
    void read_boxes(std::size_t axis, std::vector<hsize_t>& offset, std::vector<hsize_t>& count, std::size_t first,
                    std::size_t num_pixels, std::byte*& out) const;

    hdf5::Dataset dataset_;
    hdf5::ElementType element_;
    std::size_t num_navigation_axes_;
    std::size_t num_channels_ = 1;
    std::size_t pixel_bytes_;
    std::size_t file_bytes_;
    bool is_decoded_here_ = false;
    std::size_t slab_axis_ = 0;    ///< navigation axis that chunks cut into slabs
    std::size_t slab_inner_ = 1;   ///< pixels of an index of slab_axis_
    std::size_t slab_pixels_ = 1;  ///< of a full slab
    std::size_t chunk_bytes_ = 0;
    std::vector<std::byte> fill_value_;
    Slab cached_;
    std::vector<std::byte> cache_;
};

}  // namespace warpfit::io
