#include "src/backends/cuda/batch_estimate.hpp"

#include "src/backends/cuda/piece.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit::cuda {

namespace {

using Place = Buffer::Place;

constexpr std::size_t queue_bytes = 256;                    // of the scratch, before the teams' memory
constexpr std::size_t most_scratch = std::size_t{1} << 28;  // of a lane; one block may have more

int shared_bytes(int team, int threads)
{
    return estimate_shared_doubles(team, threads) * static_cast<int>(sizeof(double));
}

void grow(Buffer& buffer, Place place, std::size_t size)
{
    if (buffer.size() >= size) return;
    buffer = Buffer();  // first give back, then ask
    buffer = Buffer(place, size);
}

}  // namespace

BatchEstimate::BatchEstimate(estimate::Plan const& plan, int device)
    : device_(device)
    , host_plan_(plan.model)
    , team_(estimate_team(plan.model.num_channels))
    , threads_(estimate_threads(team_))
    , team_doubles_(estimate_team_doubles(plan, team_))
{
    if (plan.num_low_loss > 0) {
        host_convolution_.num_low_loss = plan.num_low_loss;
        host_plan_.convolution = &host_convolution_;
    }
    CurrentDevice const current(device);
    cudaDeviceProp properties{};
    check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
    l2_bytes_ = properties.l2CacheSize;
    int blocks = 0;
    check(cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, estimate_kernel(), threads_,
                                                        static_cast<std::size_t>(shared_bytes(team_, threads_))),
          "cudaOccupancyMaxActiveBlocksPerMultiprocessor");
    std::size_t const block_bytes =
        static_cast<std::size_t>(threads_ / team_) * static_cast<std::size_t>(team_doubles_) * sizeof(double);
    auto const affordable = static_cast<int>(std::min<std::size_t>(most_scratch / block_bytes, 1U << 20));
    blocks_ = std::max(1, std::min(blocks * properties.multiProcessorCount, affordable));

    image_memory_ = Buffer(Place::device, make_estimate_image(plan, 0).bytes.size());
    image_ = make_estimate_image(plan, reinterpret_cast<std::uintptr_t>(image_memory_.data()));
    check(cudaMemcpy(image_memory_.data(), image_.bytes.data(), image_.bytes.size(), cudaMemcpyHostToDevice),
          "cudaMemcpy");
    // The lanes' streams wait for no other.
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    for (auto& lane : lanes_) {
        lane = std::make_unique<Lane>();
        lane->scratch = Buffer(Place::device, queue_bytes + static_cast<std::size_t>(blocks_) * block_bytes);
    }
}

BatchEstimate::~BatchEstimate()
{
    drain();
}

/// Nothing may still be copying when the caller's memory and ours go.
void BatchEstimate::drain() noexcept
{
    for (auto& lane : lanes_) {
        if (!lane) continue;
        cudaStreamSynchronize(lane->stream);
        lane->count = 0;
    }
}

std::size_t BatchEstimate::output_size(Index count) const
{
    return static_cast<std::size_t>(count) * (static_cast<std::size_t>(host_plan_.num_free) * sizeof(double) + 1);
}

/// Half of the L2 cache, but some pixels for every team, so that a piece keeps the device busy to its end.
Index BatchEstimate::piece_pixels(std::size_t pixel_bytes) const
{
    auto const cached =
        static_cast<Index>(static_cast<std::size_t>(l2_bytes_) / 2 / std::max<std::size_t>(pixel_bytes, 1));
    return std::max<Index>(cached, 8 * static_cast<Index>(blocks_) * (threads_ / team_));
}

/// Room for pieces of `count` pixels in every lane; fewer where the memory does not suffice.
void BatchEstimate::reserve(program::PixelBatch const& batch, Index& count)
{
    for (;;) {
        std::size_t const in = PieceLayout(host_plan_, batch, count).input_size(), out = output_size(count);
        try {
            for (auto& lane : lanes_) {
                grow(lane->in, Place::device, in);
                grow(lane->out, Place::device, out);
                grow(lane->pinned_in, Place::pinned, in);
                grow(lane->pinned_out, Place::pinned, out);
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

void BatchEstimate::start(Lane& lane, program::PixelBatch const& batch, Index first, Index count)
{
    PieceLayout const layout(host_plan_, batch, count);
    lane.first = first;
    lane.count = count;
    layout.gather(batch, first, lane.pinned_in.data());
    check(cudaMemcpyAsync(lane.in.data(), lane.pinned_in.data(), layout.input_size(), cudaMemcpyHostToDevice,
                          lane.stream),
          "cudaMemcpyAsync to the device");
    check(cudaMemsetAsync(lane.scratch.data(), 0, sizeof(unsigned long long), lane.stream), "cudaMemsetAsync");

    EstimateArguments arguments{};
    arguments.plan = image_.plan;
    arguments.batch = layout.input_at(batch, lane.in.data());
    auto* const values = reinterpret_cast<double*>(lane.out.data());
    arguments.results = {values, reinterpret_cast<unsigned char*>(values + count * host_plan_.num_free)};
    arguments.next_pixel = reinterpret_cast<unsigned long long*>(lane.scratch.data());
    arguments.memory = reinterpret_cast<double*>(lane.scratch.data() + queue_bytes);
    arguments.team_doubles = team_doubles_;
    arguments.team = team_;
    void* parameters[] = {&arguments};
    check(cudaLaunchKernel(estimate_kernel(), dim3(static_cast<unsigned>(blocks_)),
                           dim3(static_cast<unsigned>(threads_)), parameters,
                           static_cast<std::size_t>(shared_bytes(team_, threads_)), lane.stream),
          "cudaLaunchKernel");
    check(cudaMemcpyAsync(lane.pinned_out.data(), lane.out.data(), output_size(count), cudaMemcpyDeviceToHost,
                          lane.stream),
          "cudaMemcpyAsync from the device");
}

void BatchEstimate::finish(Lane& lane, estimate::Results const& results)
{
    if (lane.count == 0) return;
    auto const count = static_cast<std::size_t>(lane.count);
    lane.count = 0;
    lane.stream.wait();
    std::size_t const row = static_cast<std::size_t>(host_plan_.num_free) * sizeof(double);
    std::memcpy(results.values + lane.first * host_plan_.num_free, lane.pinned_out.data(), count * row);
    std::memcpy(results.is_estimated + lane.first, lane.pinned_out.data() + count * row, count);
}

void BatchEstimate::run(program::PixelBatch const& batch, estimate::Results const& results)
{
    if (batch.count == 0) return;
    CurrentDevice const current(device_);
    try {
        std::size_t const one = PieceLayout(host_plan_, batch, 1).input_size() + output_size(1);
        Index count = std::min(batch.count, piece_pixels(one));
        reserve(batch, count);
        Index first = 0;
        for (std::size_t piece = 0; first < batch.count; ++piece) {
            Lane& lane = *lanes_[piece % lanes_.size()];
            finish(lane, results);
            Index const n = std::min(count, batch.count - first);
            start(lane, batch, first, n);
            first += n;
        }
        for (auto& lane : lanes_) finish(*lane, results);
    } catch (...) {
        drain();
        throw;
    }
}

}  // namespace warpfit::cuda
