#include "src/backends/cuda/batch_estimate.hpp"

#include <algorithm>
#include <cstring>

namespace warpfit::cuda {

namespace {

constexpr std::size_t queue_bytes = 256;                    // of the scratch, before the teams' memory
constexpr std::size_t most_scratch = std::size_t{1} << 28;  // of a lane; one block may have more

int shared_bytes(int team, int threads)
{
    return estimate_shared_doubles(team, threads) * static_cast<int>(sizeof(double));
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

    image_memory_ = Buffer(Buffer::Place::device, make_estimate_image(plan, 0).bytes.size());
    image_ = make_estimate_image(plan, reinterpret_cast<std::uintptr_t>(image_memory_.data()));
    check(cudaMemcpy(image_memory_.data(), image_.bytes.data(), image_.bytes.size(), cudaMemcpyHostToDevice),
          "cudaMemcpy");
    // The lanes' streams wait for no other.
    check(cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    lanes_ = std::make_unique<PieceLanes>(2);
    lanes_->reserve_scratch(queue_bytes + static_cast<std::size_t>(blocks_) * block_bytes);
}

std::size_t BatchEstimate::output_size(Index count) const
{
    return static_cast<std::size_t>(count) * (static_cast<std::size_t>(host_plan_.num_free) * sizeof(double) + 1);
}

void BatchEstimate::start(PieceLane const& lane, program::PixelBatch const& batch) const
{
    PieceLayout const layout(host_plan_, batch, lane.count);
    layout.gather(batch, lane.first, lane.pinned_in.data());
    check(cudaMemcpyAsync(lane.in.data(), lane.pinned_in.data(), layout.input_size(), cudaMemcpyHostToDevice,
                          lane.stream),
          "cudaMemcpyAsync to the device");
    check(cudaMemsetAsync(lane.scratch.data(), 0, sizeof(unsigned long long), lane.stream), "cudaMemsetAsync");

    EstimateArguments arguments{};
    arguments.plan = image_.plan;
    arguments.batch = layout.input_at(batch, lane.in.data());
    auto* const values = reinterpret_cast<double*>(lane.out.data());
    arguments.results = {values, reinterpret_cast<unsigned char*>(values + lane.count * host_plan_.num_free)};
    arguments.next_pixel = reinterpret_cast<unsigned long long*>(lane.scratch.data());
    arguments.memory = reinterpret_cast<double*>(lane.scratch.data() + queue_bytes);
    arguments.team_doubles = team_doubles_;
    arguments.team = team_;
    void* parameters[] = {&arguments};
    check(cudaLaunchKernel(estimate_kernel(), dim3(static_cast<unsigned>(blocks_)),
                           dim3(static_cast<unsigned>(threads_)), parameters,
                           static_cast<std::size_t>(shared_bytes(team_, threads_)), lane.stream),
          "cudaLaunchKernel");
    check(cudaMemcpyAsync(lane.pinned_out.data(), lane.out.data(), output_size(lane.count), cudaMemcpyDeviceToHost,
                          lane.stream),
          "cudaMemcpyAsync from the device");
}

void BatchEstimate::run(program::PixelBatch const& batch, estimate::Results const& results)
{
    if (batch.count == 0) return;
    CurrentDevice const current(device_);
    auto const input_size = [&](Index count) { return PieceLayout(host_plan_, batch, count).input_size(); };
    auto const output = [&](Index count) { return output_size(count); };
    Index const teams = static_cast<Index>(blocks_) * (threads_ / team_);
    Index count = std::min(batch.count, piece_pixels(l2_bytes_, input_size(1) + output(1), teams));
    lanes_->reserve(count, input_size, output);
    lanes_->run(
        batch.count, count, [] { return false; }, [&](PieceLane& lane) { start(lane, batch); },
        [&](PieceLane& lane) {
            auto const n = static_cast<std::size_t>(lane.count);
            std::size_t const row = static_cast<std::size_t>(host_plan_.num_free) * sizeof(double);
            std::memcpy(results.values + lane.first * host_plan_.num_free, lane.pinned_out.data(), n * row);
            std::memcpy(results.is_estimated + lane.first, lane.pinned_out.data() + n * row, n);
        });
}

}  // namespace warpfit::cuda
