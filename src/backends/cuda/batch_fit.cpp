#include "src/backends/cuda/batch_fit.hpp"

#include "kernels/solver/fit_pixel.hpp"
#include "kernels/solver/outcome.hpp"

#include <algorithm>

namespace warpfit::cuda {

namespace {

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

    image_memory_ = Buffer(Buffer::Place::device, make_plan_image(plan, 0).bytes.size());
    image_ = make_plan_image(plan, reinterpret_cast<std::uintptr_t>(image_memory_.data()));
    check(cudaMemcpy(image_memory_.data(), image_.bytes.data(), image_.bytes.size(), cudaMemcpyHostToDevice),
          "cudaMemcpy");
    // The lanes' streams wait for no other.
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    lanes_ = std::make_unique<PieceLanes>(3);
    reserve_scratch(plan);
}

/// That of fewer blocks where the memory does not suffice.
void BatchFit::reserve_scratch(program::Plan const& plan)
{
    for (;;) {
        try {
            return lanes_->reserve_scratch(Scratch(kernel_->shape(), plan).size);
        } catch (CudaError const& error) {
            int const blocks = kernel_->shape().blocks;
            if (error.code() != Code::out_of_memory || blocks == 1) throw;
            kernel_->set_blocks((blocks + 1) / 2);
        }
    }
}

Index BatchFit::piece_pixels(std::size_t pixel_bytes) const
{
    LaunchShape const& shape = kernel_->shape();
    return cuda::piece_pixels(l2_bytes_, pixel_bytes, static_cast<Index>(shape.blocks) * shape.teams());
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

void BatchFit::start(PieceLane const& lane, PieceLayout const& layout, program::PixelBatch const& batch) const
{
    layout.gather(batch, lane.first, lane.pinned_in.data());
    check(cudaMemcpyAsync(lane.in.data(), lane.pinned_in.data(), layout.input_size(), cudaMemcpyHostToDevice,
                          lane.stream),
          "cudaMemcpyAsync to the device");
    launch(layout.input_at(batch, lane.in.data()), layout.output_at(lane.out.data()), lane.scratch.data(), lane.stream);
    check(cudaMemcpyAsync(lane.pinned_out.data(), lane.out.data(), layout.output_size(), cudaMemcpyDeviceToHost,
                          lane.stream),
          "cudaMemcpyAsync from the device");
}

/// A copy of common_start for each pixel: one from the host, the others from what is there already.
double const* BatchFit::spread_start(double const* common_start, Index count, cudaStream_t stream)
{
    std::size_t const row = static_cast<std::size_t>(host_plan_.num_free) * sizeof(double);
    std::size_t const size = static_cast<std::size_t>(count) * row;
    if (resident_->starts.size() < size) {
        resident_->done.wait();  // an earlier fit may still read the old ones
        grow(resident_->starts, Buffer::Place::device, size);
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
        resident_->scratch = Buffer(Buffer::Place::device, lanes_->scratch_size());
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
    CurrentDevice const current(device_);
    auto const layout = [&](Index count) { return PieceLayout(host_plan_, batch, count); };
    auto const input_size = [&](Index count) { return layout(count).input_size(); };
    auto const output_size = [&](Index count) { return layout(count).output_size(); };
    Index count = std::min(batch.count, piece_pixels(input_size(1) + output_size(1)));
    lanes_->reserve(count, input_size, output_size);
    Index first = lanes_->run(
        batch.count, count, [&] { return stopped && stopped(context) != 0; },
        [&](PieceLane& lane) { start(lane, layout(lane.count), batch); },
        [&](PieceLane& lane) { layout(lane.count).scatter(lane.pinned_out.data(), lane.first, results); });
    for (; first < batch.count; ++first) solver::write_failure(host_plan_, results, first, program::Status::cancelled);
}

}  // namespace warpfit::cuda
