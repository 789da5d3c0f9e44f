#include "src/io/dataset_source.hpp"

#include "warpfit/error.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <thread>

namespace warpfit::io {
namespace {

// Deflate shrinks by 1032 at most; fill values of never-written chunks may add a little.
constexpr std::size_t max_compression = 1040;
constexpr std::size_t max_unwritten_bytes = std::size_t{1} << 26;
constexpr unsigned max_threads = 32;

std::size_t product(std::vector<std::size_t> const& sizes, std::size_t first, std::size_t last)
{
    auto const begin = sizes.begin();
    return std::accumulate(begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last),
                           std::size_t{1}, std::multiplies<>());
}

}  // namespace

hdf5::ElementType DatasetSource::check(hdf5::Dataset const& dataset)
{
    std::optional<hdf5::ElementType> const element = dataset.element_type();
    if (!element)
        dataset.fail("values cannot be fitted (elements are " + dataset.describe_type() +
                     ") convert them to real numbers first");
    if (dataset.num_elements() == 0) dataset.fail("holds no values (a dimension is 0) export it again");
    if (!ChunkDecoder::is_supported(dataset.filters())) {
        std::string const missing = ChunkDecoder::missing(dataset.filters());
        if (!missing.empty()) dataset.fail(missing);
    }
    std::size_t const bytes = dataset.num_elements() * size_of(element->type);
    std::size_t const stored = dataset.storage_size();
    bool const is_filtered = !dataset.filters().empty();
    std::size_t const limit = max_unwritten_bytes + (is_filtered ? max_compression : 1) * stored;
    if (bytes > limit)
        dataset.fail("is said to hold " + std::to_string(bytes) + " bytes (the file stores " + std::to_string(stored) +
                     " for it) it is truncated or damaged, copy or export it again");
    return *element;
}

DatasetSource::DatasetSource(hdf5::Dataset dataset, std::size_t num_navigation_axes)
    : dataset_(std::move(dataset))
    , element_(check(dataset_))
    , num_navigation_axes_(num_navigation_axes)
    , file_bytes_(hdf5::file_size(dataset_.file()))
{
    std::vector<std::size_t> const& shape = dataset_.shape();
    num_channels_ = product(shape, num_navigation_axes_, shape.size());
    pixel_bytes_ = num_channels_ * size_of(element_.type);
    if (!dataset_.is_chunked()) return;

    std::vector<std::size_t> const& chunk = dataset_.chunk();
    chunk_bytes_ = size_of(element_.type);
    for (std::size_t const size : chunk) {
        if (size > (std::size_t{1} << 32) / chunk_bytes_)
            dataset_.fail("chunks are absurd (more than 4 GiB each) the file is damaged, export it again");
        chunk_bytes_ *= size;
    }
    is_decoded_here_ = ChunkDecoder::is_supported(dataset_.filters()) && !dataset_.has_odd_edges();
    if (!is_decoded_here_) read_first_chunk();
    // HDF5 says how many bytes a chunk without filters must have, and reads as many as the file says it has.
    if (dataset_.filters().empty() && dataset_.storage_size() != dataset_.num_chunks() * chunk_bytes_)
        dataset_.fail("stores " + std::to_string(dataset_.storage_size()) + " bytes in " +
                      std::to_string(dataset_.num_chunks()) + " chunks of " + std::to_string(chunk_bytes_) +
                      " bytes (the file is damaged) copy or export it again");
    fill_value_ = dataset_.fill_value(size_of(element_.type));
    if (num_navigation_axes_ == 0) return;
    while (slab_axis_ + 1 < num_navigation_axes_ && chunk[slab_axis_] == 1) ++slab_axis_;
    slab_inner_ = product(shape, slab_axis_ + 1, num_navigation_axes_);
    slab_pixels_ = std::min(chunk[slab_axis_], shape[slab_axis_]) * slab_inner_;
}

