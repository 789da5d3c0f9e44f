#include "src/backends/cuda/batch_fit.hpp"

#include "kernels/solver/fit_pixel.hpp"
#include "kernels/solver/outcome.hpp"

#include <algorithm>

namespace warpfit::cuda {

namespace {

using Place = Buffer::Place;

/// Scratch of the blocks that run at once: the queue, weighted data and low loss unless on chip, private memory of the
/// threads, what stands for shared memory, what reaches beyond its channel.
struct Scratch
{
    std::size_t data, private_memory, far_memory, spread, size;

    Scratch(LaunchShape const& shape, program::Plan const& plan)
    {
        auto const blocks = static_cast<std::size_t>(shape.blocks);
        data = 256;
        auto const teams = shape.data_doubles > 0 ? 0 : blocks * static_cast<std::size_t>(shape.teams());
        private_memory = data + teams * static_cast<std::size_t>(solver::FitMemory::data_size(plan)) * sizeof(double);
        far_memory = private_memory + blocks * static_cast<std::size_t>(shape.threads) *
                                          static_cast<std::size_t>(shape.private_doubles) * sizeof(double);
        spread = far_memory + blocks * static_cast<std::size_t>(shape.far_doubles) * sizeof(double);
        size = spread + blocks * static_cast<std::size_t>(shape.teams()) *
                            static_cast<std::size_t>(shape.spread_doubles) * sizeof(double);
    }
};

void grow(Buffer& buffer, Place place, std::size_t size)
{
    if (buffer.size() >= size) return;
    buffer = Buffer();  // first give back, then ask
    buffer = Buffer(place, size);
}

}  // namespace

BatchFit::BatchFit(program::Plan const& plan, int device, Compiler const& compiler, CubinCache& cache)
    : device_(device)
    , host_plan_(plan)
{
    if (plan.convolution) {
        host_convolution_ = *plan.convolution;
        host_plan_.convolution = &host_convolution_;
    }
    CurrentDevice const current(device);
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    l2_bytes_ = properties.l2CacheSize;
    kernel_ = std::make_unique<Kernel>(plan, properties, compiler, cache);

    image_memory_ = Buffer(Place::device, make_plan_image(plan, 0).bytes.size());
    image_ = make_plan_image(plan, reinterpret_cast<std::uintptr_t>(image_memory_.data()));
    check(cudaMemcpy(image_memory_.data(), image_.bytes.data(), image_.bytes.size(), cudaMemcpyHostToDevice),
          "cudaMemcpy");
    // The lanes' streams wait for no other.
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    for (auto& lane : lanes_) lane = std::make_unique<Lane>();
    reserve_scratch(plan);
}

/// In every lane; that of fewer blocks where the memory does not suffice.
void BatchFit::reserve_scratch(program::Plan const& plan)
{
    for (;;) {
        try {
            for (auto& lane : lanes_) grow(lane->scratch, Place::device, Scratch(kernel_->shape(), plan).size);
            return;
        } catch (CudaError const& error) {
            int const blocks = kernel_->shape().blocks;
            if (error.code() != Code::out_of_memory || blocks == 1) throw;
            for (auto& lane : lanes_) lane->scratch = Buffer();
            kernel_->set_blocks((blocks + 1) / 2);
        }
    }
}

/// Half of the L2 cache, but some pixels for every team, so that a piece keeps the device busy to its end.
Index BatchFit::piece_pixels(std::size_t pixel_bytes) const
{
    auto const cached =
        static_cast<Index>(static_cast<std::size_t>(l2_bytes_) / 2 / std::max<std::size_t>(pixel_bytes, 1));
    LaunchShape const& shape = kernel_->shape();
    return std::max<Index>(cached, 8 * static_cast<Index>(shape.blocks) * shape.teams());
}

/// Room for pieces of `count` pixels in every lane; fewer where the memory does not suffice.
void BatchFit::reserve(program::PixelBatch const& batch, Index& count)
{
    for (;;) {
        PieceLayout const layout(host_plan_, batch, count);
        try {
            for (auto& lane : lanes_) {
                grow(lane->in, Place::device, layout.input_size());
                grow(lane->out, Place::device, layout.output_size());
                grow(lane->pinned_in, Place::pinned, layout.input_size());
                grow(lane->pinned_out, Place::pinned, layout.output_size());
            }
            return;
        } catch (CudaError const& error) {
            if (error.code() != Code::out_of_memory || count == 1) throw;
            count = (count + 1) / 2;
            for (auto& lane : lanes_)
                for (Buffer* buffer : {&lane->in, &lane->out, &lane->pinned_in, &lane->pinned_out}) *buffer = Buffer();
        }
    }
}

/// Fits what lies in the device's memory.
void BatchFit::launch(program::PixelBatch const& batch, program::BatchResults const& results, std::byte* scratch_memory,
                      cudaStream_t stream) const
{
    check(cudaMemsetAsync(scratch_memory, 0, sizeof(unsigned long long), stream), "cudaMemsetAsync");

    Scratch const scratch(kernel_->shape(), host_plan_);
    BatchArguments arguments{};
    arguments.plan = image_.plan;
    arguments.narrow = image_.narrow;
    arguments.wide = image_.wide;
    arguments.batch = batch;
    arguments.results = results;
    arguments.next_pixel = reinterpret_cast<unsigned long long*>(scratch_memory);
    arguments.data = reinterpret_cast<double*>(scratch_memory + scratch.data);
    arguments.private_memory = reinterpret_cast<double*>(scratch_memory + scratch.private_memory);
    arguments.private_doubles = kernel_->shape().private_doubles;
    arguments.team = kernel_->shape().team;
    arguments.share_doubles = kernel_->shape().share_doubles;
    arguments.program_doubles = kernel_->shape().program_doubles;
    arguments.data_doubles = kernel_->shape().data_doubles;
    arguments.far_doubles = kernel_->shape().far_doubles;
    if (arguments.far_doubles > 0)
        arguments.far_memory = reinterpret_cast<double*>(scratch_memory + scratch.far_memory);
    arguments.spread_doubles = kernel_->shape().spread_doubles;
    if (arguments.spread_doubles > 0) arguments.spread = reinterpret_cast<double*>(scratch_memory + scratch.spread);
    kernel_->launch(arguments, stream);
}

void BatchFit::start(Lane& lane, program::PixelBatch const& batch, Index first, Index count)
{
    lane.layout = std::make_unique<PieceLayout>(host_plan_, batch, count);
    lane.first = first;
    lane.count = count;
    PieceLayout const& layout = *lane.layout;
    layout.gather(batch, first, lane.pinned_in.data());
    check(cudaMemcpyAsync(lane.in.data(), lane.pinned_in.data(), layout.input_size(), cudaMemcpyHostToDevice,
                          lane.stream),
          "cudaMemcpyAsync to the device");
    launch(layout.input_at(batch, lane.in.data()), layout.output_at(lane.out.data()), lane.scratch.data(), lane.stream);
    check(cudaMemcpyAsync(lane.pinned_out.data(), lane.out.data(), layout.output_size(), cudaMemcpyDeviceToHost,
                          lane.stream),
          "cudaMemcpyAsync from the device");
}

void BatchFit::finish(Lane& lane, program::BatchResults const& results)
{
    if (!lane.layout) return;
    auto const layout = std::move(lane.layout);
    lane.stream.wait();
    layout->scatter(lane.pinned_out.data(), lane.first, results);
}

/// A copy of common_start for each pixel: one from the host, the others from what is there already.
double const* BatchFit::spread_start(double const* common_start, Index count, cudaStream_t stream)
{
    std::size_t const row = static_cast<std::size_t>(host_plan_.num_free) * sizeof(double);
    std::size_t const size = static_cast<std::size_t>(count) * row;
    if (resident_->starts.size() < size) {
        resident_->done.wait();  // an earlier fit may still read the old ones
        grow(resident_->starts, Place::device, size);
    }
    std::byte* const starts = resident_->starts.data();
    check(cudaMemcpyAsync(starts, common_start, row, cudaMemcpyHostToDevice, stream), "cudaMemcpyAsync to the device");
    for (std::size_t there = row; there < size; there += std::min(there, size - there))
        check(cudaMemcpyAsync(starts + there, starts, std::min(there, size - there), cudaMemcpyDeviceToDevice, stream),
              "cudaMemcpyAsync on the device");
    return reinterpret_cast<double const*>(starts);
}

void BatchFit::enqueue(program::PixelBatch const& batch, program::BatchResults const& results,
                       double const* common_start, cudaStream_t stream)
{
    if (batch.count == 0) return;
    CurrentDevice const current(device_);
    if (!resident_) {
        resident_ = std::make_unique<Resident>();
        resident_->scratch = Buffer(Place::device, lanes_.front()->scratch.size());
    }
    resident_->done.hold_back(stream);
    program::PixelBatch started = batch;
    if (started.start == nullptr) started.start = spread_start(common_start, batch.count, stream);
    launch(started, results, resident_->scratch.data(), stream);
    resident_->done.record(stream);
}

void BatchFit::run(program::PixelBatch const& batch, program::BatchResults const& results,
                   int (*stopped)(void const* context), void const* context)
{
    for (Index i = 0; i < batch.count; ++i)
        solver::write_failure(host_plan_, results, i, program::Status::device_error);
    if (batch.count == 0) return;
    Index first = 0;
    try {
        CurrentDevice const current(device_);
        PieceLayout const one(host_plan_, batch, 1);
        Index count = std::min(batch.count, piece_pixels(one.input_size() + one.output_size()));
        reserve(batch, count);
        for (std::size_t piece = 0; first < batch.count && !(stopped && stopped(context)); ++piece) {
            Lane& lane = *lanes_[piece % lanes_.size()];
            finish(lane, results);
            Index const n = std::min(count, batch.count - first);
            start(lane, batch, first, n);
            first += n;
        }
        for (auto& lane : lanes_) finish(*lane, results);
    } catch (...) {
        // Nothing may still be copying when the caller's memory and ours go.
        for (auto& lane : lanes_) {
            cudaStreamSynchronize(lane->stream);
            lane->layout.reset();
        }
        throw;
    }
    for (; first < batch.count; ++first) solver::write_failure(host_plan_, results, first, program::Status::cancelled);
}

}  // namespace warpfit::cuda
