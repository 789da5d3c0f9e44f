#include "src/backends/cuda/piece_lanes.hpp"

#include <algorithm>

namespace warpfit::cuda {

PieceLanes::PieceLanes(int num_lanes)
{
    for (int i = 0; i < num_lanes; ++i) lanes_.push_back(std::make_unique<PieceLane>());
}

void PieceLanes::reserve_scratch(std::size_t size)
{
    try {
        for (auto& lane : lanes_) grow(lane->scratch, Buffer::Place::device, size);
    } catch (CudaError const&) {
        for (auto& lane : lanes_) lane->scratch = Buffer();
        throw;
    }
}

void PieceLanes::reserve(Index& count, std::function<std::size_t(Index count)> const& input_size,
                         std::function<std::size_t(Index count)> const& output_size)
{
    for (;;) {
        try {
            for (auto& lane : lanes_) {
                grow(lane->in, Buffer::Place::device, input_size(count));
                grow(lane->out, Buffer::Place::device, output_size(count));
                grow(lane->pinned_in, Buffer::Place::pinned, input_size(count));
                grow(lane->pinned_out, Buffer::Place::pinned, output_size(count));
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

Index PieceLanes::run(Index num_pixels, Index count, std::function<bool()> const& is_stopped, Step const& start,
                      Step const& finish)
{
    auto const end = [&](PieceLane& lane) {
        if (lane.count == 0) return;
        lane.stream.wait();
        finish(lane);
        lane.count = 0;
    };
    Index first = 0;
    try {
        for (std::size_t piece = 0; first < num_pixels && !is_stopped(); ++piece) {
            PieceLane& lane = *lanes_[piece % lanes_.size()];
            end(lane);
            lane.first = first;
            lane.count = std::min(count, num_pixels - first);
            start(lane);
            first += lane.count;
        }
        for (auto& lane : lanes_) end(*lane);
    } catch (...) {
        drain();
        throw;
    }
    return first;
}

void PieceLanes::drain() noexcept
{
    for (auto& lane : lanes_) {
        if (lane->count > 0) cudaStreamSynchronize(lane->stream);
        lane->count = 0;
    }
}

void grow(Buffer& buffer, Buffer::Place place, std::size_t size)
{
    if (buffer.size() >= size) return;
    buffer = Buffer();  // first give back, then ask
    buffer = Buffer(place, size);
}

Index piece_pixels(long long l2_bytes, std::size_t pixel_bytes, Index num_teams)
{
    auto const cached =
        static_cast<Index>(static_cast<std::size_t>(l2_bytes) / 2 / std::max<std::size_t>(pixel_bytes, 1));
    return std::max<Index>(cached, 8 * num_teams);
}

}  // namespace warpfit::cuda