/// HDF5 1.10 crashes where a damaged file states a larger chunk than its filters give: the sooner the better.
void DatasetSource::read_first_chunk() const
{
    std::vector<hsize_t> box;
    std::size_t bytes = size_of(element_.type);
    for (std::size_t axis = 0; axis < dataset_.shape().size(); ++axis) {
        box.push_back(std::min(dataset_.shape()[axis], dataset_.chunk()[axis]));
        bytes *= box.back();
    }
    std::vector<std::byte> values(bytes);
    dataset_.read_box(std::vector<hsize_t>(box.size(), 0), box, values.data());
}

DatasetSource::Slab DatasetSource::slab_of(std::size_t pixel) const
{
    if (num_navigation_axes_ == 0) return {0, 1};
    std::size_t const block = dataset_.shape()[slab_axis_] * slab_inner_;  // slabs do not cross this
    std::size_t const start = pixel / block * block;
    std::size_t const first = start + (pixel - start) / slab_pixels_ * slab_pixels_;
    return {first, std::min(slab_pixels_, start + block - first)};
}

void DatasetSource::read(std::size_t first, std::size_t count, std::byte* out)
{
    if (!dataset_.is_chunked()) return read_plain(first, count, out);
    std::size_t const end = first + count;
    std::vector<Slab> whole;
    std::byte* whole_out = out;
    while (first < end) {
        Slab const slab = slab_of(first);
        bool const is_cached = cached_.count != 0 && slab.first == cached_.first;
        std::size_t const length = std::min(end, slab.first + slab.count) - first;
        if (!is_cached && length == slab.count) {
            if (whole.empty()) whole_out = out;
            whole.push_back(slab);
        } else {
            fill(whole, whole_out);
            whole.clear();
            if (!is_cached) {
                cached_ = {};
                cache_.resize(slab.count * pixel_bytes_);
                fill({slab}, cache_.data());
                cached_ = slab;
            }
            std::memcpy(out, cache_.data() + (first - slab.first) * pixel_bytes_, length * pixel_bytes_);
        }
        first += length;
        out += length * pixel_bytes_;
    }
    fill(whole, whole_out);
}

void DatasetSource::fill(std::vector<Slab> const& slabs, std::byte* out)
{
    if (slabs.empty()) return;
    if (!is_decoded_here_) {
        std::size_t count = 0;
        for (Slab const& slab : slabs) count += slab.count;
        return read_plain(slabs.front().first, count, out);
    }
    std::vector<Job> jobs;
    for (Slab const& slab : slabs) {
        add_jobs(slab, out, jobs);
        out += slab.count * pixel_bytes_;
    }
    decode(jobs);
}

void DatasetSource::add_jobs(Slab slab, std::byte* out, std::vector<Job>& jobs) const
{
    std::vector<std::size_t> const& shape = dataset_.shape();
    std::vector<std::size_t> const& chunk = dataset_.chunk();
    Job job{std::vector<std::size_t>(shape.size()), slab, out};
    std::size_t first = slab.first / slab_inner_;
    if (num_navigation_axes_ > 0)
        for (std::size_t axis = slab_axis_ + 1; axis-- > 0;) {
            job.offset[axis] = first % shape[axis];
            first /= shape[axis];
        }
    std::size_t const first_open = num_navigation_axes_ == 0 ? 0 : slab_axis_ + 1;  // axes that the slab spans
    while (true) {
        jobs.push_back(job);
        std::size_t axis = shape.size();
        while (axis > first_open) {
            --axis;
            job.offset[axis] += chunk[axis];
            if (job.offset[axis] < shape[axis]) break;
            job.offset[axis] = 0;
            if (axis == first_open) return;
        }
        if (first_open == shape.size()) return;
    }
}

void DatasetSource::decode(std::vector<Job> const& jobs)
{
    std::atomic<std::size_t> next = 0;
    std::mutex failure_mutex;
    std::exception_ptr failure;
    auto const work = [&] {
        try {
            ChunkDecoder decoder(dataset_.filters(), size_of(element_.type), chunk_bytes_);
            std::vector<std::byte> bytes;
            for (std::size_t i = next++; i < jobs.size(); i = next++) {
                unsigned filter_mask = 0;
                std::vector<hsize_t> const offset(jobs[i].offset.begin(), jobs[i].offset.end());
                dataset_.read_chunk(offset, file_bytes_, bytes, filter_mask);
                if (bytes.empty()) {
                    bytes.resize(chunk_bytes_);
                    for (std::size_t at = 0; at < chunk_bytes_; at += fill_value_.size())
                        std::memcpy(bytes.data() + at, fill_value_.data(), fill_value_.size());
                } else if (!decoder.decode(bytes, filter_mask)) {
                    dataset_.fail("a chunk cannot be decompressed (the file is damaged) copy or export it again");
                }
                scatter(jobs[i], bytes.data());
            }
        } catch (...) {
            std::lock_guard const lock(failure_mutex);
            if (!failure) failure = std::current_exception();
            next = jobs.size();
        }
    };
    std::size_t const cores = std::clamp(std::thread::hardware_concurrency(), 1u, max_threads);
    std::size_t const num_threads = std::min(cores, jobs.size());
    {
        std::vector<std::jthread> threads;
        for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work);
        work();
    }
    if (failure) std::rethrow_exception(failure);
}

void DatasetSource::scatter(Job const& job, std::byte const* chunk) const
{
    std::vector<std::size_t> const& shape = dataset_.shape();
    std::vector<std::size_t> const& size = dataset_.chunk();
    std::size_t const element_bytes = size_of(element_.type);
    std::size_t const slab_first = job.slab.first * num_channels_;

    // Innermost dimensions that the chunk spans in full are one run.
    std::size_t run_axis = shape.size();
    std::size_t run = 1;
    while (run_axis > 0) {
        --run_axis;
        run *= std::min(size[run_axis], shape[run_axis] - job.offset[run_axis]);
        if (size[run_axis] != shape[run_axis]) break;
    }
    std::vector<std::size_t> index(shape.size(), 0);
    while (true) {
        std::size_t to = 0;
        std::size_t from = 0;
        for (std::size_t axis = 0; axis < shape.size(); ++axis) {
            to = to * shape[axis] + job.offset[axis] + index[axis];
            from = from * size[axis] + index[axis];
        }
        std::memcpy(job.out + (to - slab_first) * element_bytes, chunk + from * element_bytes, run * element_bytes);
        std::size_t axis = run_axis;
        while (axis > 0) {
            --axis;
            if (++index[axis] < std::min(size[axis], shape[axis] - job.offset[axis])) break;
            index[axis] = 0;
            if (axis == 0) return;
        }
        if (run_axis == 0) return;
    }
}

void DatasetSource::read_plain(std::size_t first, std::size_t count, std::byte* out) const
{
    std::vector<std::size_t> const& shape = dataset_.shape();
    std::vector<hsize_t> offset(shape.size(), 0);
    std::vector<hsize_t> box(shape.begin(), shape.end());
    if (num_navigation_axes_ == 0) return dataset_.read_box(offset, box, out);
    read_boxes(0, offset, box, first, count, out);
}

/// Splits the pixels [first, first + num_pixels) of the navigation axes from `axis` on into boxes.
void DatasetSource::read_boxes(std::size_t axis, std::vector<hsize_t>& offset, std::vector<hsize_t>& count,
                               std::size_t first, std::size_t num_pixels, std::byte*& out) const
{
    std::vector<std::size_t> const& shape = dataset_.shape();
    std::size_t const inner = product(shape, axis + 1, num_navigation_axes_);
    while (num_pixels > 0) {
        std::size_t const rest = first % inner;
        std::size_t length = num_pixels / inner * inner;
        offset[axis] = first / inner;
        if (rest == 0 && length > 0) {
            count[axis] = length / inner;
            for (std::size_t k = axis + 1; k < num_navigation_axes_; ++k) {
                offset[k] = 0;
                count[k] = shape[k];
            }
            dataset_.read_box(offset, count, out);
            out += length * pixel_bytes_;
        } else {
            length = std::min(num_pixels, inner - rest);
            count[axis] = 1;
            read_boxes(axis + 1, offset, count, rest, length, out);
        }
        first += length;
        num_pixels -= length;
    }
}

}  // namespace warpfit::io
